"""FIX sessions: how each stands, the messages that went through it, and every tag of them by its name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import catalogue, filters, words
from ..form import Form
from ..session import api, required, roles, user

pages = Blueprint("fix", __name__, url_prefix="/fix")
FILTERS = {"direction": _l("Direction"), "type": _l("Type"), "text": _l("Contains")}
TYPES = {
    "D": _l("New order"),
    "F": _l("Cancel request"),
    "G": _l("Replace request"),
    "8": _l("Execution report"),
    "9": _l("Cancel reject"),
    "j": _l("Business reject"),
    "3": _l("Reject"),
    "AE": _l("Trade capture report"),
    "AK": _l("Confirmation"),
    "AU": _l("Confirmation answer"),
    "A": _l("Logon"),
    "5": _l("Logout"),
    "0": _l("Heartbeat"),
    "1": _l("Test request"),
    "2": _l("Resend request"),
    "4": _l("Sequence reset"),
}


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Sessions that the user may see."""
    return render_template("fix/index.html", rows=api().all("/sessions"))


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The operator's form."""
    return _new(Form(values={"kind": "broker", "throttle": "500"}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Let a party have a session."""
    form = Form.sent(request.form)
    kind = form.choice("kind", words.SESSION_KINDS)
    body: dict[str, Any] = {
        "comp_id": form.text("comp_id").upper(),
        "party": form.text("party").upper(),
        "kind": kind,
        "may_reset": form["may_reset"] == "yes",
        "cancel_on_disconnect": form["cancel_on_disconnect"] == "yes",
        "throttle": form.number("throttle"),
    }
    if kind == "exchange":
        body |= {"host": form.text("host"), "port": form.number("port")}
    else:
        body |= {
            "certificate": form.text("certificate").lower().replace(":", ""),
            "addresses": form["addresses"].split(),
        }
    made = form.send("/sessions", body, wait=0) if form.ok else None
    if made is None:
        return _new(form), 422
    flash(_("The session is there. Its party may log on."))
    return redirect(url_for("fix.show", comp_id=body["comp_id"]), 303)


@pages.get("/<comp_id>")
@required
def show(comp_id: str) -> ResponseReturnValue:
    """One session and its messages, newest first."""
    found = filters.read(FILTERS, {"direction": words.DIRECTIONS, "type": TYPES})
    row = api().get(f"/sessions/{comp_id}")
    after = request.args.get("after", "")
    page = api().page(f"/sessions/{comp_id}/messages", limit=50, starting_after=after, **found.asked)
    return render_template("fix/show.html", row=row, page=page, found=found, types=TYPES, **_may(row))


@pages.get("/messages/<int:number>")
@required
def message(number: int) -> ResponseReturnValue:
    """One message, every field of it named."""
    return render_template("fix/message.html", row=api().get(f"/messages/{number}"), types=TYPES)


@pages.post("/<comp_id>/enabling")
@required
def enable(comp_id: str) -> ResponseReturnValue:
    """Let it log on again."""
    return _press(comp_id, "enabling", _("The session may log on again."))


@pages.post("/<comp_id>/disabling")
@required
def disable(comp_id: str) -> ResponseReturnValue:
    """Cut it, and refuse its logons."""
    return _press(comp_id, "disabling", _("The session is cut and cannot log on until it is enabled."))


@pages.post("/<comp_id>/reset")
@required
def reset(comp_id: str) -> ResponseReturnValue:
    """Its party asks for numbers from 1, the operator confirms: never both by one."""
    asked = _("The reset is asked for; the operator has to confirm it.")
    done = _("The session counts from 1 again.")
    return _press(comp_id, "reset", done if "operator" in roles() else asked)


def _press(comp_id: str, what: str, text: str) -> ResponseReturnValue:
    form = Form.sent(request.form)
    if form.send(f"/sessions/{comp_id}/{what}", {}, wait=0) is None:
        for sentence in form.general:
            flash(f"{sentence.language} {sentence.text}", "refused")
    else:
        flash(text)
    return redirect(url_for("fix.show", comp_id=comp_id), 303)


def _may(row: dict[str, Any]) -> dict[str, bool]:
    """What the page offers; the API decides again."""
    mine, office = row["party"] == user()["party"], "operator" in roles()
    asked = bool(row["reset_asked_by"])
    return {
        "may_enable": office,
        "may_disable": mine or office,
        "may_ask": mine and not asked,
        "may_confirm": office and asked,
    }


def _new(form: Form) -> str:
    takers = [row for row in catalogue.parties().values() if {"broker", "exchange"} & set(row["roles"])]
    return render_template("fix/new.html", form=form, takers=takers)
