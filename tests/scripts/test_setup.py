"""Set-up makes a thing once, again when its inputs change, and says in words what a machine lacks."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import doctor, environment, fetch_assets, programs, progress, stamps, toolchain
from scripts.progress import Failed
from scripts.stamps import Step


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(progress, "LOGS", tmp_path / "logs")


def step(product: Path, inputs: str = "a", made: list[str] | None = None) -> Step:
    def work() -> None:
        product.touch()
        if made is not None:
            made.append(inputs)

    return Step("thing", "A thing", inputs, [product], work)


def test_our_chaincode_is_the_same_program_wherever_it_is_built(tmp_path: Path) -> None:
    """Organisations approve it by its hash, and each may build for itself."""
    elsewhere, go = tmp_path / "elsewhere", toolchain.get_go()
    shutil.copytree(programs.CHAINCODE_SOURCES, elsewhere)
    made = []
    for sources in (programs.CHAINCODE_SOURCES, elsewhere):
        target = tmp_path / f"{sources.name}.program"
        build = [str(go), "build", *programs.REPRODUCIBLE, "-o", str(target), "./cmd/chaincode"]
        subprocess.run(build, cwd=sources, env=toolchain.environment(go) | programs.STATIC, check=True)
        made.append(target.read_bytes())
    assert made[0] == made[1]


def test_a_thing_is_made_once_and_again_when_its_inputs_change(tmp_path: Path) -> None:
    made: list[str] = []
    for inputs in ("a", "a", "b", "b"):
        thing = step(tmp_path / "thing", inputs, made)
        if thing.due():
            thing.make()
    assert made == ["a", "b"]


def test_a_thing_whose_product_is_gone_is_made_again(tmp_path: Path) -> None:
    thing = step(tmp_path / "thing")
    thing.make()
    assert not thing.due()
    (tmp_path / "thing").unlink()
    assert thing.due()


def test_a_thing_whose_making_failed_is_due_again(tmp_path: Path) -> None:
    step(tmp_path / "thing").make()

    def fail() -> None:
        raise Failed("no disk")

    with pytest.raises(Failed):
        Step("thing", "A thing", "a", [tmp_path / "thing"], fail).make()
    assert step(tmp_path / "thing").due()


def test_the_hash_of_inputs_follows_names_contents_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    first = stamps.digest([one])
    assert stamps.digest([one]) == first
    assert stamps.digest([one], "-O2") != first
    one.rename(two)
    assert stamps.digest([two]) != first
    two.write_text("2")
    assert len({first, stamps.digest([two])}) == 2


def test_a_command_tells_how_far_it_is_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    code = "print('one'); print('two')"
    told = progress.run("Counting", [sys.executable, "-c", code], far=lambda text: f"{text.count(chr(10))} of 2 lines")
    assert told == "one\ntwo\n"
    assert "Counting: 2 of 2 lines, done in" in capsys.readouterr().out


def test_a_command_that_fails_shows_its_last_words_and_its_log(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"(?s)Building failed .*exit code 4.*logs/building\.log.*no such header"):
        progress.run("Building", [sys.executable, "-c", "print('no such header'); raise SystemExit(4)"])


def test_a_python_that_is_too_old_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "OLDEST_PYTHON", (9, 9))
    with pytest.raises(Failed, match=r"needs Python 9\.9 or later.*\n.*make PYTHON="):
        environment.check_python()


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf '{says}'\n")
    path.chmod(0o755)
    return path


def fabric(folder: Path, version: str) -> Path:
    for name in programs.FABRIC_PROGRAMS:
        program(folder, name, f"peer:\\n Version: v{version}\\n Commit SHA: x\\n")
    return folder


def test_a_go_on_path_is_taken_when_it_is_recent_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "OWN_GO", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toolchain.find_go() is None
    go = program(tmp_path, "go", "go1.19.8")
    assert toolchain.find_go() is None
    program(tmp_path, "go", "go1.26.0")
    assert toolchain.find_go() == go


def test_a_missing_compiler_is_named_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(Failed, match="C compiler.*apt-get install gcc"):
        toolchain.check_compiler()


@pytest.fixture
def no_fabric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("FABRIC_BIN", raising=False)
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "tools")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    return tmp_path


def test_without_any_fabric_ours_is_built(no_fabric: Path) -> None:
    assert programs.fabric() == programs.built()


def test_the_fabric_that_is_named_goes_before_the_one_on_path(no_fabric: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fabric(no_fabric / "path", "2.5.12")
    assert programs.fabric().version == "2.5.12"
    monkeypatch.setenv("FABRIC_BIN", str(fabric(no_fabric / "named", "3.1.5")))
    assert programs.fabric() == programs.Fabric(no_fabric / "named", "3.1.5", "from FABRIC_BIN")


def test_an_old_or_incomplete_fabric_on_path_is_passed_over(no_fabric: Path) -> None:
    fabric(no_fabric / "path", "2.2.1")
    assert programs.fabric() == programs.built()
    fabric(no_fabric / "path", "3.1.5")
    (no_fabric / "path" / "orderer").unlink()
    assert programs.fabric() == programs.built()


def test_a_fabric_bin_that_lacks_a_program_is_refused_by_name(no_fabric: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fabric(no_fabric / "named", "3.1.5") / "configtxgen").unlink()
    monkeypatch.setenv("FABRIC_BIN", str(no_fabric / "named"))
    with pytest.raises(Failed, match="there is no configtxgen in it"):
        programs.fabric()


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def test_only_the_wanted_files_of_an_archive_are_kept(tmp_path: Path) -> None:
    content = archive({"package/dist/a.css": b"a{}", "package/evil.js": b"!"})
    fetch_assets.unpack(content, ["dist/a.css"], tmp_path / "vendor")
    assert [path.name for path in (tmp_path / "vendor").iterdir()] == ["a.css"]
    with pytest.raises(fetch_assets.NotFetched, match=r"no file dist/b\.css"):
        fetch_assets.unpack(content, ["dist/b.css"], tmp_path / "vendor")


def test_an_archive_other_than_the_locked_one_is_refused() -> None:
    content = archive({"package/a": b"a"})
    fetch_assets.check("a", content, integrity(content))
    with pytest.raises(fetch_assets.NotFetched, match="SHA-512"):
        fetch_assets.check("a", content + b"\0", integrity(content))
    with pytest.raises(fetch_assets.NotFetched, match="SHA-512"):
        fetch_assets.check("a", content, "sha1-" + base64.b64encode(hashlib.sha1(content).digest()).decode())  # noqa: S324


def test_a_package_that_is_not_locked_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text('{"packages": {}}')
    with pytest.raises(fetch_assets.NotFetched, match="left-pad is not in package-lock.json"):
        fetch_assets.archive("left-pad", tmp_path / "package-lock.json")


def test_every_asset_is_locked_with_its_hash() -> None:
    locked = json.loads(fetch_assets.LOCK.read_text())["packages"]
    for name in json.loads(fetch_assets.MANIFEST.read_text())["lonja"]["files"]:
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")
        assert fetch_assets.address(name, {"version": "1.0.0"}).endswith(f"/{name}/-/{name.split('/')[-1]}-1.0.0.tgz")


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-test.lock", "requirements-uv.lock", "requirements-go.lock"]
)
def test_every_locked_package_has_its_hash(name: str) -> None:
    entries = (progress.ROOT / name).read_text().replace("\\\n", " ").splitlines()
    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_tests_run_on_the_versions_the_product_runs_on() -> None:
    product, test = (set(pins(name)) for name in ("requirements.lock", "requirements-test.lock"))
    assert product - test == set()


def pins(name: str) -> list[str]:
    return [line.split(" \\")[0] for line in (progress.ROOT / name).read_text().splitlines() if "==" in line]


def test_the_doctor_names_what_is_missing_and_the_next_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "DISK_NEEDED_MB", 10**12)
    monkeypatch.setattr(doctor, "MEMORY_NEEDED_MB", 10**12)
    monkeypatch.setattr(doctor.bootstrap, "steps", lambda _purpose: [step(tmp_path / "thing")])
    found = dict(doctor.findings())
    assert found["not set up, or no longer up to date: A thing"] == "make setup"
    assert [what.split()[-1] for what in found][1:] == ["full", "available"]
