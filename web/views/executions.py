"""Executions: what exchanges say was traded, and the queue of those that could not be settled."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..form import Form
from ..session import api, required

pages = Blueprint("executions", __name__, url_prefix="/executions")
SHOWN = ("parked", "waiting", "reported", "settled", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Executions by status, newest first; the parked ones wait for the operator."""
    shown = request.args.get("shown", "parked")
    shown = shown if shown in SHOWN else "parked"
    after = request.args.get("after", "")
    page = api().page("/executions", status="" if shown == "all" else shown, starting_after=after)
    return render_template("executions/index.html", page=page, shown=shown)


@pages.get("/<int:number>")
@required
def show(number: int) -> ResponseReturnValue:
    """One execution, with the message as it came."""
    return _show(number, Form())


@pages.post("/<int:number>/retry")
@required
def retry(number: int) -> ResponseReturnValue:
    """Report it to the ledger again."""
    form = Form.sent(request.form)
    if form.send(f"/executions/{number}/retry", {}, wait=0) is None:
        return _show(number, form), 422
    flash(_("It is reported to the ledger again."))
    return redirect(url_for("executions.show", number=number), 303)


@pages.post("/<int:number>/dismissal")
@required
def dismiss(number: int) -> ResponseReturnValue:
    """Take it off the queue, and say how it was dealt with."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")}
    if not form.ok or form.send(f"/executions/{number}/dismissal", body, wait=0) is None:
        return _show(number, form), 422
    flash(_("It is off the queue."))
    return redirect(url_for("executions.index"), 303)


def _show(number: int, form: Form) -> str:
    return render_template("executions/show.html", row=api().get(f"/executions/{number}"), form=form)
