"""The pages: a module per noun, the same nouns as in the API."""

from __future__ import annotations

from flask import Flask

from . import (
    accounts,
    acts,
    deposits,
    events,
    holdings,
    home,
    instruments,
    ledger,
    markets,
    orders,
    parties,
    sessions,
    settings,
    submissions,
    trades,
    transfers,
    users,
    withdrawals,
)

NOUNS = (
    accounts, acts, deposits, events, holdings, home, instruments, ledger, markets, orders, parties, sessions, settings,
    submissions, trades, transfers, users, withdrawals,
)  # fmt: skip


def attach(app: Flask) -> None:
    """Put every page at its address."""
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
    events.attach(app)
