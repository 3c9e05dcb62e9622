"""What a cluster would be told: an overlay as kustomize renders it, as plain documents."""

import subprocess
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import yaml

from scripts import kustomize
from scripts.progress import ROOT

FOLDER = ROOT / "network" / "kubernetes"
OVERLAYS = ("dev", "qa", "prod")
WORKLOADS = ("Deployment", "StatefulSet", "Job")
Document = dict[str, Any]
Documents = Sequence[Document]


@cache
def text(overlay: str) -> str:
    """The manifests of an overlay."""
    argv = [str(kustomize.get()), "build", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, f"kustomize warns: {done.stderr}"
    return done.stdout


def documents(overlay: str) -> list[Document]:
    """The same as data, anew each time: whoever asks may change it."""
    return deepcopy(_read(overlay))


@cache
def _read(overlay: str) -> list[Document]:
    return list(yaml.safe_load_all(text(overlay)))


class Container(NamedTuple):
    """One container of a pod, and whether it ends before the others begin."""

    where: str
    first: bool
    spec: Document


def named(document: Document) -> str:
    """As kubectl calls it."""
    return f"{document['kind']}/{document['metadata']['name']}"


def of_kind(documents: Documents, *kinds: str) -> list[Document]:
    return [one for one in documents if one["kind"] in kinds]


def workloads(documents: Documents) -> list[Document]:
    """Whatever makes pods."""
    return of_kind(documents, *WORKLOADS)


def template(workload: Document) -> Document:
    """The pod that a workload makes."""
    found: Document = workload["spec"]["template"]
    return found


def pod(workload: Document) -> Document:
    found: Document = template(workload)["spec"]
    return found


def labels(workload: Document) -> dict[str, str]:
    """The labels of a workload's pods."""
    found: dict[str, str] = template(workload)["metadata"]["labels"]
    return found


def containers(documents: Documents) -> Iterator[Container]:
    """Every container of every pod."""
    for workload in workloads(documents):
        for first, key in ((True, "initContainers"), (False, "containers")):
            for spec in pod(workload).get(key, ()):
                yield Container(f"{named(workload)} {spec['name']}", first, spec)


def ports(workload: Document) -> dict[str, int]:
    """The ports of a workload's pods by name."""
    listed = [port for spec in pod(workload)["containers"] for port in spec.get("ports", ())]
    return {port["name"]: port["containerPort"] for port in listed}


def selects(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector means these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions", ()))


def _expression(one: Document, labels: dict[str, str]) -> bool:
    value, wanted = labels.get(one["key"]), one.get("values", ())
    answers = {
        "In": value in wanted,
        "NotIn": value not in wanted,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers[one["operator"]]
