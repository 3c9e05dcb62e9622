"""A database outside the state folder: whose it is, and when it may be emptied."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from middleware.config import Config
from scripts.progress import Failed

MARK = "database"


def mark(config: Config) -> Path:
    """Where a state folder says which database belongs to it."""
    return config.state / MARK


def is_outside(config: Config) -> bool:
    """Whether the database is not a file that goes with the state folder."""
    return not config.database_url.startswith("sqlite:")


def take(config: Config) -> None:
    """Note that the database belongs to this state folder. A new one needs one that nobody has worked with."""
    if not is_outside(config):
        return
    from middleware.migrations import run

    with _in_words(config):
        used = not config.genesis_file.exists() and run.is_used(config)
    name = config.database_name
    if used:
        raise Failed(
            f"The database {name} holds another installation, or one whose ledger is gone, and {config.state} is new.\n"
            f"Name an empty database. If nobody needs what it holds: .venv/bin/lonja forget {name}"
        )
    mark(config).write_text(name)


def empty(config: Config) -> None:
    """A sandbox begins anew, so its database does too: only the one that this state folder used before."""
    if is_outside(config) and mark(config).exists() and mark(config).read_text() == config.database_name:
        from middleware.migrations import run

        with _in_words(config):
            run.forget(config)


@contextmanager
def _in_words(config: Config) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    from middleware.errors import Error

    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise Failed(f"The database {config.database_name} does not answer: {said}") from error
    except Error as error:
        raise Failed(f"{config.database_name}: {error.message}") from error
