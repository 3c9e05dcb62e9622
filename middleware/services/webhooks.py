"""Webhooks: where a party wants to be told what happens to orders. The sender's half is in deliveries.py."""

import base64
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from middleware import clock, ids, outward, policy, vault
from middleware.auth import Principal
from middleware.config import Config
from middleware.errors import Error
from middleware.models.entry import Cursor
from middleware.models.webhook import Delivery, Webhook, WebhookSecret
from middleware.services import deliveries, feed
from middleware.services.pages import Listing, Page, Row, listing

MOST = 20  # of a party
OVERLAP = timedelta(hours=24)  # both secrets sign while receivers change to the new one
SECRET_BYTES = 32
EVENTS = deliveries.EVENTS
_SHOWN = (Webhook.number, Webhook.party, Webhook.url, Webhook.events, Webhook.status, Webhook.reason)


def check(config: Config, url: str) -> None:
    """Refuse an address that does not lead to the internet. Asks the name service: not while others wait to write."""
    outward.check(url, config.webhook_allow)


def create(session: Session, principal: Principal, *, url: str, events: list[str]) -> tuple[Row, str]:
    """A webhook that is told of everything from now on, and the secret that signs what is sent: shown this once."""
    mine = select(func.count()).where(Webhook.party == principal.party)
    if (session.scalar(mine) or 0) >= MOST:
        message = f"{principal.party} has {MOST} webhooks, which is the most; remove one first"
        raise Error("wrong_status", message, reason="webhooks")
    made = Webhook(party=principal.party, url=url, events=events, status="active", reason="", sequence=0)
    made.created_at = clock.now()
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        message = f"{principal.party} has a webhook for {url[:80]!r}"
        raise Error("duplicate", message, reason="url", field="url") from None
    secret = _add_secret(session, made.number, 1)
    feed.cursors(session, deliveries.consumer(made.number))
    session.commit()
    return show(session, principal, made.number), secret


def index(session: Session, principal: Principal, *, page: Page) -> Listing:
    """The webhooks that the principal may see, oldest first."""
    query = _query().where(policy.visible(principal, Webhook))
    return listing(session, query, Webhook.number, page=page)


def show(session: Session, principal: Principal, number: int) -> Row:
    """One webhook."""
    query = _query().where(policy.visible(principal, Webhook), Webhook.number == number)
    found = session.execute(query).mappings().first()
    if found is None:
        raise _unknown(number)
    return dict(found)


def remove(session: Session, principal: Principal, number: int) -> None:
    """Forget a webhook and everything that was or would have been delivered to it."""
    webhook = _own(session, principal, number)
    session.execute(delete(Cursor).where(Cursor.consumer == deliveries.consumer(webhook.number)))
    session.delete(webhook)
    session.commit()


def enable(session: Session, principal: Principal, number: int) -> Row:
    """Send again to a webhook that was disabled: first everything that happened meanwhile."""
    webhook = _own(session, principal, number)
    webhook.status, webhook.reason = "active", ""
    session.commit()
    return show(session, principal, number)


def rotate(session: Session, principal: Principal, number: int) -> tuple[Row, str]:
    """A new secret, shown this once. For a day the one before it signs beside it; an older one ends now."""
    webhook = _own(session, principal, number)
    known = session.scalars(
        select(WebhookSecret).where(WebhookSecret.webhook == number).order_by(WebhookSecret.n.desc())
    ).all()
    for old in known[1:]:
        session.delete(old)
    known[0].ends_at = clock.now() + OVERLAP
    secret = _add_secret(session, webhook.number, known[0].n + 1)
    session.commit()
    return show(session, principal, number), secret


def log(session: Session, principal: Principal, number: int, *, status: str, page: Page) -> Listing:
    """What was sent to a webhook, or waits to be, newest first."""
    show(session, principal, number)
    query = select(*_delivery_columns()).where(Delivery.webhook == number)
    if status:
        query = query.where(Delivery.status == status)
    return listing(session, query, Delivery.sequence, page=page, descending=True)


def resend(session: Session, principal: Principal, number: int, sequence: int) -> Row:
    """Send a message again, under the same id: the receiver is told to know it by that."""
    _own(session, principal, number)
    mine = (Delivery.webhook == number, Delivery.sequence == sequence)
    anew = {"status": "waiting", "next_at": clock.now(), "attempts": 0}
    if session.scalar(update(Delivery).where(*mine).values(**anew).returning(Delivery.sequence)) is None:
        raise Error("not_found", f"webhook {number} has no delivery {sequence}", reason="delivery")
    found = session.execute(select(*_delivery_columns()).where(*mine)).mappings().one()
    session.commit()
    return dict(found)


def _query() -> Any:
    old = select(WebhookSecret.ends_at).where(
        WebhookSecret.webhook == Webhook.number, WebhookSecret.ends_at > clock.now()
    )
    return select(*_SHOWN, Webhook.created_at, old.scalar_subquery().label("old_secret_ends_at"))


def _delivery_columns() -> list[Any]:
    hidden = {"webhook"}
    return [column for column in Delivery.__mapper__.column_attrs if column.key not in hidden]


def _own(session: Session, principal: Principal, number: int) -> Webhook:
    """A webhook of the principal's own party: those who see everything change nothing of others."""
    found = session.scalar(select(Webhook).where(Webhook.number == number, Webhook.party == principal.party))
    if found is None:
        raise _unknown(number)
    return found


def _unknown(number: int) -> Error:
    return Error("not_found", f"there is no webhook {number}", reason="webhook")


def _add_secret(session: Session, webhook: int, n: int) -> str:
    secret = ids.token(SECRET_BYTES)
    record = WebhookSecret(webhook=webhook, n=n, created_at=clock.now(), ends_at=None)
    vault.seal(session, record, secret)
    session.add(record)
    return "whsec_" + base64.b64encode(secret).decode()
