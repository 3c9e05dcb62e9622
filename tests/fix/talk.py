"""Runs conversations: files of lines that we send (>) and lines that we expect (<), with a sentence saying why.

    > 35=D|11=$A|…      sends; what is left out of the header is filled in; 34, 43, 49, 52, 56, 97, 122 may be said
    < 35=8|11=$A|37=$o  the next message has these values. $name: what was bound, or binds; *: anything; ~part: contains
    raw 8=FIX…          sends these bytes, with SOH for |
    reconnect, connect COMP_ID, closed, quiet, next N, affirm OWNER $A, decline OWNER $A, reset

`$now`, `$old` (two minutes ago), `$long` (300 characters), `$huge` (70,000), `@OWNER` (his account). A capital such as
`$A` is a name that nobody has used.
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from middleware import ids
from scripts.desk import path
from scripts.fix_client import FixClient, Heard
from tests.fix.stage import Floor

FOLDER = Path(__file__).with_name("conversations")
HEADER = (43, 97, 122)
SECONDS = 8.0
QUIET_SECONDS = 0.4
_WORD = re.compile(r"([$@])(\w+)")


def names() -> list[str]:
    """Every conversation."""
    return sorted(file.stem for file in FOLDER.glob("*.txt"))


def lines(name: str) -> Iterator[tuple[int, str]]:
    """What is to be done, by line; comments and empty lines are for readers."""
    for number, line in enumerate((FOLDER / f"{name}.txt").read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


class Talk:
    """One conversation in one session."""

    def __init__(self, floor: Floor, comp_id: str) -> None:
        self._floor = floor
        self._bound: dict[str, str] = {}
        self._client = FixClient(floor.line(comp_id))

    def run(self, name: str) -> None:
        """Every line in order; the first that does not come true ends it."""
        self._client.connect()
        try:
            for number, line in lines(name):
                self._number = f"{name}.txt:{number}: {line}"
                word, _, rest = line.partition(" ")
                _ACTS[word](self, rest)
        finally:
            self._client.close()

    def _send(self, text: str) -> None:
        pairs = [(int(tag), value) for tag, _, value in (part.partition("=") for part in self._filled(text).split("|"))]
        said = dict(pairs)
        body = [pair for pair in pairs if pair[0] not in (34, 35, 49, 52, 56, *HEADER)]
        header = [pair for pair in pairs if pair[0] in HEADER]
        client, line = self._client, self._client.line
        if 49 in said or 56 in said:
            object.__setattr__(line, "comp_id", said.get(49, line.comp_id))
            object.__setattr__(line, "target", said.get(56, line.target))
        client.send(said[35], body, seq=int(said.get(34, "0")), header=header, sent_at=said.get(52, ""))

    def _raw(self, text: str) -> None:
        self._client.send_raw(self._filled(text).replace("|", "\x01").encode())

    def _expect(self, text: str) -> None:
        message = self._client.next(SECONDS)
        assert message is not None, f"{self._number}\nnothing came; heard: {self._told()}"
        for tag, _, wanted in (part.partition("=") for part in text.split("|")):
            self._check(message, int(tag), wanted)

    def _check(self, message: Heard, tag: int, wanted: str) -> None:
        found, name = message[tag], wanted[1:]
        if wanted.startswith("$") and name not in self._bound:
            assert found, f"{self._number}\n{tag} is missing in {message}"
            self._bound[name] = found
            return
        if wanted == "*":
            good = bool(found)
        elif wanted == "-":
            good = not found
        elif wanted.startswith("~"):
            good = self._filled(name) in found
        else:
            good = found == self._filled(wanted)
        assert good, f"{self._number}\n{tag} is {found!r} in {message}"

    def _closed(self, _: str) -> None:
        message = self._client.next(SECONDS)
        assert message is None, f"{self._number}\ncame: {message}"
        assert not self._client.is_open, f"{self._number}\nthe connection is open"

    def _quiet(self, _: str) -> None:
        message = self._client.next(QUIET_SECONDS)
        assert message is None, f"{self._number}\ncame: {message}"
        assert self._client.is_open, f"{self._number}\nthe connection is closed"

    def _reconnect(self, comp_id: str) -> None:
        """Hang up and call again: as another, or under the numbers that come next."""
        self._client.close()
        next_out = 1 if comp_id else self._client.next_out
        self._client = FixClient(self._floor.line(comp_id or self._client.line.comp_id), next_out=next_out)
        self._connect()

    def _connect(self) -> None:
        """The gate lets a session in again when its last connection has ended there too."""
        time.sleep(0.1)
        self._client.connect()

    def _next(self, number: str) -> None:
        self._client.next_out = int(number)

    def _affirm(self, text: str) -> None:
        owner, entry = self._entry(text)
        self._floor.desk(owner).command(path("entries", entry, "affirmation"), {})

    def _decline(self, text: str) -> None:
        owner, entry = self._entry(text)
        self._floor.desk(owner).post(path("entries", entry, "refusal"), {"reason": "Not now, thank you."})

    def _entry(self, text: str) -> tuple[str, str]:
        owner, client_id = self._filled(text).split()
        found = self._floor.desk(owner).get("/entries", client_id=client_id)["items"]
        return owner, next(entry["id"] for entry in found if entry["owner"] == owner)

    def _reset(self, comp_id: str) -> None:
        """The broker asks, the operator confirms."""
        for party in (comp_id[:5], "OPERATOR"):
            self._floor.desk(party).post(path("sessions", comp_id, "reset"), {})

    def _filled(self, text: str) -> str:
        return _WORD.sub(lambda found: self._word(found[1], found[2]), text)

    def _word(self, kind: str, name: str) -> str:
        if kind == "@":
            return self._floor.account(name)
        moments = {"now": 0, "old": 120}
        if name in moments:
            past = datetime.now(UTC) - timedelta(seconds=moments[name])
            return past.strftime("%Y%m%d-%H:%M:%S.%f")[:-3]
        if name in ("long", "huge"):
            return "x" * (300 if name == "long" else 70_000)
        if name == "tomorrow":
            return (datetime.now(UTC) + timedelta(days=1)).strftime("%Y%m%d")
        return self._bound.setdefault(name, f"{name}-{ids.new()[-12:]}")

    def _told(self) -> str:
        return "\n  ".join(str(message) for message in self._client.heard[-8:])


_ACTS = {
    ">": Talk._send,
    "<": Talk._expect,
    "raw": Talk._raw,
    "closed": Talk._closed,
    "quiet": Talk._quiet,
    "reconnect": Talk._reconnect,
    "connect": Talk._reconnect,
    "next": Talk._next,
    "affirm": Talk._affirm,
    "decline": Talk._decline,
    "reset": Talk._reset,
}
