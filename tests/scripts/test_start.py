"""Starting refuses in words before anything runs: taken ports, a second starter, a state in use."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.config import load
from scripts import clean, ports, services, start
from scripts.check import packages_and_skips
from scripts.ports import Port, PortsTaken
from scripts.progress import Failed
from scripts.run import claimed


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_its_holder_and_the_variable_that_moves_it(taken: int) -> None:
    with pytest.raises(PortsTaken) as refused:
        ports.check([Port(taken, "the API", "LONJA_API_PORT"), Port(taken, "orderer0.lonja")])
    first, api, orderer = str(refused.value).splitlines()
    assert first == "Nothing was started:"
    assert api.startswith(f"  port {taken} (the API) is taken by process ")
    assert api.endswith("; stop it, or choose another port with LONJA_API_PORT")
    assert orderer.endswith("; stop it, or move all our ports, e.g. LONJA_PORT_SHIFT=100")


def test_an_organisation_that_takes_no_part_is_named_with_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONJA_TOPOLOGY", "consortium")
    known = load({"LONJA_ORGANISATION": "regulator"})
    assert any(port.purpose == "orderer2.lonja" for port in start.own_ports(known, False))
    with pytest.raises(Failed, match="'banco'; the topology has operator, custodian, regulator"):
        start.own_ports(load({"LONJA_ORGANISATION": "banco"}), False)


def test_a_free_port_is_no_obstacle(taken: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    ports.check([Port(number, "the API")])


def test_our_programs_keep_their_byte_code_and_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each start compiles everything and keeps what that took, and each thread keeps what it once had."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    told = services.environment(load({}))
    assert "PYTHONDONTWRITEBYTECODE" not in told
    assert told["PYTHONPYCACHEPREFIX"].endswith(".tools/pycache")
    assert told["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    assert services.environment(load({}))["MALLOC_ARENA_MAX"] == "8"


def test_webhooks_reach_loopback_only_where_the_product_is_on_one_machine() -> None:
    assert services.environment(load({}))["LONJA_WEBHOOK_ALLOW"] == services.LOOPBACK
    contained = load({"LONJA_BIND": "0.0.0.0"})  # noqa: S104 nothing is bound
    assert services.environment(contained)["LONJA_WEBHOOK_ALLOW"] == ""
    told = load({"LONJA_BIND": "0.0.0.0", "LONJA_WEBHOOK_ALLOW": "10.0.0.0/8"})  # noqa: S104 as above
    assert services.environment(told)["LONJA_WEBHOOK_ALLOW"] == "10.0.0.0/8"


def test_one_starter_has_a_state_folder_and_the_second_hears_who(tmp_path: Path) -> None:
    with claimed(tmp_path):
        code = "import sys; from pathlib import Path; from scripts.run import claimed\n"
        code += "with claimed(Path(sys.argv[1])): pass"
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"Lonja already runs on {tmp_path} (process " in second.stderr
        with pytest.raises(Failed), claimed(tmp_path):
            pass
    with claimed(tmp_path):
        pass


def test_cleaning_forgets_what_nobody_uses_and_names_what_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    monkeypatch.setattr(clean, "STATES", tmp_path / ".state")
    (tmp_path / ".state" / "test" / "network").mkdir(parents=True)
    with claimed(tmp_path / ".state" / "run"):
        assert clean.clean() == 1
        assert "run is in use by process" in capsys.readouterr().out
        assert [path.name for path in (tmp_path / ".state").iterdir()] == ["run"]
    assert clean.clean() == 0
    assert list((tmp_path / ".state").iterdir()) == []


def test_a_folder_that_is_a_disk_of_its_own_is_emptied_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    monkeypatch.setattr(clean, "STATES", tmp_path / ".state")
    nodes = tmp_path / ".state" / "run" / "network" / "nodes"
    (nodes / "peer").mkdir(parents=True)
    for file in (nodes / "peer" / "block", nodes.parent / "made.json"):
        file.touch()
    remove = shutil.rmtree

    def busy(path: Path) -> None:
        remove(nodes / "peer")
        raise OSError(errno.EBUSY, "Device or resource busy", str(nodes))

    monkeypatch.setattr(shutil, "rmtree", busy)
    monkeypatch.setattr(Path, "rmdir", lambda path: None if path == nodes else os.rmdir(path))
    assert clean.clean() == 0
    assert "what of .state/run is a disk of its own is emptied, and kept" in capsys.readouterr().out
    assert [path for path in (tmp_path / ".state" / "run").rglob("*") if path.is_file()] == []


def test_go_tests_show_packages_and_each_skip_with_its_reason() -> None:
    output = (
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n    b_test.go:7: needs a network\n"
        "--- SKIP: TestB (0.00s)\nPASS\nok  \tlonja/chaincode/ledger\t1.2s\n?   \tlonja/x\t[no test files]\n"
    )
    assert packages_and_skips(output).splitlines() == [
        "SKIPPED TestB: b_test.go:7: needs a network",
        "ok  \tlonja/chaincode/ledger\t1.2s",
        "?   \tlonja/x\t[no test files]",
    ]
