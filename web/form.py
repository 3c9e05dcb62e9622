"""Forms: what was typed, what is wrong with it, and the command that happens once however often it is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from . import refusals
from .client import Problem
from .format import Unreadable, end_of, parse, zone
from .ids import mint
from .session import api

SCARCE = ("quantity", "amount_minor")  # the fields that asked for more than there is
WAIT_SECONDS = 4  # how long a page waits for the ledger's word before it shows the command on its way
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Form:
    """One form, through drawing, sending, refusal and drawing again."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[refusals.Sentence]] = field(default_factory=dict)
    general: list[refusals.Sentence] = field(default_factory=list)
    command: str = field(default_factory=mint)

    @classmethod
    def sent(cls, given: Mapping[str, str]) -> Form:
        """Read the form that the browser sent."""
        values = {name: text.strip() for name, text in given.items() if name not in ("csrf_token", "command")}
        command = given.get("command", "")
        return cls(values=values, command=command if UUID7.fullmatch(command) else mint())

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors and not self.general

    def error(self, name: str, text: str) -> str:
        """Put a sentence beside a field; empty, so that a reader can return it."""
        self.errors.setdefault(name, []).append(refusals.Sentence(text))
        return ""

    def text(self, name: str, *, required: bool = True) -> str:
        """Read a field as it stands."""
        if required and not self[name]:
            return self.error(name, _("Fill this in."))
        return self[name]

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """Read a field that offers choices."""
        return self[name] if self[name] in allowed else self.error(name, _("Choose one."))

    def number(self, name: str, digits: int = 0, *, required: bool = True) -> str:
        """Read a quantity, or an amount with `digits` decimals, as a string of minor units."""
        if not self[name]:
            return self.error(name, _("Fill this in.")) if required else ""
        try:
            return parse(self[name], digits)
        except Unreadable as fault:
            return self.error(name, str(fault))

    def refuse(self, problem: Problem) -> None:
        """Take the API's refusal: each sentence beside the field it names, the rest on top.

        After a definite refusal the next try is a new command. After an unknown outcome it stays the same one: should
        the first have arrived, the second shows it instead of doing it again.
        """
        if problem.unknown:
            again = _(
                "We could not learn whether this arrived. Send it again: the same form is never carried out twice."
            )
            self.general.append(refusals.Sentence(again, request_id=problem.request_id))
            return
        self.command = mint()
        for error in problem.errors:
            name = self._field(error.get("pointer", ""))
            self._beside(name, refusals.of_field(name, error.get("message", problem.message)))
        if not problem.errors:
            short = next((name for name in SCARCE if name in self.values), "") if problem.code == "insufficient" else ""
            self._beside(short or problem.reason, refusals.sentence(problem))

    def rows(self, name: str) -> range:
        """The rows of a form that has `name`-0, `name`-1 and so on."""
        found = [key.removeprefix(f"{name}-") for key in self.values if key.startswith(f"{name}-")]
        return range(max((int(n) for n in found if n.isdecimal()), default=-1) + 1)

    def widen(self, names: Collection[str], rows: int) -> None:
        """Have at least so many rows of these fields."""
        for n in range(rows):
            for name in names:
                self.values.setdefault(f"{name}-{n}", "")

    def _field(self, pointer: str) -> str:
        """The field that a pointer means: /rows/0/quantity is quantity-0, and so is /quantity of a single row.

        ?as_of is as_of: a field of the address.
        """
        parts = pointer.strip("/?").split("/")
        if len(parts) == 3:
            return f"{parts[2]}-{parts[1]}"
        return f"{parts[0]}-0" if f"{parts[0]}-0" in self.values else parts[0]

    def _beside(self, name: str, sentence: refusals.Sentence) -> None:
        """Put a sentence beside its field, or on top when the form has no such field."""
        if name in self.values:
            self.errors.setdefault(name, []).append(sentence)
        else:
            self.general.append(sentence)

    def send(self, path: str, body: dict[str, Any], *, wait: int = WAIT_SECONDS) -> dict[str, Any] | None:
        """Send the command; None when it was refused, the sentences then standing in the form."""
        try:
            return api().send("POST", path, body, key=self.command, wait=wait)
        except Problem as problem:
            if problem.status == 401:
                raise
            self.refuse(problem)
            return None


def good_till(form: Form) -> str:
    """Read until when an order is good: `day`, or the end of a chosen day in the market's zone."""
    if form.choice("good_till", ("day", "date")) != "date":
        return "day"
    return last_day(form, "good_till_on")


def last_day(form: Form, name: str) -> str:
    """Read a date as its last moment in the market's zone."""
    try:
        return end_of(form[name])
    except ValueError:
        return form.error(name, _("Choose a date."))


def moment(form: Form, name: str) -> str:
    """Read a moment as typed, in the market's zone."""
    try:
        local = datetime.fromisoformat(form.text(name))
    except ValueError:
        return "" if form.errors.get(name) else form.error(name, _("Choose a moment."))
    return local.replace(tzinfo=zone()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def attach(app: Flask) -> None:
    """Let templates mint the command id of a one-button form."""
    app.jinja_env.globals["mint"] = mint
