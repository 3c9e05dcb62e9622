"""Without a cluster: every node of the consortium runs as its manifest says, and two of three endorse."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from network.kubernetes import base
from scripts import programs
from scripts.progress import ROOT, TOOLS
from tests.kubernetes.kubelet import PROBES

SECONDS = 280
NEEDED = ("unshare", "setpriv", "ip", "mount")


def refused() -> str:
    """Why it cannot be tried here; nothing where it can."""
    if os.geteuid():
        return "the rights that a pod has not can be taken away by root only"
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        return f"there is no {' and no '.join(missing)}"
    if not programs.fabric().version.startswith("3.1."):
        return f"the manifests are of Fabric {base.VERSION}; this is {programs.fabric().version}"
    tried = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


@pytest.mark.network
def test_the_pods_run_as_their_manifests_say_and_the_channel_comes_to_be(tmp_path: Path) -> None:
    if why := refused():
        pytest.skip(f"the pods of the manifests are not tried: {why}")
    (tmp_path / "genesis.json").write_text("{}")
    (tmp_path / "key-encryption-key").write_text("none\n")
    words = [sys.executable, "-m", "tests.kubernetes.consortium"]
    told = [str(tmp_path), str(programs.fabric().bin), str(TOOLS / "bin" / "chaincode")]
    apart = ["unshare", "--net", "--mount", "--propagation", "private"]
    done = subprocess.run(
        [*apart, *words, *told], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    logs = "\n".join(f"{log.name}: {log.read_text()[-600:]}" for log in sorted(tmp_path.glob("pods/*.log")))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    kinds = {"lonja-chaincode": "Deployment"}
    nodes = {f"{kinds.get(one.image.default, 'StatefulSet')}/{one.host}" for one in base.containers()}
    assert {f"{node}: {' '.join(PROBES)}" for node in nodes} <= set(done.stdout.splitlines())
