"""The console: pages for the people of the market, drawn on the server, over the REST API and nothing else."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from . import (
    applicants,
    choices,
    client,
    config,
    faults,
    finality,
    form,
    format,
    language,
    navigation,
    security,
    session,
    statuses,
    views,
    words,
)


def create_app(settings: config.Config | None = None, *, strict: bool = False) -> Flask:
    """Build the console. `strict` (tests) makes a template that reads a missing field fail."""
    settings = settings or config.load()
    app = Flask(__name__)
    app.config.update(
        LONJA=settings,
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME=settings.cookie,
        SESSION_COOKIE_SECURE=settings.tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        TRUSTED_HOSTS=list(settings.hosts),
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,  # a resolution is a document; it is hashed here and not kept
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: a form left open still sends
        WTF_CSRF_SSL_STRICT=False,  # SameSite=Strict and form-action 'self' already say where from
        SEND_FILE_MAX_AGE_DEFAULT=31536000 if settings.tls else 3600,
    )
    app.session_interface = session.EncryptedSessions(settings.secret)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    CSRFProtect(app)
    client.attach(app)
    if strict:
        app.jinja_env.undefined = StrictUndefined
    for part in (
        security,
        session,
        language,
        format,
        choices,
        statuses,
        words,
        applicants,
        form,
        finality,
        navigation,
        faults,
        views,
    ):
        part.attach(app)
    return app
