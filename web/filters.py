"""What narrows a list: read from the address, so that a narrowed list can be linked to, kept and gone back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from .form import Form
from .format import day_after, start_of


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list now, and the address of the list without it."""

    word: Any
    value: Any
    without: str


@dataclass(slots=True)
class Filters:
    """The form of a search as it stands in the address, what the API is asked for, and the chips above the list."""

    form: Form
    asked: dict[str, str] = field(default_factory=dict)
    chips: list[Chip] = field(default_factory=list)


def read(words: Mapping[str, Any], shown: Mapping[str, Mapping[str, Any]] | None = None) -> Filters:
    """Read the filters named in `words` (name: its word). `shown` has the words of values that are codes."""
    given = {name: request.args.get(name, "").strip() for name in words}
    found = Filters(Form(values=given))
    for name, text in given.items():
        if not text:
            continue
        found.asked[name] = text
        rest = {key: value for key, value in request.args.items() if key not in (name, "after")}
        where: dict[str, Any] = {**(request.view_args or {}), **rest}
        target = url_for(str(request.endpoint), **where)
        found.chips.append(Chip(words[name], (shown or {}).get(name, {}).get(text, text), target))
    return found


def days(asked: dict[str, str], since: str, until: str) -> None:
    """Turn the two days of a search into instants; what is no day is left out."""
    for name, instant in ((since, start_of), (until, day_after)):
        if name in asked:
            try:
                asked[name] = instant(asked[name])
            except ValueError:
                del asked[name]
