"""An order as the exchange keeps it, and what it says of it: execution reports and cancel rejects."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from middleware.market.ladder import Resting

SCALE = 6  # prices are kept in millionths
SIDES = {"buy": "1", "sell": "2"}
OPEN = ("0", "1")


class Told(NamedTuple):
    """One message that the exchange sends; `sides` are the two of a trade capture report."""

    type: str
    fields: dict[int, str]
    sides: tuple[dict[int, str], ...] = ()


@dataclass
class Order:
    """One order through its replacements: `client_id` is the name it goes by now. `status` is FIX's 39."""

    id: str
    client_id: str
    instrument: dict[int, str]
    side: str
    quantity: int
    limit: int
    owner: str
    good_till: str
    filled: int = 0
    spent: int = 0
    status: str = "0"
    resting: Resting | None = field(default=None, repr=False)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def take(self, quantity: int, price: int) -> None:
        """An execution of so many."""
        self.filled += quantity
        self.spent += quantity * price
        self.status = "2" if self.filled == self.quantity else "1"

    def report(self, kind: str, exec_id: str, **more: str) -> Told:
        """An execution report of it as it stands; `more` by the names below."""
        left = self.quantity - self.filled if self.open else 0
        average = self.spent // self.filled if self.filled else 0
        fields = {37: self.id, 11: self.client_id, 17: exec_id, 150: kind, 39: self.status, **self.instrument}
        fields |= {54: SIDES[self.side], 38: str(self.quantity), 40: "2", 44: price_text(self.limit)}
        fields |= {151: str(left), 14: str(self.filled), 6: price_text(average)}
        return Told("8", fields | {NAMES[name]: value for name, value in more.items()})


NAMES = {
    "original": 41,
    "status": 39,
    "refers_to": 19,
    "last_quantity": 32,
    "last_price": 31,
    "match": 20880,
    "reason": 103,
    "text": 58,
    "day": 75,
}


def rejected(fields: dict[int, str], exec_id: str, reason: str, text: str) -> Told:
    """An order that never came onto the book."""
    named = {tag: fields[tag] for tag in (11, 55, 48, 22, 54, 38, 44) if tag in fields}
    outcome = {37: "NONE", 17: exec_id, 150: "8", 39: "8", 151: "0", 14: "0", 6: "0", 103: reason, 58: text}
    return Told("8", named | outcome)


def refused(fields: dict[int, str], order: Order | None, reason: str, text: str) -> Told:
    """A cancel or a replace that the exchange does not do: the order stays as it is."""
    known = {37: order.id, 39: order.status} if order else {37: "NONE", 39: "8"}
    request = {11: fields[11], 41: fields.get(41, ""), 434: "1" if fields[35] == "F" else "2", 102: reason, 58: text}
    return Told("9", known | request)


def price_of(text: str) -> int:
    """A FIX price in millionths. Raises ValueError for what is none, or is finer than that."""
    try:
        scaled = Decimal(text).scaleb(SCALE)
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a price") from None
    if not scaled.is_finite() or scaled != int(scaled) or scaled <= 0:
        raise ValueError(f"{text!r} is not a price")
    return int(scaled)


def price_text(price: int) -> str:
    """As FIX writes it, without zeros at the end."""
    return f"{Decimal(price).scaleb(-SCALE).normalize():f}"
