"""What an instrument promises: proposing terms and authorised capital, and writing down its ISIN."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue, words
from ..form import Form
from ..format import typed
from ..session import api, required
from .instruments import act_or, fingerprint
from .instruments import page as instrument_page
from .submissions import follow

pages = Blueprint("terms", __name__, url_prefix="/instruments")
SPLIT = re.compile(r"[\s,;]+")


@pages.get("/<code>/terms/new")
@required
def new(code: str) -> ResponseReturnValue:
    """The form, as the terms stand now."""
    row = api().get(f"/instruments/{code}")
    return _new(row, Form(values=_present(row)))


@pages.post("/<code>/terms")
@required
def define(code: str) -> ResponseReturnValue:
    """Propose the next version; it holds once the other side has signed it."""
    row, form = api().get(f"/instruments/{code}"), Form.sent(request.form)
    answer = form.send(f"/instruments/{code}/terms", _body(row, form)) if form.ok else None
    if answer is None:
        return _new(row, form), 422
    text = _("The terms are proposed; the other side must approve them.")
    return follow(answer, act_or(answer, url_for("acts.index")), text)


@pages.get("/<code>/authorisations/new")
@required
def capital(code: str) -> ResponseReturnValue:
    """The form for another authorised capital."""
    return _capital(code, Form())


@pages.post("/<code>/authorisations")
@required
def authorise(code: str) -> ResponseReturnValue:
    """Propose it, by the fingerprint of the resolution."""
    form = Form.sent(request.form)
    fingerprint(form, request.files.get("document"))
    body = {"authorised": form.number("authorised"), "resolution": form.text("resolution").lower()}
    answer = form.send(f"/instruments/{code}/authorisations", body) if form.ok else None
    if answer is None:
        return _capital(code, form), 422
    text = _("The authorised capital is proposed; the other side must approve it.")
    return follow(answer, act_or(answer, url_for("acts.index")), text)


@pages.post("/<code>/identification")
@required
def identify(code: str) -> ResponseReturnValue:
    """Write down the ISIN that was assigned."""
    form = Form.sent(request.form)
    body = {"isin": form.text("isin").upper(), "cfi": form.text("cfi").upper()}
    answer = form.send(f"/instruments/{code}/identification", body) if form.ok else None
    if answer is None:
        return instrument_page(code, identifying=form), 422
    return follow(answer, url_for("instruments.show", code=code), _("The ISIN is written down."))


def _present(row: dict[str, Any]) -> dict[str, str]:
    """What stands now, as it is typed; before the first version, what is usual."""
    found = api().page(f"/instruments/{row['instrument']}/terms", limit=1).items
    if not found:
        usual = next(iter(words.CLASSES_OF[row["kind"]]))
        return {"version": "1", "class": usual, "votes": "1" if row["kind"] == "equity" else "0", "frequency": "0"}
    now = found[0]
    values = {name: str(now[name]) for name in ("class", "votes", "frequency", "day_count", "matures_on", "document")}
    values |= {"version": str(int(now["version"]) + 1), "jurisdictions": ", ".join(now["jurisdictions"])}
    values |= {f"type_{kind}": "yes" for kind in now["investor_types"]}
    values["face_minor"] = typed(now["face_minor"], catalogue.digits(row["currency"]))
    return values | {"rate_bps": typed(now["rate_bps"], 2)}


def _body(row: dict[str, Any], form: Form) -> dict[str, Any]:
    form.values.setdefault("investor_types", "")
    bond = row["kind"] == "bond"
    body = {
        "version": form["version"],
        "class": form.choice("class", words.CLASSES_OF[row["kind"]]),
        "votes": "0" if bond else form.number("votes", required=False) or "0",
        "face_minor": form.number("face_minor", catalogue.digits(row["currency"]), required=False) or "0",
        "rate_bps": form.number("rate_bps", 2, required=False) or "0",
        "frequency": form.choice("frequency", words.FREQUENCIES) if bond else "0",
        "day_count": form["day_count"] if bond else "",
        "matures_on": form["matures_on"] if bond else "",
        "document": form["document"],
    }
    lists = {
        "investor_types": [kind for kind in words.INVESTOR_TYPES if form[f"type_{kind}"] == "yes"],
        "jurisdictions": sorted({one.upper() for one in SPLIT.split(form["jurisdictions"]) if one}),
    }
    return {**body, **lists}


def _new(row: dict[str, Any], form: Form) -> str:
    texts = [one for one in api().all("/publications", instrument=row["instrument"]) if not one["superseded_by"]]
    return render_template("terms/new.html", row=row, form=form, texts=texts)


def _capital(code: str, form: Form) -> str:
    return render_template("terms/capital.html", row=api().get(f"/instruments/{code}"), form=form)
