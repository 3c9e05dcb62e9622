"""Alerts and dashboard speak of what is measured; Prometheus's own checker finds nothing wrong with them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from middleware import measures
from middleware.config import load
from middleware.expiry import Ends
from middleware.lag import Lag
from middleware.ledger import Ledger
from middleware.services import ledgers
from middleware.webhooks import Sender
from network import topology
from network.native.layout import Layout, Tls
from scripts import dashboard, promtool
from scripts.progress import ROOT, Failed
from tests.middleware.sandboxes import installed, tables

FOLDER = ROOT / "docs" / "operations"
SUFFIXES = ("_total", "_bucket", "_count", "_sum")


@pytest.fixture
def measured(tmp_path: Path) -> set[str]:
    """Every measure by the name under which Prometheus keeps it, without a histogram's or a counter's ending."""
    made = [str(one._name) for one in vars(measures).values() if isinstance(one, MetricWrapperBase)]
    with tables(installed(tmp_path)) as database:
        read = [*ledgers.numbers(database.reading), *Sender(database).numbers(), *Lag(Still(), lambda: 3).numbers()]
        read += Ends(lambda: iter(())).numbers()
    return {*made, *(f"lonja_{number.name}" for number in read)}


class Still(Ledger):
    """A ledger of two organisations that has nine blocks and does nothing."""

    organisation = "operator"

    def heights(self) -> dict[str, int]:
        return {"operator": 9, "custodian": 9}


def named(text: str) -> set[str]:
    """The measures that a text names."""
    found = set(re.findall(r"lonja_[a-z_]+", text))
    return {next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name) for name in found}


def test_every_measure_that_an_alert_names_exists(measured: set[str]) -> None:
    rules = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert named(rule["expr"]) <= measured, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


def test_every_measure_stands_on_the_dashboard_and_nothing_else_does(measured: set[str]) -> None:
    assert named(json.dumps(dashboard.dashboard())) == measured


def test_the_dashboard_is_the_one_that_is_written_from_its_description() -> None:
    assert (FOLDER / "dashboard.json").read_text() == dashboard.text(), (
        "python -m scripts.dashboard > docs/operations/dashboard.json"
    )


def test_the_collector_asks_every_process_at_its_port() -> None:
    job = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][0]
    asked = {one["labels"]["process"]: one["targets"] for one in job["static_configs"]}
    ports = load({}).operations_ports
    assert asked == {process: [f"127.0.0.1:{port}"] for process, port in ports.items()}
    assert measures.REGISTRIES.keys() == ports.keys()


def test_the_collector_asks_every_node_of_the_market_with_its_own_certificate() -> None:
    market, layout = topology.load(), Layout(ROOT / ".state" / "run" / "network")
    nodes: list[tuple[str, topology.Peer | topology.Orderer]] = [(one.id, one.peer) for one in market.members()]
    nodes += [(market.ordering.id, one) for one in market.ordering.orderers]
    wanted = {
        node.name: (f"localhost:{node.operations_port}", layout.identities(id).tls(node.name)) for id, node in nodes
    }
    asked = {}
    for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][1:]:
        (one,), files = job["static_configs"], job["tls_config"]
        folder = Path(os.path.normpath(FOLDER / files["cert_file"])).parent
        assert {Path(file).name for file in files.values()} == {"ca.pem", "certificate.pem", "key.pem"}
        asked[one["labels"]["node"]] = (one["targets"][0], Tls(folder))
    assert asked == wanted


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "alerts.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
)
def test_promtool_finds_nothing_wrong(words: tuple[str, ...]) -> None:
    try:
        program: Path = promtool.get()
    except Failed as error:
        pytest.skip(f"the alerts are not checked by Prometheus itself: {error}")
    done = subprocess.run([str(program), *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
