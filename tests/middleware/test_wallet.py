"""Hosted keys: made once, opened only with the key-encryption key, the party and the number they were made for."""

import errno
import stat

import pytest
from sqlalchemy import select, update

from middleware import vault
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import command, wallet
from middleware.models.key import HostedKey


def activate(database: Database) -> None:
    with database.writing() as session:
        session.execute(update(HostedKey).values(status="active"))
        session.commit()
    wallet._opened.clear()


def test_the_key_encryption_key_is_made_once_and_is_ours_alone(config: Config) -> None:
    before = config.key_encryption_key_file.read_bytes()
    assert not vault.setup(config)
    assert config.key_encryption_key_file.read_bytes() == before
    assert stat.S_IMODE(config.key_encryption_key_file.stat().st_mode) == 0o600


def test_a_key_file_that_others_can_read_is_not_used(config: Config, database: Database) -> None:
    config.key_encryption_key_file.chmod(0o644)
    with database.writing() as session, pytest.raises(Error, match="can be read by others"):
        wallet.create(session, "ALICE", 1, ["*"])


@pytest.mark.parametrize(
    ("mode", "owner", "us", "exposed"),
    [
        (0o600, 1000, 1000, False),
        (0o440, 0, 1000, False),  # root's, handed to our group
        (0o440, 1000, 1000, True),
        (0o640, 0, 0, True),
        (0o444, 0, 1000, True),
        (0o460, 0, 1000, True),
    ],
)
def test_only_root_may_hand_the_key_file_to_our_group(mode: int, owner: int, us: int, exposed: bool) -> None:
    assert vault.is_exposed(mode, owner=owner, us=us) is exposed


def test_where_the_key_file_cannot_be_written_nothing_is_rotated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    before = database.config.key_encryption_key_file.read_bytes()
    monkeypatch.setattr(vault, "write", refuse)
    with database.writing() as session, pytest.raises(Error, match="Read-only file system\\); nothing was changed"):
        vault.rotate(session)
    assert database.config.key_encryption_key_file.read_bytes() == before


def test_asking_twice_gives_the_same_key_with_a_proof_that_verifies(database: Database) -> None:
    with database.writing() as session:
        first = wallet.create(session, "ALICE", 1, ["*"])
        again = wallet.create(session, "ALICE", 1, ["*"])
        session.commit()
    assert first["public"] == again["public"]
    command.verify(first["proof"], first["public"])
    assert command.payload_of(first["proof"]) == {
        "ledger": wallet.ledger_hash(database.config),
        "n": "1",
        "party": "ALICE",
        "public": first["public"],
    }


def test_nothing_in_the_database_is_the_private_key(database: Database) -> None:
    with database.writing() as session:
        wallet.create(session, "ALICE", 1, ["*"])
        record = session.scalars(select(HostedKey)).one()
        secret = wallet._open(session, record).private_numbers().private_value.to_bytes(32, "big")
        assert secret not in bytes(record.ciphertext)
        session.commit()


def test_only_an_active_key_of_the_right_scope_signs(database: Database) -> None:
    with database.writing() as session:
        wallet.create(session, "ALICE", 1, ["order:place"])
        with pytest.raises(Error) as caught:
            wallet.signing_key(session, "ALICE", "order:place")
        session.commit()
    assert (caught.value.code, caught.value.reason) == ("forbidden", "key")
    activate(database)
    with database.reading() as session:
        kid, key = wallet.signing_key(session, "ALICE", "order:place")
        assert kid == "ALICE.1"
        command.verify(command.sign(key, kid, b"{}"), session.scalars(select(HostedKey)).one().public)
        with pytest.raises(Error):
            wallet.signing_key(session, "ALICE", "holding:transfer")


@pytest.mark.parametrize("change", [{"party": "MALLORY"}, {"n": 2}, {"nonce": bytes(12)}])
def test_a_record_moved_to_another_party_does_not_open(database: Database, change: dict[str, object]) -> None:
    with database.writing() as session:
        wallet.create(session, "ALICE", 1, ["*"])
        session.execute(update(HostedKey).values(status="active", **change))
        session.commit()
    wallet._opened.clear()
    with database.reading() as session, pytest.raises(Error, match="changed at rest"):
        wallet.signing_key(session, str(change.get("party", "ALICE")), "order:place")


def test_rotation_wraps_every_key_again_and_forgets_the_old_one(config: Config, database: Database) -> None:
    with database.writing() as session:
        public = wallet.create(session, "ALICE", 1, ["*"])["public"]
        session.commit()
    activate(database)
    old = config.key_encryption_key_file.read_text()
    with database.writing() as session:
        before = session.scalars(select(HostedKey)).one().ciphertext
        assert vault.rotate(session) == 1
    assert config.key_encryption_key_file.read_text() != old
    assert len(config.key_encryption_key_file.read_text().split()) == 1
    wallet._opened.clear()
    with database.reading() as session:
        assert session.scalars(select(HostedKey)).one().ciphertext != before
        assert command.public_text(wallet.signing_key(session, "ALICE", "x")[1].public_key()) == public


def test_a_rotation_that_stopped_half_way_loses_no_key(config: Config, database: Database) -> None:
    with database.writing() as session:
        wallet.create(session, "ALICE", 1, ["*"])
        session.commit()
        old = vault.encryption_keys(config.key_encryption_key_file)
        vault.write(config.key_encryption_key_file, [bytes(32), *old.values()])
    activate(database)
    with database.reading() as session:
        assert wallet.signing_key(session, "ALICE", "x")[0] == "ALICE.1"
    with database.writing() as session:
        assert vault.rotate(session) == 1
