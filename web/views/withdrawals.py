"""Withdrawals: the owner asks, the amount is reserved, the bank pays it out or refuses."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..form import Form
from ..session import api, required, user
from .submissions import follow

pages = Blueprint("withdrawals", __name__, url_prefix="/withdrawals")
SHOWN = ("pending", "paid", "refused", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Withdrawals by status."""
    shown = request.args.get("shown", "all")
    shown = shown if shown in SHOWN else "all"
    page = api().page(
        "/withdrawals", status="" if shown == "all" else shown, starting_after=request.args.get("after", "")
    )
    return render_template("withdrawals/index.html", page=page, shown=shown)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The owner's form."""
    return _page(Form())


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Ask the bank to pay out; the amount is reserved from here."""
    form = Form.sent(request.form)
    account, _bar, code = form.text("source").partition("|")
    body = {
        "instrument": code,
        "account": account,
        "amount_minor": form.number("amount_minor", catalogue.digits(code) if code else 2),
        "destination": form.text("destination"),
    }
    answer = form.send("/withdrawals", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    return follow(answer, url_for("withdrawals.index"), _("The withdrawal is requested and its amount reserved."))


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One withdrawal; for its bank, with the two answers it can give."""
    return _show(id, Form(), Form())


@pages.post("/<id>/payment")
@required
def pay(id: str) -> ResponseReturnValue:
    """The bank has paid it out."""
    form = Form.sent(request.form)
    body = {"reference": form.text("reference")}
    answer = form.send(f"/withdrawals/{id}/payment", body) if form.ok else None
    if answer is None:
        return _show(id, form, Form()), 422
    return follow(answer, url_for("withdrawals.index", shown="pending"), _("The withdrawal is recorded as paid."))


@pages.post("/<id>/refusal")
@required
def refuse(id: str) -> ResponseReturnValue:
    """The bank does not pay; the amount is free again."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")}
    answer = form.send(f"/withdrawals/{id}/refusal", body) if form.ok else None
    if answer is None:
        return _show(id, Form(), form), 422
    return follow(
        answer, url_for("withdrawals.index", shown="pending"), _("The withdrawal is refused; the amount is free again.")
    )


def _page(form: Form) -> str:
    rows = [row for row in api().all("/holdings", kind="currency") if row["owner"] == user()["party"]]
    if rows:
        form.values.setdefault("source", f"{rows[0]['account']}|{rows[0]['instrument']}")
    return render_template("withdrawals/new.html", form=form, cash=rows)


def _show(id: str, paying: Form, refusing: Form) -> str:
    row = api().get(f"/withdrawals/{id}")
    mine = row["bank"] == user()["party"] and row["status"] == "pending"
    return render_template("withdrawals/show.html", row=row, mine=mine, paying=paying, refusing=refusing)
