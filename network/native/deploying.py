"""Brings the channel to what it should be and the chaincode's definition onto it, doing only what is not done yet."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from network.errors import NetworkError
from network.native import channel, deployment, lifecycle
from network.native.command import Administrator, patiently, together
from network.native.deployment import Deployed, Deployment

_SETTLE_SECONDS = 30.0
Progress = Callable[[str], None]


def deploy(
    organisations: Sequence[Administrator], witnesses: Sequence[Administrator], deployed: Deployment, progress: Progress
) -> Deployed:
    """Leave the channel with the definition that is in force, or the first one, under the topology's endorsement rule.

    An upgrade that was broken off is left as it is: `lonja upgrade` finishes it.
    """
    layout, topology = organisations[0].layout, organisations[0].topology
    sequences = _joined(organisations, witnesses) or _join(organisations, witnesses, progress)
    found = deployment.in_force(layout, deployed, max(sequences))
    if min(sequences) < found.sequence:
        progress("installing, approving and committing the chaincode's definition")
        put(organisations, found)
    if found.endorsement == topology.chaincode.endorsement or len(deployed) > 1:
        return found
    progress("the topology has another endorsement rule: approving and committing it")
    with deployment.held(layout):
        return _change_rule(organisations, found)


def put(organisations: Sequence[Administrator], deployed: Deployed, among: Collection[str] = ()) -> None:
    """Have these organisations approve a definition and commit it; `among` names them when others are away."""
    together(partial(_approve, each, deployed) for each in organisations)
    lifecycle.commit(organisations[0], deployed, among)


def admit_late(
    organisations: Sequence[Administrator], silent: Mapping[str, str], deployed: Deployed, progress: Progress
) -> None:
    """Let those who were away when the definition was committed approve it now."""
    for each in organisations:
        if lifecycle.missed(silent.get(each.organisation.id, "")):
            progress(f"{each.organisation.id} approves what was committed without it")
            lifecycle.install(each, deployed)
            lifecycle.approve_late(each, deployed)


def _change_rule(organisations: Sequence[Administrator], found: Deployed) -> Deployed:
    """The next definition, served by the same processes. Nobody writes to the ledger meanwhile."""
    layout, topology = organisations[0].layout, organisations[0].topology
    changed = replace(
        found,
        sequence=found.sequence + 1,
        version=deployment.version(topology, found.program),
        endorsement=topology.chaincode.endorsement,
    )
    deployment.write(layout, (found, changed))
    put(organisations, changed)
    deployment.write(layout, (changed,))
    return changed


def _joined(organisations: Sequence[Administrator], witnesses: Sequence[Administrator]) -> list[int]:
    """The sequence that each organisation's peer knows; nothing while someone is not on the channel."""
    asked = [partial(lifecycle.committed, each) for each in organisations]
    try:
        told = together([*asked, *(partial(_refuse_outsider, each) for each in witnesses)])
    except NetworkError:
        return []  # no channel yet, or not on this peer
    return told[: len(organisations)]


def _refuse_outsider(witness: Administrator) -> int:
    if not channel.joined(witness):
        raise NetworkError(f"{witness.organisation.id} is not on the channel")
    return 0


def _join(organisations: Sequence[Administrator], witnesses: Sequence[Administrator], progress: Progress) -> list[int]:
    progress(f"creating the channel {organisations[0].topology.channel} and joining the peers")
    channel.create(organisations[0])
    together(partial(channel.join, each) for each in [*organisations, *witnesses])
    asked = [partial(lifecycle.committed, each) for each in organisations]
    return patiently(lambda: together(asked), timeout_seconds=_SETTLE_SECONDS)


def _approve(administrator: Administrator, deployed: Deployed) -> None:
    lifecycle.install(administrator, deployed)
    lifecycle.approve(administrator, deployed)
