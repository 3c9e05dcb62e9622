"""Thousands of investors with keys of their own who subscribe to one offering.

What they send is what they would send. It goes into the queue and not through the door, which would only take longer
over ten thousand passwords.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, select

from middleware import clock, relay
from middleware.database import Database
from middleware.errors import Error
from middleware.models.submission import Submission
from middleware.relay import Wish
from scripts.cast import CURRENCY
from scripts.desk import Json, new_id, path
from scripts.product import Product
from scripts.seed import attest, register
from scripts.stage import Stage
from tests.network.signing import Holder

SHARE = "RAISE"
PRICE = 1_000
MOST_WANTED = 20
CASH_MINOR = MOST_WANTED * PRICE
AT_ONCE = 250
MOST_WAITING = 5_000
TIMEOUT_SECONDS = 600.0
LOOK_SECONDS = 0.02


class Subscribers:
    """Parties with an account and cash each, on a product that runs."""

    def __init__(self, product: Product, stage: Stage, count: int) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # we are no door
        self.stage = stage
        self._database = Database(product.config)
        ledger = stage.desk("OPERATOR").get("/ledger")["ledger"]
        suffix = new_id()[-4:].upper()
        self._group = f"subscribers {suffix}"
        self.holders = [Holder(f"S{n:05}-{suffix}", ledger) for n in range(count)]
        self.wanted = [n % MOST_WANTED + 1 for n in range(count)]

    def gather(self) -> float:
        """Admit everybody, open accounts, hand out cash; how many commands a second the ledger took."""
        self._instrument()
        began = time.monotonic()
        for some in _some(self.holders):
            self._admit(some)
            self._endow(some)
        self._wait()
        return 4 * len(self.holders) / (time.monotonic() - began)

    def close(self) -> None:
        self._database.close()

    def offer(self, seconds: float) -> str:
        """An offering of half of what they will want, open for so long."""
        now = clock.now().replace(microsecond=0)
        window = {"opens_at": clock.text(now), "closes_at": clock.text(now + timedelta(seconds=int(seconds)))}
        window["allot_by"] = clock.text(now + timedelta(days=2))
        size = {"minimum": "1", "maximum": str(sum(self.wanted) // 2), "ticket_minimum": "1"}
        prices = {"price_min_minor": str(PRICE), "price_max_minor": str(PRICE)}
        paid = {"instrument": SHARE, "cash_account": self.stage.account("ACME"), "kind": "public"}
        offering: Json = self.stage.desk("ACME").command("/offerings", {**paid, **size, **prices, **window})["offering"]
        return str(offering["id"])

    def subscribe(self, offering: str) -> None:
        """Everybody, each signed with his own key."""
        for some in _some(list(enumerate(self.holders))):
            self._send([self._subscription(offering, n, holder) for n, holder in some])
        self._wait()

    def wait_for_close(self, offering: str) -> None:
        """Until nobody can subscribe any more; the ledger's clock has whole seconds."""
        closes_at = clock.parse(self.until(offering, lambda _: True)["closes_at"])
        time.sleep(max(0.0, (closes_at - clock.now()).total_seconds()) + 0.1)

    def allot(self, offering: str) -> None:
        """Both signatures; from here the worker settles by itself."""
        where, price = path("offerings", offering, "allotment"), {"price_minor": str(PRICE)}
        act = self.stage.desk("ACME").command(where, price)["act"]
        self.stage.desk("CUSTODIA1").command(path("acts", act["id"], "approval"), {"hash": act["hash"]})

    def until(self, offering: str, true: Callable[[Json], bool], look_seconds: float = LOOK_SECONDS) -> Json:
        """The offering, once that is true of it."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            found: Json = self.stage.desk("ACME").get(path("offerings", offering))
            if true(found):
                return found
            assert time.monotonic() < deadline, f"{found['status']}, {found['done']} of {found['subscribers']} are done"
            time.sleep(look_seconds)

    def _instrument(self) -> None:
        terms = {"instrument": SHARE, "kind": "equity", "issuer": "ACME", "currency": CURRENCY, "isin": ""}
        size = {"authorised": str(10**9), "lot": "1", "tick_minor": "1", "fee_bps": "0", "minor_digits": "0"}
        register(self.stage, {**terms, **size, "fee_account": ""})
        issued = int(self.stage.desk("BANCO1").get(path("instruments", CURRENCY))["issued"])
        attest(self.stage, issued + CASH_MINOR * len(self.holders))

    def _admit(self, some: Sequence[Holder]) -> None:
        till = clock.text(clock.now().replace(microsecond=0) + timedelta(hours=1))
        acts = [{"function": "party:admit", "good_till": till, "args": _admission(one)} for one in some]
        proposed = self._send([self._wish("OPERATOR", "act:propose", args) for args in acts])
        approvals = [{"act": f"OPERATOR:{one.id}", "hash": one.hash} for one in proposed]
        self._send([self._wish("CUSTODIA1", "act:approve", args) for args in approvals])

    def _endow(self, some: Sequence[Holder]) -> None:
        accounts = [{"owner": one.party, "kind": "direct"} for one in some]
        opened = self._send([self._wish("CUSTODIA1", "account:open", args) for args in accounts])
        for holder, account in zip(some, opened, strict=True):
            holder.account = f"CUSTODIA1:{account.id}"
        cash = {"instrument": CURRENCY, "amount_minor": str(CASH_MINOR)}
        paid = [{**cash, "account": one.account, "reference": f"SUB-{one.party}"} for one in some]
        self._send([self._wish("BANCO1", "cash:deposit", args) for args in paid])

    def _subscription(self, offering: str, n: int, holder: Holder) -> Wish:
        args = {"offering": offering, "account": holder.account, "cash_account": holder.account}
        args |= {"quantity": str(self.wanted[n]), "limit_minor": str(PRICE), "invitation": ""}
        id, function = new_id(), "offering:subscribe"
        jws = holder.command(function, args, id=id)
        return Wish(function=function, args=args, signer=holder.party, id=id, jws=jws, group=self._group)

    def _wish(self, signer: str, function: str, args: dict[str, Any]) -> Wish:
        """One that the platform signs for its party."""
        return Wish(function=function, args=args, signer=signer, id=new_id(), group=self._group)

    def _send(self, wishes: Sequence[Wish]) -> list[Submission]:
        """Into the queue, as it has room."""
        while self._waiting() > MOST_WAITING:
            time.sleep(0.1)
        with self._database.writing() as session:
            answers = relay.enqueue_many(session, wishes)
            session.commit()
            relay.push(session)
        return list(_stored(answers))

    def _waiting(self) -> int:
        query = select(func.count()).select_from(Submission).where(Submission.status != "done")
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def _wait(self) -> None:
        """Until nothing waits; nothing of ours may have been refused."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while left := self._waiting():
            assert time.monotonic() < deadline, f"{left} commands have no outcome"
            time.sleep(0.1)
        query = select(Submission.message).where(Submission.code != "", Submission.group == self._group).limit(1)
        with self._database.reading() as session:
            refused = session.scalar(query)
        assert refused is None, refused


def _admission(holder: Holder) -> dict[str, Any]:
    return {"party": holder.party, "organisation": "", "roles": ["investor"], "key": holder.public_key()}


def _some(all: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (all[at : at + AT_ONCE] for at in range(0, len(all), AT_ONCE))


def _stored(answers: Sequence[Submission | Error]) -> Iterator[Submission]:
    for answer in answers:
        if isinstance(answer, Error):
            raise answer
        yield answer
