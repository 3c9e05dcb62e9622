"""Brokers on stage for conversations: admitted, with mandates of the investors, and with sessions to call by."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.fix import certificates
from scripts.cast import PASSWORD, Member
from scripts.desk import Desk, derived_id
from scripts.fix_client import FixClient, Line
from scripts.product import Product
from scripts.seed import admit
from scripts.stage import Stage

BROKER = Member("CASA8", "casa8", "Casa de Bolsa Ocho, S.A.", "a broker", ("broker",))
OTHER = Member("CASA9", "casa9", "Casa de Bolsa Nueve, S.A.", "another broker", ("broker",))
MANDATES = {
    ("ALICE", "CASA8"): "each",
    ("BRUNO", "CASA8"): "none",
    ("CARLA", "CASA8"): "each",
    ("CARLA", "CASA9"): "each",
}
ORDER_MINOR, TOTAL_MINOR = 10_000_000, 1_000_000_000
PROFILES: dict[str, dict[str, Any]] = {
    "CASA8": {},
    "CASA8-DC": {"kind": "drop_copy"},
    "CASA9": {},
    "CASA9-OTHER": {},
    "CASA8-RESETS": {"may_reset": True},
    "CASA8-SLOW": {"throttle": "5"},
    "CASA8-FAR": {"addresses": ["10.0.0.0/8"]},
    "CASA8-GONE": {"cancel_on_disconnect": True},
}


@dataclass
class Floor:
    """One product with its brokers."""

    product: Product
    stage: Stage

    def account(self, owner: str) -> str:
        return self.stage.account(owner)

    def desk(self, party: str) -> Desk:
        return self.stage.desk(party)

    def add(self, comp_id: str, **profile: Any) -> None:
        """A session of the broker that its name begins with."""
        files = certificates.client(self.product.config.state, comp_id)
        named = {"comp_id": comp_id, "party": comp_id[:5], "certificate": files.fingerprint}
        self.desk("OPERATOR").post("/sessions", {"kind": "broker", **named, **profile})

    def wait_for(self, comp_id: str) -> None:
        """Until the gateway knows this session: it begins anew when there is one more."""
        deadline = time.monotonic() + 20
        while True:
            try:
                client = self.client(comp_id)
                known = client.log_on() is not None
                client.log_out()
            except OSError:
                known = False
            if known:
                break
            assert time.monotonic() < deadline, f"the gateway does not know {comp_id}"
            time.sleep(0.1)

    def line(self, comp_id: str) -> Line:
        """How to call as this session."""
        here = self.product.config.state / "fix" / "tls"
        files = {"certificate": here / f"{comp_id}.pem", "key": here / f"{comp_id}.key.pem"}
        return Line("127.0.0.1", self.product.config.fix_port, comp_id, authority=here / "authority.pem", **files)

    def client(self, comp_id: str, *, next_out: int = 1) -> FixClient:
        client = FixClient(self.line(comp_id), next_out=next_out)
        client.connect()
        return client


def brokers(product: Product, stage: Stage) -> Floor:
    """Put them on stage, once."""
    for member in (BROKER, OTHER):
        admit(stage, member)
        login = {"username": member.username, "party": member.party, "password": PASSWORD, "language": "en"}
        stage.desk("OPERATOR").post("/users", login)
        stage.desks[member.party] = Desk(product.url, member.username, PASSWORD)
    for (owner, agent), affirmation in MANDATES.items():
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=300)
        terms = {"agent": agent, "affirmation": affirmation, "order_minor": str(ORDER_MINOR)}
        terms |= {"total_minor": str(TOTAL_MINOR), "good_till": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        stage.desk(owner).command("/mandates", terms, derived_id(f"mandate {owner} {agent}"))
    floor = Floor(product, stage)
    for comp_id, profile in PROFILES.items():
        floor.add(comp_id, **profile)
    return floor
