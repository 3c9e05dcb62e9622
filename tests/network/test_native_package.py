"""The package tells a peer where its organisation's chaincode runs, and our builder passes that on."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from network.native import identities, package
from network.native.layout import Layout
from network.topology import load


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "network")
    identities.make(load(), layout)
    for organisation in load().organisations:
        package.write(load(), layout, organisation)
    package.write_builder(layout.builder)
    return layout


def test_a_package_written_again_keeps_its_id(layout: Layout) -> None:
    topology = load()
    path = layout.package(topology.organisations[0])
    before = package.package_id(topology, path)
    package.write(topology, layout, topology.organisations[0])
    assert package.package_id(topology, path) == before
    assert before.startswith("lonja:")
    assert len(before) == len("lonja:") + 64


def test_each_organisation_has_its_own(layout: Layout) -> None:
    topology = load()
    assert len({package.package_id(topology, layout.package(each)) for each in topology.organisations}) == 2


def test_it_says_where_the_chaincode_is_and_asks_for_mutual_tls(layout: Layout) -> None:
    connection = _connection(layout)
    assert connection["address"] == "127.0.0.1:7053"
    assert connection["tls_required"] is True
    assert connection["client_auth_required"] is True
    assert all("BEGIN" in connection[name] for name in ("client_cert", "client_key", "root_cert"))


def test_it_is_as_secret_as_the_key_in_it(layout: Layout) -> None:
    assert {layout.package(each).stat().st_mode & 0o777 for each in load().organisations} == {0o600}


def test_the_builder_takes_our_type_only(layout: Layout, tmp_path: Path) -> None:
    for kind, expected in (("ccaas", 0), ("golang", 1)):
        (tmp_path / "metadata.json").write_text(json.dumps({"type": kind, "label": "x"}))
        assert _build(layout, "detect", tmp_path, tmp_path).returncode == expected


def test_the_builder_hands_the_connection_on(layout: Layout, tmp_path: Path) -> None:
    source, kept, told = tmp_path / "source", tmp_path / "kept", tmp_path / "told"
    for folder in (source, kept, told):
        folder.mkdir()
    (source / "connection.json").write_text("{}")
    assert _build(layout, "build", source, source, kept).returncode == 0
    assert _build(layout, "release", kept, told).returncode == 0
    assert (told / package.SERVICE / "connection.json").read_text() == "{}"


def _build(layout: Layout, program: str, *folders: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([layout.builder / "bin" / program, *folders], check=False, capture_output=True)


def _connection(layout: Layout) -> dict[str, str]:
    with tarfile.open(layout.package(load().organisations[0])) as outer:
        code = outer.extractfile("code.tar.gz")
        assert code is not None
        with tarfile.open(fileobj=io.BytesIO(code.read())) as inner:
            file = inner.extractfile("connection.json")
            assert file is not None
            found: dict[str, str] = json.load(file)
            return found
