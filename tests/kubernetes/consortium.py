"""The consortium's pods as processes, and a channel on them: `... tests.kubernetes.consortium STATE FABRIC CHAINCODE`.

Run as root in a network and a mount namespace of its own; test_pods.py starts it. What is wrong ends it.
"""

import shutil
import sys
from pathlib import Path

from network.config import Config
from network.kubernetes import base, deploying, secrets
from network.native.layout import ROOT_IN_CONTAINERS
from network.supervisor import Supervisor
from scripts.progress import ROOT
from tests.kubernetes import kubelet, rendered
from tests.kubernetes.rendered import named, workloads

SHIFT, START_SECONDS = 300, 120.0


def main(state: Path, fabric: Path, chaincode: Path) -> None:
    """Say what was seen, a line each."""
    settings = Config(state, SHIFT, fabric, chaincode, base.TOPOLOGY)
    told = rendered.documents("dev")
    kubelet.name_services(told, state)
    deploying.make(settings)
    held, image, pods = kubelet.read(secrets.text(state)), _image(state, fabric, chaincode), state / "pods"
    nodes = [one for one in workloads(told) if one["metadata"]["labels"].get("app.kubernetes.io/component") == "ledger"]
    supervisor = Supervisor(print)
    try:
        supervisor.start(*(kubelet.process(one, held, image, pods) for one in nodes))
        supervisor.wait_ready(START_SECONDS)
        deploying.deploy(settings, "lonja-dev", print, kubectl=str(_kubectl(state)))
        for one in nodes:
            answers = [kind for kind in kubelet.PROBES if kubelet.probe(one, kind)()]
            print(f"{named(one)}: {' '.join(answers)}")
    finally:
        supervisor.stop()


def _image(state: Path, fabric: Path, chaincode: Path) -> Path:
    """What the images have in /usr/local/bin."""
    folder = state / "image"
    folder.mkdir()
    for program in (fabric / "peer", fabric / "orderer", chaincode):
        shutil.copy(program, folder)
    return folder


def _kubectl(state: Path) -> Path:
    program = state / "kubectl"
    words = f"cd {ROOT} && exec {sys.executable} -m tests.kubernetes.forwarding"
    program.write_text(f'#!/bin/sh\n{words} "$@"\n')
    program.chmod(0o755)
    return program


if __name__ == "__main__":
    here = ROOT_IN_CONTAINERS.exists()
    ROOT_IN_CONTAINERS.mkdir(exist_ok=True)
    try:
        main(*map(Path, sys.argv[1:]))
    finally:
        if not here:
            ROOT_IN_CONTAINERS.rmdir()
