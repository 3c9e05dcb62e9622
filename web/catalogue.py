"""Instruments and parties that a page mentions, asked for once per request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g

from .client import Problem
from .session import api, user

Rows = dict[str, dict[str, Any]]


def instruments() -> Rows:
    """Every instrument by its code."""
    if "instruments" not in g:
        g.instruments = {row["instrument"]: row for row in api().all("/instruments")}
    found: Rows = g.instruments
    return found


def securities() -> list[dict[str, Any]]:
    """What is traded: instruments that are no currency."""
    return [row for row in instruments().values() if row["kind"] != "currency"]


def currencies() -> list[dict[str, Any]]:
    """What is paid with: claims on a bank."""
    return [row for row in instruments().values() if row["kind"] == "currency"]


def own(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of these instruments that the signed-in user's party issues."""
    return [row for row in rows if row["issuer"] == user()["party"]]


def money() -> str:
    """The currency in which limits that name none are written: the first there is."""
    return next((row["instrument"] for row in currencies()), "")


def is_currency(code: str) -> bool:
    """Whether `code` is a claim on a bank."""
    row = instruments().get(code)
    return row["kind"] == "currency" if row else "." in code


def currency(code: str) -> str:
    """The currency an instrument is priced in; a currency's own code."""
    row = instruments().get(code, {})
    return row.get("currency") or code


def digits(code: str) -> int:
    """How many decimals quantities of an instrument have."""
    return int(instruments().get(code, {}).get("minor_digits") or 0)


def parties() -> Rows:
    """Parties the user may see, by code; empty where the user may see none."""
    if "parties" not in g:
        try:
            g.parties = {row["party"]: row for row in api().all("/parties")}
        except Problem as problem:
            if problem.status not in (403, 404):
                raise
            g.parties = {}
    found: Rows = g.parties
    return found


def name(party: str) -> str:
    """A party's legal name where we may know it, else its code."""
    return parties().get(party, {}).get("name") or party
