"""A product on the sandbox with two brokers, and a session for each conversation."""

import socket
import time
from collections.abc import Callable

import pytest

from scripts.product import Product
from scripts.stage import Stage
from tests.fix import talk
from tests.fix.stage import Floor, brokers
from tests.middleware.conftest import door as door


@pytest.fixture(scope="session")
def floor(sandbox_stage: Stage, sandbox: Product) -> Floor:
    """Brokers on stage, and their sessions known to the running gateway."""
    made = brokers(sandbox, sandbox_stage)
    for name in talk.names():
        made.add(session_of(name))
    made.wait_for(session_of(talk.names()[-1]))
    return made


def session_of(name: str) -> str:
    """The session in which a conversation is held: its numbers begin at 1."""
    return f"CASA8-{name.upper().replace('_', '-')}"


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for what comes true by and by."""

    def wait(true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    return wait


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
