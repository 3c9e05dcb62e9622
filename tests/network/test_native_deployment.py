"""What runs for which definition of the chaincode: written down, and the program itself kept."""

from pathlib import Path

import pytest

from network.errors import NetworkError
from network.native import Network, approved, deployment
from network.native.deployment import Deployed
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import load

TOPOLOGY = load()
FIRST = Deployed(1, "1-aaa", "AND('A.peer')", "a" * 64)
NEXT = Deployed(2, "1-bbb", "AND('A.peer')", "b" * 64, package=2, slot=1)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "network")
    layout.folder.mkdir()
    return layout


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "chaincode"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_what_was_written_is_read_again(layout: Layout) -> None:
    deployment.write(layout, (FIRST, NEXT))
    assert deployment.read(layout) == (FIRST, NEXT)


def test_a_network_of_before_keeps_its_definition_and_its_packages(layout: Layout) -> None:
    assert deployment.read(layout) == ()
    found = deployment.made_before(TOPOLOGY, FIRST.program)
    assert (found.sequence, found.version, found.package, found.slot) == (1, "1", 1, 0)


@pytest.mark.parametrize("text", ["", "[]", '[{"sequence": 1}]', "{}"])
def test_what_cannot_be_read_is_said(layout: Layout, text: str) -> None:
    layout.deployment.write_text(text)
    with pytest.raises(NetworkError, match="put it back from a backup"):
        deployment.read(layout)


def test_the_version_names_the_program(program: Path) -> None:
    found = approved.fingerprint(program)
    assert deployment.first(TOPOLOGY, found).version == f"1-{found[:12]}"


def test_the_channel_says_which_is_in_force(layout: Layout) -> None:
    assert deployment.in_force(layout, (FIRST, NEXT), 2) == NEXT
    assert deployment.in_force(layout, (FIRST, NEXT), 0) == FIRST, "before there is any"
    with pytest.raises(NetworkError, match=r"runs sequence 3 .* knows 1, 2"):
        deployment.in_force(layout, (FIRST, NEXT), 3)


def test_two_definitions_of_the_same_processes_start_them_once() -> None:
    again = Deployed(3, "1-aaa", "OR('A.peer')", FIRST.program)
    assert deployment.processes((FIRST, NEXT, again)) == (FIRST, NEXT)


def test_one_at_a_time_changes_it(layout: Layout) -> None:
    with deployment.held(layout), pytest.raises(NetworkError, match="another upgrade is under way"):  # noqa: SIM117
        with deployment.held(layout):
            pass


def test_a_program_is_kept_by_its_content_and_stays_when_another_is_built(layout: Layout, program: Path) -> None:
    first = approved.keep(layout, program)
    program.write_text("#!/bin/sh\nexit 1\n")
    second = approved.keep(layout, program)
    assert layout.program(first).read_text() == "#!/bin/sh\n"
    assert layout.program(second).read_text() == program.read_text()
    assert layout.program(first).stat().st_mode & 0o111


def test_a_program_that_was_lost_or_changed_is_refused_unless_it_is_at_hand(layout: Layout, program: Path) -> None:
    found = approved.keep(layout, program)
    layout.program(found).unlink()
    approved.check(layout, found, program)
    assert layout.program(found).exists()
    layout.program(found).write_text("another")
    with pytest.raises(NetworkError, match="is not the program that was approved"):
        approved.check(layout, found, program)
    layout.program(found).unlink()
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(NetworkError, match="is gone"):
        approved.check(layout, found, program)


def test_a_network_of_before_keeps_what_it_runs_from_the_next_start_on(layout: Layout, program: Path) -> None:
    network = Network(Fabric(program.parent, "3.1.5", (3, 1), program.parent), TOPOLOGY, layout, program, "ab", 0)
    network.keep_programs()
    program.write_text("#!/bin/sh\nexit 1\n")
    (found,) = network.deployment()
    assert found.version == "1"
    assert layout.program(found.program).read_text() == "#!/bin/sh\n"
    assert network.is_upgrade_due()


def test_no_program_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="`make setup` builds it"):
        approved.fingerprint(tmp_path / "nowhere")
