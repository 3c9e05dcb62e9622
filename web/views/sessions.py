"""Signing in and out."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import client, refusals
from ..client import Problem
from ..form import Form
from ..language import LANGUAGES, chosen
from ..session import api
from ..session import sign_in as begin
from ..session import sign_out as end

pages = Blueprint("sessions", __name__)


def inside(target: str) -> str:
    """A path of this console, or the home page: never somewhere else."""
    parts = urlsplit(target)
    if not target.startswith("/") or target.startswith(("//", "/\\")) or parts.netloc or parts.scheme:
        return url_for("home.show")
    return target


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The first page."""
    if session.get("token"):
        return redirect(inside(request.args.get("next", "")))
    return render_template("sessions/sign_in.html", form=Form(), next=request.args.get("next", ""))


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Exchange name and password for a token, which goes into the cookie."""
    form = Form.sent(request.form)
    username, password = form.text("username"), request.form.get("password", "")
    if not password:
        form.error("password", _("Fill this in."))
    if form.ok:
        try:
            answer = client.connect(language=chosen()).send(
                "POST", "/tokens", {"username": username, "password": password}
            )
        except Problem as problem:
            if problem.status >= 500:
                raise
            form.general.append(refusals.sentence(problem))
        else:
            language = session.get("language")
            begin(answer["token"], answer["user"])
            if language:
                session["language"] = language
            return redirect(inside(form["next"]), 303)
    form.values.pop("password", None)
    return render_template("sessions/sign_in.html", form=form, next=form["next"]), 422


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the token at the API and forget it here."""
    if session.get("token"):
        with suppress(Problem):  # it expires by itself; here it is forgotten in any case
            api().send("DELETE", "/tokens/current")
    end()
    flash(_("You are signed out."), "done")
    return redirect(url_for("sessions.sign_in"), 303)


@pages.post("/language")
def language() -> ResponseReturnValue:
    """Change the language, for this browser and, when signed in, for the user."""
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        session["language"] = wanted
        if session.get("token"):
            try:
                api().send("PATCH", "/users/me", {"language": wanted})
            except Problem as problem:
                if problem.status == 401:
                    raise
    return redirect(inside(request.form.get("next", "")), 303)
