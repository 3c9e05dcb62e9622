"""Prometheus's own checker of rules and settings: the one on PATH, else the one in Debian's package, unpacked only.

Nothing is installed and no service begins; where neither is to be had, whoever asks is told why.
"""

import os
import shutil
import subprocess
from pathlib import Path

from scripts.progress import TOOLS, Failed

PACKAGE = "prometheus"
FOLDER = TOOLS / PACKAGE
OWN = FOLDER / "usr" / "bin" / "promtool"
DOWNLOAD_SECONDS = 300


def get() -> Path:
    """The program; raises Failed where it cannot be had."""
    found = shutil.which("promtool")
    if found:
        return Path(found)
    if not os.access(OWN, os.X_OK):
        _unpack()
    return OWN


def _unpack() -> None:
    for needed in ("apt-get", "dpkg-deb"):
        if not shutil.which(needed):
            raise Failed(f"there is no promtool on PATH, and no {needed} to fetch Debian's package {PACKAGE} with")
    coming = FOLDER.with_name(f"{PACKAGE}.coming")
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    _run(["apt-get", "download", PACKAGE], coming)
    (package,) = coming.glob("*.deb")
    _run(["dpkg-deb", "--extract", str(package), str(coming)], coming)
    package.unlink()
    shutil.rmtree(FOLDER, ignore_errors=True)
    coming.rename(FOLDER)


def _run(argv: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"there is no promtool on PATH, and `{argv[0]}` did not get one: {error}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Failed(f"there is no promtool on PATH, and `{' '.join(argv[:3])}` failed: {' '.join(last)}")
