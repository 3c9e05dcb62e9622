"""What must be true of every overlay. Each check yields a sentence for each thing that is wrong, and names it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.kubernetes import sources
from tests.kubernetes.rendered import (
    Document,
    Documents,
    containers,
    labels,
    named,
    of_kind,
    pod,
    ports,
    selects,
    workloads,
)

Check = Callable[[Documents], Iterator[str]]
# What others provide: README.md says which of them, and what is in it.
OUTSIDE = {
    "Secret": {"database", "certificate"},
    "StorageClass": {"lonja-block", "lonja-shared"},
    "IngressClass": {"nginx"},
}
PINNED = re.compile(r"(?:[a-z0-9.-]+(?::\d+)?/)?[a-z0-9/_-]+:v?\d[\w.-]*(?:@sha256:[0-9a-f]{64})?")
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
ALONE = ("worker", "fix", "webhooks")
UNITS = {"m": 0.001, "": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def asked_how_they_do(documents: Documents) -> Iterator[str]:
    """Every container that stays is probed, at a port that it has."""
    for one in workloads(documents):
        for container in pod(one)["containers"] if one["kind"] != "Job" else ():
            for name in PROBES:
                if name not in container:
                    yield f"{named(one)} has no {name}"
                    continue
                where = next((container[name][how] for how in ("httpGet", "tcpSocket") if how in container[name]), {})
                if where and where["port"] not in ports(one):
                    yield f"{named(one)}: {name} asks at {where['port']}, which is no port of its"


def bounded(documents: Documents) -> Iterator[str]:
    """Every container says what it needs and what it may take, and needs no more than it may take."""
    for where, _, spec in containers(documents):
        resources = spec.get("resources", {})
        for what in ("cpu", "memory"):
            needs, takes = (resources.get(kind, {}).get(what) for kind in ("requests", "limits"))
            if needs is None or takes is None:
                yield f"{where} does not bound its {what}"
            elif amount(needs) > amount(takes):
                yield f"{where} needs more {what} than it may take"


def amount(text: object) -> float:
    """A quantity as Kubernetes writes it."""
    found = re.fullmatch(r"([\d.]+)(m|Ki|Mi|Gi|)", str(text))
    assert found, f"{text} is no quantity"
    return float(found[1]) * UNITS[found[2]]


def confined(documents: Documents) -> Iterator[str]:
    """No pod has rights in the cluster or on its machine, no container is root or writes to its image."""
    for one in workloads(documents):
        spec = pod(one)
        whole = spec.get("securityContext", {})
        if not whole.get("runAsNonRoot") or not whole.get("runAsUser") or not whole.get("runAsGroup"):
            yield f"{named(one)} may be root"
        if whole.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{named(one)} may make any system call"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{named(one)} is given a token of the cluster"
        if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{named(one)} is on its machine's network or among its processes"
        if any("hostPath" in volume for volume in spec.get("volumes", ())):
            yield f"{named(one)} mounts a folder of its machine"
    for where, _, container in containers(documents):
        yield from (f"{where} {what}" for what in _loose(container.get("securityContext", {})))


def _loose(context: Document) -> Iterator[str]:
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "is root"


def pinned(documents: Documents) -> Iterator[str]:
    """Every image says which version it is."""
    for where, _, spec in containers(documents):
        if not PINNED.fullmatch(spec["image"]):
            yield f"{where} runs {spec['image']}, which is not one version"


def all_there(documents: Documents) -> Iterator[str]:
    """Whatever is referred to is in the overlay, or among what others provide."""
    own = {(one["kind"], one["metadata"]["name"]) for one in documents}
    for where, kind, name in _references(documents):
        if (kind, name) not in own and name not in outside(kind):
            yield f"{where} refers to the {kind} {name}, which is not there"


def outside(kind: str) -> set[str]:
    """What is not in the manifests, by kind: what others provide, and the Secrets that we print of a state folder."""
    return OUTSIDE.get(kind, set()) | (sources.printed() if kind == "Secret" else set())


def _references(documents: Documents) -> Iterator[tuple[str, str, str]]:
    for one in workloads(documents):
        where, spec = named(one), pod(one)
        yield where, "ServiceAccount", spec.get("serviceAccountName", "default")
        if one["kind"] == "StatefulSet":
            yield where, "Service", one["spec"]["serviceName"]
        for volume in spec.get("volumes", ()):
            yield from ((where, *found) for found in _volume(volume))
    for where, _, container in containers(documents):
        yield from ((where, *found) for found in _environment(container))
    for one in documents:
        yield from ((named(one), *found) for found in _elsewhere(one))


def _volume(volume: Document) -> Iterator[tuple[str, str]]:
    for key, kind, name in (
        ("secret", "Secret", "secretName"),
        ("configMap", "ConfigMap", "name"),
        ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
    ):
        if key in volume:
            yield kind, volume[key][name]


def _environment(container: Document) -> Iterator[tuple[str, str]]:
    kinds = {
        "secretRef": "Secret",
        "secretKeyRef": "Secret",
        "configMapRef": "ConfigMap",
        "configMapKeyRef": "ConfigMap",
    }
    for source in [*container.get("envFrom", ()), *(each.get("valueFrom", {}) for each in container.get("env", ()))]:
        yield from ((kinds[key], value["name"]) for key, value in source.items() if key in kinds)


def _elsewhere(one: Document) -> Iterator[tuple[str, str]]:
    """Of an Ingress its class, its certificates and what stands behind it; of a claim its class."""
    spec = one.get("spec", {})
    if one["kind"] == "Ingress":
        yield "IngressClass", spec["ingressClassName"]
        yield from (("Secret", each["secretName"]) for each in spec["tls"])
        paths = [path for rule in spec["rules"] for path in rule["http"]["paths"]]
        yield from (("Service", path["backend"]["service"]["name"]) for path in paths)
    claims = [spec] if one["kind"] == "PersistentVolumeClaim" else []
    for claim in [*claims, *(each["spec"] for each in spec.get("volumeClaimTemplates", ()))]:
        if "storageClassName" in claim:
            yield "StorageClass", claim["storageClassName"]


def mounted(documents: Documents) -> Iterator[str]:
    """Every mount is of a volume that the pod has, every volume is mounted, and no two mounts have one place."""
    for one in workloads(documents):
        volumes = [each["name"] for each in pod(one).get("volumes", ())]
        volumes += [each["metadata"]["name"] for each in one["spec"].get("volumeClaimTemplates", ())]
        used: set[str] = set()
        for container in [*pod(one).get("initContainers", ()), *pod(one)["containers"]]:
            mounts = container.get("volumeMounts", ())
            used |= {each["name"] for each in mounts}
            twice = [place for place, count in Counter(each["mountPath"] for each in mounts).items() if count > 1]
            yield from (f"{named(one)} mounts {place} twice" for place in twice)
        yield from (f"{named(one)} mounts {name}, which it has not" for name in sorted(used - set(volumes)))
        yield from (f"{named(one)} has the volume {name} and does not mount it" for name in volumes if name not in used)


def without_secrets(documents: Documents) -> Iterator[str]:
    """No secret is in a manifest: neither as one, nor among settings."""
    yield from (f"{named(one)} is in the manifests" for one in of_kind(documents, "Secret"))
    secret = re.compile(r"PRIVATE KEY|://[^/@\s]+:[^/@\s]+@|(?i:password|secret|token)=")
    for one in of_kind(documents, "ConfigMap"):
        if secret.search("\n".join(f"{name}={value}" for name, value in one.get("data", {}).items())):
            yield f"{named(one)} holds a secret"
    for where, _, container in containers(documents):
        for each in container.get("env", ()):
            if "value" in each and (secret.search(each["value"]) or re.search("PASSWORD|DATABASE_URL", each["name"])):
                yield f"{where} is told {each['name']} in the open"


def served(documents: Documents) -> Iterator[str]:
    """Every Service has pods behind it, which have its ports; every backend of an Ingress is a port of a Service."""
    known: dict[str, list[str]] = {}
    for one in of_kind(documents, "Service"):
        behind = [
            each for each in workloads(documents) if selects({"matchLabels": one["spec"]["selector"]}, labels(each))
        ]
        if len(behind) != 1:
            yield f"{named(one)} has {len(behind)} workloads behind it"
        known[one["metadata"]["name"]] = [port["name"] for port in one["spec"]["ports"]]
        for port in one["spec"]["ports"]:
            if any(ports(each).get(port["targetPort"]) != port["port"] for each in behind):
                yield f"{named(one)}: nobody behind it has the port {port['name']} {port['port']}"
    for one in of_kind(documents, "Ingress"):
        for path in (path for rule in one["spec"]["rules"] for path in rule["http"]["paths"]):
            wanted = path["backend"]["service"]
            if wanted["port"]["name"] not in known.get(wanted["name"], ()):
                yield f"{named(one)} leads to {wanted['name']}, which has no port {wanted['port']['name']}"


def selected(documents: Documents) -> Iterator[str]:
    """Every workload selects its own pods and no other's."""
    for one in workloads(documents):
        if one["kind"] == "Job":
            continue
        mine = [each for each in workloads(documents) if selects(one["spec"]["selector"], labels(each))]
        if mine != [one]:
            yield f"{named(one)} selects {', '.join(map(named, mine)) or 'nothing'}"


def covered(documents: Documents) -> Iterator[str]:
    """To begin with everything is forbidden; and every pod has a policy that says what is not."""
    policies = of_kind(documents, "NetworkPolicy")
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if not any(one["spec"] == nothing for one in policies):
        yield "no policy forbids everything to begin with"
    for one in workloads(documents):
        meant = [
            each
            for each in policies
            if each["spec"]["podSelector"] and selects(each["spec"]["podSelector"], labels(one))
        ]
        if not meant:
            yield f"no policy says whom {named(one)} may talk to"
    for one in policies:
        if not any(selects(one["spec"]["podSelector"], labels(each)) for each in workloads(documents)):
            yield f"{named(one)} concerns nobody"


def in_one_namespace(documents: Documents) -> Iterator[str]:
    """Everything stands in the overlay's own namespace, which admits confined pods only."""
    spaces = of_kind(documents, "Namespace")
    if len(spaces) != 1:
        yield f"there are {len(spaces)} namespaces"
        return
    own = spaces[0]["metadata"]
    if own.get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
        yield f"the namespace {own['name']} admits any pod"
    for one in documents:
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") != own["name"]:
            yield f"{named(one)} is not in {own['name']}"


def said_once(documents: Documents) -> Iterator[str]:
    """No two documents have one kind and name."""
    yield from (f"{name} is there {count} times" for name, count in Counter(map(named, documents)).items() if count > 1)


def alone(documents: Documents) -> Iterator[str]:
    """What only one may do is done by one, which ends before the next begins."""
    for one in of_kind(documents, "Deployment"):
        if one["metadata"]["name"] in ALONE:
            how = one["spec"].get("strategy", {}).get("type")
            if one["spec"].get("replicas") != 1 or how != "Recreate":
                yield f"{named(one)} may run twice"
    for one in of_kind(documents, "StatefulSet"):
        if one["spec"].get("replicas") != 1:
            yield f"{named(one)} may run twice with one identity"


def shared(documents: Documents) -> Iterator[str]:
    """What several pods mount can be mounted by several."""
    claims = {
        one["metadata"]["name"]: one["spec"]["accessModes"] for one in of_kind(documents, "PersistentVolumeClaim")
    }
    for one in of_kind(documents, "Deployment"):
        for volume in pod(one).get("volumes", ()):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim in claims and one["spec"]["replicas"] > 1 and claims[claim] != ["ReadWriteMany"]:
                yield f"{named(one)} has {one['spec']['replicas']} pods for the volume {claim}, which is for one"


def spared(documents: Documents) -> Iterator[str]:
    """What bounds disruptions means somebody, nobody twice, and lets a machine be emptied all the same."""
    for budget in of_kind(documents, "PodDisruptionBudget"):
        spec = budget["spec"]
        meant = [one for one in workloads(documents) if selects(spec["selector"], labels(one))]
        count = sum(one["spec"].get("replicas", 1) for one in meant)
        if not meant:
            yield f"{named(budget)} concerns nobody"
        elif spec.get("maxUnavailable", count - spec.get("minAvailable", 0)) < 1:
            yield f"{named(budget)} lets nobody go"
    for one in workloads(documents):
        budgets = [
            each for each in of_kind(documents, "PodDisruptionBudget") if selects(each["spec"]["selector"], labels(one))
        ]
        if len(budgets) > 1:
            yield f"{named(one)} has two budgets, so nobody may move it"


def spread(documents: Documents) -> Iterator[str]:
    """What a pod is kept apart from is its like, by a label that is told once: a cluster refuses the same one twice."""
    for one in workloads(documents):
        for rule in pod(one).get("topologySpreadConstraints", ()):
            selector, alike = rule["labelSelector"], rule.get("matchLabelKeys", ())
            told = {*selector.get("matchLabels", ()), *(each["key"] for each in selector.get("matchExpressions", ()))}
            if told & set(alike):
                yield f"{named(one)} is told {', '.join(sorted(told & set(alike)))} twice, which a cluster refuses"
            if not selects(selector, labels(one)) or not set(alike) <= labels(one).keys():
                yield f"{named(one)} is not spread among its like"


def known_settings(documents: Documents) -> Iterator[str]:
    """A container of ours is told nothing that its program does not read."""
    settings = {one["metadata"]["name"]: one["data"] for one in of_kind(documents, "ConfigMap")}
    for where, _, container in containers(documents):
        known = sources.read_by(container["image"])
        if known is None:
            continue
        told = {each["name"] for each in container.get("env", ())}
        for source in container.get("envFrom", ()):
            told |= settings.get(source.get("configMapRef", {}).get("name"), {}).keys()
        yield from (f"{where} is told {name}, which nobody reads" for name in sorted(told - known))


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        asked_how_they_do,
        bounded,
        confined,
        pinned,
        all_there,
        mounted,
        without_secrets,
        served,
        selected,
        covered,
        in_one_namespace,
        said_once,
        alone,
        shared,
        spared,
        spread,
        known_settings,
    )
}


def told(documents: Documents) -> list[Any]:
    """Every complaint of every check."""
    return [f"{name}: {said}" for name, check in CHECKS.items() for said in check(documents)]
