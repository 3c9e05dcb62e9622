"""Applications: an applicant's pages, which say where it stands, and the operator's queue with its review."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import applicants, catalogue
from ..client import Problem
from ..files import passed
from ..form import Form, last_day
from ..session import api, refresh, required, roles
from .submissions import follow

pages = Blueprint("applications", __name__, url_prefix="/applications")
SHOWN = ("submitted", "in_review", "approved", "refused", "expired", "draft", "all")
OFFERED = ("investor", "issuer")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """The queue: what waits first."""
    if not roles() & {"operator", "regulator"}:
        return redirect(url_for("applications.mine"))
    shown = request.args.get("shown", "submitted")
    shown = shown if shown in SHOWN else "submitted"
    status = "" if shown == "all" else shown
    page = api().page("/applications", status=status, starting_after=request.args.get("after", ""))
    return render_template("applications/index.html", page=page, shown=shown)


@pages.get("/mine")
@required
def mine() -> ResponseReturnValue:
    """My own applications and where they stand; a new one when none is open."""
    refresh()
    return _mine(Form(values={"kind": "natural_person", "role_investor": "yes"}))


def _mine(form: Form) -> str:
    rows = api().all("/applications")
    undecided = [
        row for row in rows if row["step"] in ("draft", "submitted", "in_review", "admission", "admission_failed")
    ]
    return render_template("applications/mine.html", rows=rows, form=form, undecided=undecided)


@pages.post("/")
@required
def create() -> ResponseReturnValue:
    """Begin one."""
    form = Form.sent(request.form)
    chosen = [role for role in OFFERED if form[f"role_{role}"] == "yes"] if "roles" in request.form else ["investor"]
    form.values["roles"] = ",".join(chosen)
    if not chosen:
        form.error("roles", _("Choose at least one role."))
    body = {"kind": form.choice("kind", applicants.KINDS), "roles": chosen}
    made = form.send("/applications", body, wait=0) if form.ok else None
    if made is None:
        return _mine(form), 422
    return redirect(url_for("applications.show", id=made["id"]), 303)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One application: its form while it is a draft, else what it says and what happens next."""
    row = api().get(f"/applications/{id}")
    return _page(row, Form(values=dict(row["details"])))


@pages.post("/<id>")
@required
def change(id: str) -> ResponseReturnValue:
    """Save what was answered, and hand it in when that was the button."""
    row, form = api().get(f"/applications/{id}"), Form.sent(request.form)
    names = [name for _heading, names in applicants.SECTIONS[row["kind"]] for name in names]
    if _try(form, "PATCH", id, "", {name: form[name] for name in names}) is None:
        return _page(row, form), 422
    if request.form.get("then") != "submit":
        flash(_("Saved. Nothing has been handed in yet."), "done")
        return redirect(url_for("applications.show", id=id), 303)
    form.values |= {f"evidence_{kind}": "" for kind in applicants.EVIDENCE}
    if _try(form, "POST", id, "/submission") is None:
        return _page(api().get(f"/applications/{id}"), form), 422
    flash(_("It is handed in."), "done")
    return redirect(url_for("applications.show", id=id), 303)


@pages.post("/<id>/evidence")
@required
def attach(id: str) -> ResponseReturnValue:
    """Add a document."""
    form, file = Form.sent(request.form), request.files.get("file")
    kind = form.choice("kind", applicants.EVIDENCE)
    form.values["file"] = ""
    if file is None or not file.filename:
        form.error("file", _("Choose a file."))
    if form.ok and file is not None:
        try:
            api().upload(f"/applications/{id}/evidence", file.filename or "", file.read(), file.mimetype, kind=kind)
        except Problem as problem:
            _take(form, problem)
    if form.ok:
        flash(_("The document is kept, encrypted."), "done")
        return redirect(url_for("applications.show", id=id, _anchor="evidence-heading"), 303)
    row = api().get(f"/applications/{id}")
    return _page(row, Form(values=dict(row["details"])), adding=form), 422


@pages.get("/<id>/evidence/<int:n>")
@required
def document(id: str, n: int) -> ResponseReturnValue:
    """A document, to be saved."""
    return passed(f"/applications/{id}/evidence/{n}")


@pages.post("/<id>/evidence/<int:n>/removal")
@required
def detach(id: str, n: int) -> ResponseReturnValue:
    """Take a document away; it is erased."""
    return _press(id, "DELETE", f"/evidence/{n}", _("The document is erased."))


@pages.post("/<id>/removal")
@required
def discard(id: str) -> ResponseReturnValue:
    """Forget a draft."""
    return _press(id, "DELETE", "", _("The draft is erased."), url_for("applications.mine"))


@pages.post("/<id>/erasure")
@required
def erase(id: str) -> ResponseReturnValue:
    """Erase the person behind it."""
    return _press(id, "POST", "/erasure", _("It is erased for good."))


@pages.post("/<id>/review")
@required
def review(id: str) -> ResponseReturnValue:
    """Take it out of the queue."""
    return _press(id, "POST", "/review", _("You are reviewing it."))


@pages.post("/<id>/<any(return, refusal):what>")
@required
def decide(id: str, what: str) -> ResponseReturnValue:
    """Give it back, or refuse it; both with a reason that the applicant reads."""
    form = Form.sent(request.form)
    reason = form.text("reason")
    if form.ok and _try(form, "POST", id, f"/{what}", {"reason": reason}) is not None:
        flash(_("It is given back to the applicant.") if what == "return" else _("It is refused."), "done")
        return redirect(url_for("applications.index"), 303)
    row = api().get(f"/applications/{id}")
    return _page(row, Form(), **{"returning" if what == "return" else "refusing": form}), 422


@pages.post("/<id>/approval")
@required
def approve(id: str) -> ResponseReturnValue:
    """Approve it with what was verified."""
    form = Form.sent(request.form)
    body = {
        "jurisdiction": form.text("jurisdiction"),
        "investor_type": form.choice("investor_type", applicants.INVESTOR_TYPES),
        "limit_minor": form.number("limit_minor", _digits(), required=False) or "0",
        "good_till": last_day(form, "good_till"),
    }
    answer = form.send(f"/applications/{id}/approval", body) if form.ok else None
    if answer is None:
        return _page(api().get(f"/applications/{id}"), Form(), approving=form), 422
    return follow(answer, url_for("applications.show", id=id), _("It is approved."))


@pages.post("/<id>/qualification")
@required
def qualify(id: str) -> ResponseReturnValue:
    """Send what was verified to the ledger again."""
    form = Form.sent(request.form)
    answer = form.send(f"/applications/{id}/qualification", {})
    target = url_for("applications.show", id=id)
    return _refused(form, target) if answer is None else follow(answer, target, _("It is sent again."))


def _page(row: dict[str, Any], form: Form, **forms: Form) -> str:
    answers = row["details"]
    wish = {"jurisdiction": answers.get("residence", "MX"), "investor_type": answers.get("investor_type", "retail")}
    given = {
        "adding": Form(values={"kind": ""}),
        "returning": Form(),
        "refusing": Form(),
        "approving": Form(values=wish),
    }
    template = "applications/form.html" if "change" in row["may"] else "applications/show.html"
    return render_template(
        template, row=row, form=form, **(given | forms), sections=applicants.SECTIONS[row["kind"]],
        needed=applicants.NEEDED[row["kind"]], free=applicants.FREE[row["kind"]], countries=applicants.countries(),
        day_fields=applicants.DAYS, country_fields=applicants.COUNTRIES, money=catalogue.money(),
        doubts={one["field"]: one["doubt"] for one in row["doubts"]},
    )  # fmt: skip


def _digits() -> int:
    return catalogue.digits(catalogue.money())


def _try(form: Form, method: str, id: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Change an application; None when that was refused, the sentences then standing in the form."""
    try:
        return api().send(method, f"/applications/{id}{what}", body)
    except Problem as problem:
        _take(form, problem)
        return None


def _take(form: Form, problem: Problem) -> None:
    if problem.status == 401:
        raise problem
    form.refuse(problem)


def _press(id: str, method: str, what: str, text: str, target: str = "") -> ResponseReturnValue:
    """A form that is one button: back with what happened, or why it did not."""
    form = Form.sent(request.form)
    if _try(form, method, id, what) is None:
        return _refused(form, url_for("applications.show", id=id))
    flash(text, "done")
    return redirect(target or url_for("applications.show", id=id), 303)


def _refused(form: Form, target: str) -> ResponseReturnValue:
    for sentence in form.general + [one for found in form.errors.values() for one in found]:
        flash(f"{sentence.language} {sentence.text}", "refused")
    return redirect(target, 303)
