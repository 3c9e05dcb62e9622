"""The stream of events, over real HTTP: what changed, to those it concerns, and nothing of what it holds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from middleware.services import events
from middleware.services.events import NOUNS, REMEMBERED, Place, Tail, Told
from scripts.product import Product
from tests.middleware.door import Door, Owner, Share, eventually

Event = tuple[Place, str, str]


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share()


@contextmanager
def watching(sandbox: Product, owner: Owner, last: str = "") -> Iterator[Iterator[Event]]:
    """An open stream; gives its events one after the other."""
    headers = {"Authorization": f"Bearer {owner.client.token}"} | ({"Last-Event-ID": last} if last else {})
    with requests.get(f"{sandbox.url}/v1/events", headers=headers, stream=True, timeout=20) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = response.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines) == "retry: 2000"
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            data = json.loads(fields["data"])
            assert data.keys() == {"noun", "id"}
            assert data["noun"] == fields["event"] in NOUNS
            yield events.parse(fields.get("id", "0.0")), data["noun"], data["id"]
            fields = {}


def test_an_owner_is_told_of_his_order_and_everybody_of_the_book(door: Door, sandbox: Product, share: Share) -> None:
    owner, stranger = door.owner(cash=10_000), door.owner()
    with watching(sandbox, owner) as told, watching(sandbox, stranger) as overheard:
        order = owner.client.command("/orders", owner.order("buy", share.code, 1, 10))["order"]["id"]
        seen = _until(told, ("book", share.code))
        assert {("order", order), ("book", share.code)} <= seen
        heard = _until(overheard, ("book", share.code))
        assert ("order", order) not in heard
        assert not any(owner.party in id or owner.account in id for _, id in heard)


def test_an_owner_is_told_at_once_of_what_a_broker_enters_for_him(door: Door, sandbox: Product, share: Share) -> None:
    owner, stranger = door.owner(cash=10_000), door.owner()
    broker = door.broker(each=owner)
    with watching(sandbox, owner) as told, watching(sandbox, stranger) as overheard:
        entry = broker.enter(owner.order("buy", share.code, 1, 10))
        assert ("entry", entry["id"]) in _until(told, ("entry", entry["id"]))
        owner.client.command("/orders", owner.order("buy", share.code, 1, 10))
        assert ("entry", entry["id"]) not in _until(overheard, ("book", share.code))


def _until(told: Iterator[Event], last: tuple[str, str]) -> set[tuple[str, str]]:
    """Everything up to an event."""
    seen: set[tuple[str, str]] = set()
    for _, noun, id in told:
        seen.add((noun, id))
        if (noun, id) == last:
            break
    return seen


def test_a_stream_goes_on_where_it_was_cut(door: Door, sandbox: Product, share: Share) -> None:
    owner = door.owner(cash=10_000)
    first = owner.client.command("/orders", owner.order("buy", share.code, 1, 11))["order"]
    place = _place_of(door, first["id"])
    second = owner.client.command("/orders", owner.order("buy", share.code, 1, 12))["order"]
    with watching(sandbox, owner, last=str(place)) as told:
        for found, noun, id in told:
            assert found > place
            assert (noun, id) != ("order", first["id"])
            if (noun, id) == ("order", second["id"]):
                break


def _place_of(door: Door, order: str) -> Place:
    with door.app.extensions["lonja"].reading() as session:
        found = [told for told in events.after(session, Place(0, 0), limit=1_000_000) if told.id == order]
    return found[-1].place


@pytest.mark.parametrize("last", ["x", "1", "1.x", "-1.0", "1.2.3", "9" * 40, ".", "٣.1", "1e3.0"])
def test_a_place_that_is_none_is_refused(door: Door, last: str) -> None:
    answer = door.party("ALICE").send("GET", "/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == "Last-Event-ID"


def test_too_many_streams_are_sent_to_polling(door: Door) -> None:
    here = door.app.extensions["lonja"]
    held = [here.streams.acquire(blocking=False) for _ in range(100)]
    try:
        answer = door.party("ALICE").send("GET", "/events")
        assert answer.status_code == 204
        assert answer.headers["Retry-After"] == "5"
    finally:
        for _ in range(sum(held)):
            here.streams.release()


def test_a_stream_gives_its_place_back(door: Door) -> None:
    here, client = door.app.extensions["lonja"], door.app.test_client()
    headers = {"Authorization": f"Bearer {door.party('ALICE').token}"}
    for _ in range(50):
        answer = client.get("/v1/events", headers=headers)
        assert answer.status_code == 200
        answer.close()
    assert here.streams.acquire(blocking=False)
    here.streams.release()


def test_an_issuer_is_told_when_its_register_changes(door: Door, sandbox: Product, share: Share) -> None:
    owner = door.owner()
    with watching(sandbox, share.issuer) as told:
        share.give(owner, 1)
        assert any((noun, id) == ("register", share.code) for _, noun, id in told)


def test_the_tail_is_read_once_for_all_and_falls_back_to_the_table(door: Door, share: Share) -> None:
    here = door.app.extensions["lonja"]
    reads: list[int] = []

    def reading() -> Any:
        reads.append(1)
        return here.reading()

    tail = Tail(reading)
    owner = door.owner(cash=1_000)
    assert tail.after(Place(10**6, 0), 0) == []
    before = len(reads)
    for _ in range(10):
        tail.after(Place(10**6, 0), 0)
    assert len(reads) == before
    with here.reading() as session:
        place = events.latest(session)
    order = owner.client.command("/orders", owner.order("buy", share.code, 1, 13))["order"]["id"]
    fresh = eventually(lambda: tail.after(place, 1 + len(reads)))
    assert ("order", order) in {(one.noun, one.id) for one in fresh}
    assert fresh == sorted(fresh, key=lambda one: one.place)
    assert tail.after(Place(0, 0), 0)[0].place < place


def test_the_tail_forgets_the_oldest_and_knows_it() -> None:
    tail = Tail(lambda: (_ for _ in ()).throw(AssertionError("not asked")))  # type: ignore[arg-type, return-value]
    tail._start = Place(0, 0)
    tail._number = 0
    told = [Told(Place(1, number), "book", "X", ()) for number in range(REMEMBERED + 10)]
    tail._remember(told)
    assert tail._start == Place(1, 9)
    assert len(tail.after(Place(1, 9), 0)) == REMEMBERED
