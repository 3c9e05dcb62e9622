"""The road down: a command is stored once, whatever happens to the request that brought it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from middleware import clock, ids, relay
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import command, wallet
from middleware.models.key import HostedKey
from middleware.models.party import PartyKey
from middleware.models.submission import Submission
from middleware.relay import Wish
from tests.databases import is_postgres
from tests.middleware.ledgers import Chain, outcome


@pytest.fixture(autouse=True)
def keys(database: Database) -> None:
    with database.writing() as session:
        for party in ("ALICE", "BRUNO"):
            wallet.create(session, party, 1, ["*"])
        session.execute(update(HostedKey).values(status="active"))
        session.commit()


def wish(id: str = "", *, party: str = "ALICE", order: str = "ALICE:1", jws: str | None = None) -> Wish:
    return Wish(function="order:cancel", args={"order": order}, signer=party, id=id or ids.new(), jws=jws)


def stored(database: Database, *wishes: Wish) -> list[Submission | Error]:
    with database.writing() as session:
        answers = relay.enqueue_many(session, wishes)
        session.commit()
    return answers


def status(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(s.status, s.code) for s in session.scalars(select(Submission).order_by(Submission.arrival))]


def test_a_hosted_key_signs_what_was_asked(database: Database) -> None:
    id = ids.new()
    (made,) = stored(database, wish(id))
    assert isinstance(made, Submission)
    assert (made.status, made.held, made.kid) == ("waiting", "platform", "ALICE.1")
    said = command.parse(made.jws)
    assert (said.party, said.id, said.function, said.args) == ("ALICE", id, "order:cancel", {"order": "ALICE:1"})
    assert (said.ledger, said.hash) == (wallet.ledger_hash(database.config), made.hash)
    assert timedelta(hours=22) < said.expires_at - clock.now() < timedelta(hours=24)
    with database.reading() as session:
        record = session.get_one(HostedKey, ("ALICE", 1))
        command.verify(made.jws, record.public)


def test_the_same_again_is_the_same_submission(database: Database) -> None:
    one = wish()
    (first,) = stored(database, one)
    (again,) = stored(database, one)
    assert isinstance(first, Submission)
    assert isinstance(again, Submission)
    assert (again.arrival, again.jws) == (first.arrival, first.jws)


def test_the_same_id_with_other_content_is_a_duplicate(database: Database) -> None:
    id = ids.new()
    stored(database, wish(id))
    (refused,) = stored(database, wish(id, order="ALICE:2"))
    assert isinstance(refused, Error)
    assert (refused.code, refused.reason) == ("duplicate", "id")
    with database.writing() as session, pytest.raises(Error, match="for another command"):
        relay.enqueue(session, function="order:cancel", args={"order": "ALICE:2"}, signer="ALICE", id=id)


def test_two_parties_may_use_the_same_id(database: Database) -> None:
    id = ids.new()
    assert all(isinstance(one, Submission) for one in stored(database, wish(id), wish(id, party="BRUNO")))


def test_in_one_bulk_each_has_its_own_answer(database: Database) -> None:
    id = ids.new()
    good, same, other, foreign = stored(database, wish(id), wish(id), wish(id, order="ALICE:2"), wish(party="CARLA"))
    assert isinstance(good, Submission)
    assert isinstance(same, Submission)
    assert good.arrival == same.arrival
    assert isinstance(other, Error)
    assert other.code == "duplicate"
    assert isinstance(foreign, Error)
    assert (foreign.code, foreign.reason) == ("forbidden", "key")
    assert len(status(database)) == 1


def test_64_threads_with_one_id_store_it_once(database: Database) -> None:
    one = wish()
    found: list[int] = []

    def send() -> None:
        (answer,) = stored(database, one)
        assert isinstance(answer, Submission)
        found.append(answer.arrival)

    threads = [threading.Thread(target=send) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 64
    assert len(set(found)) == 1


def elsewhere(database: Database, id: str, **changes: str) -> str:
    fields = {"ledger": wallet.ledger_hash(database.config), "party": "ALICE", "function": "order:cancel", **changes}
    expires_at = clock.after(600)
    payload = command.encode(id=id, args={"order": "ALICE:1"}, expires_at=expires_at, **fields)  # type: ignore[arg-type]
    with database.reading() as session:
        return command.sign(wallet.signing_key(session, "ALICE", "x")[1], f"{fields['party']}.1", payload)


def test_a_command_signed_elsewhere_is_kept_as_it_is(database: Database) -> None:
    id = ids.new()
    jws = elsewhere(database, id)
    (made,) = stored(database, wish(id, jws=jws))
    assert isinstance(made, Submission)
    assert (made.jws, made.held) == (jws, "own")


@pytest.mark.parametrize("change", [{"ledger": "cd" * 32}, {"party": "BRUNO"}, {"function": "order:expire"}])
def test_a_command_signed_for_something_else_is_refused(database: Database, change: dict[str, str]) -> None:
    id = ids.new()
    (refused,) = stored(database, wish(id, jws=elsewhere(database, id, **change)))
    assert isinstance(refused, Error)
    assert refused.reason == next(iter(change))


def test_too_many_waiting_is_refused_until_there_is_room(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MOST_WAITING", 2)
    stored(database, wish(), wish())
    with database.writing() as session, pytest.raises(Error) as caught:
        relay.enqueue_many(session, [wish()])
    assert (caught.value.code, caught.value.details) == ("unavailable", {"retry_after": 5})


def test_from_waiting_through_sent_to_done(database: Database) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    with database.engine.begin() as connection:
        (found,) = relay.waiting(connection, 10)
        relay.sent(connection, [found.arrival], relay.Batch("operator", 1, "t"))
        assert relay.waiting(connection, 10) == []
    assert status(database) == [("sent", "")]
    said = outcome("ALICE", made.id, "order:cancel", hash=made.hash, code="not_found", reason="order", message="No.")
    block = Chain().submit([made.jws], [said])
    with database.engine.begin() as connection:
        relay.settle(connection, block)
        relay.settle(connection, block)
    with database.reading() as session:
        done = session.scalars(select(Submission)).one()
        assert (done.status, done.code, done.reason, done.block) == ("done", "not_found", "order", 1)
        assert done.transaction_id == block.transactions[0].id


def test_an_outcome_of_another_body_is_not_ours(database: Database) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    block = Chain().submit([made.jws], [outcome("ALICE", made.id, "order:cancel", hash="other")])
    with database.engine.begin() as connection:
        relay.settle(connection, block)
    assert status(database) == [("waiting", "")]


def unverified(reason: str) -> dict[str, str]:
    return {"jws_hash": "x", "code": "unauthenticated", "reason": reason, "message": "No."}


def test_a_bad_signature_is_final_at_once(database: Database) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    with database.engine.begin() as connection:
        relay.settle(connection, Chain().submit([made.jws], [unverified("signature")]))
    assert status(database) == [("done", "unauthenticated")]


def test_an_unknown_key_is_final_only_after_expiry(database: Database) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    with database.engine.begin() as connection:
        relay.settle(connection, Chain().submit([made.jws], [unverified("key")]))
        assert relay.waiting(connection, 10) == []
        relay.lapse(connection, clock.now())
    assert status(database) == [("sent", "unauthenticated")]
    with database.engine.begin() as connection:
        relay.lapse(connection, clock.now() + timedelta(days=1))
    assert status(database) == [("done", "unauthenticated")]


@pytest.mark.parametrize(("known", "status_after"), [("retired", "done"), ("active", "sent")])
def test_a_key_that_was_retired_is_final_at_once(database: Database, known: str, status_after: str) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    with database.engine.begin() as connection:
        key = {"party": "ALICE", "n": 1, "public": "", "scope": [], "held": "platform", "block": 1}
        connection.execute(insert(PartyKey), {**key, "status": known, "added_at": clock.now()})
        relay.settle(connection, Chain().submit([made.jws], [unverified("key")]))
    assert status(database) == [(status_after, "unauthenticated")]


def test_a_forged_copy_in_another_lane_settles_nothing(database: Database) -> None:
    (made,) = stored(database, wish())
    assert isinstance(made, Submission)
    forged = made.jws[:-8] + "AAAAAAAA"
    with database.engine.begin() as connection:
        relay.settle(connection, Chain().submit([forged, "not.even.one"], [unverified("signature")] * 2))
    assert status(database) == [("waiting", "")]


def test_looking_for_what_waits_does_not_read_what_is_done(database: Database) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    with database.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", listen)
        relay.waiting(connection, 10, but=[1, 2])
        statement, values = asked[-1]
        explain = "EXPLAIN" if is_postgres() else "EXPLAIN QUERY PLAN"
        if is_postgres():
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # an empty table is read as a whole
        plan = connection.exec_driver_sql(f"{explain} {statement}", values).all()
    assert "submissions_open" in str(plan)


def test_after_a_restart_what_was_sent_waits_again(database: Database) -> None:
    stored(database, wish(), wish())
    with database.engine.begin() as connection:
        first, second = relay.waiting(connection, 10)
        relay.sent(connection, [first.arrival, second.arrival], relay.Batch("operator", 1, "t"))
        assert relay.recall(connection) == 2
        assert [one.arrival for one in relay.waiting(connection, 10)] == [first.arrival, second.arrival]
