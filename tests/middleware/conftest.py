"""An empty installation in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.config import Config
from middleware.database import Database
from tests.middleware.sandboxes import installed, tables


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = installed(tmp_path)
    made.genesis_file.write_text('{"version":"1"}')
    return made


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    with tables(config) as made:
        yield made
