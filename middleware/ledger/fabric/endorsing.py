"""Asking peers to endorse: as many as must agree, and the others when those do not."""

from collections.abc import Mapping, Sequence
from typing import Any

from middleware import clock
from middleware.ledger.fabric.answers import Answers
from middleware.ledger.fabric.connection import Node

PATIENCE_SECONDS = 2.0  # with a peer that does not answer, before those are asked who need not have been


def ask(peers: Sequence[Node], signed: Any, seconds: float, enough: int = 0) -> Mapping[str, Any]:
    """organisation → answer with an endorsement: `enough` peers' or more, equal byte for byte; all peers' by default.

    As many as are needed are asked first, in the order given; the others as soon as those cannot agree, or do not
    answer. Refused when enough refuse alike and nobody endorses; Differing when those who answer disagree; Unavailable
    when too few answer, or can run the chaincode.
    """
    enough = enough or len(peers)
    answers, rest = Answers(signed, seconds, enough), list(peers[enough:])
    answers.ask(peers[:enough])
    patient_until = clock.monotonic() + PATIENCE_SECONDS
    try:
        while not (agreed := answers.agreed()):
            if rest and (answers.are_hopeless() or clock.monotonic() >= patient_until):
                answers.ask(rest)
                rest = []
            elif not answers.wait(patient_until if rest else None):
                raise answers.failure()
        return agreed
    finally:
        answers.close()
