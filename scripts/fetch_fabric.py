"""Get Fabric's official release where there is an internet: `make fabric`. From then on `make run` uses it.

The archive is fetched in pieces that are kept, so that a broken line is taken up where it broke; unpacked beside, asked
for its version, and only then put in its place. Standard library only: it runs before there is an environment.

Settings: LONJA_FABRIC_VERSION, LONJA_FABRIC_URL (with {version} and {platform} in it, or a file's own address) and
LONJA_FABRIC_SHA256, which the archive then must have. A release has no signature; untold, the sum is printed.
"""

import hashlib
import os
import platform
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from network import fetched
from network.fetched import VERSION
from scripts import download
from scripts.download import NotFetched
from scripts.programs import FABRIC_PROGRAMS, fabric_version
from scripts.progress import TOOLS, Failed, say

URL = (
    "https://github.com/hyperledger/fabric/releases/download/v{version}/hyperledger-fabric-{platform}-{version}.tar.gz"
)
PLATFORMS = {"x86_64": "linux-amd64", "aarch64": "linux-arm64"}
PARTS = ("bin", "config")
ROOM_FACTOR = 4  # the archive, what is in it, and a little


@dataclass(frozen=True)
class Release:
    """Which archive is wanted. `sha256` is "" when nobody told it."""

    version: str
    url: str
    sha256: str = ""

    @property
    def archive(self) -> Path:
        return TOOLS / "downloads" / f"hyperledger-fabric-{self.version}.tar.gz"

    @property
    def folder(self) -> Path:
        return TOOLS / f"fabric-{self.version}"


def wanted() -> Release:
    """What the environment asks for, else the release that this version of Lonja is tested with."""
    version = os.environ.get("LONJA_FABRIC_VERSION") or VERSION
    if not version.replace(".", "").isdigit() or version.count(".") != 2:
        raise Failed(f"LONJA_FABRIC_VERSION is {version!r}; it must be a release such as {VERSION}")
    machine = PLATFORMS.get(platform.machine())
    url = os.environ.get("LONJA_FABRIC_URL") or URL
    if machine is None and "{platform}" in url:
        raise Failed(f"there is no official release for {platform.machine()}; build one and set FABRIC_BIN")
    url = url.replace("{version}", version).replace("{platform}", machine or "")
    return Release(version, url, (os.environ.get("LONJA_FABRIC_SHA256") or "").strip().lower())


def fetch(release: Release) -> Path:
    """Have the release in the tools folder, checked; answers the folder of its programs."""
    if fabric_version(release.folder / "bin") == release.version:
        say(f"Fabric {release.version} is there already: {release.folder}")
    else:
        say(f"Fetching Fabric {release.version} from {release.url}")
        download.fetch(release.url, release.archive)
        _compare(release)
        _put(release)
        release.archive.unlink()
    _choose(release)
    return release.folder / "bin"


def _compare(release: Release) -> None:
    with release.archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if release.sha256 and found != release.sha256:
        release.archive.unlink()
        raise Failed(f"the archive has SHA-256 {found}, not {release.sha256}: it was thrown away and nothing changed")
    say(f"      SHA-256 {found}: {'as told' if release.sha256 else 'compare it, or tell it with LONJA_FABRIC_SHA256'}")


def _put(release: Release) -> None:
    """Unpack beside, look at what came, rename: the place holds a whole release or none."""
    coming = release.folder.with_name(f"{release.folder.name}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    try:
        _unpack(release, coming)
        _look_at(release, coming)
        shutil.rmtree(release.folder, ignore_errors=True)
        coming.rename(release.folder)
    except OSError as error:
        raise Failed(f"the archive cannot be unpacked to {coming}: {error.strerror}; nothing changed") from error
    finally:
        shutil.rmtree(coming, ignore_errors=True)


def _unpack(release: Release, folder: Path) -> None:
    """Programs and sample configuration, under names of ours: an archive is not trusted with paths."""
    try:
        with tarfile.open(release.archive, "r:gz") as tar:
            for member in tar:
                parts = Path(member.name).parts
                if member.isfile() and len(parts) == 2 and parts[0] in PARTS:
                    _write(tar, member, folder / parts[0] / parts[1])
    except (tarfile.TarError, EOFError, ValueError) as error:
        release.archive.unlink()
        raise Failed(
            f"{release.url} is not a whole archive ({error}): it was thrown away; type: make fabric"
        ) from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - a file has content
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(0o755 if path.parent.name == "bin" else 0o644)


def _look_at(release: Release, folder: Path) -> None:
    missing = [name for name in FABRIC_PROGRAMS if not os.access(folder / "bin" / name, os.X_OK)]
    if missing:
        raise Failed(f"{release.url} holds no {' and no '.join(missing)}: it is no release of Fabric; nothing changed")
    version = fabric_version(folder / "bin")
    if version != release.version:
        told = f"says it is {version}" if version else "does not run on this machine"
        raise Failed(f"the `peer` of {release.url} {told}, not {release.version}; nothing changed")


def _choose(release: Release) -> None:
    """Name it as the one that `make run` uses; another release fetched later takes its place."""
    coming = TOOLS / f"{fetched.NAME}.coming"
    coming.write_text(f"{release.folder.name}\n")
    os.replace(coming, TOOLS / fetched.NAME)


def main() -> int:
    try:
        TOOLS.mkdir(exist_ok=True)
        release = wanted()
        folder = fetch(release)
    except (Failed, NotFetched) as error:
        say(f"\nNot fetched. {error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. What was fetched is kept; `make fabric` goes on from there.")
        return 130
    say(f"\n`make run` now uses Fabric {release.version} ({folder}).")
    say("A network made with another release stays with that: name it with FABRIC_BIN, or `make clean` forgets it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
