"""A broker with a FIX session, three clients of his and a share at the exchange, on a product that runs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.fix import certificates
from scripts.cast import PASSWORD, SHARE_TERMS, Member
from scripts.desk import Desk, Json, derived_id, path
from scripts.exchange import control
from scripts.fix_client import Line, now
from scripts.product import Product
from scripts.seed import admit, open_account, register
from scripts.stage import Stage, agree, banking
from tests.network.caller import Caller

EXCHANGE, BROKER, SHARE = "MERCADO", "CASA6", "NETO"
BUYER, SELLER, AFFIRMER = "RITA", "RAUL", "RENE"
PLAYERS = (
    Member(EXCHANGE, "mercado", "Mercado Central (simulated)", "an exchange", ("exchange",)),
    Member(BROKER, "casa6", "Casa de Bolsa Seis, S.A.", "a broker", ("broker",)),
    Member(BUYER, "rita", "Rita Luna", "an investor whose broker signs", ("investor",)),
    Member(SELLER, "raul", "Raúl Vega", "an investor whose broker signs", ("investor",)),
    Member(AFFIRMER, "rene", "René Sol", "an investor who affirms every order", ("investor",)),
)
MANDATES = {BUYER: "none", SELLER: "none", AFFIRMER: "each"}
CASH_MINOR, SHARES, MOST_MINOR = 10**11, 10**6, 10**12
TIMEOUT_SECONDS = 60.0


@dataclass
class Brokerage:
    """What the broker needs to send orders by FIX, and what others see of them."""

    product: Product
    stage: Stage
    earlier: frozenset[str] = frozenset()  # trades that others had made at the exchange before

    def open(self) -> "Brokerage":
        """Put everybody on stage, once."""
        for member in PLAYERS:
            admit(self.stage, member)
            self._sign_in(member)
        for owner, affirmation in MANDATES.items():
            open_account(self.stage, owner)
            self._mandate(owner, affirmation)
        self._shares()
        cash = {"instrument": "MXN.BANCO1", "account": self.stage.account(BUYER), "amount_minor": str(CASH_MINOR)}
        banking(self.stage, "/deposits", {**cash, "reference": f"OPENING-{BUYER}"}, derived_id("brokerage cash"))
        self._session(EXCHANGE, "exchange", host="127.0.0.1", port=str(self.product.config.exchange_port))
        self._session(BROKER, "broker", throttle="2000")
        self.earlier = frozenset(trade["reference"] for trade in self.at_exchange("trades"))
        return self

    @property
    def line(self) -> Line:
        """How the broker calls."""
        folder = self.product.config.state / "fix" / "tls"
        files = certificates.client(self.product.config.state, BROKER)
        authority = folder / "authority.pem"
        port = self.product.config.fix_port
        return Line("127.0.0.1", port, BROKER, certificate=files.certificate, key=files.key, authority=authority)

    def caller(self) -> Caller:
        """The broker's engine, where an earlier one has left the session's numbers."""
        session = self.stage.desk("OPERATOR").get(path("sessions", BROKER))
        return Caller(self.line, next_out=int(session["next_in"]), next_in=int(session["next_out"]))

    def order(self, client_id: str, owner: str, quantity: int, price: str) -> dict[int, str]:
        """The fields of an order."""
        side = "1" if owner == BUYER else "2"
        named = {11: client_id, 1: self.stage.account(owner), 55: SHARE, 54: side, 60: now(), 100: EXCHANGE}
        return {**named, 38: str(quantity), 40: "2", 44: price, 59: "0"}

    def cancel(self, client_id: str, original: str, order: dict[int, str]) -> dict[int, str]:
        """The fields of a cancel."""
        return {11: client_id, 41: original, 55: SHARE, 54: order[54], 60: now(), 38: order[38]}

    def orders(self) -> Iterator[Json]:
        """The broker's orders as the mirror has them."""
        return self.stage.desk(BROKER).every("/orders", broker=BROKER)

    def affirm_all(self) -> int:
        """The investor signs whatever waits for him, many at once; how many."""
        desk = self.stage.desk(AFFIRMER)
        waiting = [entry["id"] for entry in desk.every("/entries", status="awaiting_affirmation")]
        if waiting:
            desk.post("/entries/affirmations", {"entries": waiting[:200]})
        return len(waiting)

    def at_exchange(self, what: str) -> list[Json]:
        """Its orders or trades."""
        found: list[Json] = control.ask(control.path(self.product.config), what)
        return found

    def trades(self) -> list[Json]:
        """What was traded at the exchange since."""
        return [trade for trade in self.at_exchange("trades") if trade["reference"] not in self.earlier]

    def wait_for_gateway(self) -> None:
        """Until the gateway answers: it begins anew when there is one session more."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                self.line.connect(2.0).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "nobody answers at the FIX gate"
                time.sleep(0.2)

    def _sign_in(self, member: Member) -> None:
        known = {user["username"] for user in self.stage.desk("OPERATOR").every("/users")}
        if member.username not in known:
            login = {"username": member.username, "party": member.party, "password": PASSWORD, "language": "en"}
            self.stage.desk("OPERATOR").post("/users", login)
        self.stage.desks[member.party] = Desk(self.stage.url, member.username, PASSWORD)

    def _mandate(self, owner: str, affirmation: str) -> None:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=300)
        limits = {"order_minor": str(MOST_MINOR), "total_minor": str(10 * MOST_MINOR)}
        terms = {"agent": BROKER, "affirmation": affirmation, "good_till": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        if not any(one["owner"] == owner for one in self.stage.desk(owner).every("/mandates")):
            self._command(owner, "/mandates", {**terms, **limits})

    def _shares(self) -> None:
        stage = self.stage
        terms = {**SHARE_TERMS, "instrument": SHARE, "fee_account": stage.account("OPERATOR")}
        register(stage, {**terms, "authorised": str(10**9)})
        issue = {"account": stage.account("ACME"), "quantity": str(3 * SHARES), "resolution": "0" * 64}
        agree(stage, f"issue {SHARE}", "ACME", path("instruments", SHARE, "issuances"), issue)
        for seller in (SELLER, AFFIRMER):
            ends = {"from_account": stage.account("ACME"), "to_account": stage.account(seller)}
            body = {"instrument": SHARE, "quantity": str(SHARES), "reason": "other", **ends}
            self._command("ACME", "/transfers", body, seller)

    def _session(self, comp_id: str, kind: str, **profile: Any) -> None:
        known = {session["comp_id"] for session in self.stage.desk("OPERATOR").every("/sessions")}
        if comp_id in known:
            return
        if kind == "broker":
            profile["certificate"] = certificates.client(self.product.config.state, comp_id).fingerprint
        self.stage.desk("OPERATOR").post("/sessions", {"comp_id": comp_id, "party": comp_id, "kind": kind, **profile})

    def _command(self, party: str, where: str, body: Json, label: str = "") -> None:
        self.stage.desk(party).command(where, body, derived_id(f"brokerage {party} {where} {label}"))
