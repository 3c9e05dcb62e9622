"""Our own peer could lie: what other organisations' peers have at a height must be what we were given."""

import threading
from collections import OrderedDict
from collections.abc import Callable

import structlog

from middleware.errors import Error
from middleware.ledger import Block, Ledger, Refused, Tip, Unavailable
from middleware.mirror import Place

log = structlog.get_logger(__name__)
EVERY_BLOCKS = 50  # SAFETY W7 asks for 100 at most
_HASHES_KEPT = 5_000


class CrossCheck:
    """Compares the blocks we were given with every organisation's last block, now and then."""

    def __init__(self, ledger: Ledger, place: Place) -> None:
        self._ledger = ledger
        self._hashes = OrderedDict({place.number: place.hash})
        self._tips: dict[str, Tip] = {}
        self._asked_at = place.number

    @property
    def place(self) -> Place:
        """The last block we were given."""
        return Place(*next(reversed(self._hashes.items())))

    def saw(self, block: Block) -> bool:
        """Remember a block; whether it is time to ask the others."""
        self._hashes[block.number] = block.hash
        if len(self._hashes) > _HASHES_KEPT:
            self._hashes.popitem(last=False)
        self._compare()
        due = block.number - self._asked_at >= EVERY_BLOCKS
        self._asked_at = block.number if due else self._asked_at
        return due

    def ask(self, then: Callable[[dict[str, Tip]], None]) -> None:
        """Ask every organisation how far it is, in a thread of its own; `then` is called there."""

        def asking() -> None:
            try:
                then(self._ledger.tips())
            except (Unavailable, Refused) as error:
                log.warning("no cross-check", problem=str(error))

        threading.Thread(target=asking, name="cross-check", daemon=True).start()

    def told(self, tips: dict[str, Tip]) -> None:
        """Compare with what the organisations have; with blocks that we do not have yet, when they come."""
        self._tips = tips
        self._compare()

    def _compare(self) -> None:
        for organisation, tip in list(self._tips.items()):
            ours = self._hashes.get(tip.height - 1)
            if ours is None:
                continue
            del self._tips[organisation]
            if ours != tip.hash:
                number = tip.height - 1
                message = f"block {number} of {organisation} has hash {tip.hash}, our peer gave us one with {ours}"
                raise Error("internal", message, reason="history")
