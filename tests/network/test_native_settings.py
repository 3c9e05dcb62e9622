"""What the nodes are told: loopback only, TLS everywhere, and in each version's own words."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from network.native import profile, settings
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import NAMED, TOPOLOGY, load

WITNESS = Path(__file__).with_name("witness.yaml")

SAMPLE = {
    "orderer.yaml": {"General": {"BootstrapMethod": "file"}, "Kafka": {}},
    "core.yaml": {"chaincode": {"externalBuilders": []}, "operations": {"tls": {}}, "metrics": {}},
}
VERSIONS = ("2.1.1", "2.5.12", "3.1.5")


def fabric(version: str, folder: Path) -> Fabric:
    for name, content in SAMPLE.items():
        (folder / name).write_text(yaml.safe_dump(content))
    major, minor = (int(part) for part in version.split(".")[:2])
    return Fabric(folder, version, (major, minor), folder)


def _told(version: str, tmp_path: Path) -> list[dict[str, str]]:
    topology, layout, programs = load(), Layout(tmp_path / "network"), fabric(version, tmp_path)
    ordering = topology.ordering
    told = [settings.orderer_environment(programs, layout, ordering, each) for each in ordering.orderers]
    return told + [settings.peer_environment(layout, each) for each in topology.organisations]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_listener_is_on_loopback(version: str, tmp_path: Path) -> None:
    for environment in _told(version, tmp_path):
        listeners = {name: value for name, value in environment.items() if "LISTENADDRESS" in name}
        assert len(listeners) >= 2
        assert {value.partition(":")[0] for value in listeners.values()} == {"127.0.0.1"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_listener_speaks_tls(version: str, tmp_path: Path) -> None:
    for environment in _told(version, tmp_path):
        switches = {value for name, value in environment.items() if name.endswith("TLS_ENABLED")}
        assert switches == {"true"}


def test_before_2_3_a_system_channel_starts_the_orderer(tmp_path: Path) -> None:
    orderer = _told("2.1.1", tmp_path)[0]
    assert orderer["ORDERER_GENERAL_BOOTSTRAPMETHOD"] == "file"
    assert not any("ADMIN" in name for name in orderer)


@pytest.mark.parametrize("version", ["2.5.12", "3.1.5"])
def test_from_2_3_on_the_administration_port_asks_for_a_certificate(version: str, tmp_path: Path) -> None:
    orderer = _told(version, tmp_path)[0]
    assert orderer["ORDERER_GENERAL_BOOTSTRAPMETHOD"] == "none"
    assert orderer["ORDERER_ADMIN_TLS_CLIENTAUTHREQUIRED"] == "true"


def test_a_sample_of_2_1_serves_3_1(tmp_path: Path) -> None:
    """Unknown sections stop a 3.x orderer; sections it lacks cannot be set through the environment."""
    settings.write_orderer(fabric("3.1.5", tmp_path), tmp_path / "node")
    written = _read(tmp_path / "node" / "orderer.yaml")
    assert "Kafka" not in written
    assert {"Admin", "ChannelParticipation"} <= written.keys()


@pytest.mark.parametrize(("version", "word"), [("2.1.1", "environmentWhitelist"), ("3.1.5", "propagateEnvironment")])
def test_our_builder_is_the_only_one(version: str, word: str, tmp_path: Path) -> None:
    builders = _core(version, tmp_path)["chaincode"]["externalBuilders"]
    assert builders == [{"name": settings.BUILDER, "path": str(tmp_path / "network" / "builder"), word: []}]


def test_a_node_tells_its_measures_to_its_own_organisation(tmp_path: Path) -> None:
    layout, core = Layout(tmp_path / "network"), _core("3.1.5", tmp_path)
    trusted = str(layout.identities("operator").tls("peer0.operator.lonja").authority)
    assert core["operations"]["tls"]["clientRootCAs"]["files"] == [trusted]
    assert core["metrics"]["provider"] == "prometheus"
    orderer = _told("3.1.5", tmp_path)[0]
    trusted = str(layout.identities("ordering").tls("orderer0.lonja").authority)
    assert orderer["ORDERER_OPERATIONS_TLS_CLIENTROOTCAS"] == f"[{trusted}]"
    assert orderer["ORDERER_METRICS_PROVIDER"] == "prometheus"


@pytest.mark.parametrize(("version", "channel", "application"), [("2.1.1", "V2_0", "V2_0"), ("3.1.5", "V3_0", "V2_5")])
def test_the_channel_asks_for_what_the_nodes_can(version: str, channel: str, application: str, tmp_path: Path) -> None:
    profiles = profile.profiles(fabric(version, tmp_path), load(), Layout(tmp_path / "network"))
    assert ("System" in profiles) is (version == "2.1.1")
    assert profiles["Channel"]["Capabilities"] == {channel: True}
    assert profiles["Channel"]["Application"]["Capabilities"] == {application: True}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_channel_has_the_policies_of_the_topology(version: str, tmp_path: Path) -> None:
    application = profile.profiles(fabric(version, tmp_path), load(), Layout(tmp_path / "network"))["Channel"][
        "Application"
    ]
    assert application["Policies"]["LifecycleEndorsement"]["Rule"] == "MAJORITY Endorsement"
    endorsers = [each["Policies"]["Endorsement"]["Rule"] for each in application["Organizations"]]
    assert endorsers == ["OR('OperatorMSP.peer')", "OR('CustodianMSP.peer')"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_witness_reads_and_has_no_voice(version: str, tmp_path: Path) -> None:
    """Where the channel counts its members, a witness goes with the majority of those who take part."""
    file = tmp_path / "topology.yaml"
    file.write_text(TOPOLOGY.read_text() + WITNESS.read_text())
    channel = profile.profiles(fabric(version, tmp_path), load(file), Layout(tmp_path / "network"))["Channel"]
    *_, witness = channel["Application"]["Organizations"]
    rules = {name: policy["Rule"] for name, policy in witness["Policies"].items()}
    assert rules == {
        "Readers": "OR('RegulatorMSP.admin','RegulatorMSP.peer','RegulatorMSP.client')",
        "Writers": "OutOf(2, 'OperatorMSP.client', 'CustodianMSP.client')",
        "Admins": "OutOf(2, 'OperatorMSP.admin', 'CustodianMSP.admin')",
        "Endorsement": "OutOf(2, 'OperatorMSP.peer', 'CustodianMSP.peer')",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_three_orderers_agree_by_raft(version: str, tmp_path: Path) -> None:
    profiles = profile.profiles(fabric(version, tmp_path), load(NAMED["consortium"]), Layout(tmp_path / "network"))
    orderer = profiles["System" if version == "2.1.1" else "Channel"]["Orderer"]
    assert orderer["OrdererType"] == "etcdraft"
    assert [each["Port"] for each in orderer["EtcdRaft"]["Consenters"]] == [7050, 7060, 7070]
    assert orderer["Organizations"][0]["OrdererEndpoints"] == ["127.0.0.1:7050", "127.0.0.1:7060", "127.0.0.1:7070"]


def test_four_orderers_agree_though_one_lies(tmp_path: Path) -> None:
    """A block is cut after SmartBFT's own interval; the channel's batch timeout does not count there."""
    topology = load(NAMED["byzantine"])
    orderer = profile.profiles(fabric("3.1.5", tmp_path), topology, Layout(tmp_path / "network"))["Channel"]["Orderer"]
    assert orderer["OrdererType"] == "BFT"
    assert [each["ID"] for each in orderer["ConsenterMapping"]] == [1, 2, 3, 4]
    assert len({each["Identity"] for each in orderer["ConsenterMapping"]}) == 4
    assert orderer["SmartBFT"]["RequestBatchMaxInterval"] == f"{topology.ordering.blocks.batch_timeout_ms}ms"


def _core(version: str, folder: Path) -> Any:
    """The core.yaml of the first organisation's peer."""
    operator = load().organisations[0]
    settings.write_peer(fabric(version, folder), Layout(folder / "network"), operator, folder / "node")
    return _read(folder / "node" / "core.yaml")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())
