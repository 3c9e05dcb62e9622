"""`lonja`: every command by name, on an installation of its own over the rules in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from middleware import cli
from middleware.config import Config
from middleware.database import Database
from middleware.models.holding import Holding
from middleware.models.trade import Trade
from tests import databases
from tests.middleware.exchange import Exchange
from tests.middleware.sandboxes import Running, sandbox


class Lonja:
    """The command line with the settings of one installation."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.environment = {
            "LONJA_STATE": str(config.state),
            "LONJA_LEDGER_DRIVER": "sandbox",
            "LONJA_SANDBOX_URL": config.sandbox_url,
            "LONJA_DATABASE_URL": config.database_url,
        }

    def __call__(self, *command: str, said: str | None = None) -> Result:
        return CliRunner(env=self.environment).invoke(cli.cli, command, input=said)

    def ok(self, *command: str, said: str | None = None) -> str:
        result = self(*command, said=said)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output


@pytest.fixture(scope="module")
def lonja(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lonja]:
    folder = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli.log, "setup", lambda *_: None)  # it would change the log of every other test
        yield from _traded(folder)


def _traded(folder: Path) -> Iterator[Lonja]:
    own = {"LONJA_STATE": str(folder), "LONJA_LEDGER_DRIVER": "sandbox"}
    config = cli.settings.load({**own, **databases.settings()})
    lonja = Lonja(config)
    lonja.ok("migrate")
    database = Database(config)
    with sandbox(config, database) as reached:
        installation = Database(reached)
        running = Running(installation)
        exchange = Exchange(installation)
        exchange.open("ALICE", "BRUNO")
        exchange.do(exchange.order("ALICE", "buy", 4, 2500), exchange.order("BRUNO", "sell", 4, 2500))
        exchange.until(lambda: exchange.trades() == 1)
        running.stop()
        yield Lonja(reached)
        installation.close()
    database.close()


def test_every_command_says_what_it_does(lonja: Lonja) -> None:
    said = lonja.ok("--help")
    for command in (
        "setup",
        "migrate",
        "genesis",
        "worker",
        "rebuild",
        "reconcile",
        "digest",
        "doctor",
        "users",
        "keys",
    ):
        assert command in said
        assert "Usage" in lonja.ok(command, "--help")


def test_setting_up_again_changes_nothing(lonja: Lonja) -> None:
    before = lonja.config.key_encryption_key_file.read_bytes()
    assert lonja.ok("setup") == ""
    assert "up to date" in lonja.ok("migrate")
    assert lonja.config.key_encryption_key_file.read_bytes() == before


def test_genesis_prints_the_hash_and_is_there_already(lonja: Lonja) -> None:
    said = lonja.ok("genesis", "--submit").split("\n")
    assert len(said[0]) == 64
    assert said[1] == "genesis: there already"


def test_users_are_added_listed_and_given_passwords(lonja: Lonja) -> None:
    assert "alice acts for ALICE" in lonja.ok(
        "users", "add", "alice", "ALICE", "--password-stdin", said="long enough 1\n"
    )
    lonja.ok("users", "add", "alice", "ALICE", "--password-stdin", said="another password\n")
    assert lonja.ok("users", "list") == "alice\tALICE\n"
    lonja.ok("users", "password", "alice", "--password-stdin", said="a new password\n")
    taken = lonja("users", "add", "alice", "BRUNO", "--password-stdin", said="long enough 1\n")
    assert taken.exit_code != 0
    assert "taken" in str(taken.exception)


def test_keys_are_encrypted_anew(lonja: Lonja) -> None:
    assert "7 secrets" in lonja.ok("keys", "rotate")


def test_reconcile_is_clean_or_names_what_differs(lonja: Lonja) -> None:
    assert lonja.ok("reconcile").endswith("reconcile: clean\n")
    with change(lonja, 1):
        found = lonja("reconcile")
        assert found.exit_code == 1
        assert "quantity is" in found.output
        assert "reconcile: clean" not in found.output


class change:  # noqa: N801 - reads as a statement
    """One share too many, for as long as the block lasts."""

    def __init__(self, lonja: Lonja, by: int) -> None:
        self._database, self._by = Database(lonja.config), by

    def __enter__(self) -> None:
        self._change(self._by)

    def __exit__(self, *_: object) -> None:
        self._change(-self._by)
        self._database.close()

    def _change(self, by: int) -> None:
        with self._database.writing() as session:
            session.execute(update(Holding).where(Holding.quantity > 0).values(quantity=Holding.quantity + by))
            session.commit()


def test_rebuild_gives_the_same_bytes_and_says_when_it_does_not(lonja: Lonja) -> None:
    before = lonja.ok("digest")
    said = lonja.ok("rebuild")
    assert said.endswith("rebuild: same\n")
    assert lonja.ok("digest") == before
    assert said.split()[1] == before.strip()
    database = Database(lonja.config)
    with database.writing() as session:
        session.execute(update(Trade).values(quantity=3))
        session.commit()
    database.close()
    found = lonja("rebuild")
    assert found.exit_code == 1
    assert "different: trades" in found.output
    assert lonja.ok("digest") == before


def test_doctor_says_that_no_worker_runs(lonja: Lonja) -> None:
    found = lonja("doctor")
    assert found.exit_code == 1
    assert "no worker is running" in found.output
    assert "lonja worker" in found.output


def test_doctor_tells_what_is_missing_and_what_to_type(lonja: Lonja, tmp_path: Path) -> None:
    empty = Lonja(replace(lonja.config, state=tmp_path))
    found = empty("doctor")
    for said in ("lonja genesis", "lonja setup", "lonja migrate"):
        assert said in found.output


def test_doctor_says_when_the_ledger_is_away(lonja: Lonja) -> None:
    away = Lonja(replace(lonja.config, sandbox_url="http://127.0.0.1:9"))
    assert "the ledger does not answer" in away("doctor").output
    refused = away("reconcile")
    assert refused.exit_code != 0
    assert "no sandbox" in str(refused.exception)


def test_a_wrong_setting_is_one_line(lonja: Lonja) -> None:
    said = CliRunner(env={"LONJA_LEDGER_DRIVER": "paper"}).invoke(cli.cli, ["digest"])
    assert said.exit_code == 1
    assert said.output.startswith("Error: LONJA_LEDGER_DRIVER")


def test_a_refusal_is_one_line_too(
    lonja: Lonja, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in {**lonja.environment, "LONJA_STATE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["lonja", "genesis"])
    monkeypatch.setattr(cli.genesis, "write", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: unavailable/genesis: No.\n"


def refuse(_database: Database) -> str:
    raise cli.Error("unavailable", "No.", reason="genesis")
