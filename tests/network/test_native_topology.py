"""The topology is read whole or refused with the entry that is wrong."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from network.errors import NetworkError
from network.native import made
from network.native.programs import Fabric
from network.topology import TOPOLOGY, Topology, load

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


def test_two_programs_never_share_a_port(tmp_path: Path, document: Any) -> None:
    document["ordering"]["orderers"][0]["admin_port"] = document["organisations"][0]["peer"]["port"]
    with pytest.raises(NetworkError, match="uses the port 7051 twice"):
        _load(tmp_path, document)
