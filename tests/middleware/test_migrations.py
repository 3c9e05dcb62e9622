"""Revisions lead to the tables that the program knows, and back."""

import threading
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from middleware.config import Config
from middleware.database import Database
from middleware.migrations import run
from middleware.models.base import Mirror, Registry

USER = "insert into users values (7, 'maria', 'MARIA', 'x', 'en', '2026-11-26 00:00:00', '2026-11-26 00:00:00')"
TOKEN = "insert into tokens values ('h', 7, '2026-11-26 00:00:00', '2026-11-27 00:00:00')"


def test_the_revisions_make_exactly_the_tables_of_the_models(config: Config) -> None:
    run.upgrade(config)
    database = Database(config)
    with database.engine.connect() as connection:
        assert run.current(connection) == run.head()
        for metadata in (Registry.metadata, Mirror.metadata):
            others = (Mirror.metadata if metadata is Registry.metadata else Registry.metadata).tables
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "include_name": lambda name, kind, _, others=others: kind != "table" or name not in others,
                },
            )
            assert compare_metadata(context, metadata) == []
    database.close()


def test_each_constraint_of_the_models_is_in_the_database(config: Config) -> None:
    run.upgrade(config)
    database = Database(config)
    inspector = inspect(database.engine)
    for table in Registry.metadata.tables.values():
        wanted = {str(one.name) for one in table.constraints if type(one).__name__ == "CheckConstraint"}
        assert {one["name"] for one in inspector.get_check_constraints(table.name)} == wanted
        unique = {str(one.name) for one in table.constraints if type(one).__name__ == "UniqueConstraint"}
        assert {one["name"] for one in inspector.get_unique_constraints(table.name)} == unique
    database.close()


def test_a_database_goes_back_to_nothing_and_forward_again(config: Config) -> None:
    run.upgrade(config)
    run.downgrade(config, to="base")
    database = Database(config)
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    run.upgrade(config)
    assert set(inspect(database.engine).get_table_names()) == {
        *Registry.metadata.tables,
        *Mirror.metadata.tables,
        "alembic_version",
    }
    database.close()


def test_upgrading_twice_changes_nothing(config: Config) -> None:
    run.upgrade(config)
    before = _tables(config)
    run.upgrade(config)
    assert _tables(config) == before


def test_a_table_that_is_made_anew_keeps_its_rows_and_what_refers_to_them(config: Config) -> None:
    run.upgrade(config, to="0011")
    database = Database(config)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(USER)
        connection.exec_driver_sql(TOKEN)
    run.upgrade(config)
    with database.engine.begin() as connection:
        assert connection.exec_driver_sql('select "user" from tokens').scalars().all() == [7]
        connection.exec_driver_sql("update users set language = 'fr'")
    run.downgrade(config, to="0011")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("select number, language from users").all() == [(7, "en")]
        assert connection.exec_driver_sql('select "user" from tokens').scalars().all() == [7]
    database.close()


def _tables(config: Config) -> dict[str, Any]:
    """What is there, by the database's own word, and how far it is."""
    database = Database(config)
    with database.engine.connect() as connection:
        found = inspect(connection).get_multi_columns()
        there = {str(table): repr(columns) for table, columns in found.items()} | {"at": run.current(connection)}
    database.close()
    return there


def test_two_processes_that_upgrade_at_once_take_turns(config: Config) -> None:
    failed: list[BaseException] = []

    def upgrade() -> None:
        try:
            run.upgrade(config)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("kind", [Registry, Mirror])
def test_no_foreign_key_leads_from_one_kind_of_table_to_the_other(kind: type[Registry] | type[Mirror]) -> None:
    for table in kind.metadata.tables.values():
        for key in table.foreign_keys:
            assert key.target_fullname.split(".")[0] in kind.metadata.tables
    if kind is Mirror:
        for table in kind.metadata.tables.values():
            for column in table.columns:
                assert column.default is None
                assert column.server_default is None
                assert not column.autoincrement or column.autoincrement == "auto"
