"""An installation on PostgreSQL: what it settles while the network runs, and how fast its mirrors are made again."""

import os
import statistics
import time
from dataclasses import dataclass

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from middleware.database import Database
from scripts.product import Product
from scripts.progress import Failed, say
from scripts.seed import seed
from tests import postgres
from tests.bench import crowd

NAME = "lonja_bench"
AT_ONCE = 4_000
_TRADES = text("SELECT count(*) FROM trades")


@dataclass(frozen=True)
class Speed:
    """Trades a second: settled on the network, and folded again from block 0."""

    live: float
    rebuilt: float


def measure(environment: dict[str, str], orders: int) -> Speed:
    """Both, of the same ledger, on a product of its own. SQL and ledger must agree, and the rebuild find the same.

    `orders` are many: a rebuild also waits until the worker has stepped aside, however much there is to fold.
    """
    server = postgres.Server(on_disk=True).start()
    os.environ |= {**environment, "LONJA_DATABASE_URL": _created(server.url)}  # the seed's own commands read it
    product = Product({}).start()
    try:
        market = crowd.Crowd(seed(product.url, lambda _text: None))
        market.gather()
        crowd.bulk(market, 400)  # warm
        live = statistics.mean(crowd.bulk(market, AT_ONCE) for _ in range(max(1, orders // AT_ONCE)))
        _agreed(product, "reconcile")
        trades = _trades(product)
        began = time.monotonic()
        _agreed(product, "rebuild")
        took = time.monotonic() - began
        say(f"  {trades} trades settled at {live:.0f}/s, made again in {took:.1f} s")
        return Speed(live, trades / took)
    finally:
        product.stop()
        server.stop()
        del os.environ["LONJA_DATABASE_URL"]


def _agreed(product: Product, command: str) -> None:
    done = product.lonja(command)
    if done.returncode:
        raise Failed(f"{command} on PostgreSQL: {done.stdout}{done.stderr}")
    say(f"  {done.stdout.strip().splitlines()[-1]}")


def _trades(product: Product) -> int:
    database = Database(product.config)
    with database.reading() as session:
        found = session.scalar(_TRADES) or 0
    database.close()
    return int(found)


def _created(url: str) -> str:
    engine = create_engine(make_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    return make_url(url).set(database=NAME).render_as_string(hide_password=False)
