"""Get the pinned uv on a machine whose Python came without pip, as Debian's does.

The wheel is the one whose SHA-256 stands in requirements-uv.lock. Standard library only.
"""

import hashlib
import io
import json
import os
import platform
import urllib.request
import zipfile
from pathlib import Path

TIMEOUT_SECONDS = 120
JSON = "application/vnd.pypi.simple.v1+json"


class NotFetched(Exception):
    """The package index does not answer, or has no wheel of the lock for this machine."""


def fetch_uv(lock: Path, target: Path) -> None:
    """Write the uv program that `lock` pins to `target`."""
    version = lock.read_text().split()[0].removeprefix("uv==")
    url, sha256 = _wheel(version, lock.read_text())
    content = _get(url)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotFetched(f"{url}: not the file that {lock.name} names")
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        program = wheel.read(f"uv-{version}.data/scripts/uv")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(program)
    target.chmod(0o755)


def _wheel(version: str, lock: str) -> tuple[str, str]:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    libc = (
        "manylinux" if "CS_GNU_LIBC_VERSION" in os.confstr_names and os.confstr("CS_GNU_LIBC_VERSION") else "musllinux"
    )
    for file in json.loads(_get(f"{index}/uv/", JSON))["files"]:
        name, sha256 = file["filename"], file["hashes"].get("sha256", "")
        ours = name.startswith(f"uv-{version}-") and libc in name and name.endswith(f"_{platform.machine()}.whl")
        if ours and f"sha256:{sha256}" in lock:
            return file["url"], sha256
    raise NotFetched(f"no wheel of uv {version} for {platform.machine()} with {libc} at {index}")


def _get(url: str, accept: str = "*/*") -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
    except OSError as error:
        raise NotFetched(f"{url}: {error}") from error
    return content
