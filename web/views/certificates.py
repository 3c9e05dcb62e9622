"""Certificates of holdings: a paper with a fingerprint, and the page where anybody who is shown one can verify it."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from .. import client
from ..client import Problem
from ..files import passed
from ..form import Form
from ..language import chosen
from ..session import api, required, user

pages = Blueprint("certificates", __name__)
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
TRIES = "20 per minute"  # fingerprints that no certificate has, from one address


@pages.get("/certificates/")
@required
def index() -> ResponseReturnValue:
    """Certificates that were issued, and the form for another."""
    return _page(Form(values={"holding": request.args.get("holding", "")}))


@pages.post("/certificates/")
@required
def create() -> ResponseReturnValue:
    """Have one issued, in the language of the page."""
    form = Form.sent(request.form)
    account, _slash, instrument = form.choice("holding", [value for value, _word in _holdings()]).partition("/")
    body = {"account": account, "instrument": instrument, "language": chosen()}
    made = form.send("/certificates", body, wait=0) if form.ok else None
    if made is None:
        return _page(form), 422
    flash(_("The certificate is issued. Its paper can be printed, and verified by anybody you show it to."))
    return redirect(url_for("certificates.index"), 303)


@pages.get("/certificates/<fingerprint>/pdf")
@required
def pdf(fingerprint: str) -> ResponseReturnValue:
    """The paper."""
    return passed(f"/certificates/{fingerprint}/pdf")


@pages.get("/verify/")
def ask() -> ResponseReturnValue:
    """For anybody, without signing in: type the fingerprint that a certificate shows."""
    form = Form.sent(request.args)
    if "fingerprint" not in form.values:
        return _ask(form)
    typed = re.sub(r"\s", "", form["fingerprint"]).lower()
    if FINGERPRINT.fullmatch(typed):
        return redirect(url_for("certificates.verify", fingerprint=typed), 303)
    form.error("fingerprint", _("A fingerprint is 64 digits and letters from a to f, as the certificate shows it."))
    return _ask(form), 422


@pages.get("/verify/<fingerprint>")
def verify(fingerprint: str) -> ResponseReturnValue:
    """What a certificate states and whether the holding has changed since, or that none was issued."""
    try:
        found = client.connect(language=chosen()).get(f"/verifications/{fingerprint}")
    except Problem as problem:
        if problem.status != 404:
            raise
        form = Form(values={"fingerprint": fingerprint[:100]})
        return _ask(form, missing=True), 404
    return render_template("certificates/verify.html", row=found)


def attach(app: Flask) -> None:
    """Bound how often somebody can guess."""
    limiter = Limiter(key_func=get_remote_address, app=app, storage_uri="memory://", default_limits=[])
    view: Any = app.view_functions["certificates.verify"]
    view = limiter.limit(TRIES, deduct_when=_missed)(view)
    app.view_functions["certificates.verify"] = view


def _ask(form: Form, *, missing: bool = False) -> str:
    return render_template("certificates/ask.html", form=form, missing=missing)


def _missed(response: Response) -> bool:
    return response.status_code == 404


def _page(form: Form) -> str:
    page = api().page("/certificates", limit=50, starting_after=request.args.get("after", ""))
    return render_template("certificates/index.html", form=form, page=page, holdings=_holdings())


def _holdings() -> list[tuple[str, str]]:
    """What the party holds, for the form: ACCOUNT/INSTRUMENT and words for it."""
    rows = api().all("/holdings", owner=user()["party"])
    accounts = {row["account"] for row in rows}
    return [(f"{row['account']}/{row['instrument']}", _word(row, len(accounts) > 1)) for row in rows]


def _word(row: dict[str, str], several: bool) -> str:
    return f"{row['instrument']} · …{row['account'][-6:]}" if several else row["instrument"]
