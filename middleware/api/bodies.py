"""Reading JSON bodies strictly: what two readers could understand differently is refused."""

import json
from collections.abc import Sequence
from typing import Any

import marshmallow
from flask import Request
from flask_smorest import Blueprint as _Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from middleware.errors import Error


class Parser(FlaskParser):
    """Bodies as below; a query with an unknown name is refused like a body with one."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": marshmallow.RAISE}  # noqa: RUF012

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        """The body of a request, or nothing where there is none."""
        raw = req.get_data(cache=True)
        if not raw:
            return marshmallow.missing
        if req.mimetype != "application/json":
            said = req.mimetype or "nothing"
            raise UnsupportedMediaType(f"The body must be application/json; Content-Type says {said[:80]}.")
        return loads(raw)


class Blueprint(_Blueprint):
    """The routes of a noun."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, **more: Any) -> Any:
        """As flask-smorest's, with one schema object for all requests: making one costs as much as using it."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **more)


def loads(raw: bytes) -> Any:
    """JSON in UTF-8, no name twice in an object, no NaN, no half of a surrogate pair."""
    try:
        text = raw.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails on a lone surrogate, which no database takes
    except UnicodeError:
        raise malformed("it is not UTF-8") from None
    except RecursionError:
        raise malformed("it is nested too deeply") from None
    except ValueError as error:
        raise malformed(str(error)[:120]) from None
    return value


def malformed(why: str) -> Error:
    """What to raise for a body that is no JSON (400)."""
    return Error(
        "invalid", f"The body is not JSON that can be read: {why}.", reason="malformed", details={"malformed": True}
    )


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:40]!r} stands in it twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
