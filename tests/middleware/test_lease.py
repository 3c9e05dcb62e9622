"""The lease: one worker, and one that slept too long writes nothing any more."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from middleware import clock, lease
from middleware.database import Database
from middleware.lease import Lease, LostLease, Wanted
from middleware.models.lease import Lease as Row


@pytest.fixture
def ours(database: Database) -> Lease:
    return Lease(database, "worker/operator")


@pytest.fixture
def other(database: Database) -> Lease:
    """Another worker on another machine."""
    other = Lease(database, "worker/operator")
    other._owner = "elsewhere/1/0.0"
    return other


def test_the_second_waits_and_is_told_who_has_it(ours: Lease, other: Lease) -> None:
    assert ours.take() == ""
    assert other.take() == ours._owner
    ours.release()
    assert other.take() == ""


def test_a_holder_that_is_silent_for_long_is_replaced_and_cannot_write(
    ours: Lease, other: Lease, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert other.take() == ""
    monkeypatch.setattr(lease, "GOOD_FOR", timedelta(0))
    assert ours.take() == ""
    with database.writing() as session, pytest.raises(LostLease):
        other.guard(session.connection())
    with pytest.raises(LostLease):
        other.renew()
    other.release()
    ours.renew()


def test_a_process_of_this_machine_that_died_is_replaced_at_once(ours: Lease, database: Database) -> None:
    assert ours.take() == ""
    host, _, started = ours._owner.split("/")
    with database.writing() as session:
        session.execute(update(Row).values(owner=f"{host}/999999999/{started}"))
        session.commit()
    again = Lease(database, "worker/operator")
    assert again.take() == ""
    assert again._fencing == 2


def test_a_process_id_used_again_is_not_the_holder(ours: Lease, database: Database) -> None:
    host, pid, _ = ours._owner.split("/")
    assert ours.take() == ""
    with database.writing() as session:
        session.execute(update(Row).values(owner=f"{host}/{pid}/1.0"))
        session.commit()
    assert Lease(database, "worker/operator").take() == ""


def test_who_is_asked_steps_aside_for_the_one_who_asked(ours: Lease, other: Lease, database: Database) -> None:
    assert ours.take() == ""
    assert other.take(ask="rebuild") == ours._owner
    with pytest.raises(Wanted, match="rebuild"):
        ours.renew()
    ours.release()
    assert ours.take() == "rebuild", "not before the one who asked"
    assert other.take(ask="rebuild") == ""
    other.release()
    assert ours.take() == ""
    ours.renew()


def test_who_asked_and_never_came_does_not_block_for_ever(
    ours: Lease, other: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours.take() == ""
    assert other.take(ask="rebuild")
    ours.release()
    started = clock.now()
    monkeypatch.setattr(clock, "now", lambda: started + lease.GOOD_FOR + timedelta(seconds=1))
    assert ours.take() == ""


def test_the_lease_is_good_only_inside_the_transaction_that_checks_it(ours: Lease, database: Database) -> None:
    with database.writing() as session, pytest.raises(LostLease):
        ours.guard(session.connection())
