"""Lists: what every one of them takes and answers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import request
from marshmallow import fields

from middleware.api.fields import Form, Schema
from middleware.services.pages import LIMIT, MAXIMUM_LIMIT, Listing, Page


class _Limit(Form):
    what, pattern = f"a number from 1 to {MAXIMUM_LIMIT}", "[1-9][0-9]{0,2}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and int(value) <= MAXIMUM_LIMIT


class _Cursor(Form):
    what, pattern = "a cursor that this list gave", "[A-Za-z0-9_-]{1,400}"


class PageQuery(Schema):
    """Which part of a list."""

    limit = _Limit(required=False, load_default=str(LIMIT), metadata={"default": str(LIMIT)})
    starting_after = _Cursor(optional=True, required=False)


def page(query: Mapping[str, Any]) -> Page:
    """The part of a list that a query asks for."""
    return Page(int(query["limit"]), query["starting_after"])


def answered(listing: Listing) -> tuple[dict[str, Any], int, dict[str, str]]:
    """A list as it is answered, with the address of its next page in a Link header."""
    body = {"items": listing.items, "has_more": listing.has_more, "next": listing.next or None}
    return body, 200, link(listing.next)


def link(cursor: str) -> dict[str, str]:
    """The Link header to the next page, if there is one."""
    if not cursor:
        return {}
    query = urlencode({**request.args.to_dict(), "starting_after": cursor})
    return {"Link": f'<{request.path}?{query}>; rel="next"'}


def list_of(item: type[Schema]) -> type[Schema]:
    """The schema of a list of a noun."""
    name = item.__name__.removesuffix("Schema")
    members: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "has_more": fields.Boolean(required=True),
        "next": fields.String(allow_none=True, required=True),
    }
    made = Schema.from_dict(members, name=f"{name}ListSchema")
    assert issubclass(made, Schema)  # noqa: S101 - from_dict answers a subclass of what it is called on
    return made
