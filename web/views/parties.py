"""Parties: who is admitted, in which roles, with which keys."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import applicants, catalogue, words
from ..form import Form, last_day
from ..format import typed
from ..session import api, required, roles
from .submissions import follow, press

pages = Blueprint("parties", __name__, url_prefix="/parties")
VERIFIED = ("all", "none", "due", "expired")
OFFERED = ("investor", "issuer", "broker", "bank", "venue", "custodian", "regulator")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Every party, by code."""
    verified = request.args.get("verified", "all")
    verified = verified if verified in VERIFIED else "all"
    wanted = {"role": request.args.get("role", ""), "qualification": "" if verified == "all" else verified}
    page = api().page("/parties", limit=200, starting_after=request.args.get("after", ""), **wanted)
    waiting = api().page("/acts", status="proposed", function="party:admit").items
    return render_template("parties/index.html", page=page, waiting=waiting, verified=verified)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The form that proposes an admission."""
    return render_template("parties/new.html", form=Form(values={"role_investor": "yes"}), offered=OFFERED)


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Propose to admit a party; its first key is made and kept by the platform."""
    form = Form.sent(request.form)
    chosen = [role for role in OFFERED if form[f"role_{role}"] == "yes"]
    form.values["roles"] = ",".join(chosen)
    if not chosen:
        form.error("roles", _("Choose at least one role."))
    body = {
        "party": form.text("party").upper(),
        "name": form.text("name"),
        "organisation": "",
        "roles": chosen,
    }
    answer = form.send("/parties", body) if form.ok else None
    if answer is None:
        return render_template("parties/new.html", form=form, offered=OFFERED), 422
    target = url_for("acts.show", id=answer["act"]["id"]) if answer.get("act") else url_for("parties.index")
    return follow(answer, target, _("The admission is proposed; the other organisation must approve it."))


@pages.get("/<party>")
@required
def show(party: str) -> ResponseReturnValue:
    """One party with its keys and accounts."""
    return _page(api().get(f"/parties/{party}"), Form())


@pages.post("/<party>/qualification")
@required
def qualify(party: str) -> ResponseReturnValue:
    """Write other terms of what was verified; what the operator has seen stays the same."""
    form, digits = Form.sent(request.form), catalogue.digits(catalogue.money())
    body = {
        "jurisdiction": form.text("jurisdiction").upper(),
        "investor_type": form.choice("investor_type", applicants.INVESTOR_TYPES),
        "limit_minor": form.number("limit_minor", digits, required=False) or "0",
        "good_till": last_day(form, "good_till"),
    }
    answer = form.send(f"/parties/{party}/qualification", body) if form.ok else None
    if answer is None:
        return _page(api().get(f"/parties/{party}"), form), 422
    return follow(answer, url_for("parties.show", party=party), _("It stands on the ledger."))


def _page(row: dict[str, Any], form: Form) -> str:
    party, digits = row["party"], catalogue.digits(catalogue.money())
    keys, known = api().all(f"/parties/{party}/keys"), row["qualification"]
    if known and not form.values:
        form.values = {name: known[name] for name in ("jurisdiction", "investor_type")}
        form.values["limit_minor"] = "" if known["limit_minor"] == "0" else typed(known["limit_minor"], digits)
    return render_template(
        "parties/show.html", row=row, keys=keys, form=form, money=catalogue.money(), countries=applicants.countries(),
        may_suspend="operator" in roles() and "operator" not in row["roles"],
        accounts=api().all("/accounts", owner=party), roles_words=words.ROLES,
    )  # fmt: skip


@pages.post("/<party>/suspension")
@required
def suspend(party: str) -> ResponseReturnValue:
    """Suspend or reinstate a party, at once."""
    wanted = "no" if request.form.get("suspended") == "no" else "yes"
    body = {"suspended": wanted, "reason": request.form.get("reason", "").strip()}
    text = _("The party is suspended.") if wanted == "yes" else _("The party is active again.")
    return press(f"/parties/{party}/suspension", body, url_for("parties.show", party=party), text)
