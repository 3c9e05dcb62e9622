"""Sign-up: a login for whoever wants to apply, before anybody is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import client
from ..client import Problem
from ..form import Form
from ..language import chosen

pages = Blueprint("signups", __name__)


@pages.get("/sign-up")
def new() -> ResponseReturnValue:
    """An empty form."""
    return render_template("signups/new.html", form=Form())


@pages.post("/sign-up")
def create() -> ResponseReturnValue:
    """Make the login, then ask for it."""
    form, password = Form.sent(request.form), request.form.get("password", "")
    if not password:
        form.error("password", _("Fill this in."))
    body = {"username": form.text("username"), "password": password, "language": chosen()}
    if form.ok:
        try:
            client.connect(language=chosen()).send("POST", "/signups", body)
        except Problem as problem:
            form.refuse(problem)
        else:
            flash(_("Your login is made. Sign in with it to apply."), "done")
            return redirect(url_for("sessions.sign_in", next=url_for("applications.mine")), 303)
    form.values["password"] = ""
    return render_template("signups/new.html", form=form), 422
