"""The ledger itself: which one, how far, and what this party has sent to it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import finality
from ..session import api, required

pages = Blueprint("ledger", __name__, url_prefix="/ledger")


@pages.get("/")
@required
def show() -> ResponseReturnValue:
    """The ledger's state and the latest commands of the user's party."""
    return render_template("ledger/show.html", ledger=finality.ledger(), page=api().page("/submissions", limit=20))
