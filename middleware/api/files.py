"""Answers that are files."""

from flask import Response


def attached(content: bytes, kind: str, name: str) -> Response:
    """A file to keep, under a name of ours."""
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
