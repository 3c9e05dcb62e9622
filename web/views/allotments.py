"""Allotments: who would get how much, before issuer and custodian sign it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..client import Problem
from ..form import Form
from ..format import typed
from ..session import api, required
from .submissions import follow

pages = Blueprint("allotments", __name__, url_prefix="/allotments")


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """The allotment by rule at the price in the address; at the clearing price when it names none."""
    values = {name: request.args.get(name, "") for name in ("price_minor", "allotted")}
    form = Form(values=values)
    return _page(id, form, _asked(id, form))


@pages.post("/<id>/preview")
@required
def preview(id: str) -> ResponseReturnValue:
    """To the same page at the price that was typed; nothing is sent."""
    given: dict[str, Any] = {name: request.form.get(name, "").strip() or None for name in ("price_minor", "allotted")}
    return redirect(url_for("allotments.show", id=id, **given), 303)


@pages.post("/<id>")
@required
def propose(id: str) -> ResponseReturnValue:
    """Sign it and propose it to the other side; with the second signature it settles by itself."""
    form = Form.sent(request.form)
    body = _asked(id, form)
    if form.ok and not body["price_minor"]:
        form.text("price_minor")
    answer = form.send(f"/offerings/{id}/allotment", body) if form.ok else None
    if answer is None:
        return _page(id, form, body), 422
    act = answer.get("act")
    target = url_for("acts.show", id=act["id"]) if act else url_for("acts.index")
    return follow(answer, target, _("The allotment is proposed; the other side must sign the same text."))


def _asked(id: str, form: Form) -> dict[str, Any]:
    digits = catalogue.digits(api().get(f"/offerings/{id}")["currency"])
    price = form.number("price_minor", digits, required=False)
    return {"price_minor": price, "allotted": form.number("allotted", required=False)}


def _page(id: str, form: Form, asked: dict[str, Any]) -> str:
    row = api().get(f"/offerings/{id}")
    found = _found(id, form, asked)
    if found["root"]:
        digits = catalogue.digits(row["currency"])
        form.values["price_minor"] = form["price_minor"] or typed(found["price_minor"], digits)
    return render_template("allotments/show.html", row=row, form=form, found=found)


def _found(id: str, form: Form, asked: dict[str, Any]) -> dict[str, Any]:
    """The preview at what was asked for; where that does not add up, the one by rule, and why in the form."""
    after = request.args.get("after", "")
    if form.ok:
        try:
            return api().get(f"/offerings/{id}/allotment", **asked, starting_after=after)
        except Problem as problem:
            if problem.status not in (409, 422):
                raise
            form.refuse(problem)
    return api().get(f"/offerings/{id}/allotment")
