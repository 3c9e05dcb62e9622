"""Letters: what issuers write to their holders; the issuer's form, and each letter, read once it is opened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..form import Form
from ..session import api, required

pages = Blueprint("letters", __name__, url_prefix="/letters")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """What was written to this party, and what it has written to its holders."""
    code = request.args.get("instrument", "")
    page = api().page("/letters", instrument=code, starting_after=request.args.get("after", ""))
    return render_template("letters/index.html", page=page, narrowed=code, may_write=bool(_own()))


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The form of whoever issues something."""
    return _new(Form(values={"instrument": request.args.get("instrument", "")}))


@pages.post("/")
@required
def send() -> ResponseReturnValue:
    """Write to everybody who holds it at this moment."""
    form = Form.sent(request.form)
    code = form.choice("instrument", [row["instrument"] for row in _own()])
    text = "\n".join(line.strip() for line in form.text("text").splitlines())
    body = {"subject": form.text("subject"), "text": text, "document": form["document"]}
    answer = form.send(f"/instruments/{code}/letters", body) if form.ok else None
    if answer is None:
        return _new(form), 422
    flash(_("The letter is sent."), "done")
    return redirect(url_for("letters.show", id=answer["id"]), 303)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One letter. Whoever it was written to has read it from now on."""
    row = api().get(f"/letters/{id}")
    if row["received"] and not row["read_at"]:
        row = api().send("POST", f"/letters/{id}/receipt")
    return render_template("letters/show.html", row=row)


def _own() -> list[dict[str, Any]]:
    return catalogue.own(catalogue.securities())


def _new(form: Form) -> str:
    own = _own()
    if len(own) == 1:
        form.values["instrument"] = form["instrument"] or own[0]["instrument"]
    published = api().all("/publications", instrument=form["instrument"]) if form["instrument"] else []
    documents = [row for row in published if not row["superseded_by"]]
    return render_template("letters/new.html", form=form, own=own, documents=documents)
