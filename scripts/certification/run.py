"""A certification run: its terms, its line, and the score of its steps."""

import itertools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from scripts.fix_client import FixClient, Heard, Line, now

SECONDS = 5.0  # how long an answer may take
HEARTBEAT_SECONDS = 4
_EXPECTING = re.compile(r"expect\w*:? ?([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the run trades with: one account of an investor whose mandate names the broker, one instrument."""

    account: str
    instrument: str
    cash_account: str = ""
    second_account: str = ""
    venue: str = ""
    limit: Decimal = Decimal("1.00")
    tick: Decimal = Decimal("0.01")
    lot: int = 1
    is_affirmed: bool = True  # whether the investor affirms each order: then none becomes new within the run


class Failed(Exception):
    """A step whose answer is not what the rules say; `expected` in words."""

    def __init__(self, expected: str, received: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.received = received


class Skipped(Exception):
    """A step that this run cannot take, and why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a step came to: passed, failed or skipped."""

    name: str
    outcome: str
    expected: str = ""
    received: str = ""
    sent: tuple[str, ...] = ()


@dataclass
class Run:
    """One run over one session. Steps share the line, and the order that an earlier one has left open."""

    line: Line
    terms: Terms
    drop_copy: Line | None = None
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    results: list[Result] = field(default_factory=list)
    copy: "Run | None" = None
    order: Heard | None = None
    client_id: str = ""
    _count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.client = FixClient(self.line)
        self._tag = datetime.now(UTC).strftime("%H%M%S%f")[:9]

    def take(self, name: str, step: Callable[["Run"], None]) -> Result:
        """Take a step and score it. A line that was lost is called again first."""
        began = len(self.client.sent)
        try:
            if not self.client.is_open:
                self.log_on()
            began = len(self.client.sent)
            step(self)
            result = Result(name, "passed")
        except Skipped as reason:
            result = Result(name, "skipped", str(reason))
        except Failed as problem:
            result = Result(name, "failed", problem.expected, problem.received, tuple(self.client.sent[began:]))
        except OSError as error:
            result = Result(name, "failed", "a connection", str(error))
        self.results.append(result)
        return result

    # What steps are made of

    def log_on(self) -> None:
        """Call and log on, with the number that the other side waits for: it names it when ours is too low."""
        for _ in range(2):
            self.client.close()
            self.client.connect(SECONDS)
            answer = self.client.log_on(heartbeat_seconds=self.heartbeat_seconds, seconds=SECONDS)
            if answer is not None and answer.type == "A":
                self.settle()
                return
            expecting = _EXPECTING.search(answer[58]) if answer is not None else None
            if expecting is None:
                raise Failed("Logon (35=A)", str(answer or "nothing; the connection was cut"))
            self.client.next_out = int(expecting[1])
        raise Failed("Logon (35=A)", str(answer))

    def settle(self) -> None:
        """Hear what is still under way, such as reports that waited for us."""
        while self.client.next(0.3) is not None:
            pass

    def expect(self, type: str, wanted: Mapping[int, str], expected: str, *, seconds: float = SECONDS) -> Heard:
        """The message that must come now."""
        before = len(self.client.heard)
        found = self.client.expect(type, wanted, seconds=seconds)
        if found is None:
            came = [str(one) for one in self.client.heard[before:] if one.type not in ("0", "1")]
            lost = "" if self.client.is_open else "; the connection was cut"
            raise Failed(expected, (" / ".join(came) or "nothing") + lost)
        return found

    def is_alive(self) -> None:
        """The session is up and in step: a test request is answered."""
        mark = f"T{next(self._count)}"
        self.client.send("1", {112: mark})
        self.expect("0", {112: mark}, f"the session stays up: Heartbeat (35=0) with 112={mark}")

    def new_id(self) -> str:
        """A ClOrdID that was never used."""
        return f"C{self._tag}{next(self._count)}"

    def order_fields(self, changes: Mapping[int, str | None] | None = None) -> dict[int, str]:
        """A good order, but for these changes; None leaves a tag out."""
        terms = self.terms
        fields: dict[int, str | None] = {11: self.new_id(), 1: terms.account, 55: terms.instrument, 54: "1"}
        fields |= {60: now(), 38: str(10 * terms.lot), 40: "2", 44: str(terms.limit), 59: "0"}
        fields |= {20884: terms.cash_account or None, 100: terms.venue or None}
        fields |= changes or {}
        return {tag: value for tag, value in fields.items() if value is not None}

    def refused(self, changes: Mapping[int, str | None], reason: str, what: str) -> None:
        """An order that must be answered by 150=8 with this OrdRejReason and words; the session stays up."""
        fields = self.order_fields(changes)
        self.client.send("D", fields)
        wanted = {150: "8", 39: "8", 103: reason, 11: fields[11], 58: "*"}
        self.expect("8", wanted, f"ExecutionReport 150=8, 39=8, 103={reason} with a text (58): {what}")
        self.is_alive()

    def rejected(self, type: str, fields: Mapping[int, str], tag: int, what: str) -> None:
        """A message that must be answered by a session Reject naming the tag; the session stays up."""
        seq = self.client.next_out
        self.client.send(type, fields)
        wanted = {45: str(seq), 371: str(tag), 58: "*"}
        self.expect("3", wanted, f"Reject (35=3) with 45={seq}, 371={tag} and a text (58): {what}")
        self.is_alive()

    def wait(self, seconds: float) -> None:
        """Let time pass, hearing what comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.client.is_open:
            self.client.next(until - time.monotonic())
