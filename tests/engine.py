"""A container engine for tests: the one that answers, or one of our own for as long as they last."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from network.ca import program as ca
from network.containers import engine, images
from network.errors import NetworkError
from network.supervisor import die_with_parent
from scripts.programs import Fabric

START_SECONDS = 40.0
STOP_SECONDS = 30.0
_WORDS = ("sh", "grep", "cp", "mkdir")


class NotThere(Exception):
    """There is no engine, and why."""


@contextlib.contextmanager
def answering(data: Path) -> Iterator[dict[str, str]]:
    """The settings with which one is reached. What ours holds lies in `data` and is gone afterwards."""
    try:
        engine.refuse_silent()
        yield {}
        return
    except NetworkError as error:
        why = str(error)
    if os.getuid() or not shutil.which("dockerd"):
        raise NotThere(f"{why}\nOne of our own takes root and the program dockerd")
    with _own(data) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", address)
        yield {"DOCKER_HOST": address}


@contextlib.contextmanager
def _own(data: Path) -> Iterator[str]:
    """Its sockets have short paths, as sockets must; it makes no network but those it is asked for."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    short, parent = Path(tempfile.mkdtemp(prefix="lonja-engine-")), os.getpid()
    address = f"unix://{short}/socket"
    places = {"--data-root": data, "--exec-root": short / "run", "--pidfile": short / "pid", "--host": address}
    argv = ["dockerd", "--bridge=none", *(f"{option}={place}" for option, place in places.items())]
    try:
        with (data.parent / "engine.log").open("wb") as log:
            child = subprocess.Popen(
                argv, stdout=log, stderr=log, start_new_session=True, preexec_fn=lambda: die_with_parent(parent, 15)
            )
        try:
            _wait(child, address, Path(log.name))
            yield address
        finally:
            child.terminate()
            child.wait(STOP_SECONDS)
    finally:
        shutil.rmtree(short, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def _wait(child: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    argv = ["docker", "--host", address, "version"]
    while subprocess.run(argv, capture_output=True, check=False).returncode:
        if child.poll() is not None or time.monotonic() > deadline:
            raise NotThere(f"dockerd does not start here: {log.read_text(errors='replace').splitlines()[-1:]}")
        time.sleep(0.2)


def fabric_images(fabric: Fabric) -> Mapping[str, str]:
    """The public images where they are of this release and can be had, else our own from its programs, as settings."""
    found = {}
    wanted = {images.PEER: fabric.bin / "peer", images.ORDERER: fabric.bin / "orderer", images.CA: ca.PROGRAM}
    for image, program in wanted.items():
        name = f"lonja-test-{program.name}:{fabric.version}"
        try:
            if image != images.CA and fabric.version != images.VERSION:
                raise NetworkError("there is no public image of it among ours")
            engine.get(image.default)
            name = image.default
        except NetworkError:
            shell, names = _shell()
            engine.make(name, [*shell, program], names)
        found[image.variable] = name
    return found


def _shell() -> tuple[list[Path], Sequence[str]]:
    """What the external builder's scripts are written in, and the names that the first of it answers to as well."""
    if found := shutil.which("busybox"):
        return [Path(found)], [f"bin/{name}" for name in _WORDS]
    programs = [shutil.which(name) for name in _WORDS]
    return [Path(program) for program in programs if program], ["bin/sh"]
