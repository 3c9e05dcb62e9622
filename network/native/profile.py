"""The channel's first configuration: a profile for configtxgen, and the blocks it makes of it."""

import json
from typing import Any

from network.native.layout import Layout
from network.native.programs import PATH, Fabric, run
from network.topology import Member, Orderer, Ordering, Topology

_TIMEOUT_SECONDS = 60.0
_CHANNEL, _SYSTEM = "Channel", "System"
_CONSORTIUM = "Lonja"
SYSTEM_CHANNEL = "system"


def write(fabric: Fabric, topology: Topology, layout: Layout) -> None:
    """Make the channel's first block or, before Fabric 2.3, the system channel's and a request for the channel."""
    layout.channel.mkdir(parents=True, exist_ok=True)
    document = {"Profiles": profiles(fabric, topology, layout)}
    (layout.channel / "configtx.yaml").write_text(json.dumps(document, indent=1))  # JSON is YAML
    if fabric.has_participation:
        _generate(fabric, layout, _CHANNEL, topology.channel, "-outputBlock", f"{topology.channel}.block")
    else:
        _generate(fabric, layout, _SYSTEM, SYSTEM_CHANNEL, "-outputBlock", "system.block")
        _generate(fabric, layout, _CHANNEL, topology.channel, "-outputCreateChannelTx", f"{topology.channel}.tx")


def _generate(fabric: Fabric, layout: Layout, profile: str, channel: str, option: str, file: str) -> None:
    words = ["-profile", profile, "-channelID", channel, option, str(layout.channel / file)]
    env = {"FABRIC_CFG_PATH": str(layout.channel), "FABRIC_LOGGING_SPEC": "error", "PATH": PATH}
    run([fabric.program("configtxgen"), *words], env=env, timeout_seconds=_TIMEOUT_SECONDS)


def profiles(fabric: Fabric, topology: Topology, layout: Layout) -> dict[str, Any]:
    """The profiles by name, as configtx.yaml has them."""
    capabilities = _capabilities(fabric)
    members = [_organisation(layout, each.id, each.msp_id) | _rights(topology, each) for each in topology.members()]
    policies = _policies(topology, "Readers", "Writers", "Admins")
    base = {"Capabilities": {capabilities["channel"]: True}, "Policies": policies}
    application = {
        "Organizations": members,
        "Capabilities": {capabilities["application"]: True},
        "Policies": policies | _policies(topology, "LifecycleEndorsement", "Endorsement"),
    }
    orderer = _orderer(topology, layout, capabilities["orderer"])
    if fabric.has_participation:
        return {_CHANNEL: base | {"Orderer": orderer, "Application": application}}
    consortiums = {_CONSORTIUM: {"Organizations": members}}
    return {
        _SYSTEM: base | {"Orderer": orderer, "Consortiums": consortiums},
        _CHANNEL: base | {"Consortium": _CONSORTIUM, "Application": application},
    }


def _capabilities(fabric: Fabric) -> dict[str, str]:
    """The newest that every node of this release understands."""
    return {
        "channel": "V3_0" if fabric.release >= (3, 0) else "V2_0",
        "orderer": "V2_0",
        "application": "V2_5" if fabric.release >= (2, 5) else "V2_0",
    }


def _rights(topology: Topology, member: Member) -> dict[str, Any]:
    anchor = {"AnchorPeers": [{"Host": member.peer.host, "Port": member.peer.port}]}
    if member in topology.witnesses:
        return anchor | {"Policies": _read_only(topology, member)}
    roles = {"Readers": "admin peer client", "Writers": "admin client", "Admins": "admin", "Endorsement": "peer"}
    return anchor | {"Policies": _signed_by(member.msp_id, roles)}


def _read_only(topology: Topology, witness: Member) -> dict[str, Any]:
    """A witness reads. Where members are counted it has no voice of its own: it goes with most of the others."""
    ids, rules = [each.msp_id for each in topology.organisations], {}
    for name, role in {"Writers": "client", "Admins": "admin", "Endorsement": "peer"}.items():
        voices = ", ".join(f"'{id}.{role}'" for id in ids)
        rules[name] = {"Type": "Signature", "Rule": f"OutOf({len(ids) // 2 + 1}, {voices})"}
    return _signed_by(witness.msp_id, {"Readers": "admin peer client"}) | rules


def _orderer(topology: Topology, layout: Layout, capability: str) -> dict[str, Any]:
    ordering = topology.ordering
    consensus = _byzantine(ordering, layout) if ordering.byzantine else _raft(ordering, layout)
    organisation = _organisation(layout, ordering.id, ordering.msp_id) | {
        "Policies": _signed_by(ordering.msp_id, {"Readers": "member", "Writers": "member", "Admins": "admin"}),
        "OrdererEndpoints": [node.address for node in ordering.orderers],
    }
    validation = {"BlockValidation": {"Type": "ImplicitMeta", "Rule": "ANY Writers"}}
    return {
        "Organizations": [organisation],
        "BatchTimeout": f"{ordering.blocks.batch_timeout_ms}ms",
        "BatchSize": {
            "MaxMessageCount": ordering.blocks.max_message_count,
            "AbsoluteMaxBytes": ordering.blocks.absolute_max_bytes,
            "PreferredMaxBytes": ordering.blocks.preferred_max_bytes,
        },
        "Capabilities": {capability: True},
        "Policies": _policies(topology, "Readers", "Writers", "Admins") | validation,
        **consensus,
    }


def _raft(ordering: Ordering, layout: Layout) -> dict[str, Any]:
    raft = ordering.raft
    assert raft is not None  # noqa: S101 - the topology has one of the two
    options = {
        "TickInterval": f"{raft.tick_ms}ms",
        "ElectionTick": raft.election_tick,
        "HeartbeatTick": raft.heartbeat_tick,
        "MaxInflightBlocks": 5,
        "SnapshotIntervalSize": "16 MB",
    }
    consenters = [_consenter(ordering, layout, node) for node in ordering.orderers]
    return {"OrdererType": "etcdraft", "EtcdRaft": {"Consenters": consenters, "Options": options}}


def _byzantine(ordering: Ordering, layout: Layout) -> dict[str, Any]:
    """All of SmartBFT's options: one that is left out would be zero. A batch's bounds are taken from `BatchSize`."""
    waits, blocks = ordering.byzantine, ordering.blocks
    assert waits is not None  # noqa: S101 - asked by the caller
    options = {
        "RequestBatchMaxCount": blocks.max_message_count,
        "RequestBatchMaxBytes": blocks.absolute_max_bytes,
        "RequestBatchMaxInterval": f"{blocks.batch_timeout_ms}ms",
        "RequestForwardTimeout": f"{waits.forward_timeout_ms}ms",
        "RequestComplainTimeout": f"{waits.complain_timeout_ms}ms",
        "RequestAutoRemoveTimeout": "3m",
        "RequestPoolSize": 10 * blocks.max_message_count,
        "ViewChangeResendInterval": f"{waits.view_change_timeout_ms // 4}ms",
        "ViewChangeTimeout": f"{waits.view_change_timeout_ms}ms",
        "LeaderHeartbeatTimeout": f"{waits.heartbeat_timeout_ms}ms",
        "LeaderHeartbeatCount": 10,
        "CollectTimeout": "1s",
        "IncomingMessageBufferSize": 200,
        "SyncOnStart": False,  # each would wait 5 s for itself when it joins, the first ones without their followers
    }
    consenters = []
    for number, node in enumerate(ordering.orderers, 1):
        identity = str(layout.identities(ordering.id).member(node.name).certificate)
        known = {"ID": number, "MSPID": ordering.msp_id, "Identity": identity}
        consenters.append(known | _consenter(ordering, layout, node))
    return {"OrdererType": "BFT", "ConsenterMapping": consenters, "SmartBFT": options}


def _consenter(ordering: Ordering, layout: Layout, node: Orderer) -> dict[str, Any]:
    certificate = str(layout.identities(ordering.id).tls(node.name).certificate)
    return {"Host": node.host, "Port": node.port, "ClientTLSCert": certificate, "ServerTLSCert": certificate}


def _organisation(layout: Layout, identifier: str, msp_id: str) -> dict[str, Any]:
    return {"Name": identifier, "ID": msp_id, "MSPDir": str(layout.identities(identifier).membership.folder)}


def _signed_by(msp_id: str, roles: dict[str, str]) -> dict[str, Any]:
    """One signature of the organisation suffices, by anyone with one of the roles."""
    rules = {name: ",".join(f"'{msp_id}.{role}'" for role in allowed.split()) for name, allowed in roles.items()}
    return {name: {"Type": "Signature", "Rule": f"OR({rule})"} for name, rule in rules.items()}


def _policies(topology: Topology, *names: str) -> dict[str, Any]:
    rules = {
        "Readers": topology.policies.readers,
        "Writers": topology.policies.writers,
        "Admins": topology.policies.admins,
        "LifecycleEndorsement": topology.policies.lifecycle,
        "Endorsement": topology.policies.endorsement,
    }
    return {name: {"Type": "ImplicitMeta", "Rule": rules[name]} for name in names}
