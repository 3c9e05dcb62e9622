"""What a holding cost: a moving average, in whole minor units.

Each purchase adds what was paid for it, fees included; each sale takes out its part of the average, rounded down to the
minor unit, and what rounding leaves stays with the units that are still held, so that the last one takes the rest.
Units that came without a price (an issue, a gift, an inheritance) have no cost that we know: they are counted apart,
leave in proportion, and nothing is gained or lost on them.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Cost:
    """Of one instrument, what is held, how many of it have no known cost, what the others cost, and what sales made."""

    quantity: int = 0
    uncosted: int = 0
    minor: int = 0
    realised_minor: int = 0

    @property
    def costed(self) -> int:
        """Units whose cost is known."""
        return self.quantity - self.uncosted

    @property
    def average_minor(self) -> int | None:
        """What one unit cost, rounded down; None while no cost is known."""
        return self.minor // self.costed if self.costed else None

    def gain_minor(self, price_minor: int | None) -> int | None:
        """What the units of known cost would fetch at a price beyond that cost."""
        return None if price_minor is None or not self.costed else price_minor * self.costed - self.minor

    def move(self, change: int, cash: int) -> None:
        """One change of the holding, and that of the owner's cash in the same command: below zero when he paid."""
        if change > 0:
            self._take_in(change, -cash)
        elif change < 0:
            self._give_out(-change, cash)
        elif self.costed:
            self.minor -= cash  # a price that was corrected afterwards
        else:
            self.realised_minor += cash

    def _take_in(self, units: int, paid_minor: int) -> None:
        self.quantity += units
        if paid_minor > 0:
            self.minor += paid_minor
        else:
            self.uncosted += units

    def _give_out(self, units: int, received_minor: int) -> None:
        units = min(units, self.quantity)
        if not units:
            return
        free = self.uncosted * units // self.quantity
        costed = units - free
        leaving = self.minor * costed // self.costed if self.costed else 0
        if received_minor > 0:
            self.realised_minor += received_minor * costed // units - leaving
        self.quantity -= units
        self.uncosted -= free
        self.minor -= leaving
