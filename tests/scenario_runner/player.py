"""Plays a scenario over REST against a running product, statement by statement."""

import time
from collections.abc import Callable
from pathlib import Path

from scripts.cast import PASSWORD, VENUE
from scripts.desk import Desk, Json, Refused, new_id, path
from tests.scenario_runner.looks import Differs, look
from tests.scenario_runner.request import Request
from tests.scenario_runner.script import Mistake, Script, Statement, read, statement
from tests.scenario_runner.verbs import requests
from tests.scenario_runner.world import Sent, World

MATCHER_SECONDS = 10.0
LEDGER_SECONDS = 20.0
# Refusals of an execution that leave its number unused.
NUMBER_UNUSED = {"number", "role", "scope", "suspended", "expired", "key", "signature"}


class Failed(AssertionError):
    """A statement did not turn out as the scenario says."""


class Player:
    """Desks at a product, shared by all scenarios that are played there."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._operator = Desk(url, "operator", PASSWORD)
        self._custodian = Desk(url, "custodian", PASSWORD)

    def play(self, file: Path) -> None:
        """Play one file; raises Failed with its line at the first statement that turns out otherwise."""
        script = read(file)
        world = World(self._desk, self._operator, self._custodian, VENUE if script.match else "")
        world.imply = lambda line: _do(world, statement(0, line.split()))
        try:
            self._play(world, script)
        finally:
            self._close(world)

    def _play(self, world: World, script: Script) -> None:
        for s in script.statements:
            try:
                self._step(world, script, s)
            except (Differs, Refused, Mistake, TimeoutError) as error:
                raise Failed(f"{script.name}.txt:{s.line} `{s.text}` ({world.suffix}): {error}") from error

    def _close(self, world: World) -> None:
        """Suspend a venue that was made for this scenario: orders of others that name none go to the only one."""
        venue = world.parties.get("bolsa", VENUE)
        if venue != VENUE:
            over = {"suspended": "yes", "reason": "the scenario is over"}
            self._operator.command(path("parties", venue, "suspension"), over)

    def _desk(self, username: str, password: str) -> Desk:
        return Desk(self._url, username, password or PASSWORD)

    def _step(self, world: World, script: Script, s: Statement) -> None:
        looked = _until_it_holds(lambda: look(world, s)) if script.match else look(world, s)
        if not looked:
            _do(world, s)
            if script.match:
                _wait_for_the_matcher(world)


def _do(world: World, s: Statement) -> None:
    """Send what a statement is made of; its expectation is about the first request that is refused."""
    repeated = False
    try:
        for request in requests(world, s):
            request.id = request.id or new_id()
            repeated = request.id in world.sent
            request.learn(_send(world, request))
    except Refused as refused:
        _compare(s, refused)
    else:
        # The ledger calls a repeated execution a duplicate; a door answers what became of the first.
        if s.expected.code and not (repeated and s.expected.code == "duplicate"):
            raise Differs(f"it was done, though {s.expected.code} was expected")


def _send(world: World, request: Request) -> Json:
    world.last = Sent(request.by, request.where, request.body, request.id)
    world.sent.add(request.id)
    try:
        desk = world.desk(request.by)
        send = _enter if request.entered else Desk.command
        answer = send(desk, request.where, request.body, request.id)
    except Refused as refused:
        if request.number and "submission" in refused.problem and refused.reason not in NUMBER_UNUSED:
            _use_up(world, *request.number)
        raise
    if request.number:
        _use_up(world, *request.number)
    return answer


def _enter(desk: Desk, where: str, body: Json, id: str) -> Json:
    """Enter an order; where that signs it, wait for the ledger, whose refusal raises Refused as any other."""
    (entry,) = desk.post(where, body, Idempotency_Key=id)["items"]
    if entry["order"]:
        deadline = time.monotonic() + LEDGER_SECONDS
        while (submission := desk.get(path("submissions", entry["order"])))["status"] != "done":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{entry['order']} has no outcome after {LEDGER_SECONDS:.0f} s")
            time.sleep(0.05)
        if submission["code"]:
            problem = {name: submission[name] for name in ("code", "reason")}
            raise Refused(409, {**problem, "detail": submission["message"], "submission": submission})
    return {"items": [entry]}


def _use_up(world: World, instrument: str, number: int) -> None:
    world.numbers[instrument] = max(number, world.numbers.get(instrument, 0))


def _compare(s: Statement, refused: Refused) -> None:
    """The reason is compared when the refusal is the ledger's; a door may have a finer or another one."""
    if not s.expected.code:
        raise refused
    by_ledger = "submission" in refused.problem
    if refused.code != s.expected.code or (by_ledger and s.expected.reason not in ("", refused.reason)):
        raise Differs(f"expected {s.expected.code} {s.expected.reason}, but: {refused}") from refused


def _wait_for_the_matcher(world: World) -> None:
    """Return once no book of the scenario is crossed; one owner's own orders may cross for ever, so not for long."""
    deadline = time.monotonic() + 1.0
    for instrument in list(world.instruments.values()):
        while instrument.currency and time.monotonic() < deadline:
            book = world.operator.find(path("instruments", instrument.code, "book"))
            if book is None or None in (book["best_bid"], book["best_ask"]):
                break
            if int(book["best_bid"]) < int(book["best_ask"]):
                break
            time.sleep(0.05)


def _until_it_holds(looked: Callable[[], bool]) -> bool:
    """Look again while it differs: the matcher may not be done yet."""
    deadline = time.monotonic() + MATCHER_SECONDS
    while True:
        try:
            return looked()
        except Differs:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
