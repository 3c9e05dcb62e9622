"""Documents: what issuers have published, each verified against the ledger, and the issuer's form to publish one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue, words
from ..client import Problem
from ..files import passed
from ..form import Form
from ..format import size
from ..session import api, required, user
from .submissions import follow

pages = Blueprint("documents", __name__, url_prefix="/documents")
MOST_BYTES = 10 * 1024 * 1024


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """What is published, newest first, and the form of whoever issues something."""
    return _page(Form(values={"instrument": request.args.get("instrument", ""), "kind": "bylaws"}))


@pages.post("/")
@required
def publish() -> ResponseReturnValue:
    """Upload the file and sign for its hash. What was uploaded stays with the form until it is signed."""
    form = Form.sent(request.form)
    code = form.choice("instrument", [row["instrument"] for row in _own()])
    body = {"kind": form.choice("kind", words.DOCUMENT_KINDS), "supersedes": form["supersedes"]}
    body["document"] = _uploaded(form)
    answer = form.send(f"/instruments/{code}/publications", body) if form.ok else None
    if answer is None:
        return _page(form), 422
    made = f"{answer['submission']['party']}:{answer['submission']['id']}"
    return follow(answer, url_for("documents.show", id=made), _("The document is published."))


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One document: who stands by it, and whether the file still has the hash on the ledger."""
    return render_template("documents/show.html", row=api().get(f"/publications/{id}"))


@pages.get("/<id>/content")
@required
def content(id: str) -> ResponseReturnValue:
    """The file, to be saved; the API gives it out only when it has the hash on the ledger."""
    return passed(f"/publications/{id}/content")


def _uploaded(form: Form) -> str:
    """The id of the file that the form is about: sent just now, or with the try before."""
    file = request.files.get("file")
    form.values.setdefault("file", "")
    if file is None or not file.filename:
        return form["document"] or form.error("file", _("Choose a file."))
    whole = file.read(MOST_BYTES + 1)
    file.close()
    if len(whole) > MOST_BYTES:
        return form.error("file", _("The file is larger than 10 MB. Send a smaller one."))
    try:
        kept = api().upload("/documents", file.filename, whole, file.mimetype)
    except Problem as problem:
        if problem.status == 401:
            raise
        form.refuse(problem)
        return ""
    form.values |= {"document": kept["id"], "document_name": kept["name"], "document_size": size(kept["size"])}
    return str(kept["id"])


def _own() -> list[dict[str, Any]]:
    return catalogue.own(catalogue.instruments().values())


def _page(form: Form) -> str:
    code, own = request.args.get("instrument", ""), _own()
    page = api().page("/publications", instrument=code, starting_after=request.args.get("after", ""))
    if len(own) == 1:
        form.values["instrument"] = form["instrument"] or own[0]["instrument"]
    mine = [row for row in page.items if row["issuer"] == user()["party"] and not row["superseded_by"]]
    return render_template("documents/index.html", page=page, form=form, own=own, mine=mine, narrowed=code)
