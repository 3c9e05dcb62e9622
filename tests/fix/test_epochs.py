"""Numbers that begin anew: a Logon may come while the gateway looks at what was changed."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from middleware.database import Session
from middleware.fix.engine import Engine
from middleware.fix.gateway import Gateway
from middleware.installation import Installation
from middleware.models.session import FixSession
from middleware.services import sessions
from middleware.services.sessions import Profile
from tests import databases
from tests.fix.rows import made
from tests.middleware.sandboxes import installed


class Deaf:
    """An engine that only notes whom it was told to end or to begin anew."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def end(self, comp_id: str, text: str) -> None:
        self.told.append(f"{comp_id}: {text}")

    def reset(self, comp_id: str) -> None:
        self.told.append(f"{comp_id} begins anew")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    config = installed(tmp_path)
    databases.with_tables(config).close()
    here = Installation(config)
    fresh = {"status": "enabled", "state": "down", "may_reset": True, "next_in": 1, "next_out": 1}
    with here.writing() as session:
        session.add(made(FixSession, comp_id="CASA1", party="CASA1", kind="broker", **fresh))
        session.commit()
    yield here
    here.close()


def test_a_logon_amid_a_look_is_not_taken_for_a_reset(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installation.reading() as session:
        known = sessions.profiles(session)
    engine = Deaf()
    gateway = Gateway(installation, cast(Engine, engine), known)
    logon = threading.Thread(target=gateway.begin, args=("CASA1", True))
    read = sessions.profiles

    def slowly(session: Session) -> list[Profile]:
        found = read(session)
        logon.start()
        logon.join(0.3)  # it cannot come between what was read and what is made of it
        return found

    monkeypatch.setattr(sessions, "profiles", slowly)
    cast(Any, gateway)._look_at_sessions()
    logon.join()
    monkeypatch.setattr(sessions, "profiles", read)
    cast(Any, gateway)._look_at_sessions()
    assert engine.told == []
