"""An order's trace: every step it went through, with time, block, transaction and whoever signed it."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from middleware import amounts, ids, relay
from middleware.auth import Principal
from middleware.models.instrument import Instrument
from middleware.models.submission import Submission
from middleware.models.trade import Trade
from middleware.services import blotter
from middleware.services.pages import Row


def show(session: Session, principal: Principal, id: str) -> Row:
    """The order and its steps, oldest first."""
    order = blotter.show(session, principal, id)
    submission = relay.find(session, *ids.split(id))
    steps = _way_down(submission) if submission else []
    if order["placed_at"]:
        steps.append(_entered(session, order))
    steps += _executions(session, order)
    if order["status"] in ("cancelled", "expired"):
        steps.append(_ended(order))
    return {"order": order, "steps": steps}


def _way_down(submission: Submission) -> list[Row]:
    kept = "its own key" if submission.held == "own" else "a key that the platform keeps"
    received = _step("received", submission, f"Signed with {kept} and stored; it cannot be lost.")
    steps = [{**received, "at": submission.created_at, "block": None, "transaction_id": ""}]
    if submission.status != "waiting":
        text = f"Sent in batch {submission.batch} of {submission.lane}." if submission.lane else "Sent."
        steps.append({**_step("sent", submission, text), "block": None})
    if submission.code and submission.status == "sent":
        steps.append(_step("rejected", submission, submission.message))
    return steps


def _step(name: str, submission: Submission, text: str) -> Row:
    return {
        "step": name,
        "at": None,
        "block": submission.block,
        "transaction_id": submission.transaction_id,
        "signer": submission.party,
        "kid": submission.kid,
        "held": submission.held,
        "trade": "",
        "quantity": None,
        "price_minor": None,
        "text": text,
    }


def _entered(session: Session, order: Row) -> Row:
    if order["status"] == "rejected":
        name, text = "rejected", order["message"]
    else:
        what = _reserved_first(session, order)
        name, text = "placed", f"Entered on the book; {what} reserved."
    return {
        "step": name,
        "at": order["placed_at"],
        "block": order["block"],
        "transaction_id": order["transaction"],
        "signer": order["owner"],
        "kid": order["kid"],
        "held": order["held"],
        "trade": "",
        "quantity": order["quantity"],
        "price_minor": order["limit_minor"],
        "text": text,
    }


def _reserved_first(session: Session, order: Row) -> str:
    if order["side"] == "sell":
        return f"{order['quantity']} {order['instrument']}"
    money = session.get(Instrument, order["currency"])
    most = order["quantity"] * order["limit_minor"] + order["max_fee_minor"]
    return f"{amounts.to_text(most, money.minor_digits if money else 0)} {order['currency']}"


def _executions(session: Session, order: Row) -> list[Row]:
    query = select(Trade).where(or_(Trade.buy == order["id"], Trade.sell == order["id"])).order_by(Trade.ordinal)
    return [
        {
            "step": "executed",
            "at": trade.at,
            "block": trade.block,
            "transaction_id": trade.transaction,
            "signer": trade.venue,
            "kid": trade.kid,
            "held": trade.held,
            "trade": trade.id,
            "quantity": trade.quantity,
            "price_minor": trade.price_minor,
            "text": f"Execution {trade.number} of {trade.instrument}: delivered against payment, final.",
        }
        for trade in session.scalars(query)
    ]


def _ended(order: Row) -> Row:
    signer = order["closed_kid"].rpartition(".")[0]
    return {
        "step": order["status"],
        "at": order["closed_at"],
        "block": order["closed_block"],
        "transaction_id": order["closed_transaction"],
        "signer": signer,
        "kid": order["closed_kid"],
        "held": order["closed_held"],
        "trade": "",
        "quantity": order["remaining"],
        "price_minor": None,
        "text": "What was still reserved is available again.",
    }
