"""The register: who holds an instrument, now or at the end of a day, narrowed, and as a file to keep."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from .. import catalogue, filters, marks, words
from ..client import Problem
from ..files import passed
from ..filters import Filters
from ..format import end_of, instant
from ..language import chosen
from ..session import api, required, seconds, user
from .instruments import may_issue

pages = Blueprint("register", __name__, url_prefix="/instruments")
FILTERS = {
    "as_of": _l("At the end of"),
    "custodian": _l("Custodian"),
    "kind": _l("Kind of account"),
    "investor": _l("Investor"),
}
FILES = ("csv", "xlsx", "pdf")


@pages.get("/<code>/register")
@required
def show(code: str) -> ResponseReturnValue:
    """Who holds it, largest first, and the proof that the holders add up to what was issued."""
    row, found = api().get(f"/instruments/{code}"), _found()
    register = _register(code, found)
    shown = "custodian" if request.args.get("by") == "custodian" else "holder"
    following = register.get("next") or "" if register.get("has_more") else ""
    return render_template(
        "register/show.html",
        row=row,
        register=register,
        following=following,
        shown=shown,
        found=found,
        kept={name: found.form[name] for name in FILTERS if found.form[name]},
        custodians=[party for party in catalogue.parties().values() if "custodian" in party["roles"]],
        undisclosed=sum(int(one["undisclosed"]) for one in register["holders"]),
        picture=marks.shares(register["holders"]),
        may_issue=may_issue(row),
        may_write=row["issuer"] == user()["party"],
    )


@pages.get("/<code>/register.<ending>")
@required
def file(code: str, ending: str) -> ResponseReturnValue:
    """The same register as a spreadsheet or on paper."""
    if ending not in FILES:
        abort(404)
    asked = _found().asked | ({} if ending == "csv" else {"language": chosen()})
    return passed(f"/instruments/{code}/register.{ending}", **asked)


def _found() -> Filters:
    found = filters.read(FILTERS, {"kind": words.ACCOUNT_KINDS})
    if "as_of" in found.asked:
        _end(found.asked)
    return found


def _end(asked: dict[str, str]) -> None:
    """Turn a day into its last moment; a day that is not over, or is none, is left out: the register of now."""
    try:
        asked["as_of"] = end_of(asked["as_of"])
    except ValueError:
        del asked["as_of"]
        return
    if instant(asked["as_of"]).timestamp() >= seconds():
        del asked["as_of"]


def _register(code: str, found: Filters) -> dict[str, Any]:
    """What was asked for; where that is refused, the register of now under the sentence that says why."""
    path, after = f"/instruments/{code}/register", request.args.get("after", "")
    try:
        return api().get(path, limit=200, starting_after=after, **found.asked)
    except Problem as problem:
        if problem.status != 422:
            raise
        found.form.refuse(problem)
        return api().get(path, limit=200)
