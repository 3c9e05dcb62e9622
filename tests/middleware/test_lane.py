"""The lane: what is sent next, and what every possible end of a batch means for the commands in it."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from middleware import clock, lane
from middleware.lane import Flight, Lane
from middleware.ledger import Block, Envelope, Refused, Unavailable
from middleware.matching import Signed
from middleware.relay import Waiting
from tests.middleware.ledgers import Chain, outcome

SENT = Envelope("f" * 64, b"envelope")


class Time:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "monotonic", time.monotonic)
    return time


@pytest.fixture
def ours(time: Time, monkeypatch: pytest.MonkeyPatch) -> "Ours":
    return Ours(time, monkeypatch)


class Ours:
    """A lane over a pretended table of waiting commands."""

    def __init__(self, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = time
        self.stored: list[Waiting] = []
        self.lane = Lane("operator", stale=False)
        self.chain = Chain()
        self.executions: list[Signed] = []
        monkeypatch.setattr(lane.relay, "waiting", self._waiting)

    def _waiting(self, _connection: Any, limit: int, *, but: set[int]) -> list[Waiting]:
        return [one for one in self.stored if one.arrival not in but][:limit]

    def store(self, count: int, size: int = 10) -> None:
        for _ in range(count):
            arrival = len(self.stored) + 1
            expires_at = clock.now() + timedelta(hours=1)
            self.stored.append(Waiting(arrival, "ALICE", str(arrival), "f", f"{arrival}".zfill(size), "h", expires_at))

    def compose(self) -> list[int] | None:
        flight = self.lane.compose(None, lambda limit: self.executions[:limit])  # type: ignore[arg-type]
        return None if flight is None else [one.arrival for one in flight.submissions]

    @property
    def flight(self) -> Flight:
        assert self.lane.flight is not None
        return self.lane.flight

    def ends(self, code: str, reached: int = 0) -> Block:
        """The batch on its way is in a block with this verdict."""
        flight = self.flight
        self.lane.sent(flight, Envelope(f"{len(self.chain.blocks):064x}", b""))
        block = self._block(flight, code, reached)
        self.lane.see(block)
        return block

    def _block(self, flight: Flight, code: str, reached: int) -> Block:
        said = [outcome("ALICE", str(number), "f") for number in range(reached)]
        event = {"lane": "operator", "batch": str(flight.batch), "commands": said} if code == "VALID" else None
        made = self.chain.transaction("submit", (str(flight.batch).encode(),), event, code)
        id = flight.envelope.transaction_id if flight.envelope else SENT.transaction_id
        return self.chain.add(replace(made, id=id))

    def later(self, seconds: float) -> None:
        self.time.now += seconds


def execution(number: int) -> Signed:
    return Signed(SimpleNamespace(number=number), f"execution {number}")  # type: ignore[arg-type]


def test_one_batch_at_a_time_in_the_order_of_arrival(ours: Ours) -> None:
    ours.store(3)
    assert ours.compose() == [1, 2, 3]
    assert ours.flight.batch == 1
    assert ours.compose() is None
    ours.store(1)
    ours.ends("VALID", 3)
    assert ours.compose() == [4]
    assert ours.flight.batch == 2


def test_executions_due_come_before_submissions(ours: Ours) -> None:
    ours.store(2)
    ours.executions = [execution(1), execution(2)]
    ours.compose()
    assert ours.flight.commands[:2] == ["execution 1", "execution 2"]
    assert len(ours.flight.commands) == 4


def test_no_batch_has_more_than_250_commands(ours: Ours) -> None:
    ours.store(300)
    ours.executions = [execution(number) for number in range(100)]
    assert ours.compose() == list(range(1, 151))
    ours.executions = []
    ours.ends("VALID", 250)
    assert ours.compose() == list(range(151, 301))


def test_no_batch_has_more_than_900_kib(ours: Ours) -> None:
    ours.store(20, size=64 * 1024)
    assert ours.compose() == list(range(1, 15))
    ours.ends("VALID", 14)
    assert ours.compose() == list(range(15, 21))


def test_commands_that_were_not_reached_are_sent_again_first(ours: Ours) -> None:
    ours.store(5)
    ours.compose()
    ours.ends("VALID", 2)
    ours.store(1)
    assert ours.compose() == [3, 4, 5, 6]


def test_what_is_settled_is_not_sent_again_before_sql_says_so(ours: Ours) -> None:
    ours.store(2)
    ours.compose()
    ours.ends("VALID", 2)
    assert ours.compose() is None
    ours.stored = []
    ours.lane.applied()
    assert ours.compose() is None


def test_a_verdict_may_come_before_the_orderers_answer(ours: Ours) -> None:
    ours.store(1)
    ours.compose()
    flight = ours.flight
    ours.lane.see(ours._block(flight, "VALID", 1))
    assert not ours.lane.sent(flight, SENT)
    assert ours.lane.flight is None


@pytest.mark.parametrize("code", ["MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"])
def test_after_a_read_conflict_the_same_goes_again_and_smaller_if_it_happens_again(ours: Ours, code: str) -> None:
    ours.store(250)
    ours.compose()
    ours.ends(code)
    ours.lane.stale = False
    assert ours.compose() is None, "not at once"
    ours.later(0.1)
    assert ours.compose() == list(range(1, 251))
    ours.ends(code)
    ours.later(0.1)
    ours.lane.stale = False
    assert ours.compose() == list(range(1, 126))
    ours.ends("VALID", 125)
    assert ours.compose() == list(range(126, 251)), "and grows again"


def test_an_invalid_transaction_of_another_kind_raises_an_alarm_and_waits(
    ours: Ours, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.store(1)
    ours.compose()
    ours.ends("ENDORSEMENT_POLICY_FAILURE")
    ours.lane.stale = False
    ours.later(lane.DEFECT_SECONDS - 1)
    assert ours.compose() is None
    ours.later(2)
    assert ours.compose() == [1]
    assert "alarm" in capsys.readouterr().out


def test_while_a_peer_is_away_orders_wait_and_the_log_says_whose(
    ours: Ours, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.store(2)
    ours.compose()
    ours.lane.failed(ours.flight, Unavailable("no endorsement", organisations=["custodian"]))
    assert ours.compose() is None
    ours.later(0.1)
    assert ours.compose() == [1, 2]
    assert "custodian" in capsys.readouterr().out


def test_a_number_that_the_ledger_does_not_take_is_read_again(ours: Ours) -> None:
    ours.store(1)
    ours.compose()
    ours.lane.failed(ours.flight, Refused("wrong_status", "batch", "The last batch was 7."))
    assert ours.lane.stale
    ours.later(1)
    assert ours.compose() is None
    ours.lane.batch, ours.lane.stale = 7, False
    assert ours.compose() == [1]
    assert ours.flight.batch == 8


def test_one_command_that_can_never_run_does_not_stop_those_behind_it(ours: Ours) -> None:
    ours.store(4)
    poison = 2
    sent: list[int] = []
    for _ in range(40):
        ours.later(3)
        arrivals = ours.compose()
        if not arrivals:
            break
        if poison in arrivals:
            ours.lane.failed(ours.flight, Refused("internal", "panic", "no"))
        else:
            sent += arrivals
            ours.ends("VALID", len(arrivals))
    assert sent == [1, 3, 4]
    assert list(ours.lane.aside) == [poison]
    ours.stored = [one for one in ours.stored if one.arrival == poison]
    assert ours.compose() is None
    ours.lane.give_up(poison)
    assert ours.lane.aside == {}


def test_without_a_verdict_the_same_envelope_is_sent_again_ever_more_seldom(ours: Ours) -> None:
    ours.store(1)
    ours.compose()
    ours.lane.sent(ours.flight, SENT)
    waits: list[float] = []
    for _ in range(5):
        waited = 0.0
        while ours.lane.overdue() is None:
            ours.later(0.5)
            waited += 0.5
        waits.append(waited)
    assert waits == [5, 10, 20, 30, 30]
    assert ours.compose() is None, "never a new one beside it"


def test_an_envelope_that_no_orderer_confirmed_is_sent_again_soon(ours: Ours) -> None:
    ours.store(1)
    ours.compose()
    ours.lane.sent(ours.flight, Envelope(SENT.transaction_id, b"", accepted=False))
    ours.later(lane.UNCONFIRMED_AFTER_SECONDS)
    assert ours.lane.overdue() is ours.flight


def test_while_no_orderer_confirms_it_is_tried_every_few_seconds(ours: Ours) -> None:
    ours.store(1)
    ours.compose()
    ours.lane.sent(ours.flight, Envelope(SENT.transaction_id, b"", accepted=False))
    for _ in range(20):
        ours.later(2)
        assert ours.lane.overdue() is ours.flight
        ours.lane.unconfirmed(ours.flight)


def test_another_organisations_batch_does_not_move_our_number(ours: Ours) -> None:
    event = {"lane": "custodian", "batch": "9", "commands": []}
    ours.lane.see(ours.chain.add(ours.chain.transaction("submit", (b"9",), event)))
    assert ours.lane.batch == 0


def test_a_copy_of_our_batch_that_committed_without_us_moves_it(ours: Ours) -> None:
    event = {"lane": "operator", "batch": "9", "commands": []}
    ours.lane.see(ours.chain.add(ours.chain.transaction("submit", (b"9",), event)))
    ours.store(1)
    ours.compose()
    assert ours.flight.batch == 10
