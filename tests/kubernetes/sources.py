"""What the manifests must agree with, read where it is said: topology, the programs' settings, printed Secrets."""

import ast
import re
from functools import cache
from pathlib import Path

from network import hosts
from network.kubernetes import base, secrets
from network.topology import Topology, load
from scripts.progress import ROOT

OURS = {"lonja": ("middleware/config.py", "web/config.py"), "lonja-chaincode": ("chaincode/cmd/chaincode/settings.go",)}
OF_THE_SYSTEM = {"PATH", "MALLOC_ARENA_MAX"}
_SETTING = re.compile(r"(?:LONJA|CHAINCODE)_[A-Z_]+[A-Z]")


def topology() -> Topology:
    """Who takes part, as the nodes see it."""
    return hosts.inside(load(base.TOPOLOGY), 0)


@cache
def printed() -> frozenset[str]:
    """The Secrets that a prepared state folder gives."""
    return frozenset(secrets.names())


@cache
def read_by(image: str) -> frozenset[str] | None:
    """What a program of ours reads of its environment; None for one that is not ours."""
    sources = OURS.get(image.rpartition("/")[2].partition(":")[0])
    if sources is None:
        return None
    found = {name for source in sources for name in _named(ROOT / source)}
    return frozenset(found | {f"{name}_FILE" for name in found} | OF_THE_SYSTEM)


def _named(source: Path) -> set[str]:
    if source.suffix == ".go":
        return set(_SETTING.findall(source.read_text()))
    words = {node.value for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Constant)}
    return {word for word in words if isinstance(word, str) and _SETTING.fullmatch(word)}
