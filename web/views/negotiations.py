"""Negotiations: asking parties for a quote, offers and counter-offers between two, and accepting one."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..form import Form, last_day
from ..format import typed
from ..session import api, required, user
from .submissions import follow

pages = Blueprint("negotiations", __name__, url_prefix="/negotiations")
SHOWN = {"open": ("open",), "over": ("agreed", "closed", "expired", "withdrawn")}
SPLIT = re.compile(r"[\s,;]+")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """What this party asked, and what it was asked: only the two sides of a talk see it."""
    shown = request.args.get("shown", "open")
    shown = shown if shown in SHOWN else "open"
    rows = {row["id"]: row for status in SHOWN[shown] for row in api().all("/negotiations", status=status)}
    listed = sorted(rows.values(), key=lambda row: row["number"], reverse=True)
    return render_template("negotiations/index.html", rows=listed, shown=shown)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The form for a request."""
    asked = {name: request.args.get(name, "") for name in ("instrument", "parties")}
    return _new(Form(values={**asked, "side": request.args.get("side", "buy")}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Ask; each party that is asked talks with this one alone."""
    form = Form.sent(request.form)
    body = {
        "instrument": form.choice("instrument", [row["instrument"] for row in catalogue.securities()]),
        "side": form.choice("side", ("buy", "sell")),
        "quantity": form.number("quantity"),
        "parties": [code.upper() for code in SPLIT.split(form.text("parties")) if code],
        "expires_at": last_day(form, "expires_at"),
        "note": form.text("note", required=False),
    }
    answer = form.send("/negotiations", body) if form.ok else None
    if answer is None:
        for name in [name for name in form.errors if name.startswith("parties-")]:
            form.errors.setdefault("parties", []).extend(form.errors.pop(name))
        return _new(form), 422
    flash(_("They are asked. Nobody else learns of it."), "done")
    return redirect(url_for("negotiations.show", id=answer["id"]), 303)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One negotiation: the talk as it went, and what can be done next."""
    return _page(id)


@pages.post("/<id>/offers")
@required
def offer(id: str) -> ResponseReturnValue:
    """Make an offer, or counter the one that is open."""
    form = Form.sent(request.form)
    row = api().get(f"/negotiations/{id}")
    party = form.text("party")
    body = {
        "party": party if row["is_opener"] else "",
        "quantity": form.number("quantity"),
        "price_minor": form.number("price_minor", int(row["currency_digits"])),
        "account": form.text("offer_account"),
        "good_till": _within(form, row),
        "note": form.text("note", required=False),
    }
    answer = form.send(f"/negotiations/{id}/offers", body) if form.ok else None
    if answer is None:
        return _page(id, party=party, offering=form), 422
    flash(_("Your offer is signed and sent. It reserves nothing until it is accepted."), "done")
    return redirect(_there(id, party), 303)


@pages.post("/<id>/offers/<offer_id>/acceptance")
@required
def accept(id: str, offer_id: str) -> ResponseReturnValue:
    """Sign: what this party owes is reserved, the other side's signature follows, and both settle."""
    form = Form.sent(request.form)
    body = {name: form.text(name) for name in ("account", "cash_account")}
    answer = form.send(f"/negotiations/{id}/offers/{offer_id}/acceptance", body) if form.ok else None
    if answer is None:
        return _page(id, party=form["party"], accepting=form), 422
    text = _("You have accepted. It settles as soon as the other side’s signature is on the ledger.")
    return follow(answer, _there(id, form["party"]), text)


@pages.post("/<id>/offers/<offer_id>/refusal")
@required
def refuse_offer(id: str, offer_id: str) -> ResponseReturnValue:
    """Say no to one offer."""
    return _say(id, f"offers/{offer_id}/refusal", _("The offer is refused."), reason=True)


@pages.post("/<id>/offers/<offer_id>/withdrawal")
@required
def withdraw_offer(id: str, offer_id: str) -> ResponseReturnValue:
    """Take one's own offer back."""
    return _say(id, f"offers/{offer_id}/withdrawal", _("Your offer is withdrawn."))


@pages.post("/<id>/refusal")
@required
def refuse(id: str) -> ResponseReturnValue:
    """Say no to the request, for good."""
    return _say(id, "refusal", _("The request is refused."), reason=True)


@pages.post("/<id>/withdrawal")
@required
def withdraw(id: str) -> ResponseReturnValue:
    """Take the request back."""
    return _say(id, "withdrawal", _("The request is withdrawn."))


def _say(id: str, rule: str, text: str, *, reason: bool = False) -> ResponseReturnValue:
    """What reaches the other side alone, and never the ledger."""
    form = Form.sent(request.form)
    body = {"reason": form.text("reason")} if reason else {}
    if not form.ok or form.send(f"/negotiations/{id}/{rule}", body) is None:
        return _page(id, party=form["party"], refusing=form), 422
    flash(text, "done")
    return redirect(_there(id, form["party"]), 303)


def _there(id: str, party: str) -> str:
    return url_for("negotiations.show", id=id, party=party or None)


def _within(form: Form, row: dict[str, Any]) -> str:
    """The end of a day, or of the talk where that comes first."""
    chosen = last_day(form, "good_till")
    return min(chosen, row["expires_at"]) if chosen else ""


def _new(form: Form) -> str:
    return render_template("negotiations/new.html", form=form, securities=catalogue.securities())


def _page(
    id: str,
    *,
    party: str = "",
    offering: Form | None = None,
    accepting: Form | None = None,
    refusing: Form | None = None,
) -> str:
    """One talk at a time: the opener of several chooses which."""
    row = api().get(f"/negotiations/{id}")
    party = party or request.args.get("party", "")
    talk = next((one for one in row["talks"] if one["party"] == party), row["talks"][0])
    open_offer = next((one for one in talk["offers"] if one["status"] == "open"), None)
    return render_template(
        "negotiations/show.html",
        row=row,
        talk=talk,
        other=talk["party"] if row["is_opener"] else row["opener"],
        open_offer=open_offer,
        accounts=_accounts(),
        offering=offering or _begun(row, open_offer),
        accepting=accepting or Form(values={"account": "", "cash_account": ""}),
        refusing=refusing or Form(),
    )


def _begun(row: dict[str, Any], open_offer: dict[str, Any] | None) -> Form:
    """A counter-offer begins with what was offered."""
    values = {"quantity": row["quantity"], "price_minor": "", "offer_account": ""}
    if open_offer:
        values |= {"quantity": open_offer["quantity"]}
        values["price_minor"] = typed(open_offer["price_minor"], int(row["currency_digits"]))
    return Form(values={**values, "good_till": "", "note": ""})


def _accounts() -> list[dict[str, Any]]:
    return [one for one in api().all("/accounts", status="open") if one["owner"] == user()["party"]]
