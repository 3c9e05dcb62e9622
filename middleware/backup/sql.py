"""The database in a backup: SQLite by its way of copying while others write, PostgreSQL by pg_dump and pg_restore."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from middleware.config import Config
from middleware.errors import Error

_BESIDE = ("", "-wal", "-shm")  # what SQLite keeps of one database
_LAST_LINES = 3


def kind(config: Config) -> str:
    """sqlite or postgresql."""
    return make_url(config.database_url).get_backend_name()


def files(config: Config) -> list[Path]:
    """Where the database lies, if in files of ours."""
    if kind(config) != "sqlite":
        return []
    path = make_url(config.database_url).database or ""
    return [Path(path + more).absolute() for more in _BESIDE]


def copy(config: Config, into: Path) -> None:
    """Write one consistent state of the database to a file, whoever writes meanwhile."""
    if kind(config) == "sqlite":
        into.touch(mode=0o600)
        with closing(sqlite3.connect(files(config)[0])) as source, closing(sqlite3.connect(into)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        return
    into.touch(mode=0o600)
    _run(config, "pg_dump", "--format=custom", "--no-owner", f"--file={into}")


def put_back(config: Config, file: Path) -> None:
    """Make a PostgreSQL database what it was, in one transaction. SQLite's file is moved into its place instead."""
    if kind(config) != "sqlite":
        _run(config, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file))


def _run(config: Config, program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        message = f"there is no {program}, which copies PostgreSQL: apt-get install postgresql-client"
        raise Error("unavailable", message, reason="database")
    url = make_url(config.database_url)
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    argv = [path, f"--dbname={plain.render_as_string(hide_password=False)}", *arguments]
    secret = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run(argv, env=secret, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise Error("unavailable", f"{program} failed, nothing was changed: {said}", reason="database")
