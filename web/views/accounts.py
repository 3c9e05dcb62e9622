"""Accounts: owners' safekeeping accounts at a custodian."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue, words
from ..form import Form
from ..session import api, required, roles, user
from .submissions import follow, press

pages = Blueprint("accounts", __name__, url_prefix="/accounts")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Accounts the user may see."""
    owner, after = request.args.get("owner", ""), request.args.get("after", "")
    shown = request.args.get("shown", "all")
    kind = shown if shown in words.ACCOUNT_KINDS else ""
    page = api().page("/accounts", owner=owner, kind=kind, limit=100, starting_after=after)
    may_open = "custodian" in roles()
    return render_template("accounts/index.html", page=page, rows=page.items, shown=shown, may_open=may_open)


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The custodian's form."""
    return _page(Form(values={"kind": "direct", "owner": request.args.get("owner", "")}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Open an account for an owner."""
    form = Form.sent(request.form)
    body = {"owner": form.text("owner"), "kind": form.choice("kind", words.ACCOUNT_KINDS)}
    answer = form.send("/accounts", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    return follow(answer, url_for("accounts.index"), _("The account is open."))


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One account, what it holds, and what moved in it."""
    row = api().get(f"/accounts/{id}")
    mine = row["custodian"] == user()["party"]
    return render_template(
        "accounts/show.html", row=row, holdings=api().all("/holdings", account=id),
        page=api().page("/movements", account=id, starting_after=request.args.get("after", "")),
        keys=api().all(f"/parties/{row['owner']}/keys") if mine else [],
        disclosures=api().page("/disclosures", account=id, limit=10).items if mine and row["kind"] == "omnibus" else [],
        mine=mine, may_close=mine and row["status"] == "open",
        others=_others(row) if row["owner"] == user()["party"] and row["status"] == "open" else [],
    )  # fmt: skip


@pages.post("/<id>/moves")
@required
def move(id: str) -> ResponseReturnValue:
    """Propose another custodian for one's own account."""
    body = {"custodian": request.form.get("custodian", "")}
    text = _("The move is proposed; the other custodian must approve it.")
    return press(f"/accounts/{id}/moves", body, url_for("accounts.show", id=id), text)


@pages.post("/<id>/closure")
@required
def close(id: str) -> ResponseReturnValue:
    """Close an empty account."""
    return press(f"/accounts/{id}/closure", {}, url_for("accounts.show", id=id), _("The account is closed."))


def _others(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The custodians who could keep an account instead of the one who does."""
    known = sorted(catalogue.parties().values(), key=lambda party: str(party["party"]))
    return [one for one in known if "custodian" in one["roles"] and one["party"] != row["custodian"]]


def _page(form: Form) -> str:
    owners = sorted(catalogue.parties().values(), key=lambda row: str(row["party"]))
    return render_template("accounts/new.html", form=form, owners=owners)
