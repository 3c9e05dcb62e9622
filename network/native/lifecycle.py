"""Installs, approves and commits the chaincode's definition. Every step asks first whether it is done."""

import json
from typing import Any

from network.errors import NetworkError
from network.native import package
from network.native.command import Administrator, patiently

_SETTLE_SECONDS = 30.0


def install(administrator: Administrator) -> None:
    """Give the organisation's peer its package, unless it has it."""
    path = administrator.layout.package(administrator.organisation)
    wanted = package.package_id(administrator.topology, path)
    installed = _json(administrator, "queryinstalled").get("installed_chaincodes", [])
    if all(each["package_id"] != wanted for each in installed):
        administrator.peer("lifecycle", "chaincode", "install", str(path))


def approve(administrator: Administrator) -> None:
    """The organisation agrees to the definition and says which package it runs for it.

    To approve what is committed already is refused, so that is asked again before each try: a peer that was away may
    have caught up meanwhile.
    """
    path = administrator.layout.package(administrator.organisation)
    chosen = ["--package-id", package.package_id(administrator.topology, path)]
    words = ["approveformyorg", *_definition(administrator), *chosen, *administrator.orderer()]

    def attempt() -> None:
        if not (committed(administrator) or approved(administrator)):
            administrator.peer("lifecycle", "chaincode", *words)

    patiently(attempt, timeout_seconds=_SETTLE_SECONDS)


def commit(administrator: Administrator) -> None:
    """Make the definition valid on the channel, once all organisations have approved it."""
    words = ["commit", *_definition(administrator), *administrator.peers(), *administrator.orderer()]

    def attempt() -> None:
        if not committed(administrator):
            administrator.peer("lifecycle", "chaincode", *words)

    patiently(attempt, timeout_seconds=_SETTLE_SECONDS)


def committed(administrator: Administrator) -> bool:
    """Whether the channel runs the definition of the topology; raises NetworkError when it runs a later one."""
    definition = administrator.topology.chaincode
    every = _json(administrator, "querycommitted", "-C", administrator.topology.channel)
    for each in every.get("chaincode_definitions", []):
        if each["name"] == definition.name:
            sequence = int(each["sequence"])
            if sequence > definition.sequence:
                raise NetworkError(
                    f"the channel runs sequence {sequence} of {definition.name}, topology.yaml says"
                    f" {definition.sequence}; use the newer topology.yaml, or `make clean` to begin a new ledger"
                )
            return sequence == definition.sequence
    return False


def approved(administrator: Administrator) -> bool:
    """Whether the organisation has approved the definition that is next."""
    ready = _json(administrator, "checkcommitreadiness", *_definition(administrator))
    return bool(ready.get("approvals", {}).get(administrator.organisation.msp_id))


def _definition(administrator: Administrator) -> list[str]:
    definition = administrator.topology.chaincode
    return [
        *("-C", administrator.topology.channel, "-n", definition.name, "-v", definition.version),
        *("--sequence", str(definition.sequence), "--signature-policy", definition.endorsement),
    ]


def _json(administrator: Administrator, *words: str) -> dict[str, Any]:
    told = administrator.peer("lifecycle", "chaincode", *words, "--output", "json")
    try:
        answer = json.loads(told)
    except ValueError as error:
        raise NetworkError(f"`peer lifecycle chaincode {words[0]}` did not answer in JSON: {told[:200]}") from error
    return answer if isinstance(answer, dict) else {}
