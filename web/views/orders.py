"""Orders: the ticket with its preview, the list by status, cancelling, and the trace of one order."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import catalogue, filters, refusals
from ..client import Problem
from ..form import Form, good_till
from ..format import typed
from ..session import api, required, roles, user
from ..statuses import STATUSES
from ..words import SIDES
from . import entries, traces
from .submissions import follow, press

pages = Blueprint("orders", __name__, url_prefix="/orders")
SHOWN = ("open", "closed", "all")
DESKS = frozenset({"broker", "custodian", "exchange", "operator", "regulator"})  # who looks at many clients' orders
FILTERS = {
    "status": _l("Status"),
    "owner": _l("Client"),
    "instrument": _l("Instrument"),
    "side": _l("Side"),
    "client_id": _l("Client id"),
    "placed_from": _l("From"),
    "placed_till": _l("To"),
}


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Orders: a desk's blotter with its filters, or one's own by status; newest first."""
    return _blotter() if roles() & DESKS else _own()


def _blotter() -> ResponseReturnValue:
    statuses = {"open": _("All open"), "closed": _("All closed")}
    statuses |= {name: status.word for name, status in STATUSES["order"].items() if name != "at_exchange"}
    found = filters.read(FILTERS, {"status": statuses, "side": SIDES})
    filters.days(found.asked, "placed_from", "placed_till")
    page = api().page("/orders", limit=50, starting_after=request.args.get("after", ""), **found.asked)
    clients = entries.mandated() if "broker" in roles() else []
    return render_template("orders/blotter.html", page=page, found=found, statuses=statuses, clients=clients)


def _own() -> ResponseReturnValue:
    shown = request.args.get("shown", "open")
    shown = shown if shown in SHOWN else "open"
    page = api().page(
        "/orders",
        status="" if shown == "all" else shown,
        instrument=request.args.get("instrument", ""),
        starting_after=request.args.get("after", ""),
    )
    return render_template("orders/index.html", page=page, shown=shown, instrument=request.args.get("instrument", ""))


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """An empty ticket, or one begun on a market's page."""
    given = {name: request.args.get(name, "") for name in ("instrument", "side", "quantity", "limit_minor")}
    form = Form(values={"side": "buy", "good_till": "day"} | {name: text for name, text in given.items() if text})
    return _ticket(form)


@pages.post("/preview")
@required
def preview() -> ResponseReturnValue:
    """The same ticket with what it would reserve; nothing is sent to the ledger."""
    form = Form.sent(request.form)
    command, body = form.command, _body(form)
    outcome = _preview(form, body) if form.ok else None
    form.command = command  # nothing was sent: the ticket is still the same order
    return _ticket(form, outcome, previewed=True)


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Place the order; then its trace, where it can be watched. Refused, the ticket shows what it would have needed."""
    form = Form.sent(request.form)
    body = _body(form)
    readable = form.ok
    answer = form.send("/orders", body, wait=2) if readable else None
    if answer is None:
        return _ticket(form, _preview(Form(), body) if readable else None), 422
    return redirect(url_for("orders.show", id=f"{user()['party']}:{form.command}"), 303)


def _preview(form: Form, body: dict[str, Any]) -> dict[str, Any] | None:
    """What the order would reserve; None when the API refuses even that, the sentences then standing in the form."""
    try:
        return api().send("POST", "/orders/preview", body)
    except Problem as problem:
        if problem.status == 401:
            raise
        form.refuse(problem)
        return None


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """The order's trace: every step with time, block, transaction and signer."""
    return _show(id, None)


@pages.post("/<id>/replacement")
@required
def replace(id: str) -> ResponseReturnValue:
    """Give the order other terms; an exchange has to agree to them first."""
    form = Form.sent(request.form)
    digits = catalogue.digits(catalogue.currency(form["instrument"]))
    body = {"quantity": form.number("quantity"), "limit_minor": form.number("limit_minor", digits)}
    answer = form.send(f"/orders/{id}/replacement", body) if form.ok else None
    if answer is None:
        return _show(id, form), 422
    at_exchange = form["book"] == "exchange"
    text = _("The exchange is asked to change the order.") if at_exchange else _("The order has its new terms.")
    return follow(answer, url_for("orders.show", id=id), text)


@pages.post("/<id>/cancellation")
@required
def cancel(id: str) -> ResponseReturnValue:
    """Take an order off the book; one at an exchange ends when the exchange says so."""
    done = _("The order is cancelled and its reservation is free.")
    asked = _("The exchange is asked to cancel. What is reserved stays reserved until it confirms.")
    text = asked if request.form.get("book") == "exchange" else done
    return press(f"/orders/{id}/cancellation", {}, url_for("orders.show", id=id), text)


@pages.post("/<id>/expiry")
@required
def expire(id: str) -> ResponseReturnValue:
    """Free what an order past its last moment still reserves."""
    return press(
        f"/orders/{id}/expiry",
        {},
        url_for("orders.show", id=id),
        _("The order has expired and its reservation is free."),
    )


def _show(id: str, replacing: Form | None) -> str:
    trace = api().get(f"/orders/{id}/trace")
    order = trace["order"]
    told = api().page(f"/orders/{id}/reports", limit=100).items if roles() & DESKS and order["placed_at"] else []
    parts = api().all("/entries", group=order["group"]) if order["group"] and "broker" in roles() else []
    return render_template(
        "orders/show.html",
        order=order,
        steps=traces.way(order, trace["steps"]),
        claims=traces.claims(order, trace["steps"]),
        reports=told,
        allocations=parts if len(parts) > 1 else [],
        form=replacing or _terms(order),
    )


def _terms(order: dict[str, Any]) -> Form:
    """The order's terms as the form for a replacement begins."""
    if not order["replaceable"]:
        return Form()
    limit = typed(order["limit_minor"], catalogue.digits(order["currency"]))
    return Form(values={"quantity": order["quantity"], "limit_minor": limit})


def _ticket(form: Form, outcome: dict[str, Any] | None = None, *, previewed: bool = False) -> str:
    accounts = [row for row in api().all("/accounts", status="open") if row["owner"] == user()["party"]]
    if accounts:
        form.values.setdefault("account", accounts[0]["id"])
        form.values.setdefault("cash_account", accounts[0]["id"])
    tradable = [row for row in catalogue.securities() if row["status"] == "active"]
    if len(tradable) == 1:
        form.values.setdefault("instrument", tradable[0]["instrument"])
    book = (
        api().get(f"/instruments/{form['instrument']}/book") if form["instrument"] in catalogue.instruments() else None
    )
    return render_template(
        "orders/new.html",
        form=form,
        accounts=accounts,
        tradable=tradable,
        outcome=outcome,
        previewed=previewed,
        book=book,
    )


def _body(form: Form) -> dict[str, Any]:
    """Read the ticket; what cannot be read leaves a sentence in the form."""
    code = form.choice("instrument", [row["instrument"] for row in catalogue.securities()])
    digits = catalogue.digits(catalogue.currency(code)) if code else 2
    body: dict[str, Any] = {
        "instrument": code,
        "side": form.choice("side", ("buy", "sell")),
        "account": form.text("account"),
        "cash_account": form.text("cash_account"),
        "quantity": form.number("quantity"),
        "limit_minor": form.number("limit_minor", digits),
        "good_till": good_till(form),
    }
    fee = form.number("max_fee_minor", digits, required=False)
    return body | ({"max_fee_minor": fee} if fee else {})


def rejected(order: dict[str, Any]) -> refusals.Sentence:
    """Why the ledger refused an order, for its page."""
    return refusals.sentence(Problem(409, order["code"], order["message"], order["reason"]))


@pages.context_processor
def sentences() -> dict[str, Any]:
    """Templates of this noun may explain a refusal."""
    return {"rejected": rejected}
