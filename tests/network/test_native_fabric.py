"""Fabric's programs are asked what they are; nothing is assumed."""

from pathlib import Path

import pytest

from network.errors import NetworkError
from network.native import programs


def install(folder: Path, said: str = "peer:\n Version: v3.1.5\n", *, sample: str = "config") -> Path:
    """A folder with programs that only tell their version."""
    (folder / "bin").mkdir(parents=True)
    for name in programs.NEEDED:
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\nprintf '{said}'\n")
        program.chmod(0o755)
    if sample:
        (folder / sample).mkdir()
        for name in ("core.yaml", "orderer.yaml"):
            (folder / sample / name).write_text("{}")
    return folder / "bin"


@pytest.mark.parametrize(
    ("said", "version", "release"),
    [("peer:\n Version: 2.1.1\n", "2.1.1", (2, 1)), ("peer:\n Version: v3.1.5\n Go: 1\n", "3.1.5", (3, 1))],
)
def test_the_version_is_what_the_peer_says(tmp_path: Path, said: str, version: str, release: tuple[int, int]) -> None:
    found = programs.look_at(install(tmp_path / "fabric", said))
    assert (found.version, found.release) == (version, release)


@pytest.mark.parametrize(("release", "has"), [("2.1.1", True), ("2.2.0", True), ("2.5.12", False), ("3.1.5", False)])
def test_the_system_channel_went_with_2_3(tmp_path: Path, release: str, has: bool) -> None:
    found = programs.look_at(install(tmp_path / "fabric", f"Version: {release}\n"))
    assert found.has_system_channel is has
    assert found.has_participation is not has


@pytest.mark.parametrize("said", ["Version: 2.0.1\n", "Version: 1.4.9\n"])
def test_a_version_too_old_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(NetworkError, match=r"2\.1 is the oldest"):
        programs.look_at(install(tmp_path / "fabric", said))


def test_a_peer_that_tells_no_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="latest"):
        programs.look_at(install(tmp_path / "fabric", "Version: latest\n"))


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    folder = install(tmp_path / "fabric")
    (folder / "orderer").unlink()
    with pytest.raises(NetworkError, match="no program orderer"):
        programs.look_at(folder)


@pytest.mark.parametrize("sample", ["config", "sampleconfig"])
def test_the_sample_lies_beside_the_programs(tmp_path: Path, sample: str) -> None:
    found = programs.look_at(install(tmp_path / "fabric", sample=sample))
    assert found.sample == tmp_path / "fabric" / sample


def test_without_a_sample_and_without_go_the_message_says_where_to_put_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_module_sample", lambda: None)
    with pytest.raises(NetworkError, match=r"core\.yaml and orderer\.yaml into .*/fabric/config"):
        programs.look_at(install(tmp_path / "fabric", sample=""))


def test_a_failing_program_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "peer"
    program.write_text("#!/bin/sh\necho 'Error: no leader' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(NetworkError, match=r"`peer channel list` failed: Error: no leader"):
        programs.run([str(program), "channel", "list"], env={}, timeout_seconds=5)


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "peer"
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o755)
    with pytest.raises(NetworkError, match="did not end within 0.2 s"):
        programs.run([str(program), "version"], env={"PATH": programs.PATH}, timeout_seconds=0.2)
