"""Who endorses now, who does not and why, and whether those who do suffice: asked by `status`, doctor and start."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from network.errors import NetworkError
from network.native import channel
from network.native.command import Administrator, together

Ask = Callable[[Administrator], str]


@dataclass(frozen=True)
class Health:
    """`silent` says of each organisation why it does not endorse; `unordered` why no orderer answers, or nothing."""

    endorsing: tuple[str, ...]
    silent: Mapping[str, str]
    needed: int
    unordered: str = ""

    @property
    def works(self) -> bool:
        """Whether the ledger goes on."""
        return len(self.endorsing) >= self.needed and not self.unordered

    @property
    def is_whole(self) -> bool:
        """Whether nobody is missing either."""
        return self.works and not self.silent

    def __str__(self) -> str:
        said = [self._endorsing(), *(f"{organisation} does not: {why}" for organisation, why in self.silent.items())]
        said += [f"no orderer answers: {self.unordered}"] if self.unordered else []
        return ("" if self.works else "the ledger stands still: ") + "; ".join(said)

    def _endorsing(self) -> str:
        *first, last = self.endorsing or ("nobody",)
        names = f"{', '.join(first)} and {last}" if first else last
        verb = "endorse" if len(self.endorsing) > 1 else "endorses"
        if not self.silent:
            return f"{names} {verb}"
        enough = "enough" if len(self.endorsing) >= self.needed else "not enough"
        return f"{names} {verb}, {enough} where {self.needed} must"


def look(everyone: Sequence[Administrator], ask: Ask) -> Health:
    """Ask every organisation at once, and the orderers; who answers otherwise than most does not endorse with them."""
    *told, ordered = together(
        [*(partial(_try, ask, each) for each in everyone), partial(_try, channel.ordered, everyone[0])]
    )
    said = {each.organisation.id: answer for each, answer in zip(everyone, told, strict=True)}
    counted = Counter(answer for answer in said.values() if isinstance(answer, str))
    common = counted.most_common(1)[0][0] if counted else None
    return Health(
        endorsing=tuple(id for id, answer in said.items() if answer == common),
        silent={id: _why(answer) for id, answer in said.items() if answer != common},
        needed=everyone[0].topology.endorsements,
        unordered=str(ordered) if isinstance(ordered, NetworkError) else "",
    )


def _try(ask: Ask, administrator: Administrator) -> str | NetworkError:
    try:
        return ask(administrator)
    except NetworkError as error:
        return error


def _why(answer: str | NetworkError) -> str:
    return str(answer) if isinstance(answer, NetworkError) else "its chaincode answers otherwise, it was started apart"
