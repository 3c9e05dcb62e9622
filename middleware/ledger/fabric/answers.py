"""What peers answer to one proposal, and what their silence or disagreement means."""

import queue
from collections import Counter
from collections.abc import Sequence
from typing import Any

import grpc

from middleware import clock
from middleware.ledger import Refused, Unavailable, refusals
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import endorser_stub
from middleware.ledger.reaching import Differing


class Answers:
    """The answers as they come in: endorsements, refusals and silences, of which `enough` must be equal."""

    def __init__(self, signed: Any, seconds: float, enough: int) -> None:
        self._signed, self._seconds, self._enough = signed, seconds, enough
        self._box: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._calls: dict[str, Any] = {}
        self._endorsed: dict[str, Any] = {}
        self._refused: dict[str, Refused] = {}
        self._missing: dict[str, Unavailable] = {}

    def ask(self, peers: Sequence[Node]) -> None:
        """Ask these too, all at once."""
        for peer in peers:
            call = endorser_stub(peer.channel).ProcessProposal.future(self._signed, self._seconds)
            self._calls[peer.organisation] = call
            call.add_done_callback(lambda done, organisation=peer.organisation: self._box.put((organisation, done)))

    def wait(self, until: float | None) -> bool:
        """Wait for one more answer, at most until then. False when there is nothing to wait for: all have answered, or
        enough refuse alike."""
        if not self._pending() or self._refusal():
            return False
        try:
            organisation, call = self._box.get(timeout=None if until is None else max(0.0, until - clock.monotonic()))
        except queue.Empty:
            return True
        self._take(organisation, _answer(call))
        return True

    def agreed(self) -> dict[str, Any]:
        """The equal endorsements, once there are enough of them, in the order in which peers were asked."""
        payload, count = self._commonest()
        if count < self._enough:
            return {}
        found = ((id, self._endorsed[id]) for id in self._calls if id in self._endorsed)
        return {id: answer for id, answer in found if answer.payload == payload}

    def are_hopeless(self) -> bool:
        """Whether those who were asked can no longer agree."""
        return self._commonest()[1] + self._pending() < self._enough

    def failure(self) -> Exception:
        """Why there is no agreement, when there is nothing more to wait for."""
        if len(self._endorsed) + len(self._refused) < self._enough:
            told = "; ".join(f"{organisation}: {answer}" for organisation, answer in self._missing.items())
            return Unavailable(f"no endorsement ({told})", organisations=list(self._missing))
        return self._off_clock() or self._refusal() or self._difference()

    def close(self) -> None:
        """Give up on whoever has not answered."""
        for call in self._calls.values():
            call.cancel()

    def _take(self, organisation: str, answer: Any) -> None:
        if isinstance(answer, Refused):
            self._refused[organisation] = answer
        elif isinstance(answer, Unavailable):
            self._missing[organisation] = answer
        else:
            self._endorsed[organisation] = answer

    def _pending(self) -> int:
        return len(self._calls) - len(self._endorsed) - len(self._refused) - len(self._missing)

    def _commonest(self) -> tuple[bytes, int]:
        """What most endorse, and how many do."""
        counted = Counter(answer.payload for answer in self._endorsed.values()).most_common(1)
        return counted[0] if counted else (b"", 0)

    def _refusal(self) -> Refused | None:
        """The refusal that enough share, while nobody endorses."""
        alike = Counter((refusal.code, refusal.reason) for refusal in self._refused.values()).most_common(1)
        if self._endorsed or not alike or alike[0][1] < self._enough:
            return None
        return next(one for one in self._refused.values() if (one.code, one.reason) == alike[0][0])

    def _off_clock(self) -> Unavailable | None:
        late = [id for id, one in self._refused.items() if (one.code, one.reason) == ("unavailable", "clock")]
        if not late:
            return None
        message = f"the clock of {' and '.join(late)} is not ours: {self._refused[late[0]].message}"
        return Unavailable(message, organisations=late)

    def _difference(self) -> Differing:
        for organisation, refusal in self._refused.items():
            return Differing(f"{organisation} refused alone: {refusal}")
        return Differing("the peers' answers differ")


def _answer(call: Any) -> Any:
    """A ProposalResponse that carries an endorsement; or Refused or Unavailable as a value, to be compared."""
    try:
        answer = call.result()
    except grpc.RpcError as error:
        return Unavailable(f"{error.code().name} {error.details()}")
    if answer.response.status < 400 and answer.HasField("endorsement"):
        return answer
    return refusals.read(answer.response.message) or Unavailable(f"{answer.response.status} {answer.response.message}")
