"""The Grafana dashboard, written from what we measure: `python -m scripts.dashboard > docs/operations/dashboard.json`.

A panel is a line here; the JSON is never edited by hand.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, COLUMNS = 8, 7, 3
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """One picture: legend → expression. `unit` is Grafana's name of it."""

    title: str
    lines: dict[str, str]
    unit: str = "short"


def quantile(q: float, measure: str, *labels: str) -> str:
    """A quantile of a histogram, told apart by labels."""
    return f"histogram_quantile({q}, sum by ({', '.join(['le', *labels])}) (rate({measure}_bucket[$__rate_interval])))"


def quantiles(measure: str) -> dict[str, str]:
    """Lines for the middle, the slow and the slowest."""
    return {f"p{round(100 * q)}": quantile(q, measure) for q in (0.5, 0.95, 0.99)}


def rate(measure: str, by: str, matching: str = "") -> dict[str, str]:
    """One line for each value of a label: how many a second."""
    chosen = f"{{{matching}}}" if matching else ""
    return {f"{{{{{by}}}}}": f"sum by ({by}) (rate({measure}{chosen}[$__rate_interval]))"}


ROWS: dict[str, list[Panel]] = {
    "The market": [
        Panel("Trades a second", rate("lonja_facts_total", "fact", 'fact=~"TradeExecuted|TradeReported"')),
        Panel("Commands done and refused a second", rate("lonja_facts_total", "fact", 'fact=~"Command.*"')),
        Panel("Refused by the ledger", rate("lonja_refusals_total", "reason")),
    ],
    "The way to the ledger and back": [
        Panel("Commands without an outcome", {"{{status}}": "lonja_submissions_open"}),
        Panel("Batch to verdict", quantiles("lonja_commit_seconds"), "s"),
        Panel("Commands in a batch", quantiles("lonja_batch_commands")),
        Panel("Batches a second", rate("lonja_batches_total", "outcome")),
        Panel("Transaction to visible in SQL", quantiles("lonja_visible_seconds"), "s"),
        Panel("A block written to SQL", quantiles("lonja_fold_seconds"), "s"),
        Panel("Mirror behind, blocks", {"blocks": "lonja_mirror_lag_blocks"}),
        Panel("Mirror behind, time", {"seconds": "lonja_mirror_lag_seconds"}, "s"),
        Panel("Height", {"{{organisation}}": "lonja_ledger_height", "mirror": "lonja_mirror_position"}),
        Panel("Oldest command not sent", {"age": "lonja_submission_waiting_seconds"}, "s"),
        Panel("Worker's last sign", {"{{organisation}}": "lonja_worker_silent_seconds"}, "s"),
        Panel("Batches sent again", {"resent": "rate(lonja_batches_resent_total[$__rate_interval])"}),
    ],
    "The API": [
        Panel("Requests a second", rate("lonja_requests_total", "status")),
        Panel(
            "The slowest routes, p95",
            {"{{route}}": f"topk(8, {quantile(0.95, 'lonja_request_seconds', 'route')})"},
            "s",
        ),
        Panel("Problems", rate("lonja_problems_total", "reason")),
        Panel("Event streams", {"open": "lonja_streams"}),
    ],
    "FIX and exchanges": [
        Panel("Sessions", {"{{session}}": "lonja_fix_session_up", "{{venue}}": "lonja_exchange_up"}),
        Panel("Messages a second", rate("lonja_fix_messages_total", "session")),
        Panel(
            "Turned away",
            {
                **rate("lonja_fix_throttled_total", "session"),
                "logons": "sum(rate(lonja_fix_logons_refused_total[$__rate_interval]))",
                "connections": "rate(lonja_fix_connections_cut_total[$__rate_interval])",
            },
        ),
        Panel("Read and not stored", {"messages": "lonja_fix_waiting"}),
    ],
    "Webhooks": [
        Panel("Attempts a second", rate("lonja_webhook_deliveries_total", "outcome")),
        Panel("An attempt", quantiles("lonja_webhook_seconds"), "s"),
        Panel("Not delivered yet", {"messages": "lonja_webhook_messages_waiting"}),
    ],
    "Processes": [
        Panel("Memory", {"{{process}}": 'process_resident_memory_bytes{job="lonja"}'}, "bytes"),
        Panel(
            "Processor",
            {"{{process}}": 'rate(process_cpu_seconds_total{job="lonja"}[$__rate_interval])'},
            "percentunit",
        ),
        Panel("Room on the disk", {"free": "lonja_disk_free_bytes"}, "bytes"),
        Panel("Alarms", {"{{process}}": "increase(lonja_alarms_total[1h])"}),
        Panel("Certificates end in", {"{{holder}}": "lonja_certificate_end_timestamp_seconds - time()"}, "s"),
    ],
}


def dashboard() -> dict[str, Any]:
    """All of it, as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append({"type": "row", "title": title, "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}})
        panels += [_panel(panel, number, top + 1) for number, panel in enumerate(row)]
        top += 1 + HEIGHT * -(-len(row) // COLUMNS)
    for number, panel in enumerate(panels, 1):
        panel["id"] = number
    return {
        "uid": "lonja",
        "title": "Lonja",
        "tags": ["lonja"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def _panel(panel: Panel, number: int, top: int) -> dict[str, Any]:
    down, right = divmod(number, COLUMNS)
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": WIDTH * right, "y": top + HEIGHT * down},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [_target(letter, *line) for letter, line in zip("ABCDEFGH", panel.lines.items(), strict=False)],
    }


def _target(letter: str, legend: str, expression: str) -> dict[str, Any]:
    return {"refId": letter, "datasource": SOURCE, "expr": expression, "legendFormat": legend}


def text() -> str:
    """The file as it is to be."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
