"""Disclosures: a custodian's signed statement of the clients behind an omnibus account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..client import Problem
from ..form import Form, moment
from ..format import Unreadable, parse, zone
from ..session import api, required, seconds
from .submissions import follow

pages = Blueprint("disclosures", __name__, url_prefix="/disclosures")
ROW = ("client", "quantity")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Disclosures that the user may see, newest first."""
    page = api().page("/disclosures", starting_after=request.args.get("after", ""))
    return render_template("disclosures/index.html", page=page)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One disclosure with its clients."""
    return render_template("disclosures/show.html", row=api().get(f"/disclosures/{id}"))


@pages.get("/of/<account>/new")
@required
def new(account: str) -> ResponseReturnValue:
    """The custodian's form, as of now."""
    now = datetime.fromtimestamp(seconds(), zone()).strftime("%Y-%m-%dT%H:%M")
    form = Form(values={"as_of": now, "instrument": request.args.get("instrument", "")})
    form.widen(ROW, 3)
    return _page(account, form)


@pages.post("/of/<account>/check")
@required
def check(account: str) -> ResponseReturnValue:
    """The same form with its sum against the holding, and more rows when asked; nothing is sent."""
    command = request.form.get("command", "")
    form = Form.sent(request.form)
    form.command = command or form.command
    if request.form.get("rows"):
        form.widen(ROW, min(len(form.rows("quantity")) + 5, 200))
    return _page(account, form)


@pages.post("/of/<account>")
@required
def publish(account: str) -> ResponseReturnValue:
    """Sign and publish it."""
    form = Form.sent(request.form)
    body = _body(form)
    answer = form.send(f"/accounts/{account}/disclosures", body) if form.ok else None
    if answer is None:
        return _page(account, form), 422
    return follow(answer, url_for("accounts.show", id=account), _("The clients are disclosed."))


def _body(form: Form) -> dict[str, Any]:
    code = form.choice("instrument", catalogue.instruments())
    filled = [n for n in form.rows("quantity") if form[f"client-{n}"] or form[f"quantity-{n}"]] or [0]
    digits = catalogue.digits(code) if code else 0
    rows = [{"client": form.text(f"client-{n}"), "quantity": form.number(f"quantity-{n}", digits)} for n in filled]
    return {"instrument": code, "as_of": moment(form, "as_of"), "clients": rows}


def _page(account: str, form: Form) -> str:
    row = api().get(f"/accounts/{account}")
    if row["kind"] != "omnibus":
        raise Problem(404, "not_found", f"{account} is not an omnibus account.")
    held = {one["instrument"]: one for one in api().all("/holdings", account=account)}
    if len(held) == 1:
        form.values["instrument"] = form["instrument"] or next(iter(held))
    return render_template("disclosures/new.html", row=row, form=form, held=held, sums=_sums(form, held))


def _sums(form: Form, held: dict[str, Any]) -> dict[str, int]:
    """What the rows add up to, what the account holds, and what stays undisclosed; unreadable rows count nothing."""
    digits = catalogue.digits(form["instrument"]) if form["instrument"] else 0
    total = 0
    for n in form.rows("quantity"):
        try:
            total += int(parse(form[f"quantity-{n}"] or "0", digits))
        except Unreadable:
            continue
    holding = int(held.get(form["instrument"], {}).get("quantity", 0))
    return {"total": total, "held": holding, "rest": holding - total}
