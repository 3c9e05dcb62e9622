"""Deliveries: what happened, as messages to webhooks, and what became of each. For the sender alone.

A message may be sent more than once, never under two ids: receivers know it again by its id, and its order among the
others by its sequence.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Signer

from middleware import clock, ids, policy, vault
from middleware.models.party import Party
from middleware.models.report import KINDS
from middleware.models.webhook import Delivery, Webhook, WebhookSecret
from middleware.services import feed
from middleware.services.feed import Told

NOTICES = ("entered", "affirmed", "direct", "declined", "lapsed", "withdrawn", "refused")
EVENTS = ("*", *(f"order.{kind}" for kind in (*NOTICES, *KINDS)))
MOST_TOLD = 200  # in one commit, of one webhook
# How long after each attempt that failed the next one comes: eleven attempts in a little over three days.
BACK_OFF = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER_PERCENT = 20  # of the time, earlier or later, so that what failed together does not come back together
GONE = 410
_OF_A_NOTICE = ("entry", "group", "client_id", "order", "broker", "owner", "code", "reason", "text")
_OF_AN_ENTRY = ("instrument", "side", "quantity", "limit_minor", "affirm_by")
_OF_ITS_ENTRY = {"entry": "id", "group": "group", "client_id": "client_id"}
_OF_A_REPORT = (
    *("order", "owner", "broker", "venue", "account", "instrument", "side", "quantity", "limit_minor", "status"),
    *("filled", "remaining", "average_price_minor", "last_quantity", "last_price_minor", "fee_minor", "trade"),
    *("reference", "block", "kid", "held", "code", "reason", "text"),
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message that is due, with all that is needed to send it."""

    webhook: int
    sequence: int
    message: str
    url: str
    body: str
    keys: Sequence[bytes]

    def headers(self, at: datetime) -> dict[str, str]:
        """The three headers of Standard Webhooks, signed with every secret that is live, and what the body is."""
        signatures = [Signer(secret).sign(self.message, at, self.body) for secret in self.keys]
        return {
            "Content-Type": "application/json",
            "User-Agent": "Lonja-Webhooks",
            "webhook-id": self.message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to. `status` is the HTTP status; None where there was no answer, and `error` says why."""

    status: int | None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def consumer(webhook: int) -> str:
    """The name under which a webhook's place in the feed is kept."""
    return f"webhook/{webhook}"


def behind(session: Session) -> bool:
    """Whether something has happened that some webhook has not passed: asked before the write lock is taken."""
    places = {feed.cursors(session, consumer(webhook.number))[0] for webhook in _active(session)}
    return any(feed.after(session, place, 1) for place in places)


def tell(session: Session) -> int:
    """Turn what happened into deliveries for each webhook that may know and wants to, and move its place with them.

    Answers how many places moved.
    """
    read: dict[feed.Cursor, list[Told]] = {}
    moved = 0
    for webhook in _active(session):
        before, _ = feed.cursors(session, consumer(webhook.number))
        if before not in read:
            read[before] = feed.after(session, before, MOST_TOLD)
        if found := read[before]:
            moved += 1
            _deliver(session, webhook, found)
    session.commit()
    return moved


def _active(session: Session) -> list[Webhook]:
    return list(session.scalars(select(Webhook).where(Webhook.status == "active").order_by(Webhook.number)))


def _deliver(session: Session, webhook: Webhook, told: Sequence[Told]) -> None:
    """Attempted and told are one here: what is told is a row of the same commit."""
    for move in (feed.attempt, feed.tell):
        move(session, consumer(webhook.number), told[-1].cursor)
    party = session.get(Party, webhook.party)
    wanted = [one for one in told if _wants(webhook, one) and _may_know(webhook, party, one)]
    session.add_all(_delivery(webhook, one) for one in wanted)


def due(session: Session, *, busy: Collection[int]) -> list[int]:
    """The webhooks that something is to be sent to now, but for those that something is being sent to."""
    waiting = select(Delivery.webhook).join(Webhook, Webhook.number == Delivery.webhook).distinct()
    waiting = waiting.where(Delivery.status == "waiting", Delivery.next_at <= clock.now(), Webhook.status == "active")
    return [number for number in session.scalars(waiting) if number not in busy]


def backlog(session: Session) -> int:
    """How many messages are still to be delivered, by all webhooks that are active."""
    waiting = select(func.count()).select_from(Delivery).join(Webhook, Webhook.number == Delivery.webhook)
    return session.scalar(waiting.where(Delivery.status == "waiting", Webhook.status == "active")) or 0


def next_parcel(session: Session, webhook: int) -> Parcel | None:
    """What is to be sent to a webhook next, if anything is due."""
    query = select(Delivery, Webhook.url).join(Webhook, Webhook.number == Delivery.webhook)
    query = query.where(Delivery.webhook == webhook, Delivery.status == "waiting", Delivery.next_at <= clock.now())
    query = query.where(Webhook.status == "active").order_by(Delivery.sequence).limit(1)
    row = session.execute(query).first()
    if row is None:
        return None
    found, url = row
    return Parcel(webhook, found.sequence, found.message, url, found.body, _secrets(session, webhook))


def record(session: Session, parcel: Parcel, outcome: Outcome) -> None:
    """Write down what an attempt came to: delivered, to be tried again, or given up; 410 disables the webhook."""
    mine = (Delivery.webhook == parcel.webhook, Delivery.sequence == parcel.sequence)
    found = session.scalar(select(Delivery).where(*mine))
    if found is None:
        return  # the webhook was removed meanwhile
    now = clock.now()
    found.attempts += 1
    found.attempted_at, found.http_status, found.error = now, outcome.status, outcome.error[:200]
    if outcome.is_delivered:
        found.status, found.delivered_at = "delivered", now
    elif outcome.status == GONE:
        gone = {"status": "disabled", "reason": "the receiver answered 410 Gone"}
        session.execute(update(Webhook).where(Webhook.number == parcel.webhook).values(**gone))
    elif found.attempts > len(BACK_OFF):
        found.status = "failed"
    else:
        found.next_at = now + _pause(found.attempts)
    session.commit()


def _pause(attempts: int) -> timedelta:
    chance = int.from_bytes(ids.token(4), "big") % (2 * JITTER_PERCENT + 1)
    return timedelta(milliseconds=BACK_OFF[attempts - 1] * 10 * (100 - JITTER_PERCENT + chance))


def _wants(webhook: Webhook, told: Told) -> bool:
    """Whether a webhook wants it; what only a session has to answer is no event."""
    return event(told) in EVENTS and ("*" in webhook.events or event(told) in webhook.events)


def _may_know(webhook: Webhook, party: Party | None, told: Told) -> bool:
    roles = party.roles if party else ()
    return bool(told.parties) and policy.party_may_know(webhook.party, roles, told.parties)


def event(told: Told) -> str:
    """The type of a message, such as order.trade."""
    return f"order.{told.kind}"


def _delivery(webhook: Webhook, told: Told) -> Delivery:
    webhook.sequence += 1
    now = clock.now()
    return Delivery(
        webhook=webhook.number,
        sequence=webhook.sequence,
        message=told.id,
        event=event(told),
        body=_body(webhook.sequence, told),
        status="waiting",
        attempts=0,
        error="",
        created_at=now,
        next_at=now,
    )


def _body(sequence: int, told: Told) -> str:
    body: Mapping[str, Any] = {
        "type": event(told),
        "timestamp": clock.text(told.at),
        "sequence": str(sequence),
        "data": _data(told),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _data(told: Told) -> dict[str, Any]:
    """What a message says: the fields below and no others, numbers as strings as everywhere."""
    said, entered = told.payload, told.payload.get("entered") or {}
    if told.source == "notice":
        found = {name: said[name] for name in _OF_A_NOTICE} | {name: entered.get(name) for name in _OF_AN_ENTRY}
        found["client_id"] = said["client_id"] or entered.get("client_id", "")
    else:
        found = {name: said[name] for name in _OF_A_REPORT} | {"transaction_id": said["transaction"]}
        found |= {name: entered.get(of, "") for name, of in _OF_ITS_ENTRY.items()}
    return {name: _json(value) for name, value in found.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.text(value)
    return str(value) if isinstance(value, int) else value


def _secrets(session: Session, webhook: int) -> list[bytes]:
    """The live secrets of a webhook, the newest first."""
    live = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > clock.now())
    query = select(WebhookSecret).where(WebhookSecret.webhook == webhook, live).order_by(WebhookSecret.n.desc())
    return [vault.unseal(session, secret) for secret in session.scalars(query)]
