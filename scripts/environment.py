"""The Python environment, from the hashed lock: by uv where it can be had, else by pip.

Standard library only: it runs before there is an environment.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.fetch_uv import NotFetched, fetch_uv
from scripts.progress import ROOT, TOOLS, Failed, run, say
from scripts.stamps import STAMPS, Step, digest

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = TOOLS / "uv" / "bin" / "uv"
UV_LOCK = ROOT / "requirements-uv.lock"
LOCKS = {"product": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}
OLDEST_PYTHON = (3, 11)


def check_python() -> None:
    """Refuse a Python that cannot run the product, in words."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise Failed(
            f"Lonja needs Python {'.'.join(map(str, OLDEST_PYTHON))} or later; {sys.executable} is {found}.\n"
            "Name another one: make PYTHON=/path/to/python3.11 run"
        )


def step(kind: str) -> Step:
    """The environment for `product` or `test`; the test lock holds the product's packages too, in the same versions."""
    wanted = _inputs(kind)
    if kind == "product" and (STAMPS / "environment").exists() and _stamped() == _inputs("test"):
        wanted = _inputs("test")
    products = (PYTHON, VENV / "bin" / "lonja")
    return Step("environment", f"Python environment ({kind})", wanted, products, lambda: _make(kind))


def _inputs(kind: str) -> str:
    interpreter = f"{sys.executable} {sys.version_info[:3]} {ROOT}"
    return digest([LOCKS[kind], ROOT / "setup.cfg"], kind, interpreter)


def _stamped() -> str:
    return (STAMPS / "environment").read_text()


def _make(kind: str) -> None:
    lock = LOCKS[kind]
    count = lock.read_text().count("==")
    if _get_uv():
        quiet = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
        try:
            run("Environment", [str(UV), "venv", "--allow-existing", "--python", sys.executable, str(VENV)], env=quiet)
            install = [str(UV), "pip", "install", "--no-deps"]
            run(
                "Packages",
                [*install, "--require-hashes", "-r", str(lock)],
                env=quiet,
                far=lambda _: _installed(count),
            )
            run("Lonja itself", [*install, *OURSELVES], env=quiet)
            return
        except Failed as error:
            say(f"      uv could not do it, pip will try: {str(error).splitlines()[0]}")
    _make_with_pip(lock, count)


OURSELVES = ("--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", str(ROOT))


def _make_with_pip(lock: Path, count: int) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        run("Environment", [sys.executable, "-m", "venv", str(VENV)])
    except Failed as error:
        raise Failed(f"{error}\nOn Debian: apt-get install python3-venv") from error
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    run(
        "Packages",
        [*pip, "--require-hashes", "-r", str(lock)],
        far=lambda output: f"{output.count('Collecting ')} of {count} packages found",
    )
    run("Lonja itself", [*pip, *OURSELVES])


def _installed(count: int) -> str:
    there = sum(1 for _ in VENV.glob("lib/python*/site-packages/*.dist-info"))
    return f"{there} of about {count} packages"


def _get_uv() -> bool:
    """Have the pinned uv in the tools folder. False where it cannot be had: then pip does the work, more slowly."""
    if _uv_works():
        return True
    into = ["--target", str(TOOLS / "uv"), "--upgrade", "--no-deps", "--require-hashes", "-r", str(UV_LOCK)]
    try:
        if importlib.util.find_spec("pip"):
            run("Installer", [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *into])
        else:
            fetch_uv(UV_LOCK, UV)
    except (Failed, NotFetched) as error:
        say(f"      uv cannot be had: {str(error).splitlines()[0]}")
    return _uv_works()


def _uv_works() -> bool:
    wanted = UV_LOCK.read_text().split()[0].removeprefix("uv==")
    try:
        told = subprocess.run([str(UV), "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return told.split()[1:2] == [wanted]
