"""Users: the logins of parties. The operator's page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import catalogue
from ..client import Problem
from ..form import Form
from ..language import LANGUAGES
from ..session import api, required

pages = Blueprint("users", __name__, url_prefix="/users")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Every login."""
    return render_template(
        "users/index.html", page=api().page("/users", limit=100, starting_after=request.args.get("after", ""))
    )


@pages.get("/new")
@required
def new() -> ResponseReturnValue:
    """The form of a new login."""
    return _page(Form(values={"party": request.args.get("party", ""), "language": "es"}))


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Give a party's person a login."""
    form = Form.sent(request.form)
    password = request.form.get("password", "")
    if not password:
        form.error("password", _("Fill this in."))
    body = {
        "username": form.text("username"),
        "party": form.text("party").upper(),
        "password": password,
        "language": form.choice("language", LANGUAGES),
    }
    if form.ok:
        try:
            api().send("POST", "/users", body)
        except Problem as problem:
            if problem.status == 401:
                raise
            form.refuse(problem)
        else:
            flash(_("The login is made. Hand over the password in person; it must be changed."), "done")
            return redirect(url_for("users.index"), 303)
    form.values["password"] = ""
    return _page(form), 422


def _page(form: Form) -> str:
    return render_template(
        "users/new.html", form=form, parties=sorted(catalogue.parties().values(), key=lambda row: str(row["party"]))
    )
