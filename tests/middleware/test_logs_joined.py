"""From a request's id to its command's, and on to the transaction: read out of nothing but the logs of one order."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from middleware import ids
from scripts.cast import PASSWORD
from scripts.desk import path
from scripts.product import Product
from scripts.stage import Stage

pytestmark = pytest.mark.product


def lines(folder: Path, program: str) -> list[dict[str, Any]]:
    """What a program has logged; what is no JSON is another's word (the server's own start)."""
    found = [line for line in (folder / f"{program}.log").read_text().splitlines() if line.startswith("{")]
    return [json.loads(line) for line in found]


def one(folder: Path, program: str, event: str, **named: Any) -> dict[str, Any]:
    """The one line with these words; it may be being written."""
    deadline = time.monotonic() + 20
    while True:
        found = [
            line
            for line in lines(folder, program)
            if line["event"] == event and all(line.get(name) == value for name, value in named.items())
        ]
        if found:
            assert len(found) == 1, found
            return found[0]
        assert time.monotonic() < deadline, f"no {event!r} with {named} in {program}.log"
        time.sleep(0.05)


def test_an_order_is_followed_from_its_request_to_its_transaction_by_the_logs_alone(
    sandbox: Product, sandbox_stage: Stage
) -> None:
    logs, asked, id = sandbox.config.state / "logs", f"request-{ids.token(8).hex()}", ids.new()
    alice = sandbox_stage.desk("ALICE")
    account = sandbox_stage.account("ALICE")
    order = {"account": account, "cash_account": account, "instrument": "ACME", "side": "buy", "quantity": "1"}
    token = requests.post(
        f"{sandbox.url}/v1/tokens", json={"username": "alice", "password": PASSWORD}, timeout=30
    ).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": id, "X-Request-Id": asked, "Prefer": "wait=20"}
    answer = requests.post(
        f"{sandbox.url}/v1/orders", json={**order, "limit_minor": "100"}, headers=headers, timeout=40
    )
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (201, asked)

    answered = one(logs, "api", "request answered", request=asked)
    assert (answered["route"], answered["status"], answered["party"]) == ("orders.place", 201, "ALICE")
    stored = one(logs, "api", "command stored", request=asked)
    assert (stored["party"], stored["id"], stored["function"]) == ("ALICE", answered["id"], "order:place")
    name = f"{stored['party']}:{stored['id']}"
    sent = next(line for line in lines(logs, "worker") if name in line.get("ids", ()))
    committed = one(logs, "worker", "batch committed", transaction=sent["transaction"])
    assert committed["commands"] >= 1

    traced = alice.get(path("orders", f"ALICE:{id}", "trace"))["steps"]
    reserved = next(step for step in traced if step["step"] == "reserved")
    assert reserved["transaction_id"] == sent["transaction"], "and the order's own trace says the same"


def test_a_request_that_is_refused_is_followed_to_its_refusal(sandbox: Product, sandbox_stage: Stage) -> None:
    asked = f"request-{ids.token(8).hex()}"
    answer = requests.post(f"{sandbox.url}/v1/orders", json={}, headers={"X-Request-Id": asked}, timeout=30)
    assert answer.json()["request_id"] == asked
    line = one(sandbox.config.state / "logs", "api", "request answered", request=asked)
    assert (line["status"], line["route"]) == (401, "orders.place")
    assert "party" not in line
