"""What a company needs before its shares are held by others: each step with the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from .session import api, user


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, whether it is done, and where it is done, or who does it."""

    word: str
    done: bool
    sentence: str
    button: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """All steps, and how many are done."""

    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(1 for step in self.steps if step.done)

    @property
    def next(self) -> Step | None:
        """The first that is not done and that the company can do itself; else the first that it waits for."""
        open_ = [step for step in self.steps if not step.done]
        return next((step for step in open_ if step.target), open_[0] if open_ else None)


def of(row: dict[str, Any] | None) -> Progress:
    """How far the signed-in issuer is with one of its instruments; None before it has any."""
    return Progress([_admitted(), _account(), _registered(row), *(_promises(row) if row else _later())])


def _admitted() -> Step:
    done = user()["status"] == "active"
    said = _("Your company is a party of the ledger.") if done else _("Apply, and the operator admits your company.")
    return Step(_("Company admitted"), done, said, _("Apply"), "" if done else url_for("applications.mine"))


def _account() -> Step:
    own = [one for one in api().page("/accounts", status="open").items if one["owner"] == user()["party"]]
    said = _("New units will appear in it.") if own else _("Your custodian opens it. Ask for it by your party’s code.")
    return Step(_("Account"), bool(own), said)


def _registered(row: dict[str, Any] | None) -> Step:
    if row is None:
        said = _("Operator and custodian register it. Send them its code, kind and authorised capital.")
        return Step(_("Instrument registered"), False, said)
    return Step(_("Instrument registered"), True, _("%(code)s is on the ledger.", code=row["instrument"]))


def _promises(row: dict[str, Any]) -> list[Step]:
    return [_terms(row), _documents(row), _isin(row), _issued(row)]


def _later() -> list[Step]:
    said = _("Once the instrument is registered.")
    words = (_("Terms defined"), _("Documents published"), _("ISIN"), _("Issued, or an offering open"))
    return [Step(word, False, said) for word in words]


def _terms(row: dict[str, Any]) -> Step:
    code, word = row["instrument"], _("Terms defined")
    if row["terms"] != "0":
        return Step(word, True, _("Version %(number)s holds.", number=row["terms"]))
    waiting = [
        act
        for act in api().page("/acts", status="proposed", function="instrument:define").items
        if act["args"].get("instrument") == code
    ]
    if waiting:
        said = _("Proposed; it waits for the other signature.")
        return Step(word, False, said, _("See what was proposed"), url_for("acts.show", id=waiting[0]["id"]))
    said = _("Say what a unit promises and to whom it is open. A custodian signs it too.")
    return Step(word, False, said, _("Define the terms"), url_for("terms.new", code=code))


def _documents(row: dict[str, Any]) -> Step:
    found = api().page("/publications", instrument=row["instrument"], limit=1).items
    if found:
        return Step(_("Documents published"), True, _("Whoever holds or buys can read and verify them."))
    said = _("Publish the bylaws or the prospectus; its fingerprint goes to the ledger.")
    target = url_for("documents.index", instrument=row["instrument"])
    return Step(_("Documents published"), False, said, _("Publish a document"), target)


def _isin(row: dict[str, Any]) -> Step:
    if row["isin"]:
        return Step(_("ISIN"), True, row["isin"])
    said = _(
        "The operator writes it down once it is assigned. Until then %(code)s stands for it.", code=row["instrument"]
    )
    return Step(_("ISIN"), False, said)


def _issued(row: dict[str, Any]) -> Step:
    code, word = row["instrument"], _("Issued, or an offering open")
    offered = [
        one for one in api().page("/offerings", instrument=code).items if one["status"] not in ("cancelled", "failed")
    ]
    if row["issued"] != "0" or offered:
        return Step(word, True, _("Your register is live."))
    said = _("Offer it to investors, or issue into your own account.")
    return Step(word, False, said, _("Open an offering"), url_for("offerings.new", instrument=code))
