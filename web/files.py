"""Files that the API makes, passed on to the browser."""

from __future__ import annotations

from typing import Any

from flask import Response

from .session import api


def passed(path: str, **params: Any) -> Response:
    """The file at this address of the API, to be kept under the name that the API gave it."""
    content, headers = api().file(path, **params)
    return Response(content, headers=headers)
