"""Brokers on stage for conversations: admitted, with mandates of the investors, and with sessions to call by."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
# Each conversation has a session of its own, so that its numbers begin at 1: as many as there are conversations.
PROFILES: dict[str, tuple[str, ...]] = {
    "CASA8": (),
    "CASA8-DC": ("--kind", "drop_copy"),
    "CASA9": (),
    "CASA8-RESET": ("--may-reset",),
    "CASA8-SLOW": ("--throttle", "20"),
    "CASA8-FAR": ("--address", "10.0.0.0/8"),
    "CASA8-GONE": ("--cancel-on-disconnect",),
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

    def line(self, comp_id: str) -> Line:
        """How to call as this session."""
        here = self.product.config.state / "fix" / "tls"
        files = {"certificate": here / f"{comp_id}.pem", "key": here / f"{comp_id}.key.pem"}
        return Line("127.0.0.1", self.product.config.fix_port, comp_id, authority=here / "authority.pem", **files)

    def client(self, comp_id: str, *, next_out: int = 1) -> FixClient:
        client = FixClient(self.line(comp_id), next_out=next_out)
        client.connect()
        return client


def brokers(product: Product, extra: dict[str, tuple[str, ...]]) -> Floor:
    """Put them on stage, once."""
    stage = Stage(product.url, lambda _: None)
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
    for comp_id, options in {**PROFILES, **extra}.items():
        added = product.lonja("sessions", "add", comp_id, comp_id[:5], *options)
        assert added.returncode == 0, added.stderr
    return Floor(product, stage)
