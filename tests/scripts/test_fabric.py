"""`make fabric`: a release is fetched, compared, unpacked aside, asked for its version, and only then used."""

import errno
import hashlib
import io
import os
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import config as network_config
from scripts import download, fetch_fabric, programs
from scripts.download import NotFetched
from scripts.fetch_fabric import Release
from scripts.progress import ROOT, Failed
from tests.scripts.release_server import Served, serving

VERSION = "3.1.5"
PROGRAMS = ("bin/peer", "bin/orderer", "bin/configtxgen")


def archive(version: str = VERSION, *, without: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """A release as the official one is: programs that say their version, and their sample configuration."""
    program = f"#!/bin/sh\necho peer:\necho ' Version: v{version}'\nexit\n".encode()
    files = {name: program + os.urandom(40_000) for name in PROGRAMS if name != without}
    files |= {f"config/{name}.yaml": b"x: 1\n" for name in ("core", "orderer", "configtx")} | (more or {})
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture(autouse=True)
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("LONJA_FABRIC")] + ["FABRIC_BIN"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fetch_fabric, "TOOLS", tmp_path)
    monkeypatch.setattr(programs, "TOOLS", tmp_path)
    return tmp_path


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(archive()) as served:
        yield served


def release(served: Served, sha256: str = "") -> Release:
    return Release(VERSION, served.url, sha256)


def left(tools: Path) -> list[str]:
    """What lies in the tools folder, but for the folder of downloads."""
    return sorted(path.name for path in tools.iterdir() if path.name != "downloads")


def test_a_release_is_fetched_once_and_used_from_then_on(
    served: Served, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert programs.fabric() == programs.built()
    folder = fetch_fabric.fetch(release(served))
    assert folder == tools / f"fabric-{VERSION}" / "bin"
    assert programs.fabric() == programs.Fabric(folder, VERSION, "fetched by make fabric")
    assert (tools / f"fabric-{VERSION}" / "config" / "core.yaml").is_file()
    said = capsys.readouterr().out
    assert hashlib.sha256(served.content).hexdigest() in said
    assert "LONJA_FABRIC_SHA256" in said, "nobody told the sum, so it is printed"
    assert "Download: " in said
    fetch_fabric.fetch(release(served))
    assert "is there already" in capsys.readouterr().out
    assert served.asked == [""]
    assert left(tools) == [f"fabric-{VERSION}", "fabric-fetched"]
    assert list((tools / "downloads").iterdir()) == []


def test_the_network_alone_uses_what_was_fetched_too(
    served: Served, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetch_fabric.fetch(release(served))
    monkeypatch.setattr(network_config, "ROOT", tools.parent)
    tools.rename(tools.parent / ".tools")
    assert network_config.load({"PATH": ""}).fabric_bin == tools.parent / ".tools" / folder.relative_to(tools)
    assert network_config.load({"FABRIC_BIN": "/elsewhere"}).fabric_bin == Path("/elsewhere")


def test_fabric_bin_goes_before_what_was_fetched(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetch_fabric.fetch(release(served))
    folder.parent.rename(tmp_path / "named")
    monkeypatch.setenv("FABRIC_BIN", str(tmp_path / "named" / "bin"))
    assert programs.fabric().found == "from FABRIC_BIN"


def test_the_sum_that_was_told_is_compared(served: Served, tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match="was thrown away and nothing changed"):
        fetch_fabric.fetch(release(served, "0" * 64))
    assert left(tools) == []
    fetch_fabric.fetch(release(served, hashlib.sha256(served.content).hexdigest()))
    assert "as told" in capsys.readouterr().out


def test_a_broken_line_is_taken_up_where_it_broke(served: Served, tools: Path) -> None:
    served.break_at = 50_000
    with pytest.raises(NotFetched, match="the line broke 0.1 of 0.1 MB; it is kept; type: make fabric"):
        fetch_fabric.fetch(release(served))
    assert left(tools) == []
    fetch_fabric.fetch(release(served))
    assert served.asked == ["", "bytes=50000-"]
    assert programs.fabric().version == VERSION


@pytest.mark.parametrize("change", ["another version of the file", "a server without ranges"])
def test_what_cannot_be_gone_on_from_begins_anew(served: Served, change: str) -> None:
    served.break_at = 50_000
    with pytest.raises(NotFetched):
        fetch_fabric.fetch(release(served))
    served.tag, served.ranges = ('"two"', True) if change.startswith("another") else ('"one"', False)
    served.content = archive()
    fetch_fabric.fetch(release(served))
    assert programs.fabric().version == VERSION


def test_an_archive_that_is_cut_short_or_no_archive_changes_nothing(served: Served, tools: Path) -> None:
    for content in (served.content[:70_000], b"<html>Not found</html>", b""):
        served.content = content
        with pytest.raises(Failed, match="is not a whole archive .* it was thrown away"):
            fetch_fabric.fetch(release(served))
        assert left(tools) == []


def test_a_release_without_its_programs_or_of_another_version_changes_nothing(served: Served, tools: Path) -> None:
    served.content = archive(without="bin/orderer")
    with pytest.raises(Failed, match="holds no orderer: it is no release of Fabric; nothing changed"):
        fetch_fabric.fetch(release(served))
    served.content = archive("3.0.0")
    with pytest.raises(Failed, match="says it is 3.0.0, not 3.1.5; nothing changed"):
        fetch_fabric.fetch(release(served))
    assert left(tools) == []


def test_an_archive_writes_nowhere_but_to_its_own_place(served: Served, tools: Path) -> None:
    served.content = archive(more={"../evil": b"x", "bin/../../evil": b"x", "/evil": b"x", "lib/evil": b"x"})
    fetch_fabric.fetch(release(served))
    assert list(tools.parent.rglob("evil")) == []


def test_the_release_in_use_stays_while_another_fails(served: Served) -> None:
    fetch_fabric.fetch(release(served))
    served.content = archive("3.2.0", without="bin/peer")
    with pytest.raises(Failed):
        fetch_fabric.fetch(Release("3.2.0", served.url))
    assert programs.fabric().version == VERSION


def test_without_the_internet_it_says_so_and_what_goes_on_without() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/fabric.tar.gz"
        with pytest.raises(NotFetched) as refused:
            fetch_fabric.fetch(Release(VERSION, url))
    for words in ("127.0.0.1 cannot be reached", "make run", "2.1.1", "LONJA_FABRIC_URL"):
        assert words in str(refused.value)


def test_a_version_that_is_not_there_is_told_with_the_settings(served: Served) -> None:
    served.status = 404
    with pytest.raises(NotFetched, match="answers 404 .* LONJA_FABRIC_VERSION and LONJA_FABRIC_URL"):
        fetch_fabric.fetch(release(served))


def test_a_full_disk_is_told_and_what_came_is_kept(
    served: Served, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_copy", full)
    with pytest.raises(NotFetched, match=r"no room for it .* Make room, then type: make"):
        fetch_fabric.fetch(release(served))
    monkeypatch.undo()
    monkeypatch.setattr(fetch_fabric, "TOOLS", tools)
    monkeypatch.setattr(fetch_fabric, "_write", full)
    with pytest.raises(Failed, match="No space left on device; nothing changed"):
        fetch_fabric.fetch(release(served))
    monkeypatch.undo()
    monkeypatch.setattr(fetch_fabric, "TOOLS", tools)
    assert left(tools) == []
    fetch_fabric.fetch(release(served))


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("LONJA_FABRIC_VERSION", "latest", "it must be a release such as 3.1.5"),
        ("LONJA_FABRIC_URL", "file:///etc/passwd", "is no address to fetch from"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(
    setting: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises((Failed, NotFetched), match=words):
        fetch_fabric.fetch(fetch_fabric.wanted())


def test_address_and_version_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_fabric.platform, "machine", lambda: "aarch64")
    there = "https://github.com/hyperledger/fabric/releases/download/v3.1.5/hyperledger-fabric-linux-arm64-3.1.5.tar.gz"
    assert fetch_fabric.wanted().url == there
    monkeypatch.setenv("LONJA_FABRIC_VERSION", "3.2.0")
    monkeypatch.setenv("LONJA_FABRIC_URL", "https://mirror.example/{version}/{platform}.tgz")
    assert fetch_fabric.wanted().url == "https://mirror.example/3.2.0/linux-arm64.tgz"
    monkeypatch.setattr(fetch_fabric.platform, "machine", lambda: "riscv64")
    with pytest.raises(Failed, match="no official release for riscv64"):
        fetch_fabric.wanted()


def test_the_command_is_one_line_of_words_when_it_fails(served: Served) -> None:
    served.status = 500
    environment = {**os.environ, "LONJA_FABRIC_URL": served.url, "LONJA_FABRIC_VERSION": "9.9.9"}
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.fetch_fabric"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stdout.strip().splitlines()[-1].startswith("Not fetched. http://127.0.0.1:")
    assert ended.stderr == ""
