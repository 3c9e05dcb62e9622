"""Backup and restore: all of it comes back, nothing else opens it, and whatever goes wrong changes nothing."""

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from middleware import cli, ids, storage, vault
from middleware.backup import backup, refuse_unfinished, restore, restoring, sealed, taking
from middleware.backup.sealed import PIECE, Opening, Sealing
from middleware.config import Config, load
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import Lease
from middleware.migrations.run import upgrade
from scripts.clean import is_used
from scripts.run import claimed
from tests import databases

PASSPHRASE = "correct horse battery"
LEDGER = b"a block" * 100_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase takes a second to become a key, on purpose; here that proves nothing."""
    monkeypatch.setitem(sealed._SCRYPT, "n", 16)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of an installation that has everything: tables, keys, a document, a ledger that stands still."""
    state = tmp_path_factory.mktemp("made") / "state"
    config = load({"LONJA_STATE": str(state)})
    state.mkdir()
    vault.setup(config)
    config.genesis_file.write_text('{"version":"1"}')
    upgrade(config)
    address = storage.put(config, b"a prospectus")
    for name in ("network/nodes/peer0/blocks", "network/nodes/orderer0/wal", "network/crypto/operator/key.pem"):
        write(state / name, LEDGER)
    write(state / "network/logs/peer0.log", b"yesterday")
    write(state / "logs/api.log", b"yesterday")
    note(config, address)
    return state


@pytest.fixture
def config(made: Path, tmp_path: Path) -> Config:
    shutil.copytree(made, tmp_path / "state")
    return load({"LONJA_STATE": str(tmp_path / "state")})


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)


def note(config: Config, text: str) -> None:
    """Write something into the database that a later look can find."""
    with closing(sqlite3.connect(config.state / "lonja.db")) as database, database:
        database.execute("create table if not exists notes (text)")
        database.execute("insert into notes values (?)", (text,))


def notes(config: Config) -> list[str]:
    with closing(sqlite3.connect(config.state / "lonja.db")) as database:
        return [text for (text,) in database.execute("select text from notes")]


def picture(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it, but for what SQLite keeps beside."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in files if path.name[-4:] not in ("-wal", "-shm")
    }


@pytest.fixture
def taken(config: Config, tmp_path: Path) -> Path:
    file, _ = backup(config, tmp_path / "whole.backup", PASSPHRASE)
    return file


def refused(code: str, words: str, **more: Any) -> Any:
    return pytest.raises(Error, match=words)


# All of it comes back


def test_a_whole_backup_brings_everything_back_to_an_empty_folder(config: Config, taken: Path, tmp_path: Path) -> None:
    before = picture(config.state)
    shutil.rmtree(config.state)
    manifest = restore(config, taken, PASSPHRASE)
    assert (manifest.has_ledger, manifest.database, manifest.block) == (True, "sqlite", -1)
    after = picture(config.state)
    assert {name for name in before if "logs/" not in name} - after.keys() == set()
    for name, content in after.items():
        assert name == "lonja.db" or content == before.get(name, content), name
    assert notes(config) == [storage.digest(b"a prospectus")]
    assert storage.get(config, notes(config)[0]) == b"a prospectus"
    assert (config.state / "network/crypto/operator/key.pem").stat().st_mode & 0o077 == 0
    vault.check(config)


def test_a_backup_can_be_restored_to_another_place(config: Config, taken: Path, tmp_path: Path) -> None:
    elsewhere = load(
        {"LONJA_STATE": str(tmp_path / "elsewhere"), "LONJA_KEY_ENCRYPTION_KEY_FILE": str(tmp_path / "k" / "key")}
    )
    restore(elsewhere, taken, PASSPHRASE)
    assert notes(elsewhere) == notes(config)
    assert elsewhere.key_encryption_key_file.read_bytes() == config.key_encryption_key_file.read_bytes()
    vault.check(elsewhere)


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(config: Config, tmp_path: Path) -> None:
    with closing(sqlite3.connect(config.state / "lonja.db", isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("insert into notes values ('not committed')")
        file, _ = backup(config, tmp_path, PASSPHRASE)
        writer.execute("commit")
    assert file.name.startswith("lonja-2")
    restore(config, file, PASSPHRASE, replace=True)
    assert "not committed" not in notes(config)


def test_while_the_network_runs_its_ledger_stays_out_and_stays_where_it_is(config: Config, tmp_path: Path) -> None:
    with claimed(config.state):
        with refused("unavailable", "in use by process .* a ledger is copied only while it stands still"):
            backup(config, tmp_path / "no.backup", PASSPHRASE, ledger=True)
        file, manifest = backup(config, tmp_path / "hot.backup", PASSPHRASE)
    assert not manifest.has_ledger
    write(config.state / "network/nodes/peer0/blocks", LEDGER + b"and more")
    note(config, "after")
    restore(config, file, PASSPHRASE, replace=True)
    assert (config.state / "network/nodes/peer0/blocks").read_bytes() == LEDGER + b"and more"
    assert "after" not in notes(config)


def test_keys_are_in_every_backup_also_where_the_ledger_is_not(config: Config, tmp_path: Path) -> None:
    file, _ = backup(config, tmp_path / "lean.backup", PASSPHRASE, ledger=False)
    shutil.rmtree(config.state)
    restore(config, file, PASSPHRASE)
    assert (config.state / "network/crypto/operator/key.pem").is_file()
    assert not (config.state / "network/nodes").exists()


def test_what_was_there_is_put_aside_and_kept(config: Config, taken: Path) -> None:
    note(config, "after")
    with refused("wrong_status", "is not empty: with --replace"):
        restore(config, taken, PASSPHRASE)
    restore(config, taken, PASSPHRASE, replace=True)
    (aside,) = config.state.glob("replaced-*")
    assert notes(replace(config, state=aside)) == [*notes(config), "after"]
    again, _ = backup(config, taken.with_name("again.backup"), PASSPHRASE)
    assert again.stat().st_size < 2 * taken.stat().st_size, "what was put aside is in no later backup"


# Nothing else opens it


def test_nothing_can_be_read_without_the_passphrase(config: Config, taken: Path) -> None:
    content = taken.read_bytes()
    for secret in (config.key_encryption_key_file.read_bytes().strip(), b"a prospectus", b"SQLite format", LEDGER[:64]):
        assert secret not in content
    assert taken.stat().st_mode & 0o077 == 0


def test_a_wrong_passphrase_and_a_foreign_file_are_told_apart(config: Config, taken: Path, tmp_path: Path) -> None:
    before = picture(config.state)
    with refused("invalid", "this is not the passphrase of this backup"):
        restore(config, taken, PASSPHRASE + " ", replace=True)
    write(tmp_path / "foreign", b"something else")
    with refused("invalid", "this is not a backup of Lonja"):
        restore(config, tmp_path / "foreign", PASSPHRASE, replace=True)
    with refused("not_found", "there is no .*nowhere"):
        restore(config, tmp_path / "nowhere", PASSPHRASE, replace=True)
    assert picture(config.state) == before


@pytest.mark.parametrize("cut", [10, 50, 100, PIECE + 95, -1])
def test_a_backup_that_was_cut_short_changes_nothing(config: Config, taken: Path, cut: int) -> None:
    before = picture(config.state)
    os.truncate(taken, cut if cut > 0 else taken.stat().st_size + cut)
    with pytest.raises(Error, match="ends too early|not a backup of Lonja"):
        restore(config, taken, PASSPHRASE, replace=True)
    assert picture(config.state) == before


def test_a_backup_of_which_a_byte_was_changed_changes_nothing(config: Config, taken: Path) -> None:
    before, content = picture(config.state), taken.read_bytes()
    for at in (20, 70, len(content) // 2, len(content) - 1):
        taken.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(Error, match="changed|passphrase"):
            restore(config, taken, PASSPHRASE, replace=True)
    assert picture(config.state) == before


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_sealed_stream_gives_back_what_it_was_given(size: int, tmp_path: Path) -> None:
    content, path = ids.token(size), tmp_path / "sealed"
    with path.open("wb") as file:
        sealing = Sealing(file, PASSPHRASE)
        for begin in range(0, size, 300_000):
            sealing.write(content[begin : begin + 300_000])
        sealing.finish()
    with path.open("rb") as file:
        assert Opening(file, PASSPHRASE).read() == content


def test_pieces_cannot_change_places(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as file:
        sealing = Sealing(file, PASSPHRASE)
        sealing.write(ids.token(2 * PIECE + 1))
        sealing.finish()
    content = path.read_bytes()
    piece = PIECE + 16
    begin = len(content) - 2 * piece - 17
    swapped = content[begin + piece : begin + 2 * piece] + content[begin : begin + piece]
    path.write_bytes(content[:begin] + swapped + content[begin + 2 * piece :])
    with path.open("rb") as file, pytest.raises(Error, match="was changed"):
        Opening(file, PASSPHRASE).read()


# What goes wrong changes nothing


def test_a_short_passphrase_is_refused_and_leaves_no_file(config: Config, tmp_path: Path) -> None:
    with refused("invalid", "at least 12 characters"):
        backup(config, tmp_path / "b.backup", "short")
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("missing", ["genesis.json", "key-encryption-key", "lonja.db"])
def test_a_half_made_installation_is_not_backed_up(config: Config, tmp_path: Path, missing: str) -> None:
    (config.state / missing).unlink()
    with pytest.raises(Error, match="nothing to back up yet|has no tables: lonja migrate"):
        backup(config, tmp_path / "b.backup", PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_half_made_installation_can_be_restored_over(config: Config, taken: Path) -> None:
    for part in config.state.iterdir():
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    write(config.state / "lonja.db", b"")
    restore(config, taken, PASSPHRASE, replace=True)
    assert notes(config)


def test_a_backup_goes_to_no_place_where_something_is_or_where_it_would_be_lost(config: Config, tmp_path: Path) -> None:
    write(tmp_path / "there", b"something")
    with refused("duplicate", "is there already"):
        backup(config, tmp_path / "there", PASSPHRASE)
    with refused("invalid", "inside of what is backed up"):
        backup(config, config.state / "b.backup", PASSPHRASE)
    with refused("not_found", "there is no folder"):
        backup(config, tmp_path / "no" / "b.backup", PASSPHRASE)
    assert (tmp_path / "there").read_bytes() == b"something"


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_no_half_backup(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "_add", full)
    with refused("unavailable", "no backup was written: there is no room"):
        backup(config, tmp_path / "b.backup", PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_full_disk_leaves_the_installation_as_it_was(
    config: Config, taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture(config.state)
    monkeypatch.setattr(restoring, "_extract", full)
    with refused("unavailable", "nothing was changed: there is no room"):
        restore(config, taken, PASSPHRASE, replace=True)
    assert picture(config.state) == before


def test_nothing_is_restored_under_running_programs(config: Config, taken: Path) -> None:
    before = picture(config.state)
    with claimed(config.state), refused("unavailable", "in use by process .* stop it first"):
        restore(config, taken, PASSPHRASE, replace=True)
    database = Database(config)
    lease = Lease(database, "worker/operator")
    assert lease.take() == ""
    with refused("unavailable", "still at work: worker/operator"):
        restore(config, taken, PASSPHRASE, replace=True)
    lease.release()
    database.close()
    assert not is_used(config.state / "starter")
    assert {
        name: content for name, content in picture(config.state).items() if name not in ("lonja.db", "starter")
    } == {name: content for name, content in before.items() if name not in ("lonja.db", "starter")}


def test_the_backup_of_another_ledger_is_refused_where_the_ledger_stays(config: Config, tmp_path: Path) -> None:
    file, _ = backup(config, tmp_path / "hot.backup", PASSPHRASE, ledger=False)
    config.genesis_file.write_text('{"version":"2"}')
    with refused("wrong_status", "the backup is of the ledger"):
        restore(config, file, PASSPHRASE, replace=True)


def test_another_kind_of_database_or_a_newer_one_is_refused(
    config: Config, taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refused("invalid", "has a sqlite database, LONJA_DATABASE_URL names a postgresql one"):
        restore(replace(config, database_url="postgresql+psycopg://x@127.0.0.1/x"), taken, PASSPHRASE, replace=True)
    monkeypatch.setattr(restoring, "knows", lambda _: False)
    with refused("invalid", "whose database this older one does not know"):
        restore(config, taken, PASSPHRASE, replace=True)


@pytest.mark.parametrize("renames", range(9))
def test_a_restore_that_is_broken_off_lets_nothing_start_and_is_finished_by_the_next(
    config: Config, taken: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    note(config, "after")
    left = [renames]
    move, rename = shutil.move, Path.rename

    def once(then: Any) -> Any:
        def moved(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return then(*arguments)

        return moved

    with monkeypatch.context() as patch:
        patch.setattr(restoring.shutil, "move", once(move))
        patch.setattr(
            Path, "rename", lambda path, to: rename(path, to) if to.name == "restoring" else once(rename)(path, to)
        )
        with pytest.raises(KeyboardInterrupt):
            restore(config, taken, PASSPHRASE, replace=True)
    with refused("unavailable", "broken off .* which finishes it"):
        refuse_unfinished(config)
    restore(config, taken, PASSPHRASE, replace=True)
    refuse_unfinished(config)
    assert notes(config) == [storage.digest(b"a prospectus")]
    assert (config.state / "network/nodes/peer0/blocks").read_bytes() == LEDGER
    vault.check(config)


# Databases that others write


def test_a_database_that_somebody_else_keeps_there_is_copied_as_one_state(config: Config, tmp_path: Path) -> None:
    """A certificate authority's, which is written while we read."""
    path = config.state / "network" / "ca" / "operator" / "signing.db"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("pragma journal_mode=wal")
        writer.execute("create table certificates (serial)")
        writer.execute("insert into certificates values ('7')")
        writer.execute("begin immediate")
        writer.execute("insert into certificates values ('8')")
        file, _ = backup(config, tmp_path, PASSPHRASE)
        writer.execute("rollback")
    shutil.rmtree(config.state)
    restore(config, file, PASSPHRASE)
    assert [one.name for one in path.parent.iterdir()] == ["signing.db"], "and nothing of the moment beside it"
    with closing(sqlite3.connect(path)) as found:
        assert found.execute("select * from certificates").fetchall() == [("7",)]


@pytest.mark.skipif(not databases.is_postgres(), reason="this run is about SQLite")
def test_a_postgresql_comes_back_as_it_was_and_what_was_there_is_kept(config: Config, tmp_path: Path) -> None:
    config = replace(config, database_url=databases.fresh())
    upgrade(config)
    statement(config, "create table notes (text text)", "insert into notes values ('before')")
    file, manifest = backup(config, tmp_path, PASSPHRASE)
    assert manifest.database == "postgresql"
    statement(config, "insert into notes values ('after')", "create table later (text text)")
    restore(config, file, PASSPHRASE, replace=True)
    assert statement(config, "select text from notes") == [("before",)]
    assert statement(config, "select count(*) from pg_tables where tablename = 'later'") == [(0,)]
    (aside,) = config.state.glob("replaced-*")
    assert (aside / "database.dump").stat().st_size > 1000
    with refused("invalid", "the backup has a postgresql database"):
        restore(replace(config, database_url=f"sqlite:///{config.state / 'lonja.db'}"), file, PASSPHRASE, replace=True)
    databases.drop(config.database_url)


@pytest.mark.skipif(not databases.is_postgres(), reason="this run is about SQLite")
def test_a_postgresql_that_cannot_be_reached_is_told_and_nothing_changes(config: Config, tmp_path: Path) -> None:
    config = replace(config, database_url=databases.fresh())
    upgrade(config)
    with pytest.MonkeyPatch.context() as patch, refused("unavailable", "there is no pg_dump, .* postgresql-client"):
        patch.setenv("PATH", "")
        backup(config, tmp_path / "b.backup", PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    databases.drop(config.database_url)


def statement(config: Config, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements on the installation's database; the rows of the last."""
    database = Database(config)
    with database.engine.begin() as connection:
        *_, last = [connection.exec_driver_sql(one) for one in statements]
        rows = [tuple(row) for row in last.fetchall()] if last.returns_rows else []
    database.close()
    return rows


# The command line


class Lonja:
    def __init__(self, config: Config) -> None:
        self._env = {"LONJA_STATE": str(config.state), "LONJA_LEDGER_DRIVER": "fabric"}

    def __call__(self, *words: str, said: str = f"{PASSPHRASE}\n") -> Result:
        return CliRunner(env=self._env).invoke(cli.cli, [*words], input=said)


@pytest.fixture
def lonja(config: Config) -> Lonja:
    return Lonja(config)


def test_the_commands_say_where_it_is_and_what_is_in_it(lonja: Lonja, config: Config, tmp_path: Path) -> None:
    taken = lonja("backup", str(tmp_path / "b.backup"), "--passphrase-stdin")
    assert taken.exit_code == 0, taken.output
    assert taken.output.startswith(f"backup: {tmp_path / 'b.backup'}, 1 MB, block -1, with the ledger ")
    lean = lonja("backup", str(tmp_path / "lean.backup"), "--no-ledger", said=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert "without the ledger" in lean.output
    assert "cannot come back from this one" in lean.output
    shutil.rmtree(config.state / "network" / "nodes")
    elsewhere = lonja("backup", str(tmp_path / "member.backup"), "--passphrase-stdin")
    assert "the ledger is kept elsewhere" in elsewhere.output
    back = lonja("restore", str(tmp_path / "b.backup"), "--replace", "--passphrase-stdin")
    assert back.output.startswith("restored: block -1, with the ledger ")
    assert "lonja reconcile" in back.output


def test_no_command_begins_on_half_a_restore(lonja: Lonja, config: Config) -> None:
    (config.state / "restoring").mkdir()
    for command in ("setup", "migrate", "genesis"):
        found = lonja(command)
        assert isinstance(found.exception, Error)
        assert "broken off" in str(found.exception)
    said = lonja("doctor").output
    assert "a restore was broken off" in said
    assert "network was never finished" in said or "holds ledgers but not the record" in said or "FABRIC_BIN" in said
