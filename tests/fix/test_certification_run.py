"""A broker certifies his session at the running product, alone, and passes every step."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scripts.cast import SHARE, Member
from scripts.certification import __main__ as script
from scripts.certification import order_steps as orders
from scripts.certification import session_steps as session
from scripts.certification.run import Run, Terms
from scripts.fix_client import FixClient, Line
from scripts.product import Product
from scripts.seed import admit
from scripts.stage import Stage
from tests.middleware.door import eventually

BROKER = Member("CASA7", "casa7", "Casa de Bolsa Siete, S.A.", "a broker", ("broker",))
SESSIONS = {"CASA7": "broker", "CASA7-EACH": "broker", "CASA7-DC": "drop_copy"}
OF_ORDERS = (session.logon, orders.new_order, orders.duplicate, orders.replace, orders.cancel, orders.block_order)


@pytest.fixture(scope="module")
def stage(sandbox: Product, sandbox_stage: Stage) -> Stage:
    """A broker with three sessions and no mandate yet."""
    admit(sandbox_stage, BROKER)
    for comp_id, kind in SESSIONS.items():
        added = sandbox.lonja("sessions", "add", comp_id, BROKER.party, "--kind", kind)
        assert added.returncode == 0, added.stderr
    eventually(lambda: all(_is_served(sandbox, comp_id) for comp_id in SESSIONS), seconds=60)
    return sandbox_stage


def line(product: Product, comp_id: str) -> Line:
    here = product.config.state / "fix" / "tls"
    files = {"certificate": here / f"{comp_id}.pem", "key": here / f"{comp_id}.key.pem"}
    return Line("127.0.0.1", product.config.fix_port, comp_id, authority=here / "authority.pem", **files)


Make = Callable[[str, str], Run]


@pytest.fixture
def make(sandbox: Product, stage: Stage) -> Iterator[Make]:
    """Makes runs of a session under mandates of this kind, and hangs up at the end."""
    made: list[Run] = []

    def of(comp_id: str, affirmation: str) -> Run:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        terms = {"agent": BROKER.party, "affirmation": affirmation, "order_minor": "1000000"}
        terms |= {"total_minor": "10000000", "good_till": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        for owner in ("ALICE", "BRUNO"):
            stage.desk(owner).command("/mandates", terms)
        accounts = {"account": stage.account("ALICE"), "second_account": stage.account("BRUNO")}
        wanted = Terms(instrument=SHARE, is_affirmed=affirmation == "each", **accounts)
        made.append(Run(line(sandbox, comp_id), wanted, line(sandbox, "CASA7-DC")))
        return made[-1]

    yield of
    for run in made:
        for one in (run, run.copy):
            if one is not None:
                one.client.close()


def _is_served(product: Product, comp_id: str) -> bool:
    """Whether the gateway has taken up a session: it begins anew when the list of them has changed."""
    client = FixClient(line(product, comp_id))
    try:
        client.connect()
        answer = client.log_on(seconds=2)
        client.log_out(2)
    except OSError:
        return False
    finally:
        client.close()
    return answer is not None


def test_a_broker_who_may_sign_passes_every_step(make: Make) -> None:
    results = list(script.certify(make("CASA7", "none")))
    assert [(one.name, one.expected, one.received) for one in results if one.outcome != "passed"] == []
    assert len(results) == len(script.STEPS)


def test_a_broker_whose_orders_are_affirmed_passes_the_steps_of_orders(make: Make) -> None:
    run = make("CASA7-EACH", "each")
    results = [run.take(step.__name__, step) for step in OF_ORDERS]
    assert [(one.name, one.expected, one.received) for one in results if one.outcome != "passed"] == []
