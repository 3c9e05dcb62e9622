"""The one road down: signed commands wait here, in SQL, for the worker to send them. Only this module writes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from middleware import clock, wake
from middleware.database import READING, is_postgres
from middleware.errors import Error
from middleware.fact import commands
from middleware.ledger import Block, command
from middleware.models.party import PartyKey
from middleware.models.submission import Submission
from middleware.signing import Signer, Wish

__all__ = ["Batch", "Waiting", "Wish", "enqueue", "enqueue_many", "find", "push"]
MOST_WAITING = 20_000
log = structlog.get_logger(__name__)


def enqueue(
    session: Session,
    *,
    function: str,
    args: Mapping[str, Any],
    signer: str,
    id: str,
    jws: str | None = None,
    group: str = "",
) -> Submission:
    """Store a signed command of a party. Commit the session, then `push`: from the commit on it cannot be lost.

    A known (signer, id) with the same function and args answers the submission as it stands; with others it is an
    Error `duplicate`. What is answered is not attached to the session: a picture of the row.
    """
    outcome = enqueue_many(session, [Wish(function=function, args=args, signer=signer, id=id, jws=jws, group=group)])[0]
    if isinstance(outcome, Error):
        raise outcome
    return outcome


def enqueue_many(session: Session, wishes: Sequence[Wish]) -> list[Submission | Error]:
    """As enqueue, for many at once: an answer or a refusal for each, in order."""
    if session.in_transaction():
        return _store(session, wishes, _sign(session, wishes))
    # Signing takes longer than storing, and nobody needs to wait for it: the write lock is taken after it.
    reading = session.get_bind().execution_options(**READING)
    with Session(reading, info=session.info) as unlocked:
        signed = _sign(unlocked, wishes)
    return _store(session, wishes, signed)


def _sign(session: Session, wishes: Sequence[Wish]) -> list[dict[str, Any] | Error]:
    signer = Signer(session)
    signed: list[dict[str, Any] | Error] = []
    for wish in wishes:
        try:
            signed.append(signer.row(wish))
        except Error as error:
            signed.append(error)
    return signed


def _store(
    session: Session, wishes: Sequence[Wish], signed: Sequence[dict[str, Any] | Error]
) -> list[Submission | Error]:
    _refuse_when_full(session)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in signed:
        if not isinstance(row, Error):
            rows.setdefault((row["party"], row["id"]), row)
    stored = _insert(session, list(rows.values()))
    _tell(rows, stored)
    pictures = {key: _picture({**rows[key], "arrival": arrival}) for key, arrival in stored.items()}
    pictures |= _known(session, [key for key in rows if key not in stored])
    return [
        row if isinstance(row, Error) else _same(wish, pictures[wish.signer, wish.id])
        for wish, row in zip(wishes, signed, strict=True)
    ]


def _tell(rows: Mapping[tuple[str, str], Mapping[str, Any]], stored: Mapping[tuple[str, str], int]) -> None:
    """Which commands a request became: with the request's id, which its door has bound, this joins both ways."""
    if len(stored) == 1:
        ((party, id),) = stored
        log.info("command stored", party=party, id=id, function=rows[party, id]["function"])
    elif stored:
        log.info("commands stored", count=len(stored), first=min(stored.values()), last=max(stored.values()))
        log.debug("commands stored", ids=[f"{party}:{id}" for party, id in stored])


def push(session: Session) -> None:
    """Tell the worker that something was committed."""
    wake.push(session)


def find(session: Session, party: str, id: str) -> Submission | None:
    """A submission by its identity."""
    return session.scalars(select(Submission).where(Submission.party == party, Submission.id == id)).one_or_none()


# What follows is for the worker and the mirror.


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored command that is to be sent."""

    arrival: int
    party: str
    id: str
    function: str
    jws: str
    hash: str
    expires_at: datetime = field(repr=False)


# The small index of open submissions is taken only where its very condition is repeated, in so many words.
_OPEN = Submission.status != literal_column("'done'")
_WAITING = (_OPEN, Submission.status == "waiting")
_SENT = (_OPEN, Submission.status == "sent")


def waiting(connection: Connection, limit: int, *, but: Collection[int] = ()) -> list[Waiting]:
    """What is to be sent, in the order of arrival, without those arrivals that the caller has in hand."""
    columns = [getattr(Submission, name) for name in Waiting.__slots__]
    query = select(*columns).where(*_WAITING, Submission.arrival.not_in(but))
    return [Waiting(*row) for row in connection.execute(query.order_by(Submission.arrival).limit(limit))]


def recall(connection: Connection) -> int:
    """After a restart: whatever was sent and has no outcome waits again. The ledger knows what it has already done."""
    again = update(Submission).where(*_SENT, Submission.code == "")
    return connection.execute(again.values(status="waiting", transaction_id="")).rowcount


@dataclass(frozen=True, slots=True)
class Batch:
    """Where a command is on its way."""

    lane: str
    number: int
    transaction_id: str


def sent(connection: Connection, arrivals: Sequence[int], batch: Batch) -> None:
    """An orderer has accepted the batch in which these are."""
    change = update(Submission).where(Submission.arrival.in_(arrivals), *_WAITING)
    values = {"status": "sent", "lane": batch.lane, "batch": batch.number, "transaction_id": batch.transaction_id}
    connection.execute(change.values(values))


def unsettled(connection: Connection) -> bool:
    """Whether any command has no final outcome yet."""
    return connection.execute(select(Submission.arrival).where(_OPEN).limit(1)).scalar() is not None


def settle(connection: Connection, block: Block) -> None:
    """Write the outcomes that a block holds."""
    outcomes, unverified = [], []
    for transaction in block.transactions:
        for said, fields in commands(transaction):
            row = {"block": block.number, "transaction_id": transaction.id, "done_at": transaction.at}
            row |= {"code": said.code, "reason": said.reason, "message": said.message}
            if "jws_hash" in fields:
                unverified.append(row | _unverified(said.jws, said.reason))
            elif transaction.function == "submit":
                outcomes.append(row | {"_party": said.party, "_id": said.id, "_hash": said.hash})
    if outcomes:
        connection.execute(_SETTLE, outcomes)
    if unverified:
        connection.execute(_SETTLE_UNVERIFIED, [_final(connection, row) for row in unverified])


def lapse(connection: Connection, now: datetime) -> None:
    """Make final what no ledger can carry out any more: it was refused for an unknown key, and has expired since."""
    change = update(Submission).where(*_SENT, Submission.code != "", Submission.expires_at < now)
    connection.execute(change.values(status="done"))


def abandon(connection: Connection, arrival: int) -> None:
    """Make final a command that could not be run before it expired."""
    values = {"status": "done", "code": "wrong_status", "reason": "expired"}
    message = "The command expired before the ledger could run it."
    change = update(Submission).where(Submission.arrival == arrival, Submission.status != "done")
    connection.execute(change.values(**values, message=message, done_at=clock.now()))


_OUTCOME: dict[str, Any] = {name: bindparam(name) for name in ("code", "reason", "message", "block", "transaction_id")}
_TABLE = Submission.__table__
_IDENTITY = [_TABLE.c.party == bindparam("_party"), _TABLE.c.id == bindparam("_id"), _OPEN]
_SETTLE = (
    update(Submission)
    .where(*_IDENTITY, _TABLE.c.hash == bindparam("_hash"))
    .values(status="done", done_at=bindparam("done_at"), **_OUTCOME)
)
# By its bytes: another lane may carry the same payload under a signature that is not its party's.
_SETTLE_UNVERIFIED = (
    update(Submission)
    .where(*_IDENTITY, _TABLE.c.jws == bindparam("_jws"))
    .values(status=bindparam("_status"), done_at=bindparam("done_at"), **_OUTCOME)
)


def _unverified(jws: bytes, reason: str) -> dict[str, Any]:
    """Only an unknown key can become known later; any other refusal of the envelope is for ever."""
    try:
        payload = command.payload_of(jws)
        party, id = (str(payload.get(name, "")).replace("\0", "") for name in ("party", "id"))
    except (ValueError, AttributeError, IndexError):
        party = id = ""
    status = "sent" if reason == "key" else "done"
    return {"_party": party, "_id": id, "_jws": _text(jws), "_status": status}


def _text(jws: bytes) -> str:
    """As far as it can be looked for: what is not text is none of ours."""
    return jws.decode(errors="replace").replace("\0", "\ufffd")


def _final(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """A key that the ledger knows and does not accept any more will never be accepted again."""
    if row["_status"] == "sent":
        ours = select(Submission.kid).where(Submission.party == row["_party"], Submission.id == row["_id"])
        _, _, n = (connection.execute(ours).scalar() or "").rpartition(".")
        status = select(PartyKey.status).where(PartyKey.party == row["_party"], PartyKey.n == int(n or 0))
        if connection.execute(status).scalar() not in (None, "active"):
            return {**row, "_status": "done"}
    return row


def _refuse_when_full(session: Session) -> None:
    open_ones = select(Submission.arrival).where(*_WAITING).limit(MOST_WAITING).subquery()
    if session.scalar(select(func.count()).select_from(open_ones)) == MOST_WAITING:
        message = f"{MOST_WAITING} commands wait for the ledger already; try again in a few seconds"
        raise Error("unavailable", message, reason="busy", details={"retry_after": 5})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Insert first and look afterwards: two requests with one id must not both find nothing."""
    if not rows:
        return {}
    dialect = postgresql if is_postgres(session) else sqlite
    insert = dialect.insert(Submission).on_conflict_do_nothing(index_elements=["party", "id"])
    made = session.connection().execute(insert.returning(Submission.party, Submission.id, Submission.arrival), rows)
    wake.promise(session.connection())
    return {(party, id): arrival for party, id, arrival in made}


def _known(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Submission]:
    found: dict[tuple[str, str], Submission] = {}
    for party, id in keys:
        submission = find(session, party, id)
        if submission is not None:
            session.expunge(submission)
            found[party, id] = submission
    return found


def _picture(row: dict[str, Any]) -> Submission:
    """A row as an object that no session knows; setting twenty attributes one by one would cost as much as signing."""
    picture = Submission()
    picture.__dict__.update(row)
    return picture


def _same(wish: Wish, submission: Submission) -> Submission | Error:
    if submission.function == wish.function and submission.args == dict(wish.args):
        return submission
    message = f"{wish.signer} has used {wish.id} for another command ({submission.function})"
    return Error("duplicate", message, reason="id", details={"function": submission.function})
