"""The nodes' part of the base, written from the consortium's topology: a file for each organisation, and their list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from network import hosts, topology
from network.containers.container import Container, describe
from network.fetched import VERSION
from network.kubernetes import nodes, policies
from network.native.programs import Fabric
from network.topology import Topology

FOLDER = Path(__file__).parent / "base" / "network"
TOPOLOGY = topology.NAMED["consortium"]
COMMAND = "python -m network.kubernetes base"
_HEAD = f"# Written by `{COMMAND}` from network/{TOPOLOGY.name}; not to be edited.\n"


def known() -> Topology:
    """Who takes part, as the nodes see it."""
    return hosts.inside(topology.load(TOPOLOGY), 0)


def fabric() -> Fabric:
    """The release that the images carry."""
    major, minor, *_ = map(int, VERSION.split("."))
    return Fabric(Path(), VERSION, (major, minor), Path())


def containers() -> list[Container]:
    """Every node of the consortium."""
    return describe(fabric(), known())


def texts() -> dict[str, str]:
    """The files by name, as they are to be."""
    everything = containers()
    organisations = list(dict.fromkeys(each.organisation for each in everything))
    files = {f"{id}.yaml": _written(_of(id, everything)) for id in organisations}
    listed = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(files)}
    return files | {"kustomization.yaml": _written([listed])}


def write() -> None:
    """Write them, and remove what is written no more."""
    wanted = texts()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)


def _of(organisation: str, everything: list[Container]) -> Iterator[dict[str, Any]]:
    """All that one organisation runs: whoever has a cluster of his own applies his file alone."""
    for container in everything:
        if container.organisation == organisation:
            yield from (nodes.workload(container), nodes.service(container), policies.policy(container))


class _Dumper(yaml.SafeDumper):
    """Says everything where it stands, also a second time."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(nodes.Mode, lambda dumper, mode: dumper.represent_scalar("tag:yaml.org,2002:int", f"0{mode:o}"))


def _written(documents: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> str:
    return _HEAD + yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120, explicit_start=True)
