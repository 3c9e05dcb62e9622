"""Transfers free of payment, signed by the owner of what leaves."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue, words
from ..form import Form
from ..session import api, required, user
from .submissions import follow

pages = Blueprint("transfers", __name__, url_prefix="/transfers")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Transfers, newest first."""
    return render_template(
        "transfers/index.html", page=api().page("/transfers", starting_after=request.args.get("after", ""))
    )


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The owner's form."""
    return _page(Form(values={"source": request.args.get("source", "")}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Move units to another account without payment."""
    form = Form.sent(request.form)
    account, _bar, code = form.text("source").partition("|")
    body = {
        "instrument": code,
        "from_account": account,
        "to_account": form.text("to_account"),
        "quantity": form.number("quantity", catalogue.digits(code) if code else 0),
        "reason": form.choice("reason", words.TRANSFER_REASONS),
    }
    answer = form.send("/transfers", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    return follow(answer, url_for("transfers.index"), _("The transfer is done."))


def _page(form: Form) -> str:
    rows = [row for row in api().all("/holdings") if row["owner"] == user()["party"]]
    if rows and not form["source"]:
        form.values["source"] = f"{rows[0]['account']}|{rows[0]['instrument']}"
    return render_template("transfers/new.html", form=form, rows=rows)
