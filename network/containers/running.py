"""A network whose containers we start: the compose file, the images, and the one process that keeps them up."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import yaml

from network.containers import compose, engine, images, keeper
from network.containers.container import describe
from network.containers.images import Image
from network.errors import NetworkError
from network.native.layout import Layout
from network.native.network import Network
from network.process import Process

ROOT = Path(__file__).resolve().parents[2]
Say = Callable[[str], None]


def sweep(state: Path) -> None:
    """Before the ports are looked at: an engine answers, and nothing of an earlier start is left in it."""
    engine.refuse_silent()
    for name in engine.FILES:
        keeper.sweep(state.resolve() / "network" / name)


def prepare(network: Network, say: Say) -> Process:
    """Have the images, write the compose file; the process that keeps the containers up."""
    _refuse_other_release(network)
    for image in (images.ORDERER, images.PEER):
        get(image, say)
    chaincode = os.environ.get(images.CHAINCODE.variable) or _chaincode(network.chaincode)
    file, state = network.layout.folder / engine.FILE, str(network.layout.folder.parent)
    who = user(network.layout.folder)
    services = compose.services(describe(network.fabric, network.inside), state, who, network.shift)
    text = yaml.safe_dump({"services": services}, sort_keys=False)
    file.write_text(text.replace(str(images.CHAINCODE), chaincode))
    return keeper_of(file, network.layout, [*network.nodes(), *network.chaincodes()])


def keeper_of(file: Path, layout: Layout, everyone: Sequence[Process]) -> Process:
    """What keeps the containers of a compose file up; they serve when everyone in them does."""
    return Process(
        name=file.stem,
        argv=(sys.executable, "-m", keeper.__name__, str(file)),
        env=dict(os.environ),  # the engine's own settings and the images' names, none of which is ours to read
        cwd=ROOT,
        log=layout.log(file.stem),
        ready=lambda: all(each.ready is not None and each.ready() for each in everyone),
    )


def _refuse_other_release(network: Network) -> None:
    """The channel is made with the programs of this machine: those in the images must be of the same release."""
    told = [each.variable for each in (images.ORDERER, images.PEER) if os.environ.get(each.variable)]
    if not told and network.fabric.release != images.RELEASE:
        raise NetworkError(
            f"the images are Fabric {images.VERSION}, the programs in {network.fabric.folder} are"
            f" {network.fabric.version}: type make fabric, or name images of that release in"
            f" {images.ORDERER.variable} and {images.PEER.variable}"
        )


def get(image: Image, say: Say) -> None:
    """Have an image here, the one that is named or the default."""
    name = image.named(os.environ)
    if not engine.has(name):
        say(f"fetching the image {name}")
    try:
        engine.get(name)
    except NetworkError as error:
        raise NetworkError(
            f"the image {name} cannot be fetched: {error}\nName another one in {image.variable}"
        ) from error


def _chaincode(program: Path) -> str:
    """Our chaincode is built here already: its image holds that program."""
    name = f"{images.CHAINCODE.default}:{sha256(program.read_bytes()).hexdigest()[:12]}"
    if not engine.has(name):
        engine.make(name, [program])
    return name


def user(folder: Path) -> str:
    """Who the containers run as: whoever starts them, or where that is root a user without rights, who is given all."""
    if os.getuid():
        return f"{os.getuid()}:{os.getgid()}"
    give(folder)
    return f"{engine.USER}:{engine.USER}"


def give(folder: Path, but: Iterable[Path] = ()) -> None:
    """Make a folder with all in it that user's, but for some that stay root's."""
    kept = set(but)
    for path in (folder, *folder.rglob("*")):
        if not kept & {path, *path.parents}:
            os.chown(path, engine.USER, engine.USER, follow_symlinks=False)
    for path in kept:
        path.chmod(0o700)
