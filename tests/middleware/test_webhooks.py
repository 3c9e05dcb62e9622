"""Webhooks: told once for each thing that happened, signed, sent again until they arrive, and to nobody else."""

import ipaddress
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from middleware import clock, vault
from middleware.auth import Principal
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import LostLease
from middleware.models.entry import Notice
from middleware.models.lease import Lease
from middleware.models.party import Party
from middleware.models.report import Report
from middleware.models.webhook import Delivery, Webhook, WebhookSecret
from middleware.services import deliveries, webhooks
from middleware.services.pages import Page
from middleware.webhooks import Sender
from tests.middleware.receivers import Receiver, receiving
from tests.middleware.sandboxes import installed

EVERYTHING = ["*"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(installed(tmp_path), webhook_allow=(ipaddress.ip_network("127.0.0.0/8"),))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def who(party: str, *roles: str) -> Principal:
    return Principal(1, party.lower(), party, "en", clock.now(), "operator", frozenset(roles or ("broker",)), "active")


def admit(database: Database, party: str, *roles: str) -> None:
    row = Party(party=party, organisation="operator", roles=list(roles), institution=True, status="active", reason="")
    row.block, row.admitted_at = 1, clock.now()
    with database.writing() as session:
        session.add(row)
        session.commit()


def hook(database: Database, url: str, party: str = "CASA1", events: list[str] | None = None) -> tuple[int, str]:
    with database.writing() as session:
        made, secret = webhooks.create(session, who(party), url=url, events=events or EVERYTHING)
    return made["number"], secret


def happen(database: Database, kind: str = "entered", broker: str = "CASA1", owner: str = "ALICE") -> None:
    texts = dict.fromkeys(("entry", "group", "order", "session", "client_id", "code", "reason", "text"), "x")
    with database.writing() as session:
        session.add(Notice(at=clock.now(), kind=kind, broker=broker, owner=owner, **texts))
        session.commit()


def work(database: Database, steps: int = 1) -> None:
    """A sender's turn, from taking the lease to the last answer."""
    for _ in range(steps):
        sender = Sender(database)
        assert sender._lease.take() == ""
        with ThreadPoolExecutor(4) as pool:
            sender.step(pool)
        for future in sender._busy.values():
            future.result()
        sender._lease.release()


def log(database: Database, number: int, party: str = "CASA1") -> list[dict[str, Any]]:
    with database.reading() as session:
        return webhooks.log(session, who(party), number, status="", page=Page()).items


def make_due(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(Delivery).values(next_at=clock.now()))
        session.commit()


def test_what_happens_arrives_with_a_signature_that_verifies(database: Database, receiver: Receiver) -> None:
    number, secret = hook(database, receiver.url)
    happen(database)
    work(database)
    ((headers, body),) = receiver.got
    said = Verifier(secret).verify(body, headers)
    assert (said["type"], said["sequence"], said["data"]["owner"]) == ("order.entered", "1", "ALICE")
    assert headers["webhook-id"] == "N1"
    (row,) = log(database, number)
    assert (row["status"], row["attempts"], row["http_status"], row["body"]) == ("delivered", 1, 204, body)


def test_a_trade_on_the_ledger_arrives_with_the_fields_of_a_report(database: Database, receiver: Receiver) -> None:
    hook(database, receiver.url)
    texts = dict.fromkeys(("account", "command", "held", "code", "reason", "text", "reference", "transaction"), "x")
    texts |= {"order": "ALICE:1", "owner": "ALICE", "broker": "CASA1", "venue": "BOLSA", "instrument": "ACME"}
    texts |= {"side": "buy", "status": "partially_filled", "trade": "BOLSA:2", "kid": "BOLSA.1", "kind": "trade"}
    numbers = {"quantity": 40, "limit_minor": 2500, "filled": 10, "spent_minor": 24_000, "fee_minor": None}
    numbers |= {"last_quantity": 10, "last_price_minor": 2400, "block": 7, "index": 3}
    with database.writing() as session:
        session.add(Report(at=clock.now(), **texts, **numbers))
        session.commit()
    work(database)
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert (headers["webhook-id"], said["type"]) == ("R7.3", "order.trade")
    expected = {"order": "ALICE:1", "last_quantity": "10", "remaining": "30", "fee_minor": None, "trade": "BOLSA:2"}
    assert {name: said["data"][name] for name in expected} == expected
    assert "spent_minor" not in said["data"]


def test_another_body_id_or_secret_does_not_verify(database: Database, receiver: Receiver) -> None:
    _, secret = hook(database, receiver.url)
    happen(database)
    work(database)
    ((headers, body),) = receiver.got
    other = "whsec_" + "A" * 43
    for key, text, changed in ((secret, body + " ", headers), (other, body, headers)):
        with pytest.raises(WebhookVerificationError):
            Verifier(key).verify(text, changed)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body, {**headers, "webhook-id": "N2"})


def test_a_webhook_hears_of_nothing_that_was_before_it(database: Database, receiver: Receiver) -> None:
    happen(database)
    number, _ = hook(database, receiver.url)
    work(database)
    assert log(database, number) == []


def test_a_webhook_hears_only_of_what_its_party_may_know(database: Database, receiver: Receiver) -> None:
    admit(database, "REGULADOR", "regulator")
    mine, _ = hook(database, receiver.url)
    others, _ = hook(database, receiver.url, "CASA2")
    owners, _ = hook(database, receiver.url, "ALICE")
    overseer, _ = hook(database, receiver.url, "REGULADOR")
    happen(database)
    work(database)
    told = {party: len(log(database, n, party)) for party, n in (("CASA1", mine), ("CASA2", others), ("ALICE", owners))}
    assert told == {"CASA1": 1, "CASA2": 0, "ALICE": 1}
    assert len(log(database, overseer, "REGULADOR")) == 1


def test_a_webhook_hears_only_of_the_events_it_wants(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url, events=["order.affirmed", "order.declined"])
    for kind in ("entered", "affirmed", "lapsed", "declined"):
        happen(database, kind)
    work(database)
    assert [row["event"] for row in log(database, number)] == ["order.declined", "order.affirmed"]
    assert [json.loads(body)["sequence"] for _, body in receiver.got] == ["1", "2"]


def test_what_only_a_session_has_to_answer_is_no_event(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    happen(database, "standing")
    happen(database, "lapsed")
    work(database)
    assert [row["event"] for row in log(database, number)] == ["order.lapsed"]


def test_nothing_is_told_twice_however_often_it_is_looked(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    happen(database)
    work(database, steps=3)
    happen(database)
    work(database, steps=3)
    assert [row["message"] for row in log(database, number)] == ["N2", "N1"]
    assert [headers["webhook-id"] for headers, _ in receiver.got] == ["N1", "N2"]


def test_more_than_fits_in_one_commit_is_told_in_the_end(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST_TOLD", 2)
    number, _ = hook(database, receiver.url)
    for _ in range(5):
        happen(database)
    work(database, steps=3)
    assert [row["sequence"] for row in log(database, number)] == [5, 4, 3, 2, 1]


def test_what_failed_is_sent_again_under_the_same_id(database: Database, receiver: Receiver) -> None:
    receiver.statuses = [500, 302, 204]
    number, secret = hook(database, receiver.url)
    happen(database)
    seen = []
    for _ in range(3):
        make_due(database)
        work(database)
        (row,) = log(database, number)
        seen.append((row["status"], row["attempts"], row["error"]))
    assert seen == [
        ("waiting", 1, "HTTP 500"),
        ("waiting", 2, "HTTP 302: redirects are not followed"),
        ("delivered", 3, ""),
    ]
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {"N1"}
    assert len({body for _, body in receiver.got}) == 1
    for headers, body in receiver.got:
        Verifier(secret).verify(body, headers)


def test_attempts_come_at_longer_and_longer_intervals_for_three_days(database: Database, receiver: Receiver) -> None:
    receiver.statuses = [503]
    number, _ = hook(database, receiver.url)
    happen(database)
    pauses = []
    for _ in range(len(deliveries.BACK_OFF)):
        make_due(database)
        work(database)
        (row,) = log(database, number)
        pauses.append((row["next_at"] - row["attempted_at"]).total_seconds())
    for pause, wanted in zip(pauses, deliveries.BACK_OFF, strict=True):
        assert 0.8 * wanted <= pause <= 1.2 * wanted
    assert timedelta(days=3) < timedelta(seconds=sum(deliveries.BACK_OFF)) < timedelta(days=4)
    assert row["status"] == "waiting"
    make_due(database)
    work(database)
    assert log(database, number)[0]["status"] == "failed"
    make_due(database)
    work(database)
    assert len(receiver.got) == len(deliveries.BACK_OFF) + 1


def test_what_is_not_due_is_not_sent(database: Database, receiver: Receiver) -> None:
    receiver.statuses = [500]
    hook(database, receiver.url)
    happen(database)
    work(database, steps=3)
    assert len(receiver.got) == 1


def test_410_disables_and_enabling_sends_what_happened_meanwhile(database: Database, receiver: Receiver) -> None:
    receiver.statuses = [410]
    number, _ = hook(database, receiver.url)
    happen(database)
    work(database)
    with database.reading() as session:
        shown = webhooks.show(session, who("CASA1"), number)
    assert (shown["status"], shown["reason"]) == ("disabled", "the receiver answered 410 Gone")
    happen(database)
    make_due(database)
    work(database)
    assert len(receiver.got) == 1
    receiver.statuses = [204]
    with database.writing() as session:
        assert webhooks.enable(session, who("CASA1"), number)["status"] == "active"
    work(database)
    assert [row["status"] for row in log(database, number)] == ["delivered", "delivered"]


def test_a_receiver_that_is_away_delays_nobody_else(database: Database, receiver: Receiver) -> None:
    away, _ = hook(database, "http://127.0.0.1:1/")
    here, _ = hook(database, receiver.url)
    happen(database)
    work(database)
    (row,) = log(database, away)
    assert (row["status"], row["http_status"], row["error"]) == ("waiting", None, "127.0.0.1 refuses connections")
    assert log(database, here)[0]["status"] == "delivered"


def test_an_address_that_is_not_allowed_any_more_is_not_called(config: Config, database: Database) -> None:
    with receiving() as receiver:
        number, _ = hook(database, receiver.url)
        happen(database)
        strict = Database(replace(config, webhook_allow=()))
        work(strict)
        strict.close()
        (row,) = log(database, number)
        assert (row["status"], row["error"], receiver.got) == ("waiting", "is not https", [])


def test_for_a_day_after_a_rotation_both_secrets_sign(database: Database, receiver: Receiver) -> None:
    number, old = hook(database, receiver.url)
    with database.writing() as session:
        shown, new = webhooks.rotate(session, who("CASA1"), number)
    assert shown["old_secret_ends_at"] - clock.now() > timedelta(hours=23)
    happen(database)
    work(database)
    ((headers, body),) = receiver.got
    Verifier(old).verify(body, headers)
    Verifier(new).verify(body, headers)
    with database.writing() as session:
        session.execute(update(WebhookSecret).where(WebhookSecret.n == 1).values(ends_at=clock.now()))
        session.commit()
    happen(database)
    work(database)
    headers, body = receiver.got[-1]
    Verifier(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(body, headers)


def test_after_two_rotations_the_oldest_secret_is_gone(database: Database, receiver: Receiver) -> None:
    number, first = hook(database, receiver.url)
    for _ in range(2):
        with database.writing() as session:
            _, last = webhooks.rotate(session, who("CASA1"), number)
    happen(database)
    work(database)
    ((headers, body),) = receiver.got
    Verifier(last).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(first).verify(body, headers)


def test_secrets_are_encrypted_and_wrapped_anew_with_the_hosted_keys(database: Database, receiver: Receiver) -> None:
    number, secret = hook(database, receiver.url)
    with database.writing() as session:
        record = session.scalars(select(WebhookSecret)).one()
        plain = vault.unseal(session, record)
        assert plain not in record.ciphertext
        before = record.ciphertext
        assert vault.rotate(session) == 1
        assert record.ciphertext != before
    happen(database)
    work(database)
    headers, body = receiver.got[0]
    Verifier(secret).verify(body, headers)
    with database.writing() as session:
        session.execute(update(WebhookSecret).where(WebhookSecret.webhook == number).values(n=9))
        with pytest.raises(Error, match="changed at rest"):
            vault.unseal(session, session.scalars(select(WebhookSecret)).one())


def test_a_message_is_sent_again_by_hand(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    happen(database)
    work(database)
    with database.writing() as session:
        assert webhooks.resend(session, who("CASA1"), number, 1)["status"] == "waiting"
    work(database)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == ["N1", "N1"]
    assert receiver.got[0][1] == receiver.got[1][1]


def test_a_crash_before_the_outcome_is_written_sends_again(
    database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = hook(database, receiver.url)
    happen(database)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "record", die)
        with pytest.raises(KeyboardInterrupt):
            work(database)
    assert log(database, number)[0]["status"] == "waiting"
    with database.writing() as session:
        session.execute(delete(Lease))
        session.commit()
    work(database)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == ["N1", "N1"]


def test_a_sender_that_lost_its_lease_writes_nothing(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    happen(database)
    sender = Sender(database)
    assert sender._lease.take() == ""
    with database.writing() as session:
        session.execute(update(Lease).values(owner="another", fencing=99))
        session.commit()
    with ThreadPoolExecutor(1) as pool, pytest.raises(LostLease):
        sender.step(pool)
    assert (log(database, number), receiver.got) == ([], [])


def test_a_removed_webhook_leaves_nothing_behind(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    happen(database)
    work(database)
    with database.writing() as session:
        webhooks.remove(session, who("CASA1"), number)
    with database.reading() as session:
        for model in (Webhook, WebhookSecret, Delivery):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_another_partys_webhook_does_not_exist(database: Database, receiver: Receiver) -> None:
    number, _ = hook(database, receiver.url)
    for party, roles in (("CASA2", ("broker",)), ("OPERATOR", ("operator",))):
        stranger = who(party, *roles)
        with database.writing() as session:
            for act in (webhooks.remove, webhooks.enable, webhooks.rotate):
                with pytest.raises(Error) as caught:
                    act(session, stranger, number)
                assert caught.value.code == "not_found"
            with pytest.raises(Error, match="there is no webhook"):
                webhooks.resend(session, stranger, number, 1)
    with database.reading() as session, pytest.raises(Error, match="there is no webhook"):
        webhooks.log(session, who("CASA2"), number, status="", page=Page())


def test_an_address_is_entered_once_and_twenty_are_the_most(database: Database) -> None:
    hook(database, "https://broker.example/0")
    with pytest.raises(Error) as caught:
        hook(database, "https://broker.example/0")
    assert (caught.value.code, caught.value.field) == ("duplicate", "url")
    for n in range(1, webhooks.MOST):
        hook(database, f"https://broker.example/{n}")
    with pytest.raises(Error, match="which is the most"):
        hook(database, "https://broker.example/more")
    hook(database, "https://broker.example/0", "CASA2")
