"""What monitoring is told: of the lane, of the mirror's lag, of alarms; and the door that each process tells it at."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from middleware import clock, log, measures, operations
from middleware.config import load
from middleware.fact import Command, Fact
from middleware.lag import Lag
from middleware.ledger import Ledger, Unavailable
from middleware.services import ledgers
from tests.middleware.test_lane import Ours, ours, time

__all__ = ["ours", "time"]


class Peers(Ledger):
    """Organisations' heights as the test says; None when nobody answers."""

    organisation = "operator"
    said: dict[str, int] | None = None

    def heights(self) -> dict[str, int]:
        if self.said is None:
            raise Unavailable("nobody answers")
        return self.said


def of(registry: Any, name: str, **labels: str) -> float:
    value = registry.get_sample_value(name, labels)
    return 0.0 if value is None else float(value)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("VALID", "committed"), ("MVCC_READ_CONFLICT", "conflict"), ("ENDORSEMENT_POLICY_FAILURE", "invalid")],
)
def test_every_end_of_a_batch_is_counted(ours: Ours, code: str, outcome: str) -> None:
    before = of(measures.WORKER, "lonja_batches_total", outcome=outcome)
    ours.store(3)
    ours.compose()
    ours.ends(code, 3)
    assert of(measures.WORKER, "lonja_batches_total", outcome=outcome) == before + 1


def test_a_committed_batch_tells_its_size_and_how_long_it_took(ours: Ours) -> None:
    sizes, seconds = (of(measures.WORKER, f"lonja_{name}_sum") for name in ("batch_commands", "commit_seconds"))
    ours.store(7)
    ours.compose()
    ours.flight.composed_at = ours.time.now
    ours.later(1.5)
    ours.ends("VALID", 7)
    assert of(measures.WORKER, "lonja_batch_commands_sum") == sizes + 7
    assert of(measures.WORKER, "lonja_commit_seconds_sum") == pytest.approx(seconds + 1.5)


def test_facts_and_refusals_are_counted_by_name() -> None:
    said = {"code": "insufficient", "reason": "cash", "message": "short of cash"}
    refused = fact("CommandRefused", said)
    before = of(measures.WORKER, "lonja_refusals_total", code="insufficient", reason="cash")
    trades = of(measures.WORKER, "lonja_facts_total", fact="TradeExecuted")
    measures.saw([fact("TradeExecuted", {}), fact("TradeExecuted", {}), refused])
    assert of(measures.WORKER, "lonja_refusals_total", code="insufficient", reason="cash") == before + 1
    assert of(measures.WORKER, "lonja_facts_total", fact="TradeExecuted") == trades + 2


def fact(name: str, fields: dict[str, Any]) -> Fact:
    command = Command({"code": "", "reason": "", "message": ""}, b"")
    more: dict[str, Any] = {"block": 1, "transaction": "", "transaction_index": 0, "command_index": 0, "index": 0}
    return Fact(name, fields, at=clock.now(), command=command, **more)


def test_the_lag_is_counted_in_blocks_and_in_how_long_one_has_been_missing(time: Any) -> None:
    mirror = SimpleNamespace(at=9)
    lag = Lag(Peers(), lambda: mirror.at)
    assert lag.behind(10) == (0, 0.0), "level"
    assert lag.behind(12) == (2, 0.0), "known since this moment"
    time.now += 20
    assert lag.behind(15) == (5, 20.0), "and block 11 still is not here"
    mirror.at = 11
    assert lag.behind(15) == (3, 0.0), "it is; block 14 is known since this moment"
    mirror.at = 14
    assert lag.behind(15) == (0, 0.0)


def test_who_does_not_answer_is_missing_from_what_is_told() -> None:
    peers = Peers()
    lag = Lag(peers, lambda: 4)
    assert lag.numbers() == []
    peers.said = {"custodian": 7}
    assert [number.name for number in lag.numbers()] == ["ledger_height"], "our own peer is away: no lag can be told"
    peers.said = {"operator": 7, "custodian": 7}
    assert {number.name: dict(number.values) for number in lag.numbers()}["mirror_lag_blocks"] == {"": 2}


def test_whatever_the_log_calls_an_alarm_is_counted() -> None:
    before = of(measures.EVERYWHERE, "lonja_alarms_total")
    for event in ("alarm: busy", "batch sent", "no alarm"):
        log.count_alarms(None, "error", {"event": event})
    assert of(measures.EVERYWHERE, "lonja_alarms_total") == before + 1


def test_without_a_database_nothing_is_told_of_it(tmp_path: Any) -> None:
    from middleware.installation import Installation

    installation = Installation(load({"LONJA_STATE": str(tmp_path), "LONJA_LEDGER_DRIVER": "sandbox"}))
    assert ledgers.numbers(installation.reading) == []
    assert ledgers.checks(installation.reading)["database"] != "ok"
    installation.close()


@pytest.fixture
def door() -> Iterator["operations.Door"]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    door = operations.Door("worker", port, lambda: {"ledger": "ok"}).open()
    yield door
    door.close()


def ask(door: "operations.Door", path: str) -> tuple[int, str]:
    deadline = clock.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{door.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            assert clock.monotonic() < deadline, "the door does not open"
            clock.sleep(0.02)


def test_the_door_answers_probes_and_tells_what_is_measured(door: "operations.Door") -> None:
    assert json.loads(ask(door, "/livez")[1]) == {"status": "ok"}
    assert json.loads(ask(door, "/version")[1]) == {"version": "0.1.0", "process": "worker"}
    assert ask(door, "/readyz") == (200, '{"status": "ok", "checks": {"ledger": "ok"}}')
    status, told = ask(door, "/metrics")
    assert status == 200
    for name in ("lonja_alarms_total", "lonja_batches_total", "process_resident_memory_bytes"):
        assert f"\n{name}" in told
    assert "lonja_requests" not in told, "the API's measures are told by the API"
    assert ask(door, "/else")[0] == 404


def test_the_door_says_what_is_not_ready(door: "operations.Door") -> None:
    door.checks = lambda: {"ledger": "Waiting for the ledger."}
    status, said = ask(door, "/readyz")
    assert (status, json.loads(said)["status"]) == (503, "failing")
    assert "Waiting for the ledger." in said


def test_a_check_that_fails_is_an_answer_too(door: "operations.Door") -> None:
    def broken() -> dict[str, str]:
        raise ValueError("secret")

    door.checks = broken
    assert ask(door, "/readyz") == (500, '{"status":"failing"}')


def test_a_taken_port_is_waited_for_and_stops_nobody(door: "operations.Door") -> None:
    ask(door, "/livez")
    second = operations.Door("api", door.port, lambda: {}).open()
    door.close()
    deadline = clock.monotonic() + 20
    while "api" not in ask(door, "/version")[1]:
        assert clock.monotonic() < deadline
        clock.sleep(0.1)
    second.close()
