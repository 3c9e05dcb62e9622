"""The nodes of the network as manifests, from the same records that compose is written from."""

from typing import Any

from network.containers import images
from network.containers.container import Container
from network.kubernetes import files
from network.kubernetes.files import Folder
from network.native.layout import ROOT_IN_CONTAINERS

Manifest = dict[str, Any]


class Mode(int):
    """A file's mode, which is written as people know it."""


NAME, ORGANISATION, PART = "app.kubernetes.io/name", "lonja/organisation", "app.kubernetes.io/component"
ROLES = {images.ORDERER: "orderer", images.PEER: "peer", images.CHAINCODE: "chaincode"}
PORTS = {"orderer": ("orderer", "admin", "operations"), "peer": ("peer", "operations"), "chaincode": ("chaincode",)}
# To begin with: what an idle node takes, and room for a busy one. Overlays say more.
_REQUESTS = {
    "orderer": {"cpu": "250m", "memory": "256Mi"},
    "peer": {"cpu": "500m", "memory": "512Mi"},
    "chaincode": {"cpu": "250m", "memory": "64Mi"},
}
_LIMITS = {
    "orderer": {"cpu": "2", "memory": "1Gi"},
    "peer": {"cpu": "2", "memory": "2Gi"},
    "chaincode": {"cpu": "2", "memory": "512Mi"},
}


def role(container: Container) -> str:
    """What kind of node it is."""
    return ROLES[container.image]


def workload(container: Container) -> Manifest:
    """What makes the pod: one that keeps a ledger has a volume that it finds again, one that keeps nothing has none."""
    keeps = any(mount.writable for mount in container.mounts)
    spec: Manifest = {"replicas": 1, "selector": {"matchLabels": _labels(container)}, "template": _template(container)}
    if keeps:
        spec |= {"serviceName": container.host, "volumeClaimTemplates": [_claim()]}
    made = _manifest("apps/v1", "StatefulSet" if keeps else "Deployment", container)
    made["metadata"]["labels"] |= {PART: "ledger"}
    return made | {"spec": spec}


def service(container: Container) -> Manifest:
    """The host by which others find it, ready or not: nodes that begin together must find one another."""
    ports = [{"name": name, "port": port, "targetPort": name} for name, port in _ports(container).items()]
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": _labels(container), "ports": ports}
    return _manifest("v1", "Service", container) | {"spec": spec}


def _manifest(version: str, kind: str, container: Container) -> Manifest:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": container.host, "labels": _labels(container)},
    }


def _labels(container: Container) -> dict[str, str]:
    return {NAME: role(container), ORGANISATION: container.organisation, "lonja/node": container.name}


def _ports(container: Container) -> dict[str, int]:
    return dict(zip(PORTS[role(container)], container.ports, strict=True))


def _template(container: Container) -> Manifest:
    volumes = [_volume(container, folder) for folder in files.folders(container)]
    if any(mount.writable for mount in container.mounts):
        volumes.append({"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}})
    spec = {"containers": [_container(container)], "volumes": volumes}
    return {"metadata": {"labels": _labels(container)}, "spec": spec}


def _container(container: Container) -> Manifest:
    kind = role(container)
    return {
        "name": kind,
        "image": container.image.default.partition(":")[0],
        "command": list(container.command),
        "workingDir": str(container.folder),
        "env": [{"name": name, "value": value} for name, value in container.environment.items()],
        "ports": [{"name": name, "containerPort": port} for name, port in _ports(container).items()],
        **_probes(kind),
        "resources": {"requests": _REQUESTS[kind], "limits": _LIMITS[kind]},
        "volumeMounts": _mounts(container),
    }


def _probes(kind: str) -> Manifest:
    """Its port answers once it serves, and is asked until then only: a node logs each caller who says nothing.

    Afterwards Fabric's own answer is asked for, over TLS, which a kubelet does not verify. It wants no certificate.
    """
    opens = {"tcpSocket": {"port": kind}}
    health = {"httpGet": {"scheme": "HTTPS", "path": "/healthz", "port": "operations"}}
    later = (opens if kind == "chaincode" else health) | {"periodSeconds": 10, "timeoutSeconds": 5}
    return {
        "startupProbe": opens | {"periodSeconds": 2, "failureThreshold": 150},
        "livenessProbe": later | {"failureThreshold": 6},
        "readinessProbe": later,
    }


def _volume(container: Container, folder: Folder) -> Manifest:
    """Secrets are root's; the group of the pod reads them. A builder's programs are run."""
    mode = Mode(0o550 if folder.name == files.BUILDER else 0o440)
    items = [{"key": file.entry, "path": str(file.path)} for file in folder.files]
    return {"name": folder.name, "secret": {"secretName": container.host, "defaultMode": mode, "items": items}}


def _mounts(container: Container) -> list[Manifest]:
    mounts: list[Manifest] = []
    for mount in container.mounts:
        if mount.writable:
            mounts += [
                {"name": "data", "mountPath": mount.target},
                {"name": "tmp", "mountPath": f"{mount.target}/tmp"},  # noqa: S108 - a volume of its own
            ]
    for folder in files.folders(container):
        place = {"name": folder.name, "mountPath": str(ROOT_IN_CONTAINERS / folder.path), "readOnly": True}
        if folder.name == files.SETTINGS:  # one file into the folder that the node writes to
            (file,) = folder.files
            place |= {"mountPath": f"{place['mountPath']}/{file.path}", "subPath": str(file.path)}
        mounts.append(place)
    return mounts


def _claim() -> Manifest:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    return {"metadata": {"name": "data"}, "spec": spec}
