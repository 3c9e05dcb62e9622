"""How far the mirror is behind the ledger: in blocks, and in how long a block that a peer has is missing here."""

from collections.abc import Callable

import structlog

from middleware import clock
from middleware.errors import Error
from middleware.ledger import Ledger, Refused, Unavailable
from middleware.measures import Number

log = structlog.get_logger(__name__)


class Lag:
    """Follows one mirror. Asked now and then; so the time it tells is true as a lower bound."""

    def __init__(self, ledger: Ledger, position: Callable[[], int]) -> None:
        """`position` answers the last block that is mirrored."""
        self._ledger = ledger
        self._position = position
        self._missing = -1
        self._since = 0.0

    def numbers(self) -> list[Number]:
        """What monitoring is told; nothing while the peers do not answer."""
        try:
            organisation, heights = self._ledger.organisation, self._ledger.heights()
        except (Unavailable, Refused, Error) as error:
            log.warning("cannot tell how far the mirror is", problem=str(error))
            return []
        told = {name: float(height) for name, height in heights.items()}
        found = [Number("ledger_height", "Blocks that an organisation's peer has", told, "organisation")]
        if organisation in heights:
            blocks, seconds = self.behind(heights[organisation])
            found.append(Number("mirror_lag_blocks", "Blocks that our peer has and SQL has not", {"": blocks}))
            found.append(Number("mirror_lag_seconds", "How long one of them has been known to miss", {"": seconds}))
        return found

    def behind(self, height: int) -> tuple[int, float]:
        """Blocks and seconds, when our peer has `height` blocks."""
        now, position = clock.monotonic(), self._position()
        last = height - 1
        if position >= self._missing:  # what was missing is here; something newer may miss since now
            self._missing, self._since = last, now
        if position >= last:
            return 0, 0.0
        return last - position, now - self._since
