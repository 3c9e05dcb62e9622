"""Certificates of holdings: issued to owners, verified by anybody who is shown one.

The fingerprint is SHA-256("lonja/certificate/1", what it states as canonical JSON), each text after its length. Whoever
has the paper can make it himself; nobody can guess it, since the serial number is random and is part of it.
"""

import hashlib
from typing import Any

import rfc8785
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import wallet
from middleware.models.account import Account
from middleware.models.certificate import Certificate
from middleware.models.holding import Holding
from middleware.models.instrument import Instrument
from middleware.models.position import Position
from middleware.services import accounts, cuts
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named

_DOMAIN = "lonja/certificate/1"


def fingerprint(stated: dict[str, str]) -> str:
    """The fingerprint of what a certificate states."""
    digest = hashlib.sha256()
    for part in (_DOMAIN.encode(), rfc8785.dumps(stated)):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()


def issue(session: Session, principal: Principal, *, account: str, instrument: str, language: str = "") -> Row:
    """A certificate of one holding as of the last block that we know, for its owner or for its custodian."""
    where = accounts.show(session, principal, account, field="account")
    if principal.party not in (where["owner"], where["custodian"]):
        message = f"the account {account} is neither {principal.party}'s nor kept by it"
        raise Error("forbidden", message, reason="owner", field="account")
    holding, position = session.get(Holding, (instrument, account)), cuts.now(session)
    if holding is None or not holding.quantity or position is None:
        raise Error("not_found", f"nothing of {instrument} is held in {account}", reason="holding", field="instrument")
    serial, now = ids.new(), clock.now()
    stated = _stated(session, serial, where, holding, position, clock.text(now))
    made = Certificate(
        serial=serial,
        fingerprint=fingerprint({**stated, "owner_name": where["owner_name"]}),
        owner=where["owner"],
        account=account,
        instrument=instrument,
        stated=stated,
        block=position.number,
        language=language or principal.language,
        issued_at=now,
        issued_by=principal.username,
    )
    session.add(made)
    session.commit()
    return _view(session, made)


def index(session: Session, principal: Principal, *, page: Page) -> Listing:
    """Certificates of the principal's accounts, or of those he keeps; newest first."""
    query = select(Certificate.serial).where(_visible(principal))
    found = listing(session, query, Certificate.serial, page=page, descending=True)
    rows = [_view(session, session.get_one(Certificate, row["serial"])) for row in found.items]
    return Listing(rows, found.next)


def of(session: Session, principal: Principal, print_: str) -> tuple[Certificate, dict[str, str]]:
    """A certificate to print again, with all that it states. Refuses when its owner is called otherwise by now."""
    query = select(Certificate).where(Certificate.fingerprint == print_, _visible(principal))
    found = session.scalar(query)
    if found is None:
        raise Error("not_found", f"there is no certificate {print_}", reason="certificate")
    stated = {**found.stated, "owner_name": _name(session, found)}
    if not stated["owner_name"]:
        message = f"the owner of {found.serial} is called otherwise by now; have a new certificate issued"
        raise Error("wrong_status", message, reason="name")
    return found, stated


def verify(session: Session, print_: str) -> Row:
    """What a certificate states, for anybody who has its fingerprint, and whether the holding has changed since."""
    found = session.scalar(select(Certificate).where(Certificate.fingerprint == print_))
    if found is None:
        raise Error("not_found", "No certificate with this fingerprint was issued here.", reason="certificate")
    return _view(session, found)


def _stated(
    session: Session, serial: str, where: Row, holding: Holding, position: Position, issued_at: str
) -> dict[str, str]:
    instrument = session.get_one(Instrument, holding.instrument)
    issuer_name = session.scalar(select(named(Instrument.issuer)).where(Instrument.instrument == holding.instrument))
    return {
        "version": "1",
        "ledger": wallet.ledger_hash(session.info["config"]),
        "serial": serial,
        "owner": where["owner"],
        "account": where["id"],
        "custodian": where["custodian"],
        "instrument": instrument.instrument,
        "kind": instrument.kind,
        "class": instrument.class_,
        "isin": instrument.isin,
        "issuer": instrument.issuer,
        "issuer_name": issuer_name or instrument.issuer,
        "digits": str(instrument.minor_digits),
        "quantity": str(holding.quantity),
        "reserved": str(holding.reserved),
        "available": str(holding.quantity - holding.reserved),
        "block": str(position.number),
        "block_hash": position.hash,
        "as_of": clock.text(position.at) if position.at else issued_at,
        "issued_at": issued_at,
    }


def _view(session: Session, certificate: Certificate) -> Row:
    """changed: the holding is not what it was, or is again after having been otherwise."""
    holding = session.get(Holding, (certificate.instrument, certificate.account))
    position = cuts.now(session)
    here = certificate.stated["ledger"] == wallet.ledger_hash(session.info["config"])
    changed = holding is None or holding.block > certificate.block
    return {
        **certificate.stated,
        "fingerprint": certificate.fingerprint,
        "owner_name": _name(session, certificate),
        "status": "another_ledger" if not here else "changed" if changed else "unchanged",
        "changed_block": holding.block if holding and changed else None,
        "checked_block": position.number if position else None,
        "checked_at": position.at if position else None,
    }


def _name(session: Session, certificate: Certificate) -> str:
    """The owner's name as the certificate states it; "" when it has been corrected or erased since."""
    name = session.scalar(select(named(Account.owner)).where(Account.id == certificate.account)) or ""
    said: dict[str, Any] = {**certificate.stated, "owner_name": name}
    return name if fingerprint(said) == certificate.fingerprint else ""


def _visible(principal: Principal) -> ColumnElement[bool]:
    return or_(Certificate.owner == principal.party, policy.visible(principal, Certificate))
