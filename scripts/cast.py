"""The cast: who is on stage in the seed, the demo, the README and the pages' examples."""

from dataclasses import dataclass

PASSWORD = "lonja-demo-2026"  # noqa: S105 - a demonstration on loopback; the README says so
CURRENCY = "MXN.BANCO1"
SHARE = "ACME"
VENUE = "BOLSA"


@dataclass(frozen=True)
class Member:
    """A party and its user. The first four are in the genesis file; the others are admitted by the seed."""

    party: str
    username: str
    name: str
    what: str  # for the list of logins
    roles: tuple[str, ...]
    language: str = "es"
    founder: bool = False
    opening_minor: int = 0  # cash that the bank confirms at the opening

    @property
    def holds(self) -> bool:
        """Whether it has an account from the beginning: issuers and investors do."""
        return bool({"issuer", "investor"} & set(self.roles))


CAST = (
    Member(
        "OPERATOR",
        "operator",
        "Lonja Operadora, S.A. de C.V.",
        "the operator: admits, registers, suspends",
        ("operator",),
        founder=True,
    ),
    Member(
        "CUSTODIA1",
        "custodian",
        "Custodia Uno, S.A.",
        "the custodian: keeps accounts, approves what the operator proposes",
        ("custodian",),
        founder=True,
    ),
    Member("BOLSA", "venue", "Bolsa Lonja", "the venue: its book matches the orders", ("venue",), founder=True),
    Member(
        "BANCO1",
        "bank",
        "Banco Uno, S.A.",
        "the settlement bank: confirms deposits, pays withdrawals",
        ("bank",),
        founder=True,
    ),
    Member("ACME", "acme", "Alimentos Acme, S.A.P.I.", "the issuer of ACME: issues, sees its register", ("issuer",)),
    Member(
        "ALICE",
        "alice",
        "Alicia Torres",
        "an investor (English)",
        ("investor",),
        language="en",
        opening_minor=10_000_000,
    ),
    Member("BRUNO", "bruno", "Bruno Salas", "an investor", ("investor",), opening_minor=5_000_000),
    Member("CARLA", "carla", "Carla Núñez", "an investor", ("investor",), opening_minor=5_000_000),
)

USERS = CAST  # everybody on stage has one login

# What a currency and a share are made of: the args of instrument:register as the API takes them.
CURRENCY_TERMS = {
    "instrument": CURRENCY,
    "kind": "currency",
    "issuer": "BANCO1",
    "currency": "",
    "isin": "",
    "authorised": "",
    "lot": "1",
    "tick_minor": "1",
    "fee_bps": "0",
    "fee_account": "",
    "minor_digits": "2",
}
SHARE_TERMS = {
    "instrument": SHARE,
    "kind": "equity",
    "issuer": "ACME",
    "currency": CURRENCY,
    "isin": "",
    "authorised": "1000000",
    "lot": "1",
    "tick_minor": "1",
    "fee_bps": "25",
    "minor_digits": "0",
}
RESOLUTION = "Resolution of the general meeting of Alimentos Acme, S.A.P.I., 20 November 2026: issue of 100,000 shares"
OPENING_ISSUE = 100_000
OPENING_SALE = (5_000, 2_500)  # what the issuer offers from the first minute: quantity and limit in minor units
