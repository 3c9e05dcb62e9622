"""Conversations with the FIX door, as they stand in conversations/*.txt."""

import pytest

from tests.fix import talk
from tests.fix.conftest import session_of
from tests.fix.stage import Floor
from tests.fix.talk import Talk


@pytest.mark.parametrize("name", talk.names())
def test_a_conversation_goes_as_it_is_written(name: str, floor: Floor) -> None:
    Talk(floor, session_of(name)).run(name)
