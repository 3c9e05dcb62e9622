"""Claims: what an exchange asks to undo or correct after settlement, and what the owners say to it."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..form import Form
from ..session import api, required, roles
from .submissions import follow, press

pages = Blueprint("claims", __name__, url_prefix="/claims")
SHOWN = ("open", "refused", "settled", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Claims by status, newest first."""
    shown = request.args.get("shown", "open")
    shown = shown if shown in SHOWN else "open"
    page = api().page("/claims", status="" if shown == "all" else shown, starting_after=request.args.get("after", ""))
    return render_template("claims/index.html", page=page, shown=shown)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One claim, with the answers that the user can give."""
    return _show(id, Form())


@pages.post("/<id>/acceptance")
@required
def accept(id: str) -> ResponseReturnValue:
    """An owner agrees; with the other one's consent it settles."""
    return press(f"/claims/{id}/acceptance", {}, url_for("claims.show", id=id), _("You have accepted the claim."))


@pages.post("/<id>/refusal")
@required
def refuse(id: str) -> ResponseReturnValue:
    """An owner says no."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")}
    answer = form.send(f"/claims/{id}/refusal", body) if form.ok else None
    if answer is None:
        return _show(id, form), 422
    return follow(answer, url_for("claims.show", id=id), _("You have refused the claim."))


@pages.post("/<id>/enforcement")
@required
def enforce(id: str) -> ResponseReturnValue:
    """The operator proposes to order it; the custodian has to sign the same text."""
    form = Form.sent(request.form)
    args = {"claim": id, "reason": form.text("reason")}
    answer = form.send("/acts", {"function": "claim:enforce", "args": args}) if form.ok else None
    if answer is None:
        return _show(id, form), 422
    act = answer.get("act")
    target = url_for("acts.show", id=act["id"]) if act else url_for("acts.index")
    return follow(answer, target, _("The enforcement is proposed; the custodian must sign it too."))


def _show(id: str, form: Form) -> str:
    row = api().get(f"/claims/{id}")
    may_enforce = "operator" in roles() and row["status"] in ("open", "refused")
    return render_template("claims/show.html", row=row, form=form, may_enforce=may_enforce)
