"""What `status` and the doctor say of a network: who endorses, who does not, and whether that suffices."""

import pytest

from network.errors import NetworkError
from network.native import channel
from network.native.command import Administrator
from network.native.health import Health, look
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import NAMED, load


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "ordered", lambda _administrator: "a block")


def consortium(**answers: str) -> Health:
    """Three organisations that answer so; one that is not told of is away."""
    topology = load(NAMED["consortium"])
    fabric, layout = Fabric.__new__(Fabric), Layout.__new__(Layout)
    everyone = [Administrator(fabric, layout, topology, each) for each in topology.organisations]

    def ask(administrator: Administrator) -> str:
        if answer := answers.get(administrator.organisation.id):
            return answer
        raise NetworkError("its peer does not answer")

    return look(everyone, ask)


def test_when_all_endorse_nothing_is_missing(ordered: None) -> None:
    health = consortium(operator="1", custodian="1", regulator="1")
    assert health.is_whole
    assert str(health) == "operator, custodian and regulator endorse"


def test_two_of_three_suffice_and_the_third_is_named(ordered: None) -> None:
    health = consortium(operator="1", regulator="1")
    assert (health.works, health.is_whole) == (True, False)
    said = "operator and regulator endorse, enough where 2 must; custodian does not: its peer does not answer"
    assert str(health) == said


def test_one_of_three_is_not_enough(ordered: None) -> None:
    health = consortium(operator="1")
    assert not health.works
    assert str(health).startswith("the ledger stands still: operator endorses, not enough where 2 must; custodian")


def test_one_that_answers_otherwise_does_not_endorse(ordered: None) -> None:
    health = consortium(operator="2", custodian="1", regulator="1")
    assert health.endorsing == ("custodian", "regulator")
    assert "started apart" in health.silent["operator"]


def test_without_an_orderer_the_ledger_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_administrator: Administrator) -> str:
        raise NetworkError("no Raft leader")

    monkeypatch.setattr(channel, "ordered", nobody)
    health = consortium(operator="1", custodian="1", regulator="1")
    assert not health.works
    assert str(health).endswith("no orderer answers: no Raft leader")
