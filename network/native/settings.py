"""What a node is told: Fabric's sample configuration as it is, and ours over it through the environment.

Only what the environment cannot say is written into the node's copy of the sample: the list of external builders, and
sections that are missing when an older sample serves newer programs.
"""

from pathlib import Path
from typing import Any

import yaml

from network.native.layout import Layout, Tls
from network.native.programs import PATH, Fabric
from network.topology import Member, Orderer, Ordering

BUILDER = "lonja_service"
MEASURES = "prometheus"  # of each node, at its operations port, for whoever shows a TLS certificate of its organisation
# What a node says in its log: its start and end, its leader, every block; not every call.
_PEER_LOG = "warning:nodeCmd=info:lifecycle=info:kvledger=info"
_ORDERER_LOG = "warning:orderer.common.server=info:orderer.consensus.etcdraft=info"
_LOG_LINE = "%{time:2006-01-02T15:04:05.000Z07:00} %{level} [%{module}] %{message}"


def write_peer(fabric: Fabric, layout: Layout, member: Member, folder: Path) -> None:
    """The peer's core.yaml, with our builder of chaincode services as the only one; its measures for whom it trusts."""
    core = yaml.safe_load((fabric.sample / "core.yaml").read_text())
    trusted = layout.identities(member.id).tls(member.peer.name).authority
    core["operations"]["tls"]["clientRootCAs"] = {"files": [str(trusted)]}
    core["metrics"]["provider"] = MEASURES
    passed_on = "environmentWhitelist" if fabric.release < (2, 2) else "propagateEnvironment"
    core["chaincode"]["externalBuilders"] = [{"name": BUILDER, "path": str(layout.builder), passed_on: []}]
    if fabric.release >= (3, 1):
        # Read and write many keys in one call between chaincode and peer.
        batch = {"useWriteBatch": True, "maxSizeWriteBatch": 1000}
        batch |= {"useGetMultipleKeys": True, "maxSizeGetMultipleKeys": 1000}
        core["chaincode"].setdefault("runtimeParams", batch)
    _write(folder / "core.yaml", core)


def write_orderer(fabric: Fabric, folder: Path) -> None:
    """The orderer's orderer.yaml."""
    sample = yaml.safe_load((fabric.sample / "orderer.yaml").read_text())
    if fabric.has_participation:
        sample.setdefault("ChannelParticipation", {"MaxRequestBodySize": "1 MB"})
        sample.setdefault("Admin", {"TLS": {}})
    if fabric.release >= (3, 0):
        sample.pop("Kafka", None)
    _write(folder / "orderer.yaml", sample)


def peer_environment(layout: Layout, member: Member) -> dict[str, str]:
    """Everything a peer needs to know beside its core.yaml."""
    peer, identities = member.peer, layout.identities(member.id)
    folder, tls = layout.node(peer.name), identities.tls(peer.name)
    return _common(folder, _PEER_LOG) | {
        "CORE_PEER_ID": peer.name,
        "CORE_PEER_NETWORKID": "lonja",
        "CORE_PEER_ADDRESS": peer.address,
        "CORE_PEER_LISTENADDRESS": f"{peer.listen}:{peer.port}",
        "CORE_PEER_CHAINCODELISTENADDRESS": f"{peer.listen}:{peer.chaincode_listen_port}",
        "CORE_PEER_LOCALMSPID": member.msp_id,
        "CORE_PEER_MSPCONFIGPATH": str(identities.member(peer.name).folder),
        "CORE_PEER_FILESYSTEMPATH": str(folder / "production"),
        "CORE_LEDGER_SNAPSHOTS_ROOTDIR": str(folder / "snapshots"),
        "CORE_LEDGER_STATE_STATEDATABASE": "goleveldb",
        "CORE_PEER_TLS_ENABLED": "true",
        "CORE_PEER_TLS_CERT_FILE": str(tls.certificate),
        "CORE_PEER_TLS_KEY_FILE": str(tls.key),
        "CORE_PEER_TLS_ROOTCERT_FILE": str(tls.authority),
        # One peer an organisation: it leads, elects nobody, and has all blocks from the orderer.
        "CORE_PEER_GOSSIP_BOOTSTRAP": peer.address,
        "CORE_PEER_GOSSIP_EXTERNALENDPOINT": peer.address,
        "CORE_PEER_GOSSIP_USELEADERELECTION": "false",
        "CORE_PEER_GOSSIP_ORGLEADER": "true",
        "CORE_PEER_GOSSIP_STATE_ENABLED": "false",
        # The defaults leave peers that started together blind to one another for 25 s.
        "CORE_PEER_GOSSIP_RECONNECTINTERVAL": "2s",
        "CORE_PEER_GOSSIP_PUBLISHSTATEINFOINTERVAL": "1s",
        "CORE_PEER_GOSSIP_REQUESTSTATEINFOINTERVAL": "1s",
        # By default a peer waits ever longer, up to an hour, before it looks again for an orderer that was away.
        "CORE_PEER_DELIVERYCLIENT_RECONNECTBACKOFFTHRESHOLD": "1s",
        # A byzantine orderer that keeps blocks back is left for another after 30 s by default.
        "CORE_PEER_DELIVERYCLIENT_BLOCKCENSORSHIPTIMEOUTKEY": "5s",
        "CORE_CHAINCODE_STARTUPTIMEOUT": "10s",
        "CORE_VM_ENDPOINT": "",
        "CORE_OPERATIONS_LISTENADDRESS": f"{peer.listen}:{peer.operations_port}",
        "CORE_OPERATIONS_TLS_ENABLED": "true",
        "CORE_OPERATIONS_TLS_CERT_FILE": str(tls.certificate),
        "CORE_OPERATIONS_TLS_KEY_FILE": str(tls.key),
    }


def orderer_environment(fabric: Fabric, layout: Layout, ordering: Ordering, orderer: Orderer) -> dict[str, str]:
    """Everything an orderer needs to know beside its orderer.yaml."""
    identities, folder = layout.identities(ordering.id), layout.node(orderer.name)
    tls = identities.tls(orderer.name)
    environment = _common(folder, _ORDERER_LOG) | {
        "ORDERER_GENERAL_LISTENADDRESS": orderer.listen,
        "ORDERER_GENERAL_LISTENPORT": str(orderer.port),
        "ORDERER_GENERAL_LOCALMSPID": ordering.msp_id,
        "ORDERER_GENERAL_LOCALMSPDIR": str(identities.member(orderer.name).folder),
        "ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE": str(tls.certificate),
        "ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY": str(tls.key),
        "ORDERER_GENERAL_CLUSTER_ROOTCAS": f"[{tls.authority}]",
        "ORDERER_FILELEDGER_LOCATION": str(folder / "ledger"),
        "ORDERER_CONSENSUS_WALDIR": str(folder / "raft" / "wal"),
        "ORDERER_CONSENSUS_SNAPDIR": str(folder / "raft" / "snapshot"),
        "ORDERER_OPERATIONS_LISTENADDRESS": f"{orderer.listen}:{orderer.operations_port}",
    }
    for part in ("GENERAL", "OPERATIONS"):
        environment |= {
            f"ORDERER_{part}_TLS_ENABLED": "true",
            f"ORDERER_{part}_TLS_CERTIFICATE": str(tls.certificate),
            f"ORDERER_{part}_TLS_PRIVATEKEY": str(tls.key),
        }
    environment["ORDERER_GENERAL_TLS_ROOTCAS"] = f"[{tls.authority}]"
    environment |= {"ORDERER_METRICS_PROVIDER": MEASURES, "ORDERER_OPERATIONS_TLS_CLIENTROOTCAS": f"[{tls.authority}]"}
    return environment | (_participation(orderer, tls) if fabric.has_participation else _system_channel(layout))


def _participation(orderer: Orderer, tls: Tls) -> dict[str, str]:
    return {
        "ORDERER_GENERAL_BOOTSTRAPMETHOD": "none",
        "ORDERER_CHANNELPARTICIPATION_ENABLED": "true",
        "ORDERER_ADMIN_LISTENADDRESS": f"{orderer.listen}:{orderer.admin_port}",
        "ORDERER_ADMIN_TLS_ENABLED": "true",
        "ORDERER_ADMIN_TLS_CLIENTAUTHREQUIRED": "true",
        "ORDERER_ADMIN_TLS_CERTIFICATE": str(tls.certificate),
        "ORDERER_ADMIN_TLS_PRIVATEKEY": str(tls.key),
        "ORDERER_ADMIN_TLS_CLIENTROOTCAS": f"[{tls.authority}]",
    }


def _system_channel(layout: Layout) -> dict[str, str]:
    block = layout.channel / "system.block"
    return {"ORDERER_GENERAL_BOOTSTRAPMETHOD": "file", "ORDERER_GENERAL_BOOTSTRAPFILE": str(block)}


def _common(folder: Path, log: str) -> dict[str, str]:
    return {
        "FABRIC_CFG_PATH": str(folder),
        "FABRIC_LOGGING_SPEC": log,
        "FABRIC_LOGGING_FORMAT": _LOG_LINE,
        "PATH": PATH,
        "TMPDIR": str(folder / "tmp"),
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
