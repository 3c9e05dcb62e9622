"""The verbs of what an instrument promises: terms, authorised capital, its number, its documents."""

from collections.abc import Callable

from middleware import ids
from scripts.desk import Desk, Json, path
from tests import uploads
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Statement
from tests.scenario_runner.world import World

RESOLUTION = "d" * 64
NOTHING = {"votes": "0", "face": "0.00", "rate": "0", "frequency": "0", "day_count": "", "matures": ""}
USUAL: dict[str, dict[str, str]] = {
    "ordinary": {"votes": "1"},
    "preferred": {"rate": "600"},
    "fixed": {"face": "100.00", "rate": "925", "frequency": "2", "day_count": "30/360", "matures": "2099-11-30"},
    "zero": {"face": "100.00", "matures": "2099-11-30"},
}


def definition(world: World, s: Statement, by: str) -> Request:
    """The next version of the terms, proposed."""
    alias, version, kind = s.words
    said = {name: s.option(name, value) for name, value in (NOTHING | USUAL.get(kind, {})).items()}
    body: Json = {"version": version, "class": kind, "votes": said["votes"], "rate_bps": said["rate"]}
    body |= {"face_minor": world.money(alias, said["face"]), "frequency": said["frequency"]}
    body |= {"day_count": said["day_count"], "matures_on": said["matures"], "document": ""}
    body |= {"investor_types": _list(s.option("types")), "jurisdictions": _list(s.option("in"))}
    return Request(by, path("instruments", world.instrument(alias).code, "terms"), body)


def authorisation(world: World, s: Statement, by: str) -> Request:
    """How much there may be, proposed."""
    alias, quantity = s.words
    body = {"authorised": quantity, "resolution": RESOLUTION}
    return Request(by, path("instruments", world.instrument(alias).code, "authorisations"), body)


def identify(world: World, s: Statement) -> Requests:
    alias, isin = s.words
    body = {"isin": world.isins.setdefault(isin, _isin(world, isin)), "cfi": s.option("cfi", "ESVUFR")}
    where = path("instruments", world.instrument(alias).code, "identification")
    yield Request(s.option("by", "operator"), where, body)


def publish(world: World, s: Statement) -> Requests:
    """The issuer uploads a text and signs for its hash; whoever else tries has uploaded it too."""
    alias, instrument, kind = s.words
    by, id = s.option("by", world.instrument(instrument).issuer), world.id("document", alias)
    uploaded = upload(world.desk(by), f"{alias}.pdf", uploads.pdf(text=f"{alias} of {world.suffix}"))
    body = {"document": uploaded["id"], "kind": kind, "supersedes": ""}
    if s.option("supersedes"):
        body["supersedes"] = world.known("document", s.option("supersedes"))
    world.made[f"document {alias}"] = ids.reference(world.party(by), id)
    yield Request(by, path("instruments", world.instrument(instrument).code, "publications"), body, id)


def upload(desk: Desk, name: str, content: bytes) -> Json:
    """Give a file to the door."""
    return desk.upload("/documents", name, content, "application/pdf")


def _isin(world: World, isin: str) -> str:
    """On a lasting ledger an ISIN is one instrument's: another valid one stands for a valid one of the file."""
    if isin[-1] != "5":
        return isin
    body = f"XF{world.suffix[-6:].rjust(9, '0')}"
    return next(f"{body}{digit}" for digit in range(10) if _valid(f"{body}{digit}"))


def _valid(isin: str) -> bool:
    digits = "".join(str(int(character, 36)) for character in isin)
    doubled = [int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits))]
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def _list(text: str) -> list[str]:
    return text.split(",") if text else []


VERBS: dict[str, Callable[[World, Statement], Requests]] = {"identify": identify, "publish": publish}
