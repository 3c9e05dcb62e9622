"""A broker's FIX engine that rides out whatever happens: calls again, sends again what is asked for, asks for gaps."""

import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field

from scripts.fix_client import FixClient, Heard, Line, now

AGAIN_SECONDS = 0.2
LOG_ON_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A business message as it was sent first."""

    type: str
    fields: dict[int, str]
    at: str


@dataclass
class Caller:
    """One session. `reports` are the execution reports, each ExecID once; nothing happens but in `pump`."""

    line: Line
    next_out: InitVar[int] = 1
    next_in: int = 1
    reports: dict[str, Heard] = field(default_factory=dict)
    refusals: list[Heard] = field(default_factory=list)
    calls: int = 0
    _client: FixClient = field(init=False)
    _sent: dict[int, Sent] = field(default_factory=dict)
    _asked: int = 0
    _on: bool = False

    def __post_init__(self, next_out: int) -> None:
        self._client = FixClient(self.line, next_out=next_out)

    def send(self, type: str, fields: dict[int, str]) -> None:
        """Send it, now or when the line is up: it has its number."""
        number, at = self._client.next_out, now()
        self._sent[number] = Sent(type, fields, at)
        if self._on and self._client.is_open:
            self._client.send(type, fields, sent_at=at)
        else:
            self._client.next_out += 1

    def pump(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Talk for so long, or until that is true; whether it is."""
        end = time.monotonic() + seconds
        while not until():
            left = end - time.monotonic()
            if left <= 0:
                return False
            if not (self._on and self._client.is_open):
                self._call()
            elif (message := self._client.next(min(left, 0.05))) is not None:
                self._take(message)
        return True

    def hang_up(self) -> None:
        """Say goodbye."""
        if self._client.is_open:
            self._client.log_out()
        self._on = False

    def last(self, client_id: str, tag: int = 39) -> str:
        """What the last report under this name says, as its steps came."""
        found = [report for report in self.reports.values() if client_id in (report[11], report[41])]
        return found[-1][tag] if found else ""

    def _call(self) -> None:
        self._on = False
        try:
            self._client.connect(LOG_ON_SECONDS)
            answer = self._client.log_on(heartbeat_seconds=10, seconds=LOG_ON_SECONDS)
        except OSError:
            answer = None
        if answer is None or answer.type != "A":
            self._client.close()
            time.sleep(AGAIN_SECONDS)
            return
        self.calls, self._asked, self._on = self.calls + 1, 0, True
        self._count(answer)

    def _take(self, message: Heard) -> None:
        if message.type == "2":
            self._resend(int(message[7]))
        elif message.type == "4" and int(message[36]) > self.next_in >= int(message[34]):
            self.next_in = int(message[36])
        elif message.type == "8":
            self.reports.setdefault(message[17], message)
        elif message.type in ("9", "j", "3"):
            self.refusals.append(message)
        elif message.type == "5":
            self._client.close()
        self._count(message)

    def _count(self, message: Heard) -> None:
        number = int(message[34])
        if number == self.next_in and message.type != "4":
            self.next_in += 1
        elif number > self.next_in and self._asked != self.next_in:
            self._asked = self.next_in
            self._client.send("2", {7: str(self.next_in), 16: "0"})

    def _resend(self, first: int) -> None:
        """What was sent since, under the same numbers; what was not business is skipped over."""
        for number in range(first, self._client.next_out):
            known = self._sent.get(number)
            if known is None:
                fill = {123: "Y", 36: str(number + 1)}
                self._client.send("4", fill, seq=number, header={43: "Y", 122: now()})
            else:
                self._client.send(known.type, known.fields, seq=number, header={43: "Y", 122: known.at})
