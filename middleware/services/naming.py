"""The names that a broker gives his messages (FIX ClOrdID), and by which of them a step of an order goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from middleware import clock, ids
from middleware.models.entry import ClientId

_CANCELS = ("cancelled", "pending_cancel", "cancel_refused", "withdrawn")
_REPLACES = ("replaced", "pending_replace", "replace_refused")
_REFUSALS = {"cancel_refused", "replace_refused"}


@dataclass(frozen=True, slots=True)
class Names:
    """The name that a step goes by (11), the one that it changes (41, "" for none), and what asked for it."""

    client_id: str
    original: str
    kind: str  # new, cancel, replace
    number: int


def find(session: Session, broker: str, client_id: str) -> ClientId | None:
    """The last message of a broker with this name."""
    query = select(ClientId).where(ClientId.broker == broker, ClientId.client_id == client_id)
    return session.scalar(query.order_by(ClientId.number.desc()).limit(1))


def used_today(session: Session, broker: str, client_id: str) -> ClientId | None:
    """The message of today with this name."""
    found = find(session, broker, client_id)
    return found if found is not None and found.day == f"{clock.now():%Y-%m-%d}" else None


def of_groups(session: Session, groups: Sequence[str]) -> dict[str, list[ClientId]]:
    """All names of these orders, oldest first."""
    found: dict[str, list[ClientId]] = {group: [] for group in groups}
    query = select(ClientId).where(ClientId.group.in_(set(groups))).order_by(ClientId.number)
    for row in session.scalars(query):
        found[row.group].append(row)
    return found


def of_step(rows: Sequence[ClientId], step: str, payload: Mapping[str, Any]) -> Names:
    """By which names a step goes: those of the message that asked for it, else the order's name as it is now."""
    asked = _asked(rows, step, payload)
    if asked is not None:
        return Names(asked.client_id, asked.original, asked.kind, asked.number)
    now = _present(rows)
    return Names(now.client_id, "", "new", now.number) if now else Names(payload.get("client_id", ""), "", "new", 0)


def answered(session: Session, names: Names, step: str) -> None:
    """A cancel or a replace has its answer. The use case commits."""
    if names.kind == "new" or step.startswith("pending"):
        return
    status = "rejected" if step in _REFUSALS else "accepted"
    change = update(ClientId).where(ClientId.number == names.number, ClientId.status == "pending")
    session.execute(change.values(status=status))


def _asked(rows: Sequence[ClientId], step: str, payload: Mapping[str, Any]) -> ClientId | None:
    """The message behind a step: the one whose command it was or, at an exchange, the first that awaits its answer."""
    kind = "cancel" if step in _CANCELS else "replace" if step in _REPLACES else ""
    of_kind = [row for row in rows if row.kind == kind]
    command = payload.get("command", "")
    for row in of_kind:
        if (command and command in commands(row, payload)) or row.client_id == payload.get("client_id"):
            return row
    if step in _REFUSALS and payload.get("code"):  # the ledger refused a command that was not one of these
        return None
    waiting = [row for row in of_kind if row.status == "pending"]
    return waiting[0] if waiting else next((row for row in reversed(of_kind) if row.status == "accepted"), None)


def commands(row: ClientId, payload: Mapping[str, Any]) -> tuple[str, str]:
    """The command of a message for one order: its own or, for an allocation of a block, one derived from it."""
    return row.command, member(row.command, payload.get("order", "")) if row.command else ""


def member(command: str, order: str) -> str:
    """The command that carries a cancel of a whole block to one of its orders."""
    return ids.member(command, int(order.replace("-", "")[-7:], 16)) if order else ""


def _present(rows: Sequence[ClientId]) -> ClientId | None:
    replaced = [row for row in rows if row.kind == "replace" and row.status == "accepted"]
    new = [row for row in rows if row.kind == "new"]
    return replaced[-1] if replaced else new[0] if new else None
