"""The user's own settings: password, language, look."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..client import Problem
from ..form import Form
from ..session import api, required

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.get("/")
@required
def show() -> ResponseReturnValue:
    """Everything a user can set."""
    return render_template("settings/show.html", form=Form())


@pages.post("/password")
@required
def password() -> ResponseReturnValue:
    """Change the password; the user's other sessions end."""
    form = Form.sent(request.form)
    current, new = request.form.get("current_password", ""), request.form.get("new_password", "")
    for name, text in (("current_password", current), ("new_password", new)):
        if not text:
            form.error(name, _("Fill this in."))
    if form.ok:
        try:
            api().send("POST", "/users/me/password", {"current_password": current, "new_password": new})
        except Problem as problem:
            if problem.status == 401 and problem.reason != "credentials":
                raise
            form.refuse(problem)
        else:
            session["user"] = session["user"] | {"must_change_password": False}
            flash(_("Your password is changed. Other browsers that were signed in as you no longer are."), "done")
            return redirect(url_for("settings.show"), 303)
    for name in ("current_password", "new_password"):
        form.values[name] = ""
    return render_template("settings/show.html", form=form), 422


@pages.post("/theme")
@required
def theme() -> ResponseReturnValue:
    """Choose light, dark or what the system says."""
    wanted = request.form.get("theme", "")
    if wanted in ("auto", "light", "dark"):
        session["theme"] = wanted
    return redirect(url_for("settings.show"), 303)
