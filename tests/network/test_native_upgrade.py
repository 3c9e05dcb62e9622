"""The steps of an upgrade in their order, what is refused before anything changes, and what goes on after a kill."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.errors import NetworkError
from network.native import Network, approved, deploying, deployment, identities, lifecycle, package, upgrade
from network.native.command import Administrator
from network.native.deployment import Deployed
from network.native.health import Health
from network.native.layout import Layout
from network.native.programs import Fabric
from network.process import Process
from network.topology import NAMED, Organisation, load

SHIFT = 19_500 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
TOPOLOGY = load(NAMED["consortium"], SHIFT)
ALL = ("operator", "custodian", "regulator")


class World:
    """A consortium whose peers and processes are pretended."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.layout = Layout(tmp_path / "network")
        identities.make(TOPOLOGY, self.layout)
        self.built = tmp_path / "chaincode"
        self.build("the first")
        first = deployment.first(TOPOLOGY, approved.keep(self.layout, self.built))
        for each in TOPOLOGY.organisations:
            package.write(TOPOLOGY, self.layout, each)
        deployment.write(self.layout, (first,))
        self.committed, self.away, self.mute = 1, set[str](), set[str]()
        self.serving, self.works, self.died_after = True, True, ""
        self.said: list[str] = []
        self.network = Network(Fabric.__new__(Fabric), TOPOLOGY, self.layout, self.built, "ab" * 32, SHIFT)
        monkeypatch.setattr(lifecycle, "committed", self._committed)
        monkeypatch.setattr(deploying, "put", self._put)
        monkeypatch.setattr(Network, "health", lambda _network: self._health())
        monkeypatch.setattr(Network, "chaincodes_of", lambda _network, deployed: self._processes(deployed))
        for name in ("_SERVE_SECONDS", "_ENDORSE_SECONDS", "_STOP_SECONDS"):
            monkeypatch.setattr(upgrade, name, 0.05)

    def build(self, content: str) -> None:
        self.built.write_text(content)
        self.built.chmod(0o755)

    def upgrade(self) -> None:
        upgrade.run(self.network, self.said.append, self._trial, lambda: None)

    def running(self) -> list[tuple[int, int, int]]:
        return [(each.sequence, each.package, each.slot) for each in self.network.deployment()]

    def _committed(self, administrator: Administrator) -> int:
        if administrator.organisation.id in self.away:
            raise NetworkError("its peer does not answer")
        return self.committed

    def _put(self, organisations: list[Administrator], deployed: Deployed, among: list[str]) -> None:
        assert [each.organisation.id for each in organisations] == among
        if self.died_after == "approve":
            raise KeyboardInterrupt
        self.committed = deployed.sequence
        if self.died_after == "commit":
            raise KeyboardInterrupt

    def _health(self) -> Health:
        endorsing = tuple(id for id in ALL if id not in self.away)
        works = self.works or self.committed != 2
        return Health(endorsing if works else (), dict.fromkeys(self.away, "its peer does not answer"), needed=2)

    def _processes(self, deployed: Deployed) -> list[Process]:
        """Those of what stands in the deployment serve; the starter has ended the others."""

        def serves() -> bool:
            wanted = any(each.runs_as(deployed) for each in self.network.deployment())
            return wanted and (self.serving or deployed.package == 1)

        return [Process(each, (), {}, Path(), Path("log"), serves if each not in self.away else None) for each in ALL]

    def _trial(self, _network: Network, organisation: Organisation, _deployed: Deployed) -> str:
        if self.died_after == "start":
            raise KeyboardInterrupt
        if organisation.id in self.mute:
            raise NetworkError("it says nothing")
        return "version 2"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", TOPOLOGY.organisations[1].chaincode.upgrade_port)) as server:
        yield server.getsockname()[1]


def test_the_next_program_takes_over_at_the_other_port_and_the_one_after_comes_back(world: World) -> None:
    for content, expected in (("the second", (2, 2, 1)), ("the third", (3, 3, 0))):
        world.build(content)
        world.upgrade()
        assert world.running() == [expected]
        assert world.network.deployment()[0].program == approved.fingerprint(world.built)
    assert world.committed == 3
    assert world.said[-1].endswith("(sequence 3) is in force")


def test_nothing_to_upgrade_is_said_and_changes_nothing(world: World) -> None:
    world.upgrade()
    (said,) = world.said
    assert said.startswith("nothing to upgrade")
    assert world.running() == [(1, 1, 0)]


def test_what_would_be_done_is_told_without_doing_it(world: World) -> None:
    world.build("the second")
    told = str(upgrade.look(world.network))
    assert "(sequence 1) is in force; operator and custodian and regulator would approve program" in told
    assert world.running() == [(1, 1, 0)]


def test_with_one_of_three_away_two_approve_and_it_is_named(world: World) -> None:
    world.build("the second")
    world.away = {"regulator"}
    world.upgrade()
    assert (world.committed, world.running()) == (2, [(2, 2, 1)])
    assert world.said[-1].startswith("regulator was away")


def test_with_two_of_three_away_nothing_is_begun(world: World) -> None:
    world.build("the second")
    world.away = {"regulator", "custodian"}
    with pytest.raises(NetworkError, match=r"2 organisations must approve, 1 can: custodian is away"):
        world.upgrade()
    assert (world.committed, world.running()) == (1, [(1, 1, 0)])


def test_where_nobody_answers_the_reason_is_told(world: World) -> None:
    world.away = set(ALL)
    with pytest.raises(NetworkError, match="no peer answers .*its peer does not answer"):
        world.upgrade()


def test_a_program_that_does_not_serve_leaves_the_old_one(world: World) -> None:
    world.build("broken")
    world.serving = False
    with pytest.raises(NetworkError, match="does not serve .* nothing is committed"):
        world.upgrade()
    assert (world.committed, world.running()) == (1, [(1, 1, 0)])


def test_a_program_that_does_not_answer_as_it_should_leaves_the_old_one(world: World) -> None:
    world.build("broken")
    world.mute = {"custodian"}
    with pytest.raises(NetworkError, match="new program of custodian does not answer as it should.* it says nothing"):
        world.upgrade()
    assert (world.committed, world.running()) == (1, [(1, 1, 0)])


def test_a_port_that_is_taken_is_named_before_anything_starts(world: World, listener: int) -> None:
    world.build("the second")
    with pytest.raises(NetworkError, match=f"taken: port {listener} .chaincode.custodian.lonja, upgraded"):
        world.upgrade()
    assert (world.committed, world.running()) == (1, [(1, 1, 0)])


@pytest.mark.parametrize("step", ["start", "approve", "commit"])
def test_broken_off_at_any_step_the_same_again_finishes(world: World, step: str) -> None:
    world.build("the second")
    world.died_after = step
    with pytest.raises(KeyboardInterrupt):
        world.upgrade()
    assert world.running() == [(1, 1, 0), (2, 2, 1)], "old and new run side by side"
    world.died_after = ""
    world.upgrade()
    assert (world.committed, world.running()) == (2, [(2, 2, 1)])


def test_broken_off_before_the_commit_another_program_takes_its_place(world: World) -> None:
    world.build("the second")
    world.died_after = "approve"
    with pytest.raises(KeyboardInterrupt):
        world.upgrade()
    world.died_after = ""
    world.build("better")
    world.upgrade()
    assert world.running() == [(2, 2, 1)]
    assert world.network.deployment()[0].program == approved.fingerprint(world.built)


def test_broken_off_and_taken_back_the_old_one_stays(world: World) -> None:
    world.build("the second")
    world.died_after = "approve"
    with pytest.raises(KeyboardInterrupt):
        world.upgrade()
    world.build("the first")
    world.upgrade()
    assert (world.committed, world.running()) == (1, [(1, 1, 0)])


def test_a_program_that_does_not_endorse_once_in_force_is_followed_by_the_old_one(world: World) -> None:
    world.build("the second")
    world.works = False
    with pytest.raises(NetworkError, match="did not endorse, the former is in force again"):
        world.upgrade()
    assert (world.committed, world.running()) == (3, [(3, 1, 0)])
