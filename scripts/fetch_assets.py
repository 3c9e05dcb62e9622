"""Fetch what the console's pages load, by package-lock.json, without Node.

Each archive comes from the npm registry, must have the SHA-512 the lock names, and gives only the files that
package.json lists under "lonja". Standard library only: it runs before there is an environment.
"""

import base64
import hashlib
import io
import json
import os
import sys
import tarfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "package.json"
LOCK = ROOT / "package-lock.json"
TIMEOUT_SECONDS = 120


class NotFetched(Exception):
    """An archive could not be had, or is not the one the lock names."""


def registry() -> str:
    """The npm registry's address: the one npm itself would use when told by environment, else the public one."""
    configured = os.environ.get("npm_config_registry") or os.environ.get("NPM_CONFIG_REGISTRY")  # noqa: SIM112 npm's own
    return (configured or "https://registry.npmjs.org").rstrip("/")


def address(name: str, locked: dict[str, str]) -> str:
    """Where the archive is. Some npm set-ups leave `resolved` out of the lock; then name and version say it."""
    if "resolved" in locked:
        return locked["resolved"]
    return f"{registry()}/{name}/-/{name.rpartition('/')[2]}-{locked['version']}.tgz"


def archive(name: str, lock: Path = LOCK) -> bytes:
    """The package's archive, checked against the lock."""
    locked = json.loads(lock.read_text())["packages"].get(f"node_modules/{name}")
    if locked is None:
        raise NotFetched(f"{name} is not in {lock.name}")
    url = address(name, locked)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
    except OSError as error:
        raise NotFetched(f"{url}: {error}") from error
    check(name, content, locked["integrity"])
    return content


def check(name: str, content: bytes, integrity: str) -> None:
    """Refuse an archive whose SHA-512 is not the lock's."""
    algorithm, _, expected = integrity.partition("-")
    if algorithm != "sha512" or base64.b64encode(hashlib.sha512(content).digest()).decode() != expected:
        raise NotFetched(f"{name}: the archive's SHA-512 is not the one in the lock; nothing was unpacked")


def unpack(content: bytes, wanted: Iterable[str], folder: Path) -> None:
    """Write the wanted files of an archive, flat, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        for path in wanted:
            try:
                member = tar.extractfile(f"package/{path}")
            except KeyError:
                member = None
            if member is None:
                raise NotFetched(f"the archive has no file {path}")
            (folder / Path(path).name).write_bytes(member.read())


def products() -> list[Path]:
    """The files that must exist once everything is fetched."""
    manifest = json.loads(MANIFEST.read_text())["lonja"]
    return [ROOT / manifest["folder"] / Path(path).name for paths in manifest["files"].values() for path in paths]


def fetch() -> None:
    """Fetch everything the console needs, a line per package."""
    manifest = json.loads(MANIFEST.read_text())["lonja"]
    for name, paths in manifest["files"].items():
        content = archive(name)
        unpack(content, paths, ROOT / manifest["folder"])
        print(f"{name}: {len(paths)} of its files, from {len(content) / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    try:
        fetch()
    except NotFetched as error:
        sys.exit(str(error))
