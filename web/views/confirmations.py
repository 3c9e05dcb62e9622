"""Confirmations: each trade of a broker's order, told to him with all its terms, and his answer."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ..form import Form
from ..session import api, required

pages = Blueprint("confirmations", __name__, url_prefix="/confirmations")
SHOWN = ("sent", "affirmed", "rejected", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Confirmations by status, newest first."""
    shown = request.args.get("shown", "all")
    shown = shown if shown in SHOWN else "all"
    after = request.args.get("after", "")
    page = api().page("/confirmations", status="" if shown == "all" else shown, starting_after=after)
    return render_template("confirmations/index.html", page=page, shown=shown)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One confirmation; for its broker, with the two answers he can give."""
    return _show(id, Form())


@pages.post("/<id>/affirmation")
@required
def affirm(id: str) -> ResponseReturnValue:
    """The broker agrees with the terms."""
    return _answer(id, Form.sent(request.form), {"status": "affirmed"})


@pages.post("/<id>/rejection")
@required
def reject(id: str) -> ResponseReturnValue:
    """The broker does not agree, and says why."""
    form = Form.sent(request.form)
    return _answer(id, form, {"status": "rejected", "text": form.text("text")})


def _answer(id: str, form: Form, body: dict[str, str]) -> ResponseReturnValue:
    if not form.ok or form.send(f"/confirmations/{id}/answer", body, wait=0) is None:
        return _show(id, form), 422
    return redirect(url_for("confirmations.show", id=id), 303)


def _show(id: str, form: Form) -> str:
    row = api().get(f"/confirmations/{id}")
    return render_template("confirmations/show.html", row=row, form=form)
