"""Home: per role, where things stand and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import catalogue, finality
from ..client import Problem
from ..format import moment
from ..navigation import OFFICES, TRADERS, waiting
from ..session import api, refresh, required, roles, user
from ..words import ACCOUNT_KINDS
from . import attestations
from .holdings import totals

pages = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Next:
    """The one next action: a sentence that says why, and the button."""

    sentence: str
    button: str = ""
    target: str = ""


@pages.get("/")
@required
def show() -> ResponseReturnValue:
    """The desk of the signed-in user, or of the party that he has become meanwhile."""
    refresh()
    desk: dict[str, Any] = {}
    if roles() & TRADERS:
        desk |= _trader()
    if "issuer" in roles():
        desk |= _issuer()
    if roles() & (OFFICES | {"issuer"}):
        desk["acts"] = api().page("/acts", status="proposed").items
    if "bank" in roles():
        desk |= _bank()
    if "broker" in roles():
        desk |= _broker()
    if "custodian" in roles():
        desk |= _custodian()
    if roles() & {"exchange", "operator"}:
        desk |= _lines()
    if roles() & (OFFICES | {"venue", "regulator"}):
        desk["ledger"] = finality.ledger()
    if roles() & {"venue", "operator"}:
        desk["latest"] = api().page("/trades", limit=8).items
    return render_template("home/show.html", desk=desk, next=_next(desk))


def _trader() -> dict[str, Any]:
    held = [row for row in api().all("/holdings") if row["owner"] == user()["party"]]
    return {
        "holdings": held,
        "totals": totals(held),
        "orders": api().page("/orders", status="open", limit=6).items,
        "trades": api().page("/trades", limit=6).items,
        "accounts": [row for row in api().page("/accounts", status="open").items if row["owner"] == user()["party"]],
    }


def _issuer() -> dict[str, Any]:
    issued = catalogue.own(catalogue.securities())
    registers = {
        row["instrument"]: api().get(f"/instruments/{row['instrument']}/register", limit=6) for row in issued[:4]
    }
    return {"issued": issued, "registers": registers}


def _bank() -> dict[str, Any]:
    return {
        "claims": [attestations.standing(row) for row in attestations.own()],
        "pending": api().page("/withdrawals", status="pending", limit=10).items,
        "deposits": api().page("/deposits", limit=6).items,
    }


def _seen(path: str, **params: Any) -> list[dict[str, Any]]:
    """The first rows of a list; none where the user may not see it."""
    try:
        return api().page(path, **params).items
    except Problem as problem:
        if problem.status not in (403, 404):
            raise
        return []


def _broker() -> dict[str, Any]:
    return {
        "entries": api().page("/entries", status="awaiting_affirmation", limit=8).items,
        "blotter": api().page("/orders", status="open", limit=8).items,
        "sessions": _seen("/sessions", limit=100),
        "confirmations": _seen("/confirmations", status="sent", limit=6),
    }


def _custodian() -> dict[str, Any]:
    """The accounts by how they are segregated, and what was last confirmed of them."""
    kept = [row for row in api().all("/accounts", status="open") if row["custodian"] == user()["party"]]
    kinds = {kind: sum(1 for row in kept if row["kind"] == kind) for kind in ACCOUNT_KINDS}
    return {"kinds": kinds, "confirmations": _seen("/confirmations", limit=6)}


def _lines() -> dict[str, Any]:
    """How exchanges stand: executions (for the operator those that are parked), claims, sessions."""
    status = "parked" if "operator" in roles() else ""
    return {
        "executions": _seen("/executions", status=status, limit=8),
        "open_claims": _seen("/claims", status="open", limit=6),
        "sessions": _seen("/sessions", limit=100),
    }


def _next(desk: dict[str, Any]) -> Next:
    """The first of these that applies, most pressing first."""
    if user().get("must_change_password"):
        sentence = _("Your password was chosen by someone else. Change it before anything else.")
        return Next(sentence, _("Change the password"), url_for("settings.show"))
    if user().get("status") == "unknown":
        return Next(
            _("You have a login and are not admitted yet. Apply, or see where your application stands."),
            _("Your application"),
            url_for("applications.mine"),
        )
    to_sign = [act for act in desk.get("acts", ()) if act["approvable"]]
    if to_sign:
        sentence = ngettext(
            "%(num)d act waits for your signature.", "%(num)d acts wait for your signature.", len(to_sign)
        )
        target = url_for("acts.show", id=to_sign[0]["id"]) if len(to_sign) == 1 else url_for("acts.index")
        return Next(sentence, _("Read and sign"), target)
    if waiting():
        sentence = ngettext(
            "%(num)d order waits for your signature.", "%(num)d orders wait for your signature.", waiting()
        )
        return Next(sentence, _("Read and sign"), url_for("inbox.index"))
    office = _next_office(desk)
    if office:
        return office
    if desk.get("pending"):
        count = len(desk["pending"])
        sentence = ngettext("%(num)d withdrawal waits to be paid.", "%(num)d withdrawals wait to be paid.", count)
        return Next(sentence, _("See withdrawals"), url_for("withdrawals.index", shown="pending"))
    known = api().get(f"/parties/{user()['party']}")["qualification"] if roles() & TRADERS else None
    if known and known["status"] != "good":
        sentence = _("What was verified of you ends on %(day)s.", day=moment(known["good_till"], "day"))
        return Next(sentence, _("Be verified again"), url_for("applications.mine"))
    if "issuer" in roles():
        return _next_issuer(desk)
    if "investor" in roles():
        return _next_investor(desk)
    if "bank" in roles():
        return Next(
            _("No withdrawal waits. When a payment arrives, credit it."), _("Credit a deposit"), url_for("deposits.new")
        )
    if "operator" in roles():
        waits = api().page("/applications", status="submitted").items
        if waits:
            sentence = ngettext(
                "%(num)d application waits to be reviewed.", "%(num)d applications wait to be reviewed.", len(waits)
            )
            return Next(sentence, _("See the queue"), url_for("applications.index"))
        return Next(
            _("Nothing waits for you. A new company or investor begins with an admission."),
            _("Propose an admission"),
            url_for("parties.new"),
        )
    if "custodian" in roles():
        return Next(
            _("Nothing waits for your signature. Admitted investors need an account before they can hold."),
            _("Open an account"),
            url_for("accounts.new"),
        )
    return Next(_("Nothing waits for you."), _("See the markets"), url_for("markets.index"))


def _next_office(desk: dict[str, Any]) -> Next | None:
    """What a session, an execution or a confirmation waits for."""
    asked = [row for row in desk.get("sessions", ()) if row["reset_asked_by"]]
    if "operator" in roles() and asked:
        sentence = _("The session %(name)s asks to count from 1 again.", name=asked[0]["comp_id"])
        return Next(sentence, _("Read and confirm"), url_for("fix.show", comp_id=asked[0]["comp_id"]))
    if "operator" in roles() and desk.get("executions"):
        count = len(desk["executions"])
        sentence = ngettext("%(num)d execution is parked.", "%(num)d executions are parked.", count)
        return Next(sentence, _("See the queue"), url_for("executions.index"))
    if "broker" in roles():
        return Next(
            _("Enter an order for a client, or follow those that stand."), _("Enter an order"), url_for("entries.new")
        )
    return None


def _next_issuer(desk: dict[str, Any]) -> Next:
    bare = next((row for row in desk["issued"] if row["issued"] == "0"), None)
    if bare or not desk["issued"]:
        sentence = _("%(code)s is registered and nothing is issued yet.", code=bare["instrument"]) if bare else ""
        return Next(
            sentence or _("Your shares appear here once operator and custodian have registered them."),
            _("Go on with the set-up"),
            url_for("setup.show", instrument=bare["instrument"] if bare else None),
        )
    code = desk["issued"][0]["instrument"]
    return Next(
        _("Your register is live: it changes as trades settle."),
        _("Open the register"),
        url_for("register.show", code=code),
    )


def _next_investor(desk: dict[str, Any]) -> Next:
    if not desk["accounts"]:
        return Next(_("Your custodian opens an account for you; then you can hold and trade."))
    if not desk["holdings"]:
        return Next(
            _("Send money to the bank with your account number as reference. It appears here once it is credited."),
            _("See your account number"),
            url_for("accounts.index"),
        )
    return Next(_("You are ready to trade."), _("Buy or sell"), url_for("orders.new"))
