"""Which files a container of the network mounts, and by which names its Secret has them.

One Secret for each container, named as its host: whoever may read one node's has no other's. A Secret's entries have
no folders, so each is named by its mount and the path in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from network.containers import images
from network.containers.container import LAYOUT, Container, Mount
from network.native import package
from network.native.layout import ROOT_IN_CONTAINERS, Membership, Tls

IDENTITY, TLS, BUILDER, TOLD, SETTINGS = "identity", "tls", "builder", "told", "settings"
_SETTINGS = {images.PEER: "core.yaml", images.ORDERER: "orderer.yaml"}


@dataclass(frozen=True)
class File:
    """A file of a mount: its name in the Secret, and its path below the mount."""

    entry: str
    path: PurePosixPath


@dataclass(frozen=True)
class Folder:
    """A read-only mount as a volume of the container's Secret. `path` is the same below the state folder."""

    name: str
    path: PurePosixPath
    files: tuple[File, ...]


def folders(container: Container) -> list[Folder]:
    """What a container mounts and does not write, its settings last."""
    found = [_folder(mount) for mount in container.mounts if not mount.writable]
    settings = _SETTINGS.get(container.image)
    return found + ([_named(SETTINGS, _inside(container.folder), [settings])] if settings else [])


def entries(container: Container) -> Iterator[tuple[str, PurePosixPath]]:
    """Each entry of a container's Secret, and the file below the state folder that it is read from."""
    for folder in folders(container):
        for file in folder.files:
            yield file.entry, folder.path / file.path


def _folder(mount: Mount) -> Folder:
    parts = mount.path.parts
    if mount.path == _inside(LAYOUT.builder):
        return _named(BUILDER, mount.path, [f"bin/{name}" for name in package.PROGRAMS])
    if "members" in parts:
        return _named(IDENTITY, mount.path, _all(Membership(Path())))
    if "tls" in parts:
        return _named(TLS, mount.path, _all(Tls(Path())))
    return _named(TOLD, mount.path, [package.ID, package.GENESIS])


def _all(folder: Membership | Tls) -> list[str]:
    """Every file that such a folder has."""
    kinds = [name for name, value in vars(type(folder)).items() if isinstance(value, property)]
    return [str(getattr(folder, name)) for name in kinds]


def _named(name: str, path: PurePosixPath, files: list[str]) -> Folder:
    return Folder(name, path, tuple(File(f"{name}.{file.replace('/', '.')}", PurePosixPath(file)) for file in files))


def _inside(folder: Path) -> PurePosixPath:
    return PurePosixPath(folder.relative_to(ROOT_IN_CONTAINERS))
