"""Get the pinned uv on a machine whose Python came without pip, as Debian's does.

The wheel is the one whose SHA-256 stands in requirements-uv.lock. Standard library only.
"""

import hashlib
import html
import io
import os
import platform
import re
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

TIMEOUT_SECONDS = 120


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
    """Address and SHA-256 of the wheel for this machine, from the index's page of links (every index has one)."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    libc = "manylinux" if os.confstr("CS_GNU_LIBC_VERSION") else "musllinux"
    wanted = (
        rf'href="([^"]*/uv-{re.escape(version)}-[^"]*{libc}[^"]*_{platform.machine()}\.whl)#sha256=([0-9a-f]{{64}})"'
    )
    for link, sha256 in re.findall(wanted, _get(f"{index}/uv/").decode()):
        if f"sha256:{sha256}" in lock:
            return urllib.parse.urljoin(f"{index}/uv/", html.unescape(link)), sha256
    raise NotFetched(f"no wheel of uv {version} for {platform.machine()} with {libc} at {index}")


def _get(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
    except OSError as error:
        raise NotFetched(f"{url}: {error}") from error
    return content
