"""What an exchange says, read out of FIX: executions, busts and corrections, and its answers to what we sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from middleware.fix.message import Fields, pairs

SIDES = {"1": "buy", "2": "sell"}
KINDS = {"F": "trade", "H": "bust", "G": "correct"}  # 150
TRANSACTIONS = {"": "trade", "0": "trade", "1": "bust", "2": "correct"}  # 487
MATCH = 20880
SIDES_COUNT, SIDE = 552, 54


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: the first value of every tag, and the sides of a capture report."""

    raw: str
    fields: Fields
    sides: tuple[Fields, ...] = ()

    @property
    def type(self) -> str:
        return self.fields.get(35, "")

    def __getitem__(self, tag: int) -> str:
        """A field's text, "" where there is none."""
        return self.fields.get(tag, "")


@dataclass(frozen=True, slots=True)
class Execution:
    """What was traded, or taken back. `names`: side → our name for its order. quantity 0, price "": unsaid."""

    kind: str
    reference: str
    match: str
    names: dict[str, str] = field(hash=False)
    quantity: int
    price: str
    refers_to: str
    problem: str = ""

    @property
    def side(self) -> str:
        """Both, or the one that is named."""
        return "both" if len(self.names) == 2 else next(iter(self.names), "")


def read(raw: str) -> Heard:
    """A message as it came."""
    found = list(pairs(raw))
    fields: Fields = {}
    for tag, value in found:
        fields.setdefault(tag, value)
    sides = tuple(_sides(found)) if fields.get(35) == "AE" else ()
    return Heard(raw, fields, sides)


def execution(heard: Heard) -> Execution | None:
    """The execution that an `8` or an `AE` tells of; None where it tells of something else."""
    if heard.type == "AE":
        return _captured(heard)
    kind = KINDS.get(heard[150])
    return _reported(heard, kind) if heard.type == "8" and kind else None


def _captured(heard: Heard) -> Execution:
    names = {SIDES.get(side.get(SIDE, ""), "?"): side.get(11, "") for side in heard.sides}
    problem = "" if names.keys() <= {"buy", "sell"} and names else "not one buy and one sell"
    if len(names) != len(heard.sides):
        problem = "two sides alike"
    kind = TRANSACTIONS.get(heard[487], "")
    refers_to = heard[572] if kind != "trade" else ""
    return _made(heard, kind or "trade", heard[571], names, refers_to, problem if kind else f"487={heard[487]}")


def _reported(heard: Heard, kind: str) -> Execution:
    side = SIDES.get(heard[SIDE], "")
    problem = "" if side else f"54={heard[SIDE]}"
    # A replaced order may still be executed under the name it had before.
    names = {side: heard[11]} if side else {}
    return _made(heard, kind, heard[17], names, heard[19] if kind != "trade" else "", problem)


def _made(heard: Heard, kind: str, reference: str, names: dict[str, str], refers_to: str, problem: str) -> Execution:
    quantity = heard[32]
    whole = _whole(quantity)
    if whole is None and (kind != "bust" or quantity):
        problem = problem or f"32={quantity}"
    return Execution(kind, reference, heard[MATCH], names, whole or 0, heard[31], refers_to, problem)


def _whole(text: str) -> int | None:
    """A quantity of whole units; FIX may write it with decimals that are zero."""
    units, _, rest = text.partition(".")
    good = units.isascii() and units.isdigit() and len(units) <= 18 and not rest.strip("0")
    return int(units) if good else None


def _sides(found: list[tuple[int, str]]) -> Iterator[Fields]:
    """The entries of NoSides (552): each begins with 54."""
    side: Fields | None = None
    begun = False
    for tag, value in found:
        if tag == SIDES_COUNT:
            begun = True
        elif begun and tag == SIDE:
            if side is not None:
                yield side
            side = {tag: value}
        elif side is not None:
            side.setdefault(tag, value)
    if side is not None:
        yield side
