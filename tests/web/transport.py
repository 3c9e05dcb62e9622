"""Lets the console's HTTP client reach an application in this process: no socket, the same bytes."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from werkzeug.test import Client


class Inside(BaseAdapter):
    """Sends requests to a Flask application as if it were a server."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._client = Client(app)
        self.unreachable = False

    def send(self, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        if self.unreachable:
            raise requests.ConnectionError("refused")
        parts = urlsplit(request.url or "")
        told = self._client.open(
            parts.path,
            query_string=parts.query,
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=request.body,
        )
        answer = requests.Response()
        answer.status_code = told.status_code
        answer.headers.update(dict(told.headers))
        answer.raw = io.BytesIO(told.get_data())
        answer.url = request.url or ""
        answer.request = request
        return answer

    def close(self) -> None:
        """Nothing to close."""
