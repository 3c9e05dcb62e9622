"""An owner takes an account to another custodian, with everything in it: both keep their own keys."""

import time
from datetime import timedelta
from typing import Any

import pytest

from middleware import clock
from scripts.cast import PASSWORD, SHARE
from scripts.desk import Desk, Refused, new_id, path
from scripts.stage import Stage
from tests.network import signing
from tests.network.member import Member
from tests.network.signing import Holder

BOUGHT, OFFERED = "5", "2"
OFFER_MINOR = "2400"
SWEEP = "500"  # more than whatever others left on the book below that price
PATIENCE_SECONDS = 60.0
Json = dict[str, Any]


class Move:
    """The account with shares, cash, a reservation that is gone and one that stands; its owner and the next custodian.

    Made while all is well; what follows goes through the operator's door.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        ledger = stage.desk("OPERATOR").get("/ledger")["ledger"]
        self.owner, self.next = signing.admit(stage, ledger), _custodian(stage, ledger)
        self.desks = {holder.party: _login(stage, holder) for holder in (self.owner, self.next)}
        _until_filled(self.mine, self._order(quantity=BOUGHT, limit_minor="2500", max_fee_minor="500"))
        gone = self._order()
        self._send(self.owner, path("orders", gone, "cancellation"), "order:cancel", {"order": gone})
        self.offer = self._order(side="sell", quantity=OFFERED, limit_minor=OFFER_MINOR, max_fee_minor="100")

    @property
    def mine(self) -> Desk:
        """The owner's desk."""
        return self.desks[self.owner.party]

    def held(self) -> dict[str, tuple[str, str]]:
        """instrument → quantity and reserved."""
        return _held(self.mine, self.owner.account)

    def make(self) -> None:
        """The owner proposes, the next custodian approves; whoever keeps it is not asked."""
        account, good_till = self.owner.account, clock.text(clock.now() + timedelta(hours=1))
        args = {"account": account, "custodian": self.next.party}
        proposal = {"function": "account:move", "args": args, "good_till": good_till}
        act = self._send(self.owner, path("accounts", account, "moves"), "act:propose", proposal)["act"]
        approval = {"act": act["id"], "hash": act["hash"]}
        self._send(self.next, path("acts", act["id"], "approval"), "act:approve", approval)
        assert self.mine.get(path("accounts", account))["custodian"] == self.next.party

    def trade_on(self) -> None:
        """The owner buys, and somebody takes what was offered before the move."""
        before = self.held()
        alice, where = self.stage.desk("ALICE"), self.stage.account("ALICE")
        terms = {"account": where, "cash_account": where, "instrument": SHARE, "side": "buy"}
        taken = alice.command("/orders", {**terms, "quantity": SWEEP, "limit_minor": OFFER_MINOR})["order"]["id"]
        _until_filled(self.mine, self.offer)
        alice.command(path("orders", taken, "cancellation"), {})
        _until_filled(self.mine, self._order(quantity="1", limit_minor="2500", max_fee_minor="100"))
        left = int(before[SHARE][0]) - int(OFFERED) + 1
        assert self.held()[SHARE] == (str(left), "0")

    def is_seen_at(self, member: Member) -> None:
        """Another installation has it under the next custodian, who may act on it there by its lane, and alone."""
        desk, account = member.desk(self.next.party), self.owner.account
        assert desk.get(path("accounts", account))["custodian"] == self.next.party
        assert _held(desk, account) == self.held()
        assert self.stage.desk("CUSTODIA1").find(path("accounts", account)) is None
        with pytest.raises(Refused) as refused:
            self._send(self.next, path("accounts", account, "closure"), "account:close", {"account": account}, desk)
        assert (refused.value.code, refused.value.reason) == ("wrong_status", "holdings")

    def _order(self, **terms: str) -> str:
        args = signing.order(self.owner, **terms)
        order: str = self._send(self.owner, "/orders", "order:place", args)["order"]["id"]
        return order

    def _send(self, holder: Holder, where: str, function: str, args: Json, desk: Desk | None = None) -> Json:
        """What its holder signed with his own key, sent through a door."""
        id = new_id()
        return (desk or self.desks[holder.party]).command(where, {"jws": holder.command(function, args, id=id)}, id)


def _custodian(stage: Stage, ledger: str) -> Holder:
    """A second custodian of the custodian's organisation."""
    holder = Holder(f"NUEVA-{new_id()[-12:].upper()}", ledger)
    terms = {"party": holder.party, "name": "Custodia Nueva", "organisation": "custodian", "roles": ["custodian"]}
    act = stage.desk("OPERATOR").command("/parties", {**terms, "key": holder.public_key()})["act"]
    stage.desk("CUSTODIA1").command(path("acts", act["id"], "approval"), {"hash": act["hash"]})
    return holder


def _login(stage: Stage, holder: Holder) -> Desk:
    login = {"username": holder.party.lower(), "party": holder.party, "password": PASSWORD}
    stage.desk("OPERATOR").post("/users", login)
    return Desk(stage.url, login["username"], PASSWORD)


def _held(desk: Desk, account: str) -> dict[str, tuple[str, str]]:
    rows = desk.every("/holdings", account=account)
    return {one["instrument"]: (one["quantity"], one["reserved"]) for one in rows}


def _until_filled(desk: Desk, order: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (status := desk.get(path("orders", order))["status"]) != "filled":
        assert time.monotonic() < deadline, f"{order} is {status}"
        time.sleep(0.1)
