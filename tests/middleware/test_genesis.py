"""The ledger's beginning: keys first, then the file, then its one submission; any step can be repeated."""

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import delete

from middleware import genesis
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import Envelope, Refused, command
from middleware.models.key import HostedKey
from tests.middleware.ledgers import Unused


@pytest.fixture(autouse=True)
def no_file(config: Config) -> None:
    config.genesis_file.unlink()


class Begins(Unused):
    """A ledger that has its genesis after so many looks."""

    def __init__(self, looks: int, refusal: Refused | None = None) -> None:
        self.given: list[bytes] = []
        self._looks = looks
        self._refusal = refusal

    def query(self, function: str, *args: str) -> Any:
        assert (function, args) == ("get", ("genesis",))
        self._looks -= 1
        return {"items": [{"key": "genesis", "value": {"version": "1"} if self._looks < 0 else None}]}

    def genesis(self, file: bytes) -> Envelope:
        self.given.append(file)
        if self._refusal:
            raise self._refusal
        return Envelope("t", b"")


def test_the_file_names_the_first_parties_with_keys_that_we_keep(config: Config, database: Database) -> None:
    ledger = genesis.write(database)
    raw = config.genesis_file.read_bytes()
    said = json.loads(raw)
    assert ledger == hashlib.sha256(raw).hexdigest()
    assert raw == command.canonical(said)
    assert [(one["party"], one["organisation"], one["roles"]) for one in said["parties"]] == [
        ("OPERATOR", "operator", ["operator"]),
        ("CUSTODIA1", "custodian", ["custodian"]),
        ("BOLSA", "operator", ["venue"]),
        ("BANCO1", "", ["bank"]),
    ]
    with database.reading() as session:
        for party in said["parties"]:
            record = session.get_one(HostedKey, (party["party"], 1))
            assert (record.public, record.status) == (party["key"]["public"], "pending")
    assert genesis.venue(database) == "BOLSA"


def test_a_second_time_changes_nothing(config: Config, database: Database) -> None:
    first = genesis.write(database)
    before = config.genesis_file.stat()
    assert genesis.write(database) == first
    assert config.genesis_file.stat() == before


def test_after_a_crash_between_keys_and_file_the_same_keys_are_named(config: Config, database: Database) -> None:
    first = genesis.write(database)
    config.genesis_file.unlink()
    assert genesis.write(database) == first


def test_a_file_of_another_databases_keys_is_not_taken(database: Database) -> None:
    genesis.write(database)
    with database.writing() as session:
        session.execute(delete(HostedKey))
        session.commit()
    with pytest.raises(Error, match="another key of OPERATOR"):
        genesis.write(database)


def test_it_is_given_once_and_waited_for(config: Config, database: Database) -> None:
    genesis.write(database)
    ledger = Begins(looks=3)
    assert genesis.submit(database, ledger)
    assert ledger.given == [config.genesis_file.read_bytes()]
    assert not genesis.submit(database, ledger)
    assert len(ledger.given) == 1


def test_another_who_gave_it_first_is_no_problem(database: Database) -> None:
    genesis.write(database)
    assert genesis.submit(database, Begins(looks=1, refusal=Refused("duplicate", "genesis", "There already.")))


def test_a_ledger_started_with_another_hash_is_told_of(database: Database) -> None:
    genesis.write(database)
    with pytest.raises(Error, match="expects"):
        genesis.submit(database, Begins(looks=1, refusal=Refused("invalid", "genesis", "It expects abc.")))


def test_without_a_file_there_is_no_venue(database: Database) -> None:
    with pytest.raises(Error, match="lonja genesis"):
        genesis.venue(database)
