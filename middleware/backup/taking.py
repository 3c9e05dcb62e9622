"""Taking a backup: read what is there, seal it into a file beside the target, and only then give it its name."""

import errno
import gzip
import importlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import inspect

import middleware
from middleware import clock, mirror
from middleware.backup import contents, holding, sql
from middleware.backup.contents import Manifest
from middleware.backup.sealed import Sealing
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.migrations.run import current
from middleware.models.position import Position

FASTEST = 1  # ledgers compress well at any level


def backup(config: Config, target: Path, passphrase: str, *, ledger: bool | None = None) -> tuple[Path, Manifest]:
    """Write a backup to a file, or into a folder under a name of ours. Answers where, and what is in it.

    `ledger`: whether the native network's ledger goes with it; None: when it stands still.
    """
    has_ledger = _has_ledger(config, ledger)
    with holding.held(config, "a ledger is copied only while it stands still") if has_ledger else nullcontext():
        manifest = _manifest(config, has_ledger)
        file = _place(config, target, manifest)
        with _whole(file) as coming:
            _write(config, coming, passphrase, manifest, aside=file.with_name(f"{file.name}.database"))
    return file, manifest


def _has_ledger(config: Config, wanted: bool | None) -> bool:
    there = contents.ledgers(config.state).is_dir()
    if wanted and not there:
        raise Error("not_found", f"there is no ledger below {config.state}: it is kept elsewhere", reason="ledger")
    return there and holding.holder(config) is None if wanted is None else wanted


def _manifest(config: Config, has_ledger: bool) -> Manifest:
    """What there is; refuses an installation that was never finished: a backup of it would only look like one."""
    if not contents.ledger_hash(config) or not config.key_encryption_key_file.is_file():
        missing = config.genesis_file if not config.genesis_file.is_file() else config.key_encryption_key_file
        raise Error("not_found", f"there is no {missing}: nothing to back up yet; make run", reason="installation")
    database = Database(config)
    try:
        with database.engine.connect() as connection:
            if not inspect(connection).has_table(Position.__tablename__):
                raise Error("not_found", f"{config.database_url} has no tables: lonja migrate", reason="installation")
            revision, place = current(connection), mirror.place(connection)
    finally:
        database.close()
    return Manifest(
        at=clock.text(clock.now()),
        lonja=middleware.__version__,
        ledger=contents.ledger_hash(config),
        database=sql.kind(config),
        revision=revision,
        block=place.number,
        has_ledger=has_ledger,
        topology=_topology().name,
    )


def _topology() -> Path:
    found: Path = importlib.import_module("network.config").topology()
    return found


def _place(config: Config, target: Path, manifest: Manifest) -> Path:
    file = target.absolute()
    if file.is_dir():
        file /= f"lonja-{manifest.at.replace(':', '')}.backup"
    if file.exists():
        raise Error("duplicate", f"{file} is there already", reason="file")
    if not file.parent.is_dir():
        raise Error("not_found", f"there is no folder {file.parent}", reason="file")
    if file.is_relative_to(config.state):
        raise Error("invalid", f"{file} is inside of what is backed up: keep it elsewhere", reason="file")
    return file


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """A file that has its name only when it is whole and on the disk."""
    coming = file.with_name(f"{file.name}.coming")
    try:
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        coming.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise _no_room(file, error) from error
    finally:
        coming.unlink(missing_ok=True)


def _no_room(file: Path, error: Exception) -> Error:
    full = getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
    why = f"there is no room for it on the disk of {file.parent}" if full else str(error)
    return Error("unavailable", f"no backup was written: {why}", reason="disk" if full else "file")


def _write(config: Config, file: BinaryIO, passphrase: str, manifest: Manifest, *, aside: Path) -> None:
    sealing = Sealing(file, passphrase)
    with (
        gzip.GzipFile(fileobj=sealing, mode="wb", compresslevel=FASTEST) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        _add_bytes(tar, contents.MANIFEST, json.dumps(manifest.text()).encode())
        _add_bytes(tar, contents.TOPOLOGY, _topology().read_bytes())
        _add_copy(tar, contents.DATABASE, aside, lambda: sql.copy(config, aside))
        # After the database: whatever document it speaks of is there, unless it was erased since.
        for name, path in contents.parts(config, has_ledger=manifest.has_ledger):
            if sql.is_database(path):
                _add_copy(tar, name, aside, partial(sql.copy_file, path, aside))
            else:
                _add(tar, name, path)
    sealing.finish()


def _add_copy(tar: tarfile.TarFile, name: str, aside: Path, copy: Callable[[], None]) -> None:
    """What others write while we read goes in as a copy that `copy` makes beside the backup."""
    try:
        copy()
        _add(tar, name, aside)
    finally:
        aside.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    with suppress(FileNotFoundError), path.open("rb") as content:
        member = tar.gettarinfo(arcname=name, fileobj=content)
        tar.addfile(member, content)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))
