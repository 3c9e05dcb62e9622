"""Offerings: opportunities to subscribe to, one offering with its live book, and opening, inviting and cancelling."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import catalogue, words
from ..form import Form, moment
from ..format import typed
from ..session import api, required, roles, user
from .submissions import follow, press

pages = Blueprint("offerings", __name__, url_prefix="/offerings")
SHOWN = {"open": ("open", "upcoming"), "going": ("closed", "allotting"), "over": ("settled", "cancelled", "failed")}
SPLIT = re.compile(r"[\s,;]+")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Offerings that the user may see: by what can be done about them, an issuer's own on top."""
    shown = request.args.get("shown", "open")
    shown = shown if shown in SHOWN else "open"
    rows = [row for status in SHOWN[shown] for row in api().all("/offerings", status=status)]
    mine = api().all("/offerings", issuer=user()["party"]) if "issuer" in roles() else []
    return render_template(
        "offerings/index.html", rows=[row for row in rows if not row["mine"]], mine=mine, shown=shown
    )


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The issuer's form for an offering."""
    values = {"kind": "public", "instrument": request.args.get("instrument", ""), "ticket_minimum": "1"}
    return _new(Form(values=values))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Open it: its units count as offered from the block on."""
    form = Form.sent(request.form)
    body = _body(form)
    answer = form.send("/offerings", body) if form.ok else None
    if answer is None:
        return _new(form), 422
    made = f"{answer['submission']['party']}:{answer['submission']['id']}"
    private = body["kind"] == "private"
    text = _("The offering stands. Now invite who may subscribe.") if private else _("The offering stands.")
    return follow(answer, url_for("offerings.show", id=made), text)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One offering: terms, live book, one's own subscription, and for its issuer what can be done next."""
    return page(id)


@pages.post("/<id>/invitations")
@required
def invite(id: str) -> ResponseReturnValue:
    """Let parties subscribe to a private offering."""
    form = Form.sent(request.form)
    named = [code.upper() for code in SPLIT.split(form.text("parties")) if code]
    answer = form.send(f"/offerings/{id}/invitations", {"parties": named}) if form.ok else None
    if answer is None:
        _gather(form)
        return page(id, inviting=form), 422
    text = ngettext("%(num)d party is invited.", "%(num)d parties are invited.", len(named))
    return follow(answer, url_for("offerings.show", id=id), text)


@pages.post("/<id>/cancellation")
@required
def cancel(id: str) -> ResponseReturnValue:
    """Take it back; every reservation is released."""
    body = {"reason": request.form.get("reason", "").strip()}
    text = _("The offering is cancelled. What was reserved for it is being released.")
    return press(f"/offerings/{id}/cancellation", body, url_for("offerings.show", id=id), text)


def page(
    id: str, *, form: Form | None = None, outcome: dict[str, Any] | None = None, inviting: Form | None = None
) -> str:
    """The page of one offering, with a form as it was sent and what a subscription would reserve."""
    row = api().get(f"/offerings/{id}")
    book = api().get(f"/offerings/{id}/book")
    most = max([int(level["quantity"]) for level in book["levels"]], default=1)
    levels = [{**level, "percent": int(level["quantity"]) * 100 // most} for level in book["levels"]]
    own = api().get(f"/offerings/{id}/subscriptions/{user()['party']}") if row["own_status"] else None
    after = request.args.get("after", "")
    return render_template(
        "offerings/show.html",
        row=row,
        book=book,
        levels=levels,
        own=own,
        subscribers=api().page("/subscriptions", offering=id, starting_after=after) if row["sees_book"] else None,
        invitations=api().all(f"/offerings/{id}/invitations") if row["mine"] and row["kind"] == "private" else [],
        percent=_percent(row),
        form=form or begun(row),
        accounts=accounts() if row["subscribable"] else [],
        outcome=outcome,
        inviting=inviting or Form(),
        cancelling=Form(),
    )


def begun(row: dict[str, Any]) -> Form:
    """An empty subscription; with one price there is nothing to choose."""
    form = Form(values={"quantity": "", "limit_minor": "", "account": "", "cash_account": ""})
    if row["price_min_minor"] == row["price_max_minor"]:
        form.values["limit_minor"] = typed(row["price_max_minor"], int(row["currency_digits"]))
    return form


def accounts() -> list[dict[str, Any]]:
    """The open accounts of the user's own party."""
    return [row for row in api().all("/accounts", status="open") if row["owner"] == user()["party"]]


def _percent(row: dict[str, Any]) -> int:
    """How far a book has settled or been released."""
    return int(row["done"]) * 100 // int(row["subscribers"]) if int(row["subscribers"]) else 0


def _gather(form: Form) -> None:
    """The API names a party by its place in the list; the page has one field for all of them."""
    for name in [name for name in form.errors if name.endswith("-0") or name.startswith("parties")]:
        form.errors["parties"] = form.errors.get("parties", []) + (form.errors.pop(name) if name != "parties" else [])
    if form.general and "parties" in form.values:
        form.errors["parties"] = form.errors.get("parties", []) + form.general
        form.general = []


def _own() -> list[dict[str, Any]]:
    return catalogue.own(catalogue.securities())


def _body(form: Form) -> dict[str, Any]:
    """Read the terms; what cannot be read leaves a sentence in the form."""
    code = form.choice("instrument", [row["instrument"] for row in _own()])
    digits = catalogue.digits(catalogue.currency(code)) if code else 2
    body: dict[str, Any] = {
        "instrument": code,
        "cash_account": form.text("cash_account"),
        "kind": form.choice("kind", words.OFFERING_KINDS),
        "price_min_minor": form.number("price_min_minor", digits),
        "price_max_minor": form.number("price_max_minor", digits, required=False),
        **{name: form.number(name) for name in ("minimum", "maximum", "ticket_minimum")},
        "ticket_maximum": form.number("ticket_maximum", required=False) or "0",
        **{name: moment(form, name) for name in ("opens_at", "closes_at", "allot_by")},
        "document": form.text("document", required=False).lower(),
    }
    body["price_max_minor"] = body["price_max_minor"] or body["price_min_minor"]
    tiers = [(kind, form.number(f"tier_{kind}", required=False)) for kind in words.INVESTOR_TYPES]
    return body | {"tiers": [{"investor_type": kind, "quantity": quantity} for kind, quantity in tiers if quantity]}


def _new(form: Form) -> str:
    issued = _own()
    if len(issued) == 1:
        form.values["instrument"] = form["instrument"] or issued[0]["instrument"]
    return render_template("offerings/new.html", form=form, issued=issued, accounts=accounts())
