"""The OpenAPI document: generated from the routes, finished here where the generator knows less than we do."""

import json
from typing import Any

from flask import Flask

from middleware.api import paths
from middleware.api.cash import SignedWithdrawal
from middleware.api.commands import SignedSchema
from middleware.api.parties import SignedAdmission
from middleware.api.problems import TYPE, Api

SETTINGS: dict[str, Any] = {
    "API_TITLE": "Lonja",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
}
_DESCRIPTION = """A market for the shares and bonds of small and medium companies, settled on Hyperledger Fabric.

Quantities, and money in minor units, are strings of digits. Everything that changes something is a signed command: its
id is the `Idempotency-Key`, made by the caller before the first try; the same key again repeats nothing. A command is
signed by the key that the platform keeps for the party, or comes as `{"jws": "..."}`, signed elsewhere. 202 means
stored and on its way; with `Prefer: wait=10` the answer is the ledger's.

Refusals are problem documents (RFC 9457). `type` is `urn:lonja:problem:<code>`, and the codes are: invalid,
unauthenticated, forbidden, not_found, duplicate, wrong_status, insufficient, unavailable, internal. What belongs to
others is not found."""
_OPEN = ("/v1/tokens", "/v1/signups", "/v1/verifications/{fingerprint}", "/livez", "/readyz", "/version")


def api(app: Flask, *, version: str) -> Api:
    """The generator of an application's document, and of its problem answers."""
    app.config["API_VERSION"] = version
    app.config["API_SPEC_OPTIONS"] = {
        "info": {"description": _DESCRIPTION},
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
    made = Api()
    paths.document(made)
    made.init_app(app)
    return made


def finish(made: Api) -> None:
    """What the generator does not know: problem documents, signed bodies, and which addresses are open to all."""
    for schema in (SignedSchema, SignedAdmission, SignedWithdrawal):
        made.spec.components.schema(_name(schema.__name__), schema=schema)
    document: dict[str, Any] = json.loads(json.dumps(made.spec.to_dict()))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                _finish_operation(path, method, operation)
    for response in document["components"].get("responses", {}).values():
        content = response.get("content", {})
        if "application/json" in content:
            content[TYPE] = content.pop("application/json")
    made.document = document


def _finish_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    if path in _OPEN and not (path == "/v1/tokens" and method != "post"):
        operation["security"] = []
    name = operation.pop("x-command", None)
    if name is None:
        return
    body = operation["requestBody"]
    content = body["content"]["application/json"]
    signed = {"$ref": f"#/components/schemas/{_name(name)}"}
    content["schema"] = {"anyOf": [content["schema"], signed]}
    body["required"] = not operation.pop("x-empty")


def _name(schema: str) -> str:
    return schema.removesuffix("Schema")
