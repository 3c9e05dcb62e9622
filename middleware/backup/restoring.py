"""Restoring a backup: unpack and check all of it beside, put aside what is there, move it into its place.

Until the last check has passed nothing of the installation is touched. Then only renames follow; `restoring` in the
state folder says that they have begun, nothing starts meanwhile, and running it again finishes what was broken off.
"""

import errno
import gzip
import json
import os
import shutil
import tarfile
import zlib
from pathlib import Path

from middleware import clock
from middleware.backup import contents, holding, sql
from middleware.backup.contents import Manifest
from middleware.backup.sealed import Opening
from middleware.config import Config
from middleware.errors import Error
from middleware.migrations.run import knows

_MOVED = "moved-aside"  # in the staged folder: what was there before is out of the way


def restore(config: Config, file: Path, passphrase: str, *, replace: bool = False) -> Manifest:
    """Make the installation what it was. What was there is kept aside, in `replaced-…` in the state folder."""
    config.state.mkdir(parents=True, exist_ok=True)
    with holding.held(config, "then restore"):
        staged = config.state / contents.STAGED
        if staged.exists():
            return _finish(config, staged)
        holding.refuse_workers(config)
        coming = config.state / contents.COMING
        try:
            manifest = _unpack(file, passphrase, coming)
            _check(config, manifest, coming, replace)
            if sql.kind(config) != "sqlite":
                sql.copy(config, coming / contents.REPLACED)
                sql.put_back(config, coming / contents.DATABASE)
            coming.rename(staged)
        finally:
            shutil.rmtree(coming, ignore_errors=True)
        return _finish(config, staged)


def refuse_unfinished(config: Config) -> None:
    """Refuse to work on a state folder in which a restore was broken off: half of it would be taken for all."""
    if (config.state / contents.STAGED).exists():
        message = f"a restore was broken off in {config.state}: run the same `lonja restore` again, which finishes it"
        raise Error("unavailable", message, reason="restore")


def _unpack(file: Path, passphrase: str, folder: Path) -> Manifest:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        with file.open("rb") as sealed, gzip.GzipFile(fileobj=Opening(sealed, passphrase)) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    _extract(tar, member, folder)
            while packed.read(1024 * 1024):  # to the end, where the last piece says that it is the last
                pass
        return Manifest(**json.loads((folder / contents.MANIFEST).read_text()))
    except FileNotFoundError as error:
        raise Error("not_found", f"there is no {error.filename}", reason="backup") from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        why = f"there is no room to unpack it below {folder.parent}" if full else f"{file}: {error}"
        raise Error("unavailable", f"nothing was changed: {why}", reason="disk" if full else "backup") from error
    except (tarfile.TarError, zlib.error, EOFError, ValueError, TypeError) as error:
        raise Error("invalid", f"{file} is not a whole backup of this version: {error}", reason="backup") from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = folder / member.name
    if not member.isfile() or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{member.name!r} does not belong into a backup")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - a file has content
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode & 0o700), "wb") as written:
        shutil.copyfileobj(content, written)


def _check(config: Config, manifest: Manifest, folder: Path, replace: bool) -> None:
    """Whether it fits this installation; raises Error, and nothing was changed."""
    for name in (contents.DATABASE, contents.KEY):
        if not (folder / name).is_file():
            raise Error("invalid", f"the backup has no {name}", reason="backup")
    if manifest.database != sql.kind(config):
        message = f"the backup has a {manifest.database} database, LONJA_DATABASE_URL names a {sql.kind(config)} one"
        raise Error("invalid", message, reason="database")
    if not knows(manifest.revision):
        message = f"the backup is of Lonja {manifest.lonja}, whose database this older one does not know"
        raise Error("invalid", message, reason="version")
    there = contents.ledger_hash(config)
    if not manifest.has_ledger and contents.ledgers(config.state).is_dir() and there not in ("", manifest.ledger):
        message = f"the backup is of the ledger {manifest.ledger[:12]}…, the one here is {there[:12]}…"
        raise Error("wrong_status", message, reason="ledger")
    if any(contents.units(config.state)) and not replace:
        message = f"{config.state} is not empty: with --replace what is there is put aside, and kept"
        raise Error("wrong_status", message, reason="state")


def _finish(config: Config, staged: Path) -> Manifest:
    """Only renames, each of which is done or not; run again, it goes on where it ended."""
    manifest = Manifest(**json.loads((staged / contents.MANIFEST).read_text()))
    if not (staged / _MOVED).exists():
        _put_aside(config, manifest, staged)
        (staged / _MOVED).touch()
    for unit in sorted((staged / contents.STATE).iterdir()):
        place = config.state / unit.name
        if not (unit.name == contents.network(config.state).name and place.exists()):
            unit.rename(place)
    apart = {contents.KEY: [config.key_encryption_key_file], contents.DATABASE: sql.files(config)[:1]}
    for name, places in apart.items():
        for place in places if (staged / name).exists() else ():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(staged / name, place)
    shutil.rmtree(staged)
    return manifest


def _put_aside(config: Config, manifest: Manifest, staged: Path) -> None:
    """All that is there, but for a ledger that the backup does not have: that one stays."""
    aside = config.state / f"{contents.ASIDE}{clock.text(clock.now()).replace(':', '')}"
    found = [path for path in contents.units(config.state) if path != contents.network(config.state)]
    if manifest.has_ledger:
        found += [path for path in [contents.network(config.state)] if path.exists()]
    others = [config.key_encryption_key_file, *sql.files(config), staged / contents.REPLACED]
    apart = [path for path in others if path.exists()]
    for path in dict.fromkeys([*found, *apart]):
        aside.mkdir(mode=0o700, exist_ok=True)
        shutil.move(path, aside / path.name)
