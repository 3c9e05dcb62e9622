"""Pods without a cluster: what a manifest says of a container as a process of this machine, in namespaces of its own.

It gets the command, the environment, the folder, the files, the user and the rights that the manifest names, and an
image that it cannot write to: this machine's root, with the programs of the image in /usr/local/bin. It takes root to
take all of that away again. Whoever starts it is in a network of its own, where every Service's name leads to it.
"""

import base64
import shlex
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from network.native.layout import ROOT_IN_CONTAINERS
from network.process import Process
from tests.kubernetes.rendered import Document, Documents, of_kind, pod, ports

ADDRESS = "10.99.0.7"  # Fabric wants one that is not loopback's
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
Secrets = dict[str, dict[str, bytes]]


def read(printed: str) -> Secrets:
    """The Secrets of what is piped to kubectl."""
    listed = list(yaml.safe_load_all(printed))
    return {
        one["metadata"]["name"]: {key: base64.b64decode(value) for key, value in one["data"].items()} for one in listed
    }


def name_services(documents: Documents, folder: Path) -> None:
    """Our address, and every Service at it."""
    names = [one["metadata"]["name"] for one in of_kind(documents, "Service")]
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{ADDRESS} {name}\n" for name in names) + "127.0.0.1 localhost\n")
    for words in ("ip link set lo up", f"ip addr add {ADDRESS}/24 dev lo", f"mount --bind {hosts} /etc/hosts"):
        subprocess.run(words.split(), check=True)


def process(workload: Document, secrets: Secrets, image: Path, folder: Path) -> Process:
    """A pod with one container, ready once its startup probe is answered. `folder` is where its volumes are made."""
    name, (container,) = workload["metadata"]["name"], pod(workload)["containers"]
    place = folder / name
    script = "\n".join(["set -e", *_mounts(workload, secrets, image, place), *_run(workload)])
    unshare = ("/usr/bin/unshare", "--mount", "--propagation", "private", "sh", "-c", script)
    env = {each["name"]: each["value"] for each in container["env"]}
    log = place.with_suffix(".log")
    return Process(name, unshare, env, folder, log, probe(workload, "startupProbe"), restart=False)


def probe(workload: Document, kind: str) -> Callable[[], bool]:
    """Ask as a kubelet would."""
    (container,) = pod(workload)["containers"]
    how, port = container[kind], ports(workload)
    if "tcpSocket" in how:
        return lambda: _opens(port[how["tcpSocket"]["port"]])
    asked = how["httpGet"]
    return lambda: _answers(f"{asked['scheme'].lower()}://{ADDRESS}:{port[asked['port']]}{asked['path']}")


def _opens(port: int) -> bool:
    try:
        socket.create_connection((ADDRESS, port), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(url: str) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # a kubelet does not verify either
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _mounts(workload: Document, secrets: Secrets, image: Path, place: Path) -> Iterator[str]:
    spec, (container,) = workload["spec"], pod(workload)["containers"]
    group = pod(workload)["securityContext"]["fsGroup"]
    volumes = {each["name"]: each for each in pod(workload)["volumes"]}
    volumes |= {each["metadata"]["name"]: each for each in spec.get("volumeClaimTemplates", ())}
    yield f"mount -t tmpfs tmpfs {ROOT_IN_CONTAINERS}"
    yield f"mount --bind {image} /usr/local/bin"
    for mount in sorted(container["volumeMounts"], key=lambda each: len(Path(each["mountPath"]).parts)):
        source = _volume(volumes[mount["name"]], secrets, place / mount["name"], group) / mount.get("subPath", "")
        target = shlex.quote(mount["mountPath"])
        yield f"mkdir -p {target}" if source.is_dir() else f"mkdir -p $(dirname {target}) && touch {target}"
        yield f"mount --bind {shlex.quote(str(source.resolve()))} {target}"
        if mount.get("readOnly"):
            yield f"mount -o remount,bind,ro {target}"


def _run(workload: Document) -> Iterator[str]:
    """The image cannot be written, the user is none, and every right is gone."""
    (container,), who = pod(workload)["containers"], pod(workload)["securityContext"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    yield f"mount -o remount,bind,ro {ROOT_IN_CONTAINERS} && mount -o remount,bind,ro /"
    yield f"cd {shlex.quote(container['workingDir'])}"
    user = ["--reuid", str(who["runAsUser"]), "--regid", str(who["runAsGroup"]), "--groups", str(who["fsGroup"])]
    rights = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    yield f"exec {shlex.join(['setpriv', *user, *rights, '--', *container['command']])}"


def _volume(volume: Document, secrets: Secrets, place: Path, group: int) -> Path:
    """Its folder, made as a kubelet makes it: root's, open to the pod's group; a Secret's files in a dated folder."""
    if place.exists():
        return place
    place.mkdir(parents=True)
    if "secret" not in volume:
        place.chmod(0o2770)
        shutil.chown(place, group=group)
        return place
    told, dated = volume["secret"], place / "..dated"
    for item in told["items"]:
        file = dated / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(secrets[told["secretName"]][item["key"]])
        file.chmod(told["defaultMode"])
        shutil.chown(file, group=group)
    for each in dated.iterdir():
        (place / each.name).symlink_to(f"..dated/{each.name}")
    return place
