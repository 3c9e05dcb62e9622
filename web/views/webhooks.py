"""Webhooks: addresses of a party's own programs that are told what happens, and what was sent to them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import words
from ..client import Problem
from ..form import Form
from ..session import api, required

pages = Blueprint("webhooks", __name__, url_prefix="/webhooks")
SHOWN = ("all", "waiting", "delivered", "failed")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """This party's webhooks."""
    return render_template("webhooks/index.html", rows=api().all("/webhooks"))


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """An empty form: everything is chosen."""
    return render_template("webhooks/new.html", form=Form(), chosen=["*"])


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Add one; its secret is shown on the next page, and never again."""
    form = Form.sent(request.form)
    chosen = [name for name in request.form.getlist("events") if name in words.EVENTS]
    if not chosen:
        form.error("events", _("Choose at least one."))
    body = {"url": form.text("url"), "events": ["*"] if "*" in chosen else chosen}
    made = form.send("/webhooks", body, wait=0) if form.ok else None
    if made is None:
        return render_template("webhooks/new.html", form=form, chosen=chosen), 422
    flash(made["secret"], "secret")
    return redirect(url_for("webhooks.show", number=made["webhook"]["number"]), 303)


@pages.get("/<int:number>")
@required
def show(number: int) -> ResponseReturnValue:
    """One webhook and what was sent to it, newest first."""
    shown = request.args.get("shown", "all")
    shown = shown if shown in SHOWN else "all"
    after = request.args.get("after", "")
    status = "" if shown == "all" else shown
    page = api().page(f"/webhooks/{number}/deliveries", status=status, starting_after=after)
    return render_template("webhooks/show.html", row=api().get(f"/webhooks/{number}"), page=page, shown=shown)


@pages.post("/<int:number>/secret")
@required
def rotate(number: int) -> ResponseReturnValue:
    """A new secret; the old one signs beside it for a day."""
    made = _send(number, "POST", "/secret")
    if made:
        flash(made["secret"], "secret")
    return redirect(url_for("webhooks.show", number=number), 303)


@pages.post("/<int:number>/enabling")
@required
def enable(number: int) -> ResponseReturnValue:
    """Send to it again."""
    _send(number, "POST", "/enabling")
    return redirect(url_for("webhooks.show", number=number), 303)


@pages.post("/<int:number>/removal")
@required
def remove(number: int) -> ResponseReturnValue:
    """Forget it, and what waits to be sent to it."""
    if _send(number, "DELETE", "") is None:
        return redirect(url_for("webhooks.show", number=number), 303)
    flash(_("The webhook is forgotten."))
    return redirect(url_for("webhooks.index"), 303)


@pages.post("/<int:number>/deliveries/<int:sequence>/resend")
@required
def resend(number: int, sequence: int) -> ResponseReturnValue:
    """Send a message again, under the same id."""
    if _send(number, "POST", f"/deliveries/{sequence}/resend"):
        flash(_("It is sent again under the same id."))
    return redirect(url_for("webhooks.show", number=number), 303)


def _send(number: int, method: str, what: str) -> dict[str, Any] | None:
    """Change a webhook; None with the reason on the next page when that was refused."""
    form = Form.sent(request.form)
    try:
        return api().send(method, f"/webhooks/{number}{what}", key=form.command)
    except Problem as problem:
        if problem.status == 401:
            raise
        form.refuse(problem)
        for sentence in form.general:
            flash(f"{sentence.language} {sentence.text}", "refused")
        return None
