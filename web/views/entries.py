"""Entries: the broker's ticket for one client or several, what became of it, and the investor's yes or no."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import catalogue, filters
from ..client import Problem
from ..form import Form, good_till
from ..session import api, required, roles, user
from ..statuses import STATUSES
from .submissions import follow

pages = Blueprint("entries", __name__, url_prefix="/entries")
ROW = ("account", "quantity")
MOST_ROWS = 200
FILTERS = {
    "status": _l("Status"),
    "owner": _l("Client"),
    "instrument": _l("Instrument"),
    "client_id": _l("Client id"),
}


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Entries that the user may see, newest first."""
    words = {name: status.word for name, status in STATUSES["entry"].items()}
    found = filters.read(FILTERS, {"status": words})
    page = api().page("/entries", starting_after=request.args.get("after", ""), **found.asked)
    clients = mandated() if "broker" in roles() else []
    return render_template("entries/index.html", page=page, found=found, words=words, clients=clients)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """An empty ticket with one row: more rows make it a block order."""
    given = {name: request.args[name] for name in ("instrument", "side", "limit_minor") if name in request.args}
    form = Form(values={"side": "buy", "good_till": "day"} | given)
    form.widen(ROW, 1)
    return _ticket(form)


@pages.post("/rows")
@required
def more_rows() -> ResponseReturnValue:
    """The same ticket with more rows; nothing is sent."""
    command = request.form.get("command", "")
    form = Form.sent(request.form)
    form.command = command or form.command
    form.widen(ROW, min(len(form.rows("quantity")) + 3, MOST_ROWS))
    return _ticket(form)


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Enter the order: its investors are asked to affirm it, or it is signed where their mandate allows."""
    form = Form.sent(request.form)
    body = _body(form)
    answer = form.send("/entries", body, wait=0) if form.ok else None
    if answer is None:
        return _ticket(form), 422
    entered = answer["items"]
    if len(entered) == 1:
        return redirect(url_for("entries.show", id=entered[0]["id"]), 303)
    return redirect(url_for("entries.block", group=entered[0]["group"]), 303)


@pages.get("/blocks/<group>")
@required
def block(group: str) -> ResponseReturnValue:
    """All allocations of one block order."""
    rows = api().all("/entries", group=group)
    if not rows:
        raise Problem(404, "not_found", f"There is no block order {group}.")
    return render_template("entries/block.html", rows=rows, first=rows[0])


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One entry: what it would reserve, who entered it, and the answer to it."""
    return _show(id, Form(), Form())


@pages.post("/<id>/affirmation")
@required
def affirm(id: str) -> ResponseReturnValue:
    """Sign it; then the order's own page, which follows it."""
    form = Form.sent(request.form)
    answer = form.send(f"/entries/{id}/affirmation", {}, wait=2)
    if answer is None:
        return _show(id, form, Form()), 422
    submission = answer["submission"]
    order = f"{submission['party']}:{submission['id']}"
    if submission["status"] != "done":
        return redirect(url_for("orders.show", id=order), 303)
    return follow(answer, url_for("orders.show", id=order), _("Signed: what it may cost is reserved."))


@pages.post("/<id>/refusal")
@required
def decline(id: str) -> ResponseReturnValue:
    """Do not sign it; the broker is told why."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")}
    if not form.ok or form.send(f"/entries/{id}/refusal", body, wait=0) is None:
        return _show(id, Form(), form), 422
    return redirect(url_for("entries.show", id=id), 303)


@pages.post("/<id>/withdrawal")
@required
def withdraw(id: str) -> ResponseReturnValue:
    """The broker takes it back."""
    form = Form.sent(request.form)
    if form.send(f"/entries/{id}/withdrawal", {}, wait=0) is None:
        return _show(id, form, Form()), 422
    return redirect(url_for("entries.show", id=id), 303)


def mandated() -> list[dict[str, Any]]:
    """Clients for whom the signed-in party may enter orders now."""
    return [row for row in api().all("/mandates", agent=user()["party"]) if row["status"] == "active"]


def _show(id: str, affirming: Form, declining: Form) -> str:
    row = api().get(f"/entries/{id}")
    return render_template("entries/show.html", row=row, affirming=affirming, declining=declining)


def _ticket(form: Form) -> str:
    clients = mandated() if "broker" in roles() else []
    accounts = {row["account"]: row for row in api().page("/entries", limit=100).items} if clients else {}
    venues = [row for row in catalogue.parties().values() if {"venue", "exchange"} & set(row["roles"])]
    if len(venues) == 1:
        form.values.setdefault("venue", venues[0]["party"])
    tradable = [row for row in catalogue.securities() if row["status"] == "active"]
    known = [(id, f"{row['owner_name'] or row['owner']}") for id, row in accounts.items()]
    return render_template(
        "entries/new.html", form=form, clients=clients, venues=venues, tradable=tradable, accounts=known
    )


def _body(form: Form) -> dict[str, Any]:
    """Read the ticket: one row is an order for one account, several are a block order."""
    code = form.choice("instrument", [row["instrument"] for row in catalogue.securities()])
    digits = catalogue.digits(catalogue.currency(code)) if code else 2
    body: dict[str, Any] = {
        "client_id": form["client_id"],
        "instrument": code,
        "side": form.choice("side", ("buy", "sell")),
        "limit_minor": form.number("limit_minor", digits),
        "venue": form["venue"],
        "good_till": good_till(form),
    }
    fee = form.number("max_fee_minor", digits, required=False)
    filled = [n for n in form.rows("quantity") if form[f"account-{n}"] or form[f"quantity-{n}"]] or [0]
    rows = [{"account": form.text(f"account-{n}"), "quantity": form.number(f"quantity-{n}")} for n in filled]
    body |= rows[0] if len(rows) == 1 else {"allocations": rows}
    return {name: value for name, value in body.items() if value} | ({"max_fee_minor": fee} if fee else {})
