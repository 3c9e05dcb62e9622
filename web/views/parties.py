"""Parties: who is admitted, in which roles, with which keys."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import words
from ..form import Form
from ..session import api, required, roles
from .submissions import follow, press

pages = Blueprint("parties", __name__, url_prefix="/parties")
OFFERED = ("investor", "issuer", "broker", "bank", "venue", "custodian", "regulator")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Every party, by code."""
    page = api().page(
        "/parties", role=request.args.get("role", ""), limit=200, starting_after=request.args.get("after", "")
    )
    waiting = api().page("/acts", status="proposed", function="party:admit").items
    return render_template("parties/index.html", page=page, waiting=waiting, role=request.args.get("role", ""))


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
    row = api().get(f"/parties/{party}")
    keys = api().all(f"/parties/{party}/keys")
    return render_template(
        "parties/show.html", row=row, keys=keys, may_suspend="operator" in roles() and "operator" not in row["roles"],
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
