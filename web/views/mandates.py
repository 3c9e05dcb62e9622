"""Mandates: what an owner lets a broker or an asset manager do for him, within which limits and until when."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue, words
from ..form import Form, last_day
from ..session import api, required, user
from .submissions import follow, press

pages = Blueprint("mandates", __name__, url_prefix="/mandates")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Mandates that this party has given, and those it was given."""
    rows = api().all("/mandates")
    mine = user()["party"]
    return render_template(
        "mandates/index.html",
        given=[row for row in rows if row["owner"] == mine],
        received=[row for row in rows if row["owner"] != mine],
        money=catalogue.money(),
    )


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The owner's form."""
    return _page(Form(values={"affirmation": "each", "agent": request.args.get("agent", "")}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Grant it; an earlier one to the same agent ends."""
    form = Form.sent(request.form)
    digits = catalogue.digits(catalogue.money())
    body = {
        "agent": form.text("agent").upper(),
        "affirmation": form.choice("affirmation", words.AFFIRMATIONS),
        "order_minor": form.number("order_minor", digits),
        "total_minor": form.number("total_minor", digits),
        "good_till": last_day(form, "good_till"),
    }
    answer = form.send("/mandates", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    return follow(answer, url_for("mandates.index"), _("The mandate is granted."))


@pages.post("/<agent>/revocation")
@required
def revoke(agent: str) -> ResponseReturnValue:
    """Take it back: from now on the agent may enter nothing more."""
    return press(f"/mandates/{agent}/revocation", {}, url_for("mandates.index"), _("The mandate is revoked."))


def _page(form: Form) -> str:
    agents = [row for row in catalogue.parties().values() if "broker" in row["roles"]]
    return render_template("mandates/new.html", form=form, agents=agents, money=catalogue.money())
