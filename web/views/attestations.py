"""Attestations: the balance behind a bank's currency, by the bank's own signature; no more of it is issued."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..form import Form, moment
from ..session import api, required, roles
from .submissions import follow

pages = Blueprint("attestations", __name__, url_prefix="/attestations")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """How much each currency may still grow, and every attestation, newest first."""
    page = api().page("/attestations", starting_after=request.args.get("after", ""))
    shown = [standing(row) for row in (own() if "bank" in roles() else catalogue.currencies())]
    return render_template("attestations/index.html", page=page, shown=shown)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The bank's form."""
    return _new(Form())


@pages.post("/")
@required
def attest() -> ResponseReturnValue:
    """Sign what the bank's own books show."""
    form = Form.sent(request.form)
    code = form.choice("instrument", [row["instrument"] for row in own()])
    body = {
        "instrument": code,
        "balance_minor": form.number("balance_minor", catalogue.digits(code) if code else 2),
        "as_of": moment(form, "as_of"),
        "reference": form.text("reference"),
    }
    answer = form.send("/attestations", body) if form.ok else None
    if answer is None:
        return _new(form), 422
    return follow(answer, url_for("attestations.index"), _("The balance is attested."))


def own() -> list[dict[str, Any]]:
    """The currencies of the signed-in bank."""
    return catalogue.own(catalogue.currencies())


def standing(row: dict[str, Any]) -> dict[str, Any]:
    """A currency with how much more of it may be issued before the next attestation."""
    return {**row, "headroom_minor": str(max(0, int(row["attested_minor"]) - int(row["issued"])))}


def _new(form: Form) -> str:
    mine = own()
    if mine:
        form.values.setdefault("instrument", mine[0]["instrument"])
    return render_template("attestations/new.html", form=form, currencies=mine)
