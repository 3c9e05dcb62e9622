"""What selects and suggestion lists offer: value and word of each choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from .format import quantity, short, unit

Choices = list[tuple[str, str]]


def names_of(rows: Iterable[dict[str, Any]], key: str, name: str = "") -> Choices:
    """Rows by their code, with the name people know them by."""
    return [(row[key], f"{row[key]} · {row[name]}" if name and row.get(name) else row[key]) for row in rows]


def account_names(accounts: Iterable[dict[str, Any]]) -> Choices:
    """Accounts by number, told apart by custodian and the number's end."""
    return [(row["id"], f"{row['owner_name'] or row['owner']}, {short(row['id'])}") for row in accounts]


def sources(holdings: Iterable[dict[str, Any]]) -> Choices:
    """Holdings that something can leave: account and instrument in one value, with what is available."""
    return [
        (
            f"{row['account']}|{row['instrument']}",
            _(
                "%(quantity)s %(unit)s available, account %(account)s",
                quantity=quantity(row["available"], row["instrument"]),
                unit=unit(row["instrument"]),
                account=short(row["account"]),
            ),
        )
        for row in holdings
    ]


def attach(app: Flask) -> None:
    """Give templates the choices as filters."""
    app.jinja_env.filters.update(names_of=names_of, account_names=account_names, sources=sources)
