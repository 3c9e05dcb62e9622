"""An empty installation in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.config import Config
from middleware.database import Database
from middleware.wsgi import create_app
from scripts.product import Product
from scripts.stage import Stage
from tests import databases
from tests.middleware import circles
from tests.middleware.door import Door
from tests.middleware.market import market
from tests.middleware.matrix import Matrix
from tests.middleware.sandboxes import installed, tables


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    made = installed(tmp_path)
    made.genesis_file.write_text('{"version":"1"}')
    yield made
    databases.forget(made)


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    with tables(config) as made:
        yield made


@pytest.fixture(scope="session")
def door(sandbox: Product, sandbox_stage: Stage) -> Iterator[Door]:
    """The REST door in this process, beside the product on the sandbox: its database, its worker, its cast."""
    app = create_app(sandbox.config)
    yield Door(app)
    app.extensions["lonja"].close()


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """The world of the authorisation matrix, with no worker: what the door takes changes nothing on the ledger."""
    with market(tmp_path_factory.mktemp("matrix")) as made:
        with made.working():
            made.open()
            found = Matrix(made, circles.first(made.door), circles.second(made.door))
        found.keep()
        yield found
