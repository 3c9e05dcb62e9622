"""Whether this process lives, is ready, and how it does. For probes and monitoring; says nothing about the market."""

from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

import middleware
from middleware import clock
from middleware.api.access import installation, reading
from middleware.api.bodies import Blueprint
from middleware.errors import Error
from middleware.services import ledgers

blp = Blueprint("health", __name__, description="For probes and monitoring")


class Measures:
    """What /metrics tells of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter("lonja_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram("lonja_request_seconds", "How long they took", ("route",), registry=self.registry)
        self.registry.register(self)

    def collect(self) -> list[Metric]:
        """Read from the database when asked."""
        try:
            with reading() as session:
                numbers = ledgers.numbers(session)
        except (Error, RuntimeError):  # no database, or no request: nothing to tell
            return []
        return [GaugeMetricFamily(f"lonja_{name}", says, value=value) for name, (says, value) in numbers.items()]


def register(app: Flask) -> None:
    """Measure every request of the application."""
    measures = app.extensions["lonja-measures"] = Measures()

    @app.before_request
    def _start() -> None:
        g.began_seconds = clock.monotonic()

    @app.after_request
    def _count(response: Response) -> Response:
        route = request.endpoint or "none"
        measures.requests.labels(route, request.method, response.status_code).inc()
        measures.seconds.labels(route).observe(clock.monotonic() - g.get("began_seconds", clock.monotonic()))
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
    """Whether requests can be served: database, migrations, and a mirror that follows the ledger."""
    try:
        with reading() as session:
            checks = {"database": "ok", "migrations": ledgers.migrations(session), "ledger": ledgers.freshness(session)}
    except Error as error:
        checks = {"database": error.message}
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


@blp.route("/metrics", methods=["GET"])
@blp.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Any:
    """Prometheus text."""
    measures: Measures = installation_measures()
    return Response(generate_latest(measures.registry), content_type=CONTENT_TYPE_LATEST)


def installation_measures() -> Measures:
    """The measures of the application that answers."""
    from flask import current_app

    found: Measures = current_app.extensions["lonja-measures"]
    return found
