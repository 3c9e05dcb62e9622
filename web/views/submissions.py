"""Receipts: one command on its way, and what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..form import Form
from ..session import api, required

pages = Blueprint("submissions", __name__, url_prefix="/submissions")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Everything this party has sent, newest first."""
    page = api().page("/submissions", starting_after=request.args.get("after", ""))
    return render_template("submissions/index.html", page=page)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One command: submitted, ordered, final, or refused."""
    return render_template("submissions/show.html", submission=api().get(f"/submissions/{id}"))


def follow(answer: dict[str, Any], target: str, text: str) -> ResponseReturnValue:
    """After a form: to `target` with a word of success when the ledger has answered, else to the receipt.

    What waits for a second user of a bank leads to its place in the queue.
    """
    submission = answer["submission"]
    if submission is None:
        if answer["draft"]["status"] != "waiting":
            flash(text)
            return redirect(target, 303)
        flash(_("Entered. Another user of your bank approves it before it is signed."))
        return redirect(url_for("drafts.show", id=answer["draft"]["id"]), 303)
    receipt = url_for("submissions.show", id=f"{submission['party']}:{submission['id']}")
    if submission["status"] != "done":
        return redirect(receipt, 303)
    flash(f"{receipt} {text}", "receipt")
    return redirect(target, 303)


def press(path: str, body: dict[str, Any], target: str, text: str) -> ResponseReturnValue:
    """Carry out a form that is one button: back to `target`, with what happened or why it did not."""
    form = Form.sent(request.form)
    answer = form.send(path, body)
    if answer is None:
        sentences = form.general + [sentence for found in form.errors.values() for sentence in found]
        for sentence in sentences:
            flash(f"{sentence.language} {sentence.text}", "refused")
        return redirect(target, 303)
    return follow(answer, target, text)
