"""A small market for tests of the worker: commands go through the relay's table, nothing else is used."""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import func, select

from middleware import clock, ids, relay
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import wallet
from middleware.models.key import HostedKey
from middleware.models.submission import Submission
from middleware.models.trade import Trade
from middleware.relay import Wish

PLENTY = {"instrument": "MXN.BANCO1", "balance_minor": str(10**18), "reference": "STATEMENT-1"}
CASH, SHARES = 10**12, 10**6
Found = TypeVar("Found")


class Exchange:
    """The cast, its accounts and its instruments. `ALICE`, `BRUNO` … hold cash and shares."""

    def __init__(self, database: Database, work: Callable[[], None] = lambda: time.sleep(0.01)) -> None:
        self.database = database
        self.work = work  # what to do while waiting
        self.accounts: dict[str, str] = {}

    def open(self, *investors: str) -> None:
        """Register a share and a currency, admit investors, give them money and shares."""
        self.until(self._begun)
        no = {"currency": "", "isin": "", "authorised": "", "fee_account": "", "lot": "1", "tick_minor": "1"}
        currency = {"instrument": "MXN.BANCO1", "kind": "currency", "issuer": "BANCO1", "fee_bps": "0"}
        self.act("instrument:register", {**no, **currency, "minor_digits": "2"})
        self.do(self.wish("cash:attest", "BANCO1", {**PLENTY, "as_of": clock.text(clock.now())}))
        for party, role in [("ACME", "issuer"), *((investor, "investor") for investor in investors)]:
            self.admit(party, role)
        share = {"instrument": "ACME", "kind": "equity", "issuer": "ACME", "currency": "MXN.BANCO1", "fee_bps": "25"}
        more = {"authorised": str(10**15), "fee_account": self.account("OPERATOR"), "minor_digits": "0"}
        self.act("instrument:register", {**no, **share, **more})
        issue = {"instrument": "ACME", "account": self.accounts["ACME"], "quantity": str(SHARES * len(investors))}
        self.act("instrument:issue", {**issue, "resolution": hashlib.sha256(b"").hexdigest()}, proposer="ACME")
        for investor in investors:
            money = {"instrument": "MXN.BANCO1", "account": self.accounts[investor], "amount_minor": str(CASH)}
            shares = {"instrument": "ACME", "from_account": self.accounts["ACME"], "quantity": str(SHARES)}
            shares |= {"to_account": self.accounts[investor], "reason": "other"}
            self.do(self.wish("cash:deposit", "BANCO1", {**money, "reference": investor}))
            self.do(self.wish("holding:transfer", "ACME", shares))

    def _begun(self) -> bool:
        """Whether the mirror has the genesis, which activates the first keys."""
        with self.database.reading() as session:
            return session.scalars(select(HostedKey.status).where(HostedKey.party == "OPERATOR")).one() == "active"

    def admit(self, party: str, role: str) -> None:
        """Admit a party with a hosted key and open an account for it."""
        with self.database.writing() as session:
            key = wallet.create(session, party, 1, ["*"])
            session.commit()
        self.act("party:admit", {"party": party, "organisation": "", "roles": [role], "key": key})
        self.account(party)

    def account(self, owner: str) -> str:
        (made,) = self.do(self.wish("account:open", "CUSTODIA1", {"owner": owner, "kind": "own"}))
        self.accounts[owner] = f"CUSTODIA1:{made.id}"
        return self.accounts[owner]

    def act(self, function: str, args: dict[str, object], proposer: str = "OPERATOR") -> None:
        """Two signatures: proposer and custodian."""
        till = clock.text(clock.after(3600))
        (act,) = self.do(self.wish("act:propose", proposer, {"function": function, "args": args, "good_till": till}))
        self.do(self.wish("act:approve", "CUSTODIA1", {"act": f"{proposer}:{act.id}", "hash": act.hash}))

    def order(self, owner: str, side: str, quantity: int, limit_minor: int, good_for_seconds: float = 3600) -> Wish:
        fields = {"account": self.accounts[owner], "cash_account": self.accounts[owner], "instrument": "ACME"}
        fields |= {"side": side, "quantity": str(quantity), "limit_minor": str(limit_minor), "venue": "BOLSA"}
        fields |= {"broker": "", "good_till": clock.text(clock.after(good_for_seconds))}
        return self.wish("order:place", owner, {**fields, "max_fee_minor": str(quantity * limit_minor * 25 // 10_000)})

    def wish(self, function: str, signer: str, args: dict[str, object]) -> Wish:
        return Wish(function=function, args=args, signer=signer, id=ids.new())

    def send(self, *wishes: Wish) -> list[Submission]:
        """Acknowledged: from here on nothing may be lost."""
        with self.database.writing() as session:
            answers = relay.enqueue_many(session, wishes)
            session.commit()
            relay.push(session)
        for answer in answers:
            if isinstance(answer, Error):
                raise answer
        return [answer for answer in answers if isinstance(answer, Submission)]

    def do(self, *wishes: Wish) -> list[Submission]:
        """Send and wait; every one must be carried out."""
        sent = self.send(*wishes)
        outcomes = self.outcomes(sent)
        assert {code for code, _ in outcomes} == {""}, outcomes
        return sent

    def outcomes(self, sent: Sequence[Submission], seconds: float = 60) -> list[tuple[str, str]]:
        """(code, reason) of each, once all are done."""
        wanted = [one.arrival for one in sent]

        def found() -> list[tuple[str, str]] | None:
            query = select(Submission.code, Submission.reason).where(Submission.status == "done")
            with self.database.reading() as session:
                rows = session.execute(query.where(Submission.arrival.in_(wanted)).order_by(Submission.arrival)).all()
            return [(row.code, row.reason) for row in rows] if len(rows) == len(wanted) else None

        return self.until(found, seconds)

    def trades(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Trade)) or 0

    def until(self, found: Callable[[], Found | None], seconds: float = 60) -> Found:
        """Look until there is something."""
        deadline = time.monotonic() + seconds
        while True:
            answer = found()
            if answer:
                return answer
            assert time.monotonic() < deadline, "it did not happen in time"
            self.work()
