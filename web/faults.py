"""Pages for when something is wrong: what happened, what to do next, and the request's id for whoever is asked."""

from __future__ import annotations

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from . import refusals, session
from .client import Problem


def page(status: int, title: str, sentence: refusals.Sentence) -> Response:
    """The one page of all faults. It asks the API for nothing, since the API may be what is wrong."""
    number = sentence.request_id or g.get("request_id", "")
    return make_response(
        render_template("fault.html", status=status, title=title, sentence=sentence, request_id=number), status
    )


def refused(problem: Problem) -> BaseResponse:
    """The API's refusal of what a page needed."""
    if problem.status == 401:
        session.sign_out()
        return session.to_sign_in()
    if problem.status == 404:
        return missing()
    if problem.status == 403:
        return page(403, _("Not yours to see"), refusals.sentence(problem))
    if problem.status in (502, 503, 504):
        text = _("The market’s service does not answer right now. What you sent before is kept. Try again in a minute.")
        return page(503, _("Not available"), refusals.Sentence(text, request_id=problem.request_id))
    if problem.status >= 500:
        text = _("The market’s service met a fault of its own. Try again, or tell us the number below.")
        return page(502, _("Something went wrong"), refusals.Sentence(text, request_id=problem.request_id))
    return page(problem.status, _("That did not work"), refusals.sentence(problem))


def missing(_fault: object = None) -> Response:
    """No such page, or not one for this user: the two look the same."""
    return page(404, _("Not found"), refusals.Sentence(_("There is nothing here, or it is not yours to see.")))


def stale(_fault: object) -> Response:
    """A form whose session has ended or was never ours."""
    text = _(
        "The form was too old or came from elsewhere, so nothing was sent. Go back, reload the page and send it again."
    )
    return page(400, _("Form not accepted"), refusals.Sentence(text))


def other(fault: HTTPException) -> BaseResponse:
    """What Flask itself refuses: a method, a body that is too large."""
    if request.endpoint == "static":
        return fault.get_response()
    if fault.code == 413:
        text = _("That is too large: at most 16 MB.")
        return page(413, _("Too large"), refusals.Sentence(text))
    if fault.code == 429:
        return page(429, _("Too many tries"), refusals.Sentence(_("Too many tries. Wait a minute.")))
    return page(fault.code or 500, _("That did not work"), refusals.Sentence(_("The request was not understood.")))


def foreign(fault: SecurityError) -> BaseResponse:
    """A host name that is not ours: a bare answer, since no address of ours can be written for it."""
    return fault.get_response()


def crashed(_fault: Exception) -> Response:
    """Our own fault; the log has the rest under the same id."""
    text = _("The console met a fault of its own. Try again, or tell us the number below.")
    return page(500, _("Something went wrong"), refusals.Sentence(text))


def attach(app: Flask) -> None:
    """Answer every fault with a page."""
    app.register_error_handler(Problem, refused)
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(SecurityError, foreign)
    app.register_error_handler(404, missing)
    app.register_error_handler(HTTPException, other)
    app.register_error_handler(500, crashed)
