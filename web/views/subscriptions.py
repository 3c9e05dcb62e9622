"""Subscriptions: the form with what it would reserve, withdrawing, and the list of one's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..client import Problem
from ..form import Form
from ..format import price, quantity
from ..session import api, required, user
from . import offerings
from .submissions import follow, press

pages = Blueprint("subscriptions", __name__, url_prefix="/subscriptions")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """What this party has subscribed to, newest first."""
    page = api().page("/subscriptions", subscriber=user()["party"], starting_after=request.args.get("after", ""))
    return render_template("subscriptions/index.html", page=page)


@pages.post("/<id>/preview")
@required
def preview(id: str) -> ResponseReturnValue:
    """The offering's page with what the subscription would reserve; nothing is sent to the ledger."""
    form = Form.sent(request.form)
    command, outcome = form.command, None
    body = _body(form, api().get(f"/offerings/{id}"))
    if form.ok:
        outcome = _preview(id, form, body)
    form.command = command  # nothing was sent: it is still the same subscription
    return offerings.page(id, form=form, outcome=outcome)


@pages.post("/<id>")
@required
def create(id: str) -> ResponseReturnValue:
    """Subscribe; refused, the page shows what was typed, why, and what it would have needed."""
    form = Form.sent(request.form)
    body = _body(form, api().get(f"/offerings/{id}"))
    readable = form.ok
    answer = form.send(f"/offerings/{id}/subscriptions", body) if readable else None
    if answer is None:
        outcome = _preview(id, Form(), body) if readable else None
        return offerings.page(id, form=form, outcome=outcome), 422
    return follow(answer, url_for("offerings.show", id=id), _("You have subscribed, and what it may cost is reserved."))


@pages.post("/<id>/withdrawal")
@required
def withdraw(id: str) -> ResponseReturnValue:
    """Take the subscription back; the reserved cash is free again."""
    text = _("Your subscription is withdrawn and its cash is free.")
    return press(f"/offerings/{id}/withdrawal", {}, url_for("offerings.show", id=id), text)


def _body(form: Form, row: dict[str, Any]) -> dict[str, Any]:
    """Read the form, and say of each number the nearest that the offering takes, as people write it."""
    digits = catalogue.digits(row["currency"])
    body = {name: form.text(name) for name in ("account", "cash_account")}
    body |= {"quantity": form.number("quantity"), "limit_minor": form.number("limit_minor", digits)}
    if body["quantity"]:
        near = _nearest(int(body["quantity"]), int(row["lot"]), int(row["ticket_minimum"]), int(row["ticket_maximum"]))
        if near != int(body["quantity"]):
            form.error("quantity", _("The nearest that this offering takes is %(near)s.", near=quantity(near)))
    if body["limit_minor"]:
        step, low, high = (int(row[name]) for name in ("tick_minor", "price_min_minor", "price_max_minor"))
        near = _nearest(int(body["limit_minor"]), step, low, high)
        if near != int(body["limit_minor"]):
            shown = price(near, row["instrument"])
            form.error("limit_minor", _("The nearest price that this offering takes is %(near)s.", near=shown))
    return body


def _nearest(value: int, step: int, least: int, most: int) -> int:
    near = max((value + step // 2) // step * step, -(-least // step) * step)
    return min(near, most - most % step) if most else near


def _preview(id: str, form: Form, body: dict[str, Any]) -> dict[str, Any] | None:
    """What the subscription would reserve; None when the API refuses even that, the sentences then in the form."""
    try:
        return api().send("POST", f"/offerings/{id}/subscriptions/preview", body)
    except Problem as problem:
        if problem.status == 401:
            raise
        form.refuse(problem)
        return None
