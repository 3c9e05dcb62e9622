"""What a failure logs: where it was and why, never the values that were at hand."""

import errno
import io
import json
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from middleware.database import Database
from middleware.log import FAILURES, Lenient

SECRET = "Zq7rW0pLx3Kd9TvB2mNc"


def test_a_failure_is_logged_without_the_values_that_it_met() -> None:
    def sign_in(password: str) -> None:
        raise ValueError(f"a password of {len(password)} characters")

    try:
        sign_in(SECRET)
    except ValueError:
        line = FAILURES(None, "error", {"event": "failed", "exc_info": sys.exc_info()})
    said = json.dumps(line)
    assert "a password of 20 characters" in said
    assert "sign_in" in said
    assert SECRET not in said


def test_a_statement_that_fails_tells_nothing_of_what_was_to_be_written(database: Database) -> None:
    with database.writing() as session, pytest.raises(SQLAlchemyError) as caught:
        session.execute(text("insert into nowhere values (:name)"), {"name": SECRET})
    assert "insert into nowhere" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_log_that_finds_no_room_loses_a_line_and_stops_nobody() -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self) -> None:
            self.write("")

    lenient = Lenient(Full())
    lenient.write("command stored")
    lenient.flush()
