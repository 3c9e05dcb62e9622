"""The images that compose.yaml and Kubernetes run are built, where the public ones they begin with can be had."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from network.containers import engine
from network.errors import NetworkError
from scripts import programs
from scripts.progress import ROOT
from tests import engine as engines
from tests.conftest import STATES

pytestmark = [pytest.mark.network, pytest.mark.timeout(1800)]
IMAGES = ROOT / "network" / "containers" / "images"


@pytest.fixture(scope="module")
def running_engine() -> Iterator[None]:
    if (found := programs.fabric()).bin != programs.built().bin:
        pytest.skip(f"no image depends on Fabric {found.version}: built in the run on {programs.BUILT_VERSION}")
    try:
        with engines.answering(STATES / "engine"):
            yield
    except engines.NotThere as why:
        pytest.skip(f"no container engine: {why}")


@pytest.mark.parametrize("name", ["chaincode", "lonja"])
def test_an_image_is_built_and_runs_without_rights(running_engine: None, name: str) -> None:
    file = IMAGES / f"{name}.Dockerfile"
    for base in re.findall(r"^ARG \w+=(\S+:\S+)$", file.read_text(), re.MULTILINE):
        try:
            engine.get(base)
        except NetworkError as error:
            pytest.skip(f"{base} cannot be pulled: {error}")
    made = f"lonja-test-{name}"
    docker("build", "--network", "host", "--file", str(file), "--tag", made, str(ROOT))
    (image,) = json.loads(docker("inspect", made))
    assert image["Config"]["User"] == "10001:10001"
    if name == "lonja":
        assert "scripts.healthy" in str(image["Config"]["Healthcheck"])
        assert "Lonja's middleware" in docker("run", "--rm", "--network", "none", made, "--help")


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
