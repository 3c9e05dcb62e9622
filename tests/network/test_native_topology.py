"""The topology is read whole or refused with the entry that is wrong."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from network import config
from network.errors import NetworkError
from network.native import made
from network.native.programs import Fabric
from network.topology import NAMED, TOPOLOGY, Topology, load

WITNESS = Path(__file__).with_name("witness.yaml")


def _load(tmp_path: Path, document: object, shift: int = 0) -> Topology:
    path = tmp_path / "topology.yaml"
    path.write_text(yaml.safe_dump(document))
    return load(path, shift)


@pytest.fixture
def document() -> Any:
    return yaml.safe_load(TOPOLOGY.read_text())


def test_two_organisations_must_both_endorse() -> None:
    topology = load()
    assert [each.msp_id for each in topology.organisations] == ["OperatorMSP", "CustodianMSP"]
    assert topology.chaincode.endorsement == "AND('OperatorMSP.peer', 'CustodianMSP.peer')"


def test_blocks_are_cut_for_low_latency() -> None:
    blocks = load().ordering.blocks
    assert (blocks.batch_timeout_ms, blocks.max_message_count, blocks.preferred_max_bytes) == (50, 500, 131_072)


def test_the_shift_moves_every_port() -> None:
    plain, shifted = load().ports(), load(shift=1_000).ports()
    assert {name: port + 1_000 for name, port in plain.items()} == shifted
    assert len(set(plain.values())) == len(plain)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="nowhere"):
        load(tmp_path / "nowhere.yaml")


def test_a_missing_entry_is_named(tmp_path: Path, document: Any) -> None:
    del document["ordering"]["raft"]["tick_ms"]
    with pytest.raises(NetworkError, match=r"ordering: raft lacks tick_ms"):
        _load(tmp_path, document)


def test_a_misspelt_entry_is_named(tmp_path: Path, document: Any) -> None:
    document["organisations"][1]["peer"]["prot"] = 1
    with pytest.raises(NetworkError, match=r"organisations\[1\]: peer has an entry it should not have: prot"):
        _load(tmp_path, document)


@pytest.mark.parametrize("value", ["7051", 0, -1, True, 70_000, 7051.5, None])
def test_what_is_no_port_is_refused(tmp_path: Path, document: Any, value: object) -> None:
    document["organisations"][0]["peer"]["port"] = value
    with pytest.raises(NetworkError, match=r"organisations\[0\]: peer: port"):
        _load(tmp_path, document)


def test_a_shift_beyond_the_last_port_is_refused(tmp_path: Path, document: Any) -> None:
    with pytest.raises(NetworkError, match="shifted by 60000"):
        _load(tmp_path, document, shift=60_000)


@pytest.mark.parametrize(
    ("entry", "value"), [("channel", 5), ("channel", " "), ("chaincode", []), ("organisations", [])]
)
def test_an_entry_of_another_kind_is_refused(tmp_path: Path, document: Any, entry: str, value: object) -> None:
    document[entry] = value
    with pytest.raises(NetworkError, match=entry):
        _load(tmp_path, document)


@pytest.mark.parametrize("what", ["id", "msp_id"])
def test_two_organisations_are_never_one(tmp_path: Path, document: Any, what: str) -> None:
    document["organisations"][1][what] = document["organisations"][0][what]
    with pytest.raises(NetworkError, match=f"uses the {what} .* twice"):
        _load(tmp_path, document)


def _witnessed(document: Any, **more: Any) -> Any:
    document["witnesses"] = yaml.safe_load(WITNESS.read_text())["witnesses"]
    document["witnesses"][0].update(more)
    return document


def test_a_witness_keeps_the_blocks_and_is_not_asked_for_anything(tmp_path: Path, document: Any) -> None:
    plain, witnessed = load(), _load(tmp_path, _witnessed(document))
    assert witnessed.organisations == plain.organisations
    assert [each.msp_id for each in witnessed.members()] == ["OperatorMSP", "CustodianMSP", "RegulatorMSP"]
    assert set(witnessed.ports()) - set(plain.ports()) == {
        "peer0.regulator.lonja",
        "peer0.regulator.lonja chaincode listener",
        "peer0.regulator.lonja operations",
    }


def test_without_a_witness_a_network_is_known_as_it_was(tmp_path: Path, document: Any) -> None:
    """What a ledger was made with is recorded: one that was made before there were witnesses goes on."""
    programs, plain = Fabric(tmp_path, "3.1.5", (3, 1), tmp_path), load()
    before = repr((plain.channel, plain.organisations, plain.ordering, plain.policies))
    assert made.record(programs, plain, 0, "").members == sha256(before.encode()).hexdigest()
    witnessed = _load(tmp_path, _witnessed(document))
    assert made.record(programs, witnessed, 0, "") != made.record(programs, plain, 0, "")


@pytest.mark.parametrize("what", ["id", "msp_id"])
def test_a_witness_is_none_of_the_organisations(tmp_path: Path, document: Any, what: str) -> None:
    same = document["organisations"][1][what]
    with pytest.raises(NetworkError, match=f"uses the {what} .* twice"):
        _load(tmp_path, _witnessed(document, **{what: same}))


def test_a_witness_has_no_chaincode(tmp_path: Path, document: Any) -> None:
    chaincode = {"name": "chaincode.regulator.lonja", "port": 7073}
    with pytest.raises(NetworkError, match=r"witnesses\[0\] has an entry it should not have: chaincode"):
        _load(tmp_path, _witnessed(document, chaincode=chaincode))


@pytest.mark.parametrize("name", NAMED)
def test_a_topology_is_named_or_is_a_file(name: str, tmp_path: Path) -> None:
    assert config.topology({"LONJA_TOPOLOGY": name}) == NAMED[name]
    assert config.topology({}) == TOPOLOGY
    own = tmp_path / "own.yaml"
    own.write_text(TOPOLOGY.read_text())
    assert config.topology({"LONJA_TOPOLOGY": str(own)}) == own


def test_a_topology_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(NetworkError, match="'consorcio': neither a file nor one of market, consortium, byzantine"):
        config.topology({"LONJA_TOPOLOGY": "consorcio"})


def test_in_the_consortium_any_two_of_three_write_and_one_orderer_may_be_away() -> None:
    topology = load(NAMED["consortium"])
    assert [each.id for each in topology.organisations] == ["operator", "custodian", "regulator"]
    assert (topology.endorsements, topology.ordering.spare, topology.ordering.confirmations) == (2, 1, 1)
    assert load().endorsements == 2
    assert load().ordering.spare == 0


def test_byzantine_ordering_has_a_liar_to_spare_and_the_consortiums_organisations() -> None:
    topology, consortium = load(NAMED["byzantine"]), load(NAMED["consortium"])
    assert (topology.ordering.spare, topology.ordering.confirmations) == (1, 2)
    assert topology.organisations == consortium.organisations
    assert (topology.chaincode, topology.policies) == (consortium.chaincode, consortium.policies)


def test_byzantine_ordering_needs_four(tmp_path: Path) -> None:
    document = yaml.safe_load(NAMED["byzantine"].read_text())
    del document["ordering"]["orderers"][3]
    with pytest.raises(NetworkError, match="ordering: byzantine needs 4 orderers or more"):
        _load(tmp_path, document)


def test_orderers_agree_in_one_way(tmp_path: Path, document: Any) -> None:
    both = yaml.safe_load(NAMED["byzantine"].read_text())
    both["ordering"]["raft"] = document["ordering"]["raft"]
    with pytest.raises(NetworkError, match="an entry it should not have: raft"):
        _load(tmp_path, both)
    del document["ordering"]["raft"]
    with pytest.raises(NetworkError, match="ordering lacks raft"):
        _load(tmp_path, document)


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        ("AND('OperatorMSP.peer', 'CustodianMSP.peer')", 2),
        ("OR('OperatorMSP.peer','CustodianMSP.peer')", 1),
        ("OutOf(1, 'CustodianMSP.peer', 'OperatorMSP.peer')", 1),
    ],
)
def test_how_many_must_endorse_is_read_out_of_the_rule(tmp_path: Path, document: Any, rule: str, needed: int) -> None:
    document["chaincode"]["endorsement"] = rule
    assert _load(tmp_path, document).endorsements == needed


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("AND('OperatorMSP.peer')", "each organisation once"),
        ("AND('OperatorMSP.peer', 'CustodioMSP.peer')", "not OperatorMSP.peer, CustodioMSP.peer"),
        ("AND('OperatorMSP.peer', 'CustodianMSP.member')", "each organisation once"),
        ("OutOf(3, 'OperatorMSP.peer', 'CustodianMSP.peer')", "asks for 3 of 2"),
        ("OutOf('OperatorMSP.peer', 'CustodianMSP.peer')", "it must be like"),
        ("AND(2, 'OperatorMSP.peer', 'CustodianMSP.peer')", "it must be like"),
        ("AND('OperatorMSP.peer', OR('CustodianMSP.peer'))", "it must be like"),
        ("MAJORITY Endorsement", "it must be like"),
    ],
)
def test_a_rule_that_says_otherwise_is_refused(tmp_path: Path, document: Any, rule: str, words: str) -> None:
    document["chaincode"]["endorsement"] = rule
    with pytest.raises(NetworkError, match=rf"chaincode: endorsement .*{words}"):
        _load(tmp_path, document)


def test_two_programs_never_share_a_port(tmp_path: Path, document: Any) -> None:
    document["ordering"]["orderers"][0]["admin_port"] = document["organisations"][0]["peer"]["port"]
    with pytest.raises(NetworkError, match="uses the port 7051 twice"):
        _load(tmp_path, document)
