"""Refusals as problem documents (RFC 9457): one shape for everything that can go wrong, never a stack trace."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, current_app, g, json, request
from flask_smorest import Api as _Api
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import HTTPException

from middleware import measures
from middleware.errors import Code, Error

TYPE = "application/problem+json"
STATUS: dict[str, int] = {
    "invalid": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "duplicate": 409,
    "wrong_status": 409,
    "insufficient": 409,
    "unavailable": 503,
    "internal": 500,
}
TITLE = {code: code.replace("_", " ").capitalize() for code in STATUS}
_OF_STATUS: dict[int, tuple[Code, str]] = {
    400: ("invalid", "malformed"),
    401: ("unauthenticated", "token"),
    403: ("forbidden", "role"),
    404: ("not_found", "route"),
    405: ("invalid", "method"),
    413: ("invalid", "size"),
    415: ("invalid", "content_type"),
    422: ("invalid", "fields"),
    429: ("unavailable", "rate"),
    503: ("unavailable", "busy"),
}
_QUERY_FIELDS = ("starting_after", "limit", "block", "as_of")
_SENTENCE = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is larger than this door takes.",
    500: "Something went wrong here, not in your request. The request id leads to what happened.",
}


class ProblemSchema(Schema):
    """RFC 9457, with our code and reason."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String()
    code = fields.String(required=True, metadata={"enum": list(STATUS)})
    reason = fields.String(required=True)
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    request_id = fields.String(required=True)
    submission = fields.Dict()
    retry_after = fields.Integer()


class Api(_Api):
    """flask-smorest, with our problem documents in the place of its own."""

    ERROR_SCHEMA = ProblemSchema
    document: Mapping[str, Any] = MappingProxyType({})

    def _openapi_json(self) -> Response:
        """The document as `openapi.finish` left it."""
        return Response(json.dumps(self.document), mimetype="application/json")

    def _register_error_handlers(self) -> None:
        """Nothing: `register` below handles every error of the application."""


def register(app: Flask) -> None:
    """Answer every error of the application with a problem document."""
    app.register_error_handler(Error, of_error)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_defect)


def of_error(error: Error) -> Response:
    """The answer to a refusal of ours or of the ledger."""
    if error.code == "internal":
        return _of_defect(error)
    return _answer(body_of(error), headers=_headers(error))


def body_of(error: Error) -> dict[str, Any]:
    """The problem document of a refusal. Also for one item of a bulk request."""
    status = 429 if error.reason == "rate" else 400 if error.details.get("malformed") else STATUS[error.code]
    errors = error.details.get("errors")
    if errors is None and error.field:
        errors = [{"pointer": pointer(error.field), "message": error.message}]
    body: dict[str, Any] = {"status": status, "code": error.code, "reason": error.reason, "detail": error.message}
    body["errors"] = errors or []
    body |= {name: error.details[name] for name in ("submission", "retry_after") if name in error.details}
    return body


def pointer(field: str) -> str:
    """Where a field stands: /quantity in the body, ?limit in the query, a header by its name."""
    if field in _QUERY_FIELDS and request.method == "GET":
        return f"?{field}"
    return field if field[:1].isupper() else f"/{field}"


def of_fields(messages: Mapping[str, Any], *, at: str = "") -> Error:
    """Everything that is wrong with the fields of a body or a query, as one refusal."""
    errors = [{"pointer": where, "message": message} for where, message in _flat(messages, at)]
    first = errors[0]
    count = "" if len(errors) == 1 else f" (and {len(errors) - 1} more)"
    message = f"{first['pointer']} {first['message']}{count}"
    return Error("invalid", message, reason="fields", details={"errors": errors})


def messages_of(error: ValidationError) -> dict[str, Any]:
    """What marshmallow says, by field."""
    messages = error.messages
    return messages if isinstance(messages, dict) else {"_schema": messages}


def _flat(messages: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, below in messages.items():
            where = at if name == "_schema" else f"{at}/{str(name).replace('~', '~0').replace('/', '~1')[:80]}"
            yield from _flat(below, where)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, at)
    else:
        yield at, str(messages)


def _of_http(error: HTTPException) -> Response:
    if error.response is not None:
        return current_app.make_response(error.response)
    status = error.code or 500
    cause = getattr(error, "exc", None)
    if isinstance(cause, ValidationError):
        return of_error(_of_validation(cause))
    code, reason = _OF_STATUS.get(status, ("invalid" if status < 500 else "internal", "http"))
    detail = getattr(error, "sentence", None) or _SENTENCE.get(status) or error.description or error.name
    body: dict[str, Any] = {"status": status, "code": code, "reason": reason, "detail": detail, "errors": []}
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if status == 429:
        body["retry_after"] = 60
        headers["Retry-After"] = "60"
    return _answer(body, headers=headers)


def _of_validation(cause: ValidationError) -> Error:
    messages = messages_of(cause)
    location, below = next(iter(messages.items()))
    if location == "query":
        errors = [{"pointer": f"?{where.lstrip('/')}", "message": text} for where, text in _flat(below, "")]
        detail = f"{errors[0]['pointer']} {errors[0]['message']}"
        return Error("invalid", detail, reason="fields", details={"errors": errors})
    return of_fields(below if isinstance(below, Mapping) else {"_schema": below})


def _of_defect(error: Exception) -> Response:
    current_app.logger.exception("request %s failed", g.get("request_id", ""), exc_info=error)
    return _answer({"status": 500, "code": "internal", "reason": "defect", "detail": _SENTENCE[500], "errors": []})


def _headers(error: Error) -> dict[str, str]:
    headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthenticated" else {}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    return headers


def _answer(body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Response:
    code = body["code"]
    measures.PROBLEMS.labels(code, body["reason"]).inc()
    document = {"type": f"urn:lonja:problem:{code}", "title": TITLE[code], **body}
    document |= {"instance": request.path, "request_id": g.get("request_id", "")}
    response = Response(json.dumps(document), status=body["status"], mimetype=TYPE)
    response.headers.extend(headers or {})
    return response
