"""The application behind gunicorn: `middleware.wsgi:app`, made when the server asks for it."""

from typing import Any

from flask import Flask

import middleware
from middleware import config as settings
from middleware import log, measures, operations
from middleware.api import (
    access,
    accounts,
    acts,
    allotments,
    applications,
    attestations,
    cash,
    certificates,
    claims,
    confirmations,
    disclosures,
    documents,
    drafts,
    entries,
    events,
    executions,
    health,
    holdings,
    instructions,
    instruments,
    invitations,
    keys,
    ledger,
    letters,
    mandates,
    market,
    messages,
    negotiations,
    notifications,
    offerings,
    onboarding,
    openapi,
    orders,
    parties,
    paths,
    portfolio,
    problems,
    publications,
    register,
    sessions,
    signups,
    statements,
    submissions,
    subscriptions,
    terms,
    tokens,
    trades,
    transfers,
    users,
    webhooks,
)
from middleware.config import Config
from middleware.installation import Installation
from middleware.services import ledgers

MOST_BYTES = 2 * 1024 * 1024  # a bulk of 500 signed orders takes half a megabyte
BLUEPRINTS = (
    tokens.blp,
    signups.blp,
    users.blp,
    ledger.blp,
    parties.blp,
    applications.blp,
    onboarding.blp,
    keys.blp,
    accounts.blp,
    instruments.blp,
    terms.blp,
    documents.blp,
    publications.blp,
    register.blp,
    letters.blp,
    market.blp,
    acts.blp,
    holdings.blp,
    portfolio.blp,
    statements.blp,
    certificates.blp,
    notifications.blp,
    transfers.blp,
    instructions.blp,
    negotiations.blp,
    cash.blp,
    mandates.blp,
    entries.blp,
    orders.blp,
    trades.blp,
    executions.blp,
    claims.blp,
    confirmations.blp,
    attestations.blp,
    disclosures.blp,
    offerings.blp,
    invitations.blp,
    subscriptions.blp,
    allotments.blp,
    drafts.blp,
    submissions.blp,
    sessions.blp,
    messages.blp,
    webhooks.blp,
    events.blp,
    health.blp,
)


def create_app(config: Config | None = None) -> Flask:
    """The REST door of one installation."""
    config = config or settings.load()
    app = Flask("lonja", static_folder=None)
    app.config.update(openapi.SETTINGS, MAX_CONTENT_LENGTH=MOST_BYTES, PROPAGATE_EXCEPTIONS=False)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.extensions["lonja"] = Installation(config)
    paths.register(app)
    health.register(app)
    access.register(app)
    problems.register(app)
    api = openapi.api(app, version=middleware.__version__)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    certificates.register(app, tokens.register(app))
    openapi.finish(api)
    return app


def __getattr__(name: str) -> Any:
    """`app` is made on first sight, so that importing this module asks nothing of the machine."""
    if name == "app":
        config = settings.load()
        log.setup(config, "api")
        app = create_app(config)
        reading = app.extensions["lonja"].reading
        measures.API.register(measures.Read(lambda: ledgers.numbers(reading)))
        operations.open_door("api", config, lambda: ledgers.checks(reading))
        return app
    raise AttributeError(name)
