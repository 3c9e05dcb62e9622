"""One line for each goal, in a form that a script can read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """`value` against `reference`; `bar` bounds their ratio, from below or, where less is better, from above."""

    name: str
    fabric: str
    value: float
    unit: str
    reference: float
    bar: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        return self.value / self.reference

    @property
    def ok(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    def __str__(self) -> str:
        measured = f"value={_short(self.value)} unit={self.unit} reference={_short(self.reference)}"
        verdict = "ok" if self.ok else "short"
        return f"bench {self.name} fabric={self.fabric} {measured} ratio={self.ratio:.2f} bar={self.bar:.2f} {verdict}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
