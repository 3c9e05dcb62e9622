"""An empty installation in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware import config as settings
from middleware.config import Config
from middleware.database import Database
from middleware.ledger import wallet
from middleware.models.base import Mirror, Registry


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = settings.load({"LONJA_STATE": str(tmp_path), "LONJA_LEDGER_DRIVER": "sandbox"})
    wallet.setup(made)
    made.genesis_file.write_text('{"version":"1"}')
    return made


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    made = Database(config)
    Registry.metadata.create_all(made.engine)
    Mirror.metadata.create_all(made.engine)
    yield made
    made.close()
