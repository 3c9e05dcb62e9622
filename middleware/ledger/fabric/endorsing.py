"""Asking peers: what they answer, and what their silence or disagreement means."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import endorser_stub

_OURS = re.compile(r"lonja (\{.*\})", re.DOTALL)


class Differing(Exception):
    """Peers answered differently: one has not seen the last block yet, or the rules are not deterministic."""


def ask(peers: Sequence[Node], signed: Any, seconds: float) -> Mapping[str, Any]:
    """organisation → answer with an endorsement, of all peers at once.

    Refused when every peer refuses alike, Differing when they disagree, Unavailable when one is missing or cannot run
    the chaincode.
    """
    calls = {peer.organisation: endorser_stub(peer.channel).ProcessProposal.future(signed, seconds) for peer in peers}
    answers = {organisation: _answer(call) for organisation, call in calls.items()}
    missing = {organisation: answer for organisation, answer in answers.items() if isinstance(answer, Unavailable)}
    if missing:
        told = "; ".join(f"{organisation}: {answer}" for organisation, answer in missing.items())
        raise Unavailable(f"no endorsement ({told})", organisations=list(missing))
    refusals = {organisation: answer for organisation, answer in answers.items() if isinstance(answer, Refused)}
    if refusals:
        _refuse(refusals, len(answers))
    if len({answer.payload for answer in answers.values()}) > 1:
        raise Differing("the peers' answers differ")
    return answers


def _refuse(refusals: Mapping[str, Refused], asked: int) -> None:
    organisation, first = next(iter(refusals.items()))
    clocks = [id for id, refusal in refusals.items() if (refusal.code, refusal.reason) == ("unavailable", "clock")]
    if clocks:
        raise Unavailable(f"the clock of {' and '.join(clocks)} is not ours: {first.message}", organisations=clocks)
    if len(refusals) < asked or len({(one.code, one.reason) for one in refusals.values()}) > 1:
        raise Differing(f"{organisation} refused alone: {first}")
    raise first


def _answer(call: Any) -> Any:
    """A ProposalResponse that carries an endorsement; or Refused or Unavailable as a value, to be compared."""
    try:
        answer = call.result()
    except grpc.RpcError as error:
        return Unavailable(f"{error.code().name} {error.details()}")
    if answer.response.status < 400 and answer.HasField("endorsement"):
        return answer
    return _refusal(answer.response.message) or Unavailable(f"{answer.response.status} {answer.response.message}")


def _refusal(message: str) -> Refused | None:
    """Our chaincode's own refusal is marked; everything else is a peer's trouble with running it."""
    found = _OURS.search(message)
    if found is None:
        return None
    try:
        said = json.loads(found.group(1))
        return Refused(str(said["code"]), str(said["reason"]), str(said["message"]))
    except (ValueError, KeyError, TypeError):
        return None
