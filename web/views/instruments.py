"""Instruments: the list, registering one, and issuing."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from .. import catalogue, words
from ..client import Problem
from ..form import Form
from ..session import api, required, roles, user
from .submissions import follow, press

pages = Blueprint("instruments", __name__, url_prefix="/instruments")
WATCHERS = frozenset({"custodian", "operator", "regulator"})


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Every instrument; an issuer's own first."""
    rows = sorted(
        catalogue.instruments().values(),
        key=lambda row: (row["issuer"] != user()["party"], row["kind"] == "currency", str(row["instrument"])),
    )
    return render_template("instruments/index.html", rows=rows, may_register=bool(roles() & {"operator", "custodian"}))


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The form that proposes an instrument."""
    values = {"kind": "equity", "lot": "1", "tick_minor": "0.01", "fee_bps": "0", "minor_digits": "2"}
    return _new(Form(values=values))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Propose an instrument; the other organisation approves."""
    form = Form.sent(request.form)
    kind = form.choice("kind", words.KINDS)
    money = kind == "currency"
    priced = "" if money else form.choice("currency", [row["instrument"] for row in catalogue.currencies()])
    body = {
        "instrument": form.text("instrument").upper(),
        "kind": kind,
        "issuer": form.text("issuer").upper(),
        "currency": priced,
        "isin": form["isin"].upper(),
        "authorised": "" if money else form.number("authorised"),
        "lot": "1" if money else form.number("lot"),
        "tick_minor": "1" if money else form.number("tick_minor", catalogue.digits(priced) if priced else 2),
        "fee_bps": "0" if money else form.number("fee_bps", 0),
        "fee_account": "" if money else form["fee_account"],
        "minor_digits": form.choice("minor_digits", ("0", "1", "2", "3", "4")) if money else "0",
    }
    answer = form.send("/instruments", body) if form.ok else None
    if answer is None:
        return _new(form), 422
    return follow(
        answer,
        act_or(answer, url_for("acts.index")),
        _("The instrument is proposed; the other organisation must approve it."),
    )


@pages.get("/<code>")
@required
def show(code: str) -> ResponseReturnValue:
    """One instrument: what it promises, in all versions, its documents, and what may be done about it."""
    return page(code)


def page(code: str, *, identifying: Form | None = None) -> str:
    """Its page, with the form of the ISIN as it was sent."""
    row = api().get(f"/instruments/{code}")
    security = row["kind"] != "currency"
    return render_template(
        "instruments/show.html",
        row=row,
        versions=api().page(f"/instruments/{code}/terms", limit=20).items if security else [],
        documents=api().page("/publications", instrument=code, limit=20).items,
        form=Form(),
        identifying=identifying or Form(values={"isin": row["isin"], "cfi": row["cfi"]}),
        may_issue=may_issue(row),
        may_watch=_may_watch(row),
        may_suspend="operator" in roles(),
    )


@pages.get("/<code>/issuances/new")
@required
def issue(code: str) -> ResponseReturnValue:
    """The form that proposes an issue."""
    return _issue(code, Form())


@pages.post("/<code>/issuances")
@required
def propose_issue(code: str) -> ResponseReturnValue:
    """Propose an issue; the custodian approves it, and the units appear in the issuer's account."""
    form = Form.sent(request.form)
    fingerprint(form, request.files.get("document"))
    body = {
        "account": form.text("account"),
        "quantity": form.number("quantity", catalogue.digits(code)),
        "resolution": form.text("resolution").lower(),
    }
    answer = form.send(f"/instruments/{code}/issuances", body) if form.ok else None
    if answer is None:
        return _issue(code, form), 422
    return follow(
        answer,
        act_or(answer, url_for("acts.index")),
        _("The issue is proposed; the other organisation must approve it."),
    )


@pages.post("/<code>/suspension")
@required
def suspend(code: str) -> ResponseReturnValue:
    """Stop or restart everything in one instrument."""
    wanted = "no" if request.form.get("suspended") == "no" else "yes"
    body = {"suspended": wanted, "reason": request.form.get("reason", "").strip()}
    text = _("The instrument is suspended.") if wanted == "yes" else _("The instrument is active again.")
    return press(f"/instruments/{code}/suspension", body, url_for("instruments.show", code=code), text)


def fingerprint(form: Form, document: FileStorage | None) -> None:
    """Put the SHA-256 of an uploaded resolution into the form; the document itself goes nowhere and is not kept."""
    if document is None or not document.filename:
        return
    sum256 = hashlib.sha256()
    while piece := document.stream.read(65536):
        sum256.update(piece)
    form.values["resolution"] = sum256.hexdigest()
    form.values["document_name"] = document.filename


def act_or(answer: dict[str, Any], otherwise: str) -> str:
    """The page of the act that was proposed, where there is one already."""
    act = answer.get("act")
    return url_for("acts.show", id=act["id"]) if act else otherwise


def may_issue(row: dict[str, Any]) -> bool:
    """Whether the signed-in user may propose an issue of it."""
    return row["kind"] != "currency" and (row["issuer"] == user()["party"] or "custodian" in roles())


def _may_watch(row: dict[str, Any]) -> bool:
    return row["issuer"] == user()["party"] or bool(roles() & WATCHERS)


def _new(form: Form) -> str:
    banks = [row for row in catalogue.parties().values() if "bank" in row["roles"]]
    issuers = [row for row in catalogue.parties().values() if "issuer" in row["roles"]]
    try:
        accounts = api().all("/accounts", status="open")
    except Problem:
        accounts = []
    return render_template(
        "instruments/new.html",
        form=form,
        banks=banks,
        issuers=issuers,
        accounts=accounts,
        currencies=catalogue.currencies(),
    )


def _issue(code: str, form: Form) -> str:
    row = api().get(f"/instruments/{code}")
    accounts = [account for account in api().all("/accounts", status="open") if account["owner"] == row["issuer"]]
    if len(accounts) == 1:
        form.values.setdefault("account", accounts[0]["id"])
    return render_template("instruments/issue.html", row=row, form=form, accounts=accounts)
