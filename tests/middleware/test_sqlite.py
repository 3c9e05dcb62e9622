"""SQLite, whatever the other tests run on: its settings, its file, and the tables that it has made anew."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from middleware import vault
from middleware.config import Config, load
from middleware.database import Database
from middleware.errors import Error
from middleware.migrations import run

TOKEN = "insert into tokens values ('h', 7, '2026-11-26 00:00:00', '2026-11-27 00:00:00')"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = load({"LONJA_STATE": str(tmp_path), "LONJA_LEDGER_DRIVER": "sandbox"})
    vault.setup(made)
    return made


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    made = Database(config)
    yield made
    made.close()


def test_the_settings_are_those_of_the_design(database: Database) -> None:
    with database.reading() as session:
        found = {
            name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_nobody_else_reads_the_file(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("create table something (n integer)"))
        session.commit()
    path = Path(database.engine.url.database or "")
    for file in (path, path.with_name(path.name + "-wal")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_reference_that_an_upgrade_would_leave_in_the_air_undoes_it(config: Config, database: Database) -> None:
    run.upgrade(config, to="0011")
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        connection.exec_driver_sql(TOKEN)
        connection.commit()
    with pytest.raises(Error, match="refer to nothing"):
        run.upgrade(config)
    with database.engine.connect() as connection:
        assert run.current(connection) == "0011"
