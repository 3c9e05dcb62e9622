"""The cast: who is on stage in the seed, the demo, the README and the pages' examples."""

from dataclasses import dataclass

PASSWORD = "lonja-demo-2026"  # noqa: S105 - a demonstration on loopback; the README says so
CURRENCY = "MXN.BANCO1"
SHARE = "ACME"
VENUE = "BOLSA"
EXCHANGE = "MERCADO"
LISTED = "NORTE"  # a share that is traded at the exchange
BROKER = "CASA1"


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
    limit_minor: int = 0  # most that one purchase may cost; 0 without a limit

    @property
    def investor_type(self) -> str:
        """What the operator has verified that it is; "" of those who hold nothing of their own."""
        if not self.holds:
            return ""
        if "issuer" in self.roles or self.party.startswith(("FONDO", "GESTORA")):
            return "institutional"
        return "qualified" if self.party == "BRUNO" else "retail"

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
    Member(
        *("CARLA", "carla", "Carla Núñez", "an investor with a limit of 100,000.00 a purchase", ("investor",)),
        opening_minor=5_000_000,
        limit_minor=10_000_000,
    ),
    Member("NORTE", "norte", "Energía Norte, S.A.P.I.", "the issuer of NORTE, which the exchange lists", ("issuer",)),
    Member("CASA1", "casa", "Casa de Bolsa Uno, S.A.", "a broker: enters orders by FIX and here", ("broker",)),
    Member("MERCADO", "mercado", "Mercado Central (simulated)", "an exchange outside this ledger", ("exchange",)),
    Member("FONDO1", "fondo1", "Fondo Uno", "a fund", ("investor",), opening_minor=20_000_000),
    Member("FONDO2", "fondo2", "Fondo Dos", "a fund", ("investor",), opening_minor=20_000_000),
    Member("GESTORA", "gestora", "Gestora del Valle, S.A.", "the asset manager of both funds", ("investor",)),
    Member(
        "AUTORIDAD",
        "regulator",
        "Autoridad de Valores (simulated)",
        "the supervisor: sees everything, changes nothing",
        ("regulator",),
    ),
)

USERS = CAST  # everybody on stage has a login
SECOND = {"BANCO1": "bank2"}  # and who wants four eyes two: what one enters the other approves

BALANCE_MINOR = 500_000_000_000  # what the bank attests to have behind its currency

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
# Its ISIN is of the range for internal use (XF): none has been assigned to it.
LISTED_TERMS = {**SHARE_TERMS, "instrument": LISTED, "issuer": "NORTE", "isin": "XF0000000NO6", "authorised": "500000"}
RESOLUTION = "Resolution of the general meeting of Alimentos Acme, S.A.P.I., 20 November 2026: issue of 100,000 shares"
OPENING_ISSUE = 100_000
OPENING_SALE = (5_000, 2_500)  # what the issuer offers from the first minute: quantity and limit in minor units
LISTED_ISSUE = 200_000
LISTED_SHARES = {"BRUNO": 5_000, "FONDO2": 20_000}  # what they hold of it from the beginning


@dataclass(frozen=True)
class Power:
    """What an owner lets an agent do from the beginning: enter orders for him, or sign them too."""

    owner: str
    agent: str
    affirmation: str  # each, none
    order_minor: int
    total_minor: int


POWERS = (
    Power("ALICE", BROKER, "each", 20_000_000, 200_000_000),
    Power("BRUNO", BROKER, "none", 20_000_000, 2_000_000_000),
    Power("FONDO1", BROKER, "each", 100_000_000, 1_000_000_000),
    Power("FONDO2", BROKER, "each", 100_000_000, 1_000_000_000),
    Power("FONDO1", "GESTORA", "none", 100_000_000, 1_000_000_000),
    Power("FONDO2", "GESTORA", "none", 100_000_000, 1_000_000_000),
)
# Whose omnibus account, how much of ACME it holds, and for whom as far as it is disclosed.
OMNIBUS = ("CUSTODIA1", 2_000, {"C-1001": 1_200, "C-1002": 650})


@dataclass(frozen=True)
class Offer:
    """An offering that stands from the beginning; what one investor wants of it: quantity and limit in minor units."""

    label: str
    issuer: str
    instrument: str
    kind: str  # public, private
    prices_minor: tuple[int, int]
    minimum: int
    maximum: int
    ticket: int
    prospectus: str
    tiers: dict[str, int]
    invited: tuple[str, ...]
    subscriptions: dict[str, tuple[int, int]]


OFFERS = (
    Offer(
        label="public offering",
        issuer="ACME",
        instrument=SHARE,
        kind="public",
        prices_minor=(2_200, 2_600),
        minimum=500,
        maximum=20_000,
        ticket=10,
        prospectus="Prospectus of Alimentos Acme, S.A.P.I., November 2026: up to 20,000 new shares",
        tiers={"retail": 2_000},
        invited=(),
        subscriptions={"CARLA": (200, 2_400), "FONDO1": (400, 2_500)},
    ),
    Offer(
        label="private placement",
        issuer="NORTE",
        instrument=LISTED,
        kind="private",
        prices_minor=(1_800, 1_800),
        minimum=1_000,
        maximum=10_000,
        ticket=100,
        prospectus="Terms of the private placement of Energía Norte, S.A.P.I., November 2026",
        tiers={},
        invited=("ALICE", "FONDO2"),
        subscriptions={"FONDO2": (1_000, 1_800)},
    ),
)


@dataclass(frozen=True)
class Promise:
    """What an instrument of the cast promises, and the bylaws behind it."""

    instrument: str
    issuer: str
    face_minor: int
    title: str
    articles: tuple[str, ...]


_ARTICLES = (
    "Artículo 1. Las acciones son ordinarias, nominativas y de la misma serie; cada una da un voto.",
    "Artículo 2. La sociedad reconoce como accionista a quien figura en el libro de registro que lleva Lonja.",
    "Artículo 3. Emitir dentro del capital autorizado requiere una resolución de la asamblea, cuya huella se inscribe.",
)
PROMISES = (
    Promise(SHARE, "ACME", 1_000, "Estatutos de Alimentos Acme, S.A.P.I.", _ARTICLES),
    Promise(LISTED, "NORTE", 0, "Estatutos de Energía Norte, S.A.P.I.", _ARTICLES),
)
