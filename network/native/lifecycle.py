"""Installs, approves and commits a definition of the chaincode. Every step asks first whether it is done."""

import contextlib
import json
from collections.abc import Collection, Sequence
from typing import Any

from network.errors import NetworkError
from network.native import package
from network.native.command import Administrator, patiently
from network.native.deployment import Deployed

_SETTLE_SECONDS = 30.0
# What a peer says of a committed definition that its organisation has no part in yet.
_MISSED = ("has not yet been approved by this org", "but chaincode is not installed")


def install(administrator: Administrator, deployed: Deployed) -> None:
    """Give the organisation's peer its package, unless it has it."""
    path, wanted = (
        administrator.layout.package(administrator.organisation, deployed.package),
        _id(administrator, deployed),
    )
    installed = _json(administrator, "queryinstalled").get("installed_chaincodes", [])
    if all(each["package_id"] != wanted for each in installed):
        administrator.peer("lifecycle", "chaincode", "install", str(path))


def approve(administrator: Administrator, deployed: Deployed) -> None:
    """The organisation agrees to the next definition and says which package it runs for it.

    What is committed already is not asked for again: a peer that was away may have caught up meanwhile.
    """

    def attempt() -> None:
        if committed(administrator) < deployed.sequence and not approved(administrator, deployed):
            _approve(administrator, deployed)

    patiently(attempt, timeout_seconds=_SETTLE_SECONDS)


def approve_late(administrator: Administrator, deployed: Deployed) -> None:
    """The organisation agrees to a definition that was committed without it."""
    patiently(lambda: _approve(administrator, deployed), timeout_seconds=_SETTLE_SECONDS)


def missed(problem: str) -> bool:
    """Whether that is what a peer says whose organisation was away when a definition was committed."""
    return any(words in problem for words in _MISSED)


def commit(administrator: Administrator, deployed: Deployed, among: Collection[str] = ()) -> None:
    """Make the definition valid on the channel, once enough organisations have approved it.

    `among` names those whose peers are to endorse that; all when none is named.
    """
    words = ["commit", *_definition(administrator, deployed), *administrator.peers(among)]

    def attempt() -> None:
        if committed(administrator) < deployed.sequence:
            _order(administrator, words)

    patiently(attempt, timeout_seconds=_SETTLE_SECONDS)


def committed(administrator: Administrator) -> int:
    """The sequence of the definition that the channel has, as far as the organisation's peer knows; 0 for none."""
    every = _json(administrator, "querycommitted", "-C", administrator.topology.channel)
    name = administrator.topology.chaincode.name
    return next((int(one["sequence"]) for one in every.get("chaincode_definitions", []) if one["name"] == name), 0)


def approved(administrator: Administrator, deployed: Deployed) -> bool:
    """Whether the organisation has approved the definition that is next."""
    ready = _json(administrator, "checkcommitreadiness", *_definition(administrator, deployed))
    return bool(ready.get("approvals", {}).get(administrator.organisation.msp_id))


def _approve(administrator: Administrator, deployed: Deployed) -> None:
    chosen = ["--package-id", _id(administrator, deployed)]
    _order(administrator, ["approveformyorg", *_definition(administrator, deployed), *chosen])


def _order(administrator: Administrator, words: Sequence[str]) -> None:
    """By the first orderer that takes it; raises what the last one has against it."""
    *others, last = range(len(administrator.topology.ordering.orderers))
    for number in others:
        with contextlib.suppress(NetworkError):
            administrator.peer("lifecycle", "chaincode", *words, *administrator.orderer(number))
            return
    administrator.peer("lifecycle", "chaincode", *words, *administrator.orderer(last))


def _id(administrator: Administrator, deployed: Deployed) -> str:
    path = administrator.layout.package(administrator.organisation, deployed.package)
    return package.package_id(administrator.topology, path, deployed.package)


def _definition(administrator: Administrator, deployed: Deployed) -> list[str]:
    topology = administrator.topology
    return [
        *("-C", topology.channel, "-n", topology.chaincode.name, "-v", deployed.version),
        *("--sequence", str(deployed.sequence), "--signature-policy", deployed.endorsement),
    ]


def _json(administrator: Administrator, *words: str) -> dict[str, Any]:
    told = administrator.peer("lifecycle", "chaincode", *words, "--output", "json")
    try:
        answer = json.loads(told)
    except ValueError as error:
        raise NetworkError(f"`peer lifecycle chaincode {words[0]}` did not answer in JSON: {told[:200]}") from error
    return answer if isinstance(answer, dict) else {}
