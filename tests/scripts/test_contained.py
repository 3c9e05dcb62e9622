"""The whole product in containers: the compose file is the topology's, each program sees what it needs and is asked."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from middleware.config import load
from network import topology
from network.containers import engine
from scripts import clean, compose, contained, healthy
from scripts.progress import ROOT

IMAGES = ROOT / "network" / "containers" / "images"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(compose.FILE.read_text())["services"]
    return found


def test_the_compose_file_is_what_the_topology_says() -> None:
    assert compose.FILE.read_text() == compose.text(), "write it anew: .venv/bin/python -m scripts.compose"


def test_it_is_the_whole_product(services: dict[str, Any]) -> None:
    nodes = {name.replace(".", "-") for name in topology.load().ports() if " " not in name}
    assert services.keys() == nodes | contained.PROGRAMS.keys() | {"prepare", "deploy", "seed"}


def test_whoever_is_waited_for_can_say_that_he_is_ready(services: dict[str, Any]) -> None:
    ends = {"prepare", "deploy", "seed"}
    for each in services.values():
        for name, how in each.get("depends_on", {}).items():
            assert (how["condition"] == "service_completed_successfully") == (name in ends)
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[name] or name in contained.PROGRAMS


def test_only_the_first_step_is_root_and_only_doors_are_published(services: dict[str, Any]) -> None:
    assert [name for name, each in services.items() if each["user"] != "10001:10001"] == ["prepare"]
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in services.values())
    published = {name: each["ports"] for name, each in services.items() if "ports" in each}
    assert published == {
        "api": ["127.0.0.1:8000:8000"],
        "fix": ["127.0.0.1:9880:9880"],
        "console": ["127.0.0.1:8080:8080"],
    }


def test_the_products_programs_cannot_write_to_the_network_and_two_do_not_see_it(services: dict[str, Any]) -> None:
    for name in contained.PROGRAMS:
        volumes = services[name]["volumes"]
        if name in contained.OWN_FOLDERS:
            assert [volume.partition(":")[0] for volume in volumes] == [f"./.state/compose/{name}"]
        else:
            assert "./.state/compose/network:/lonja/network:ro" in volumes


@pytest.mark.parametrize(
    ("program", "url"),
    [
        ("api", "http://127.0.0.1:9700/readyz"),
        ("worker", "http://127.0.0.1:9710/livez"),
        ("fix", "http://127.0.0.1:9720/livez"),
        ("webhooks", "http://127.0.0.1:9730/livez"),
        ("console", "http://127.0.0.1:8080/sign-in"),
        ("exchange", "tcp://127.0.0.1:9890"),
    ],
)
def test_each_program_is_asked_where_it_answers(program: str, url: str, tmp_path: Path) -> None:
    config = load({"LONJA_STATE": str(tmp_path), "LONJA_BIND": "0.0.0.0"})  # noqa: S104 nothing is bound
    assert contained.asked(program, config) == url


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/livez" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("place", "code"), [("http:{}/livez", 0), ("http:{}/readyz", 1), ("tcp:{}", 0)])
def test_a_container_is_healthy_when_its_program_answers(place: str, code: int, port: int, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text(place.format(f"//127.0.0.1:{port}"))
    assert healthy.main(note) == code


def test_what_containers_made_is_forgotten_by_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their state belongs to a user of theirs, and `make clean` cannot know whether they run."""
    for name in ("STATES", "ROOT"):
        monkeypatch.setattr(clean, name, tmp_path)
    ledger = tmp_path / "compose" / "network" / "ledger"
    ledger.mkdir(parents=True)
    assert clean.clean() == 0
    assert ledger.exists()
    assert "docker compose run --rm prepare clean" in capsys.readouterr().out
    assert contained.clean(load({"LONJA_STATE": str(tmp_path / "compose")})) == 0
    assert list((tmp_path / "compose").iterdir()) == []


def test_images_run_without_rights_and_are_built_with_the_versions_of_the_sources() -> None:
    product, chaincode = ((IMAGES / f"{name}.Dockerfile").read_text() for name in ("lonja", "chaincode"))
    for text in (product, chaincode):
        assert f"USER {engine.USER}:{engine.USER}" in text.rpartition("\nFROM ")[2]
    assert "HEALTHCHECK" in product
    go = re.search(r"^go (\d+\.\d+)", (ROOT / "chaincode" / "go.mod").read_text(), re.MULTILINE)
    assert go is not None
    assert f"ARG GO=golang:{go[1]}\n" in chaincode
    assert "\nFROM scratch\n" in chaincode
