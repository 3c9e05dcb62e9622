"""The pages: a module per noun, the same nouns as in the API."""

from __future__ import annotations

from flask import Flask

from . import (
    accounts,
    acts,
    allotments,
    applications,
    attestations,
    certificates,
    claims,
    confirmations,
    deposits,
    disclosures,
    documents,
    drafts,
    entries,
    events,
    executions,
    fix,
    holdings,
    home,
    inbox,
    instructions,
    instruments,
    ledger,
    letters,
    mandates,
    markets,
    negotiations,
    notifications,
    offerings,
    orders,
    parties,
    portfolio,
    register,
    sessions,
    settings,
    setup,
    signups,
    statements,
    submissions,
    subscriptions,
    terms,
    trades,
    transfers,
    users,
    webhooks,
    withdrawals,
)

NOUNS = (
    accounts, acts, allotments, applications, attestations, certificates, claims, confirmations, deposits, disclosures,
    documents, drafts, entries, events, executions, fix, holdings, home, inbox, instructions, instruments, ledger,
    letters, mandates, markets, negotiations, notifications, offerings, orders, parties, portfolio, register,
    sessions, settings, setup, signups, statements, submissions, subscriptions, terms, trades, transfers, users,
    webhooks, withdrawals,
)  # fmt: skip


def attach(app: Flask) -> None:
    """Put every page at its address."""
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
    events.attach(app)
    certificates.attach(app)
