"""Drafts: what one user of a bank has entered and another approves; four eyes, where the bank wants them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..form import Form
from ..session import api, required, user
from .submissions import press

pages = Blueprint("drafts", __name__, url_prefix="/drafts")
SHOWN = ("waiting", "approved", "refused", "withdrawn", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """What the bank's users have entered, newest first, and whether it takes two of them."""
    shown = request.args.get("shown", "waiting")
    shown = shown if shown in SHOWN else "waiting"
    after = request.args.get("after", "")
    page = api().page("/drafts", status="" if shown == "all" else shown, starting_after=after)
    return render_template("drafts/index.html", page=page, shown=shown, setting=api().get("/four-eyes"))


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One draft, with the answers that the second user can give."""
    return _show(id, Form())


@pages.post("/<id>/approval")
@required
def approve(id: str) -> ResponseReturnValue:
    """The second user agrees: it is signed and sent."""
    here = url_for("drafts.show", id=id)
    return press(f"/drafts/{id}/approval", {}, here, _("It is approved and signed."))


@pages.post("/<id>/refusal")
@required
def refuse(id: str) -> ResponseReturnValue:
    """The second user does not agree, or the first takes it back."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")}
    if not form.ok or form.send(f"/drafts/{id}/refusal", body, wait=0) is None:
        return _show(id, form), 422
    flash(_("Nothing was signed."))
    return redirect(url_for("drafts.index"), 303)


@pages.post("/four-eyes")
@required
def want() -> ResponseReturnValue:
    """Want four eyes from now on, or no longer; the latter takes a second user too."""
    form = Form.sent(request.form)
    answer = form.send("/four-eyes", {"required": form.choice("required", ("yes", "no"))}, wait=0)
    if answer is None:
        for sentence in form.general:
            flash(f"{sentence.language} {sentence.text}", "refused")
    elif answer["draft"]:
        flash(_("Entered. Another user of your bank approves it before it takes effect."))
    return redirect(url_for("drafts.index"), 303)


def _show(id: str, form: Form) -> str:
    row: dict[str, Any] = api().get(f"/drafts/{id}")
    own = row["entered_by"] == user()["username"]
    return render_template("drafts/show.html", row=row, form=form, own=own)
