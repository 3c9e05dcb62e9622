"""The inbox: what brokers have entered and the signed-in user may affirm, one by one or many at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import refusals
from ..client import Problem
from ..session import api, required, user

pages = Blueprint("inbox", __name__, url_prefix="/inbox")
AWAITING = "awaiting_affirmation"
MOST = 200  # what the API affirms in one step


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Everything that waits for this user's signature, by fund where there are several."""
    return _page({})


@pages.post("/affirmations")
@required
def affirm() -> ResponseReturnValue:
    """Sign the chosen entries, or all that the page had shown; what came since is not signed unseen."""
    ids = request.form.getlist("shown" if request.form.get("all") else "entry")[:MOST]
    if not ids:
        flash(" " + _("Choose at least one."), "refused")
        return redirect(url_for("inbox.index"), 303)
    outcomes = api().send("POST", "/entries/affirmations", {"entries": ids})["items"]
    refused = {one["id"]: _sentence(one["problem"]) for one in outcomes if one["problem"]}
    signed = len(outcomes) - len(refused)
    if signed:
        flash(
            ngettext("%(num)d order is signed and on its way.", "%(num)d orders are signed and on their way.", signed)
        )
    return (_page(refused), 422) if refused else redirect(url_for("orders.index"), 303)


def _page(refused: dict[str, refusals.Sentence]) -> str:
    rows = [row for row in api().all("/entries", status=AWAITING) if row["affirmable"]]
    return render_template("inbox/index.html", funds=_funds(rows), count=len(rows), refused=refused)


def _funds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries by owner, the user's own first, each with what all of them together would reserve."""
    owners = sorted({row["owner"] for row in rows}, key=lambda owner: (owner != user()["party"], str(owner)))
    return [_fund(owner, [row for row in rows if row["owner"] == owner]) for owner in owners]


def _fund(owner: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        total = sums.setdefault(row["reserved_instrument"], {"needed": 0, "available": 0})
        total["needed"] += int(row["reserves"])
        total["available"] = max(total["available"], int(row["available"] or 0))
    return {"owner": owner, "name": rows[0]["owner_name"] or owner, "entries": rows, "sums": sums}


def _sentence(problem: dict[str, Any]) -> refusals.Sentence:
    said = problem.get("detail") or problem.get("message") or ""
    return refusals.sentence(Problem(409, problem.get("code", ""), str(said), problem.get("reason") or ""))
