"""What a scenario has named so far, and the desks it acts through. The cast is implied: first mention makes it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scripts.desk import Desk, Json, new_id, path
from tests.scenario_runner.script import Mistake

SHARED = {"operator": "OPERATOR", "custodian": "CUSTODIA1"}
PASSWORD = "lonja-scenario-2026"
_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_LAST_SUFFIX = [0]


@dataclass(frozen=True)
class Account:
    id: str
    owner: str  # alias
    custodian: str


@dataclass(frozen=True)
class Instrument:
    code: str
    kind: str
    issuer: str
    currency: str  # alias
    digits: int


@dataclass
class Sent:
    """One request as it went out: `again` and a repeated line send it under the same id."""

    by: str
    where: str
    body: Json
    id: str


@dataclass
class World:
    """One file's names on a ledger that lasts: every code carries a suffix that no other run has."""

    desk_of: Callable[[str, str], Desk]  # username, password
    operator: Desk
    custodian: Desk
    venue: str  # the party that `bolsa` is: BOLSA where its matcher plays along, "" for one of our own
    imply: Callable[[str], None] = lambda line: None
    suffix: str = field(default_factory=lambda: _suffix())
    desks: dict[str, Desk] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=lambda: dict(SHARED))
    accounts: dict[str, Account] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)  # "order b1" → its id on the ledger
    owners: dict[str, str] = field(default_factory=dict)  # order on the ledger → alias of its owner
    ids: dict[str, str] = field(default_factory=dict)  # "order b1" → command id
    traded_in: dict[str, str] = field(default_factory=dict)  # order alias → instrument alias
    numbers: dict[str, int] = field(default_factory=dict)  # instrument code → last execution number used up
    isins: dict[str, str] = field(default_factory=dict)  # as the file writes them → as they stand here
    hashes: dict[str, str] = field(default_factory=dict)  # act alias → hash
    firsts: dict[str, str] = field(default_factory=dict)  # alias of an instruction → of who entered it first
    sent: set[str] = field(default_factory=set)  # command ids
    last: Sent | None = None

    def code(self, alias: str) -> str:
        """What an alias is called on this ledger."""
        return f"{alias.upper()}-{self.suffix}"

    def party(self, alias: str) -> str:
        if alias not in self.parties:
            if alias != alias.lower():
                raise Mistake(f"{alias!r} is not a party's name")
            if alias == "bolsa" and self.venue:
                self.parties[alias] = self.venue
                return self.venue
            roles = {"acme": "issuer", "bolsa": "venue organisation=operator", "banco": "bank"}
            roles |= {"casa": "broker", "mercado": "exchange"}
            self.imply(f"party {alias} {roles.get(alias, 'investor')}")
        return self.parties[alias]

    def desk(self, alias: str) -> Desk:
        """The desk of a party's user, who is made when first needed."""
        party = self.party(alias)
        if alias in SHARED:
            return {"operator": self.operator, "custodian": self.custodian}[alias]
        if alias not in self.desks:
            username = f"{party.lower().replace('.', '-')}"
            known = party == self.venue
            if not known:
                self.operator.post("/users", {"username": username, "party": party, "password": PASSWORD})
            self.desks[alias] = self.desk_of("venue" if known else username, "" if known else PASSWORD)
        return self.desks[alias]

    def account(self, alias: str) -> Account:
        if alias not in self.accounts:
            self.imply(f"account {alias} {alias}")
        return self.accounts[alias]

    def instrument(self, alias: str) -> Instrument:
        if alias not in self.instruments:
            if alias not in ("EUR", "ACME"):
                raise Mistake(f"no line states the instrument {alias}")
            self.imply(f"instrument {alias}" + (" kind=currency" if alias == "EUR" else ""))
        return self.instruments[alias]

    def known(self, kind: str, alias: str) -> str:
        """The id on the ledger of what an earlier line made."""
        if f"{kind} {alias}" not in self.made:
            raise Mistake(f"no line before made the {kind} {alias}")
        return self.made[f"{kind} {alias}"]

    def owner_of(self, reference: str) -> str:
        """The alias of an order's owner, of anything else of the party in its reference."""
        if reference in self.owners:
            return self.owners[reference]
        party = reference.partition(":")[0]
        return next(alias for alias, code in self.parties.items() if code == party)

    def id(self, kind: str, alias: str) -> str:
        """The command id of a line that makes something; a repeated line has the first one's."""
        return self.ids.setdefault(f"{kind} {alias}", new_id())

    def amount(self, alias: str, text: str) -> str:
        """A quantity as the API takes it: minor units of a currency, units of a security."""
        return minor(text, self.instrument(alias).digits)

    def money(self, alias: str, text: str) -> str:
        """An amount of the currency that an instrument trades in."""
        instrument = self.instrument(alias)
        return minor(text, self.instrument(instrument.currency).digits if instrument.currency else instrument.digits)

    def priced(self, alias: str, text: str) -> tuple[str, str]:
        quantity, _, price = text.partition("@")
        return quantity, self.money(alias, price)

    def approve(self, act: Json) -> Json:
        """The custodian's half of an act."""
        return self.custodian.command(path("acts", act["id"], "approval"), {"hash": act["hash"]})


def minor(text: str, digits: int) -> str:
    """25.00 → 2500 with two digits. What is not such a number is passed on as it stands."""
    found = _DECIMAL.fullmatch(text)
    if not found or len(found[2] or "") > digits:
        return text
    return (found[1] + (found[2] or "").ljust(digits, "0")).lstrip("0") or "0"


def instant(text: str) -> str:
    """`+24h`, `+90m`, `-1s` from now, as the API takes it."""
    amount, unit = int(text[:-1]), {"h": "hours", "m": "minutes", "s": "seconds"}[text[-1]]
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(**{unit: amount})
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _suffix() -> str:
    """Something that no run on this ledger had before: the time in tenths of seconds, in letters and digits."""
    tenths = max(int(datetime.now(UTC).timestamp() * 10) % 36**6, _LAST_SUFFIX[0] + 1)
    _LAST_SUFFIX[0] = tenths
    alphabet, text = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""
    while tenths:
        tenths, digit = divmod(tenths, 36)
        text = alphabet[digit] + text
    return text
