"""Deposits: money that reached the bank, credited on the ledger as a claim on that bank."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..client import Problem
from ..form import Form
from ..session import api, required
from .submissions import follow

pages = Blueprint("deposits", __name__, url_prefix="/deposits")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Credited deposits, newest first."""
    return render_template(
        "deposits/index.html", page=api().page("/deposits", starting_after=request.args.get("after", ""))
    )


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The bank's form."""
    return _page(Form(values={"account": request.args.get("account", "")}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Credit a payment that arrived; the reference makes sure that it is credited once."""
    form = Form.sent(request.form)
    code = form.choice("instrument", [row["instrument"] for row in catalogue.currencies()])
    body = {
        "instrument": code,
        "account": form.text("account"),
        "amount_minor": form.number("amount_minor", catalogue.digits(code) if code else 2),
        "reference": form.text("reference"),
    }
    answer = form.send("/deposits", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    return follow(answer, url_for("deposits.index"), _("The deposit is credited."))


def _page(form: Form) -> str:
    mine = catalogue.own(catalogue.currencies())
    if mine:
        form.values.setdefault("instrument", mine[0]["instrument"])
    return render_template("deposits/new.html", form=form, currencies=mine, accounts=_accounts())


def _accounts() -> list[dict[str, str]]:
    """Accounts to choose from: those the bank may see, and those it credited before."""
    try:
        seen = [(row["id"], row["owner_name"] or row["owner"]) for row in api().all("/accounts", status="open")]
    except Problem as problem:
        if problem.status not in (403, 404):
            raise
        seen = []
    seen += [(row["account"], row["owner_name"] or row["owner"]) for row in api().page("/deposits", limit=200).items]
    return [{"id": id, "name": name} for id, name in dict(seen).items()]
