"""What can stand in an address. Whatever does not have the form is nothing that exists: 404."""

from flask import Flask
from flask_smorest import Api
from werkzeug.routing import BaseConverter

from middleware.api import fields


class CodePath(BaseConverter):
    """A party's or an instrument's code."""

    regex = fields.CODE


class ReferencePath(BaseConverter):
    """PARTY:uuid of the command that made it."""

    regex = fields.REFERENCE


class KeyNumberPath(BaseConverter):
    """The number of a key."""

    regex = fields.KeyNumber.pattern


class MintedPath(BaseConverter):
    """The id of an entry: a UUIDv7."""

    regex = fields.CommandId.pattern


class MonthPath(BaseConverter):
    """A calendar month."""

    regex = "20[0-9]{2}-(?:0[1-9]|1[0-2])"


class HashPath(BaseConverter):
    """A hash: the terms of an instruction, the fingerprint of a certificate."""

    regex = fields.Hash.pattern


CONVERTERS: dict[str, type[BaseConverter]] = {
    "code": CodePath,
    "hash": HashPath,
    "reference": ReferencePath,
    "n": KeyNumberPath,
    "mint": MintedPath,
    "month": MonthPath,
}


def register(app: Flask) -> None:
    """Make the forms known to the application's routes."""
    app.url_map.converters.update(CONVERTERS)


def document(api: Api) -> None:
    """Make the forms known to the OpenAPI document."""
    for converter in CONVERTERS.values():
        pattern = f"^{converter.regex}$"
        api.register_converter(converter, lambda _converter, pattern=pattern: {"type": "string", "pattern": pattern})
