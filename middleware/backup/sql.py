"""The database in a backup: SQLite by its way of copying while others write, PostgreSQL by pg_dump and pg_restore."""

import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from middleware.config import Config
from middleware.errors import Error

_MORE = ("-wal", "-shm", "-journal")
_BESIDE = ("", *_MORE)  # what SQLite keeps of one database
_SIGN = b"SQLite format 3\0"
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
        copy_file(files(config)[0], into)
        return
    into.touch(mode=0o600)
    _run(config, "pg_dump", "--format=custom", "--no-owner", f"--file={into}")


def is_database(path: Path) -> bool:
    """Whether a file is a database of SQLite, which others may be writing: a certificate authority has some too."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(len(_SIGN)) == _SIGN
    return False


def is_beside(path: Path) -> bool:
    """Whether a file is what SQLite keeps beside a database; it belongs to the moment, not to a copy."""
    base = next((path.name.removesuffix(more) for more in _MORE if path.name.endswith(more)), "")
    return bool(base) and path.with_name(base).exists()


def copy_file(path: Path, into: Path) -> None:
    """One consistent state of a database of SQLite."""
    into.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(into)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it


def put_back(config: Config, file: Path) -> None:
    """Make a PostgreSQL database what it was, in one transaction; what came to it since goes.

    SQLite's file is moved into its place instead.
    """
    if kind(config) == "sqlite":
        return
    said = file.with_name("database.sql")
    _run(config, "pg_restore", "--no-owner", f"--file={said}", str(file), connected=False)
    begin = ("--command=drop schema public cascade", "--command=create schema public")
    _run(
        config,
        "psql",
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        "--single-transaction",
        *begin,
        f"--file={said}",
    )
    said.unlink()


def _run(config: Config, program: str, *arguments: str, connected: bool = True) -> None:
    path = shutil.which(program)
    if path is None:
        message = f"there is no {program}, which copies PostgreSQL: apt-get install postgresql-client"
        raise Error("unavailable", message, reason="database")
    url = make_url(config.database_url)
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    where = [f"--dbname={plain.render_as_string(hide_password=False)}"] if connected else []
    argv = [path, *where, *arguments]
    secret = {"PGPASSWORD": url.password} if url.password else {}
    done = subprocess.run(argv, env=secret, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise Error("unavailable", f"{program} failed, nothing was changed: {said}", reason="database")
