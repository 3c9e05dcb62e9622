"""The OpenAPI document as a judge: every answer that a test gets must be one that the document promises."""

import re
from functools import cached_property
from typing import Any

from flask import Flask
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
PROBLEM = "application/problem+json"


class Contract:
    """The document of one application."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._validators: dict[str, Any] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        found = self._app.test_client().get("/v1/openapi.json").json
        assert isinstance(found, dict)
        return found

    def check(self, response: TestResponse) -> TestResponse:
        """Refuse an answer whose status, media type or body the document does not know."""
        request = response.request
        promised = self._promised(request.path, request.method, response.status_code)
        assert response.status_code < 500 or response.status_code == 503, response.get_data(as_text=True)
        assert response.headers["X-Request-Id"]
        if response.status_code == 204:
            return response
        content = promised.get("content", {})
        media = response.mimetype
        assert media in content or media == PROBLEM, f"{request.path}: {media} is not promised, {list(content)} are"
        if media.endswith("json"):
            self._valid(content.get(media, {}).get("schema") or {"$ref": "#/components/schemas/Problem"}, response)
        return response

    def _promised(self, path: str, method: str, status: int) -> dict[str, Any]:
        operation = self._operation(path, method)
        if operation is None:
            assert status in (404, 405), f"{method} {path} answers {status} and is not documented"
            return {}
        responses = operation["responses"]
        promised: dict[str, Any] | None = responses.get(str(status)) or (
            responses["default"] if status >= 400 else None
        )
        assert promised is not None, f"{method} {path} answers {status}; {sorted(responses)} are documented"
        if "$ref" in promised:
            promised = self.document["components"]["responses"][promised["$ref"].rpartition("/")[2]]
        assert promised is not None
        return promised

    def _operation(self, path: str, method: str) -> dict[str, Any] | None:
        adapter = self._app.url_map.bind("localhost")
        try:
            rule, _ = adapter.match(path, method=method, return_rule=True)
        except Exception:
            return None
        template = _ARGUMENT.sub(r"{\1}", rule.rule)
        operation: dict[str, Any] | None = self.document["paths"].get(template, {}).get(method.lower())
        return operation

    def _valid(self, schema: dict[str, Any], response: TestResponse) -> None:
        key = repr(schema)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = OAS31Validator(whole)
        errors = [f"{error.json_path}: {error.message}" for error in self._validators[key].iter_errors(response.json)]
        assert not errors, f"{response.request.path}: {errors[:3]}"
