"""Whether this process lives and is ready, for probes; and a count of what it answers, for monitoring."""

from typing import Any

from flask import Flask, Response, g, jsonify, request

import middleware
from middleware import clock, measures
from middleware.api.access import installation, reading
from middleware.api.bodies import Blueprint
from middleware.services import ledgers

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")  # a caller may make up any number of others
blp = Blueprint("health", __name__, description="For probes")


def register(app: Flask) -> None:
    """Measure every request of the application."""

    @app.before_request
    def _start() -> None:
        g.began_seconds = clock.monotonic()

    @app.after_request
    def _count(response: Response) -> Response:
        route = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"
        measures.REQUESTS.labels(route, method, response.status_code).inc()
        measures.REQUEST_SECONDS.labels(route).observe(clock.monotonic() - g.get("began_seconds", clock.monotonic()))
        return response


@blp.route("/livez", methods=["GET"])
@blp.response(200, {"type": "object"})
def livez() -> Any:
    """The process answers."""
    return jsonify(status="ok")


@blp.route("/readyz", methods=["GET"])
@blp.response(200, {"type": "object"})
@blp.alt_response(503, schema={"type": "object"}, description="Not ready; the checks say why.")
def readyz() -> Any:
    """Whether requests can be served: database, migrations, room, and a mirror that follows the ledger."""
    checks = ledgers.checks(reading)
    ready = all(check == "ok" for check in checks.values())
    return jsonify(status="ok" if ready else "failing", checks=checks), 200 if ready else 503


@blp.route("/version", methods=["GET"])
@blp.response(200, {"type": "object"})
def version() -> Any:
    """What runs here."""
    config = installation().config
    return jsonify(
        version=middleware.__version__,
        api="v1",
        fabric=ledgers.fabric_version(config),
        driver=config.ledger_driver,
        sandbox=config.ledger_driver == "sandbox",
    )
