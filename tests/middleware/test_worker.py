"""The worker over the rules in memory: it loses nothing and does nothing twice, whatever breaks and whenever."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update

from middleware import clock, mirror, relay
from middleware.database import Database
from middleware.lease import Lease, Wanted
from middleware.ledger import Block, Envelope, Ledger, Unavailable, connect
from middleware.matching import Matcher
from middleware.models.order import Order
from middleware.models.submission import Submission
from middleware.models.trade import Trade
from middleware.rebuild import rebuild
from middleware.reconcile import reconcile
from middleware.worker import Worker
from tests.middleware.exchange import Exchange
from tests.middleware.sandboxes import Running, installed, sandbox, tables


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One market for all tests here; each runs its own worker over it."""
    config = installed(tmp_path_factory.mktemp("worker"))
    with tables(config) as database, sandbox(config, database) as reached, tables(reached) as installation:
        exchange = Exchange(installation)
        first = Running(installation)
        exchange.open("ALICE", "BRUNO")
        first.stop()
        yield exchange


@pytest.fixture
def exchange(opened: Exchange) -> Iterator[Exchange]:
    yield opened
    opened.work = lambda: time.sleep(0.01)


@pytest.fixture
def installation(opened: Exchange) -> Database:
    return opened.database


@pytest.fixture
def running(installation: Database) -> Iterator[Running]:
    running = Running(installation)
    yield running
    if not running.ended:
        running.stop()


def is_clean(database: Database) -> None:
    ledger = connect(database.config)
    try:
        assert reconcile(database, ledger).differences == []
    finally:
        ledger.close()


def test_orders_that_cross_are_executed_and_mirrored(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    before = exchange.trades()
    buy, sell = exchange.do(exchange.order("ALICE", "buy", 40, 2600), exchange.order("BRUNO", "sell", 60, 2400))
    exchange.until(lambda: exchange.trades() == before + 1)
    with installation.reading() as session:
        trade = session.scalars(select(Trade).where(Trade.buy == f"ALICE:{buy.id}")).one()
        assert (trade.quantity, trade.price_minor) == (40, 2600)
        assert session.get_one(Order, f"ALICE:{buy.id}").status == "filled"
        assert session.get_one(Order, f"BRUNO:{sell.id}").status == "partially_filled"
    exchange.do(exchange.order("ALICE", "buy", 20, 2600))
    exchange.until(lambda: exchange.trades() == before + 2)
    is_clean(installation)


def test_a_refusal_is_an_outcome_with_the_ledgers_sentence(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    sent = exchange.send(exchange.order("ALICE", "buy", 10**6, 10**7))
    assert exchange.outcomes(sent) == [("insufficient", "available")]
    with installation.reading() as session:
        message = session.scalars(select(Submission.message).where(Submission.arrival == sent[0].arrival)).one()
        assert message.endswith(".")
        assert session.get_one(Order, f"ALICE:{sent[0].id}").status == "rejected"


def test_an_order_past_its_time_is_expired_and_frees_what_it_reserved(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    (order,) = exchange.do(exchange.order("ALICE", "buy", 1, 1, good_for_seconds=2))

    def expired() -> bool:
        with installation.reading() as session:
            return session.get_one(Order, f"ALICE:{order.id}").status == "expired"

    exchange.until(expired)
    is_clean(installation)


def test_a_second_worker_waits_until_the_first_has_ended(
    exchange: Exchange, installation: Database, running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    before = exchange.trades()
    exchange.do(exchange.order("ALICE", "buy", 1, 2600))
    second = Running(installation)
    exchange.until(lambda: "another worker is at work" in capsys.readouterr().out)
    exchange.do(exchange.order("BRUNO", "sell", 1, 2600))
    exchange.until(lambda: exchange.trades() == before + 1)
    assert second.worker._fold is None
    running.stop()
    exchange.do(exchange.order("ALICE", "buy", 1, 2600), exchange.order("BRUNO", "sell", 1, 2600))
    exchange.until(lambda: exchange.trades() == before + 2)
    second.stop()


def test_a_restarted_worker_matches_on_the_same_book(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    before = exchange.trades()
    exchange.do(exchange.order("ALICE", "buy", 10, 2600), exchange.order("BRUNO", "sell", 4, 2600))
    exchange.until(lambda: exchange.trades() == before + 1)
    running.stop()
    second = Running(installation)
    exchange.do(exchange.order("BRUNO", "sell", 6, 2400))
    exchange.until(lambda: exchange.trades() == before + 2)
    second.stop()
    is_clean(installation)


def test_the_book_made_from_sql_is_the_book_of_the_facts(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    before = exchange.trades()
    exchange.do(*(exchange.order("ALICE", "buy", 7, price) for price in (5, 9, 7, 9)))
    exchange.do(exchange.order("BRUNO", "sell", 10, 9), exchange.order("BRUNO", "sell", 3, 10**6))
    exchange.until(lambda: exchange.trades() == before + 2)
    running.stop()
    ledger = connect(installation.config)
    height = ledger.heights()["operator"]
    folded, restored = Matcher(installation, "BOLSA"), Matcher(installation, "BOLSA")
    for block in itertools.islice(ledger.blocks(0), height):
        folded.apply(mirror.facts.of(block))
    restored.restore(ledger)
    ledger.close()
    assert {(9, 4, 1), (7, 7, 1), (5, 7, 1)} <= set(folded._book.depth("ACME")[0])
    assert folded._book.depth("ACME") == restored._book.depth("ACME")
    assert folded._book.last_execution("ACME") == restored._book.last_execution("ACME") > 0
    again = Running(installation)
    exchange.do(exchange.order("BRUNO", "sell", 18, 1))
    exchange.until(lambda: exchange.trades() == before + 5)
    again.stop()


def test_a_rebuild_beside_the_worker_gives_the_same_bytes(
    exchange: Exchange, installation: Database, running: Running
) -> None:
    before = exchange.trades()
    exchange.do(exchange.order("ALICE", "buy", 4, 2600), exchange.order("BRUNO", "sell", 4, 2600))
    exchange.until(lambda: exchange.trades() == before + 1)
    ledger, lease = connect(installation.config), Lease(installation, "worker/operator")
    lease._owner = "elsewhere/1/0.0"
    assert lease.take_within(20, ask="rebuild")
    running.join()
    assert isinstance(running.error, Wanted)
    told: list[tuple[int, int]] = []
    found = rebuild(installation, ledger, lease=lease, tell=lambda done, of: told.append((done, of)))
    assert (found.different, found.before) == ([], found.after)
    assert told[-1] == (found.block + 1, found.block + 1)
    with installation.writing() as session:
        session.execute(update(Trade).values(quantity=Trade.quantity + 1))
        session.commit()
    assert rebuild(installation, ledger, lease=lease).different == ["trades"]
    lease.release()
    ledger.close()


def test_reconcile_names_what_differs(exchange: Exchange, installation: Database, running: Running) -> None:
    (order,) = exchange.do(exchange.order("ALICE", "buy", 10, 2))
    running.stop()

    def change(limit_minor: int, code: str) -> None:
        with installation.writing() as session:
            session.execute(update(Order).where(Order.id == f"ALICE:{order.id}").values(limit_minor=limit_minor))
            session.execute(update(Submission).where(Submission.arrival == order.arrival).values(code=code))
            session.commit()

    change(1, "invalid")
    ledger = connect(installation.config)
    differences = reconcile(installation, ledger).differences
    change(2, "")
    assert len(differences) == 2
    assert "limit_minor is '1' in SQL, '2' on the ledger" in differences[0]
    assert "done invalid in SQL, done on the ledger" in differences[1]
    assert reconcile(installation, ledger).differences == []
    ledger.close()


class Crash(BaseException):
    """The process is gone."""


class Breaking:
    """A ledger whose answers get lost now and then."""

    def __init__(self, ledger: Ledger, dice: random.Random) -> None:
        self._ledger = ledger
        self._dice = dice

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        fate = self._dice.random()
        if fate < 0.15:
            raise Unavailable("no endorsement", organisations=["custodian"])
        made = self._ledger.submit(batch, commands)
        if fate < 0.3:
            raise Unavailable("the answer was lost")
        if fate < 0.4:
            time.sleep(0.05)  # the block comes before the answer
        return made


def crashing(worker: Worker, dice: random.Random) -> None:
    """Make a worker die at some point of some block, or just after a batch was sent."""

    def some(name: str) -> Any:
        real = getattr(worker, name)

        def called(*args: Any) -> None:
            fate = dice.random()
            if fate < 0.08:
                raise Crash(f"before {name}")
            real(*args)
            if fate > 0.92:
                raise Crash(f"after {name}")

        return called

    for name in ("_on_sent", "_on_block"):
        setattr(worker, name, some(name))


class DyingFold(mirror.Fold):
    """Dies inside the SQL transaction, or right after its commit."""

    dice: random.Random

    def _write(self, connection: Any, block: Block, told: Any) -> None:
        super()._write(connection, block, told)
        if self.dice.random() < 0.08:
            raise Crash("inside the transaction")

    def apply(self, block: Block, told: Any = None) -> None:
        super().apply(block, told)
        if self.dice.random() < 0.08:
            raise Crash("after the commit")


@pytest.mark.parametrize("seed", range(2))
def test_whenever_it_dies_every_command_has_one_outcome(
    exchange: Exchange, installation: Database, running: Running, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.stop()
    dice = random.Random(seed)  # noqa: S311
    monkeypatch.setattr(DyingFold, "dice", dice, raising=False)
    monkeypatch.setattr(mirror, "Fold", DyingFold)
    crashes: Counter[str] = Counter()
    worker: list[Running] = []

    def alive() -> None:
        if worker and worker[0].ended:
            error = worker.pop().error
            assert isinstance(error, Crash), error
            crashes[str(error)] += 1
        if not worker:
            worker.append(Running(installation, Breaking(connect(installation.config), dice)))  # type: ignore[arg-type]
            crashing(worker[0].worker, dice)
        time.sleep(0.005)

    exchange.work = alive
    sent: list[Submission] = []
    for number in range(20):
        side, other = ("buy", "sell") if number % 2 else ("sell", "buy")
        price = dice.randint(2490, 2510)
        orders = [exchange.order("ALICE", side, dice.randint(1, 9), price), exchange.order("BRUNO", other, 5, price)]
        sent += exchange.send(*orders, exchange.order("BRUNO", other, dice.randint(1, 9), 2500))
        exchange.outcomes(sent[: dice.randint(len(sent) // 2, len(sent))], 120)
    outcomes = exchange.outcomes(sent, 120)
    assert len(outcomes) == 60
    worker[0].worker.stop()
    worker[0].join()
    monkeypatch.undo()
    last = Running(installation)
    exchange.work = lambda: time.sleep(0.01)
    exchange.do(exchange.order("ALICE", "buy", 1, 1))
    last.stop()
    is_clean(installation)
    assert exchange.trades() > 0
    with installation.reading() as session:
        numbers = sorted(session.scalars(select(Trade.number)))
        assert len(set(numbers)) == len(numbers)
        assert session.scalar(select(func.count()).where(Submission.status != "done")) == 0
    assert sum(crashes.values()) > 0, "the test tests nothing"


def test_commands_without_an_outcome_raise_an_alarm(
    exchange: Exchange, installation: Database, running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    running.stop()
    sent = exchange.send(exchange.order("ALICE", "buy", 1, 1))
    with installation.writing() as session:
        change = update(Submission).where(Submission.arrival == sent[0].arrival)
        session.execute(change.values(created_at=clock.after(-660)))
        session.commit()
    worker = Worker(installation, connect(installation.config))
    assert worker._lease.take() == ""
    worker._sweep.stuck()
    worker._sweep.stuck()
    worker._lease.release()
    said = capsys.readouterr().out
    assert said.count("alarm: command without an outcome") == 1
    with installation.reading() as session:
        assert len(relay.waiting(session.connection(), 10)) == 1
