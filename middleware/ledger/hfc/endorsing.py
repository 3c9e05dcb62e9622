"""Asking peers through the SDK, which neither compares their answers nor tells a refusal from a result."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from middleware.ledger import Refused, Unavailable, refusals
from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.connection import Connection
from middleware.ledger.reaching import Differing


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal that peers answered: organisation → answer, Refused or Unavailable."""

    context: Any
    proposal: Any
    header: Any
    answers: Mapping[str, Any]


async def ask(
    connection: Connection,
    name: str,
    args: Sequence[bytes],
    organisations: Sequence[str],
    within_seconds: float,
    enough: int = 1,
) -> Asked:
    """What the organisations' peers say to a call of a chaincode, until `enough` of them say the same."""
    context = connection.context()
    function, *more = args
    context.tx_prop_req = sdk.create_request(prop_type=sdk.INVOKE, cc_name=name, fcn=function.decode(), args=more)
    peers = [connection.peers[organisation] for organisation in organisations]
    calls, proposal, header = connection.channel.send_tx_proposal(context, peers)
    asked = zip(organisations, calls, strict=True)
    waiting = {asyncio.create_task(_answer(call, within_seconds)): organisation for organisation, call in asked}
    answers: dict[str, Any] = {}
    while waiting and _most(answers.values())[1] < enough:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        answers |= {waiting.pop(task): task.result() for task in done}
    for task in waiting:
        task.cancel()
    return Asked(context, proposal, header, answers)


async def _answer(call: Any, within_seconds: float) -> Any:
    """A ProposalResponse that carries an endorsement; or Refused or Unavailable as a value, to be compared."""
    try:
        answer = await asyncio.wait_for(call, within_seconds)
    except TimeoutError:
        return Unavailable(f"no answer within {within_seconds:g} s")
    except sdk.RpcError as error:
        return Unavailable(problem(error))
    if answer.response.status < 400 and answer.HasField("endorsement"):
        return answer
    said = answer.response
    return refusals.read(said.message) or Unavailable(f"{said.status} {said.message}")


def agreed(answers: Mapping[str, Any], enough: int) -> list[Any]:
    """The answers of those who agree, when they are enough.

    Refused when so many refuse alike, Unavailable when too few can answer, Differing when they could and do not agree.
    """
    voice, count = _most(answers.values())
    if count >= enough:
        alike = [answer for answer in answers.values() if _voice(answer) == voice]
        if isinstance(alike[0], Refused):
            raise alike[0]
        return alike
    missing = {organisation: answer for organisation, answer in answers.items() if _voice(answer) is None}
    if len(answers) - len(missing) < enough:
        told = "; ".join(f"{organisation}: {answer}" for organisation, answer in missing.items())
        raise Unavailable(f"no endorsement ({told})", organisations=list(missing))
    raise Differing(f"{', '.join(answers)} answer differently")


def _most(answers: Iterable[Any]) -> tuple[Any, int]:
    """What most say, and how many do."""
    counted = Counter(voice for answer in answers if (voice := _voice(answer)) is not None).most_common(1)
    return counted[0] if counted else (None, 0)


def _voice(answer: Any) -> Any:
    """What is compared. Who is away has none, nor has whose clock is not ours: it is no judgement of the request."""
    if isinstance(answer, Refused):
        return None if (answer.code, answer.reason) == ("unavailable", "clock") else (answer.code, answer.reason)
    return None if isinstance(answer, Unavailable) else answer.payload


def problem(error: Any) -> str:
    """A gRPC failure in a few words."""
    return f"{error.code().name} {error.details()}"
