"""The stage: the desks of the cast at one product, and what it takes two of them to do."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.cast import CAST, PASSWORD, SECOND
from scripts.desk import Desk, Json, Refused, derived_id, new_id, path

ATTEMPTS = 9


@dataclass
class Stage:
    """The desks of the cast, opened when first needed, and what to print."""

    url: str
    say: Callable[[str], None]
    desks: dict[str, Desk] = field(default_factory=dict)

    def desk(self, party: str) -> Desk:
        if party not in self.desks:
            member = next(m for m in CAST if m.party == party)
            self.desks[party] = Desk(self.url, member.username, PASSWORD)
        return self.desks[party]

    def second(self, party: str) -> Desk:
        """The desk of the cast member's second user, who approves what the first has entered."""
        username = SECOND[party]
        if username not in self.desks:
            self.desks[username] = Desk(self.url, username, PASSWORD)
        return self.desks[username]

    def account(self, owner: str) -> str:
        """The id of a cast member's account: known before it is opened, since the custodian's command names it."""
        return f"CUSTODIA1:{derived_id(f'account {owner}')}"


def agree(stage: Stage, label: str, proposer: str, where: str, terms: Mapping[str, Any]) -> Json:
    """An act of two parties: `proposer` proposes it, the custodian approves.

    A proposal that has lapsed or was refused on an earlier day is made anew under the next id of its label.
    """
    for attempt in range(ATTEMPTS):
        try:
            act: Json = stage.desk(proposer).command(where, terms, derived_id(f"{label} {attempt}"))["act"]
        except Refused as refused:
            if refused.reason == "expired":
                continue
            raise
        if act["status"] in ("lapsed", "refused"):
            continue
        if act["status"] == "approved":
            return act
        approval = path("acts", act["id"], "approval")
        approve = derived_id(f"approve {label} {attempt}")
        approved: Json = stage.desk("CUSTODIA1").command(approval, {"hash": act["hash"]}, approve)["act"]
        return approved
    raise SystemExit(f"seed: {label} was refused {ATTEMPTS} times")


def banking(stage: Stage, where: str, body: Mapping[str, Any], id: str = "") -> Json:
    """A command of the bank: entered by one user and, where the bank wants four eyes, approved by another."""
    bank, id = stage.desk("BANCO1"), id or new_id()
    answer = bank.command(where, body, id)
    if answer["submission"]:
        return answer
    stage.second("BANCO1").command(path("drafts", answer["draft"]["id"], "approval"), {})
    return bank.command(where, body, id)  # the same again answers what became of it


def digest(text: str) -> str:
    """What stands on the ledger for a document: its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()
