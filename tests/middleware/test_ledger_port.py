"""What the middleware may expect of a ledger, whichever driver reaches it: the sandbox, or a real network by either.

A product runs on it, whose worker writes our organisation's lane; what is sent here comes between its batches.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from middleware import clock, ids
from middleware.database import Database
from middleware.ledger import Block, Ledger, Refused, Transaction, command, connect, wallet
from scripts.product import Product
from tests.middleware.apart import Apart


@pytest.fixture(params=["sandbox", *(pytest.param(name, marks=pytest.mark.network) for name in ("fabric", "hfc"))])
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def product(request: pytest.FixtureRequest, driver: str) -> Product:
    found: Product = request.getfixturevalue("sandbox" if driver == "sandbox" else "network")
    return found


@pytest.fixture
def ledger(product: Product, driver: str) -> Iterator[Ledger]:
    ledger = reached(product, driver)
    yield ledger
    ledger.close()


def reached(product: Product, driver: str) -> Ledger:
    config = replace(product.config, ledger_driver=driver)
    return Apart(config) if driver == "hfc" else connect(config)


@pytest.fixture
def cancel(product: Product) -> str:
    """A command that the ledger carries to an outcome: a refusal, for there is no such order."""
    database = Database(product.config)
    with database.reading() as session:
        kid, key = wallet.signing_key(session, "OPERATOR", "order:cancel")
    payload = command.encode(
        ledger=wallet.ledger_hash(product.config),
        party="OPERATOR",
        id=ids.new(),
        function="order:cancel",
        args={"order": f"OPERATOR:{ids.new()}"},
        expires_at=clock.after(600),
    )
    database.close()
    return command.sign(key, kid, payload)


def number(ledger: Ledger) -> int:
    (lane,) = ledger.query("get", f"lane/{ledger.organisation}")["items"]
    return int(lane["value"]["batch"])


def all_blocks(ledger: Ledger) -> list[Block]:
    height = ledger.heights()[ledger.organisation]
    return list(itertools.islice(ledger.blocks(0), height))


def verdict(ledger: Ledger, start: int, transaction_id: str) -> tuple[Block, Transaction]:
    for block in ledger.blocks(start):
        for transaction in block.transactions:
            if transaction.id == transaction_id:
                return block, transaction
    raise AssertionError("the stream of blocks ended")


def test_blocks_are_a_chain_from_number_0(ledger: Ledger) -> None:
    blocks = all_blocks(ledger)
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert blocks[0].previous_hash == ""
    assert all(later.previous_hash == earlier.hash for earlier, later in itertools.pairwise(blocks))


def test_every_organisation_has_the_same_last_block(ledger: Ledger) -> None:
    deadline = time.monotonic() + 20
    while True:
        tips, blocks = ledger.tips(), all_blocks(ledger)
        if {tip.height for tip in tips.values()} == {len(blocks)}:
            break
        assert time.monotonic() < deadline
    assert sorted(tips) == ["custodian", "operator"]
    assert {tip.hash for tip in tips.values()} == {blocks[-1].hash}


def test_the_genesis_is_there_once_and_tells_its_facts(ledger: Ledger, product: Product) -> None:
    began = [t for block in all_blocks(ledger) for t in block.transactions if t.function == "genesis"]
    (transaction,) = [one for one in began if one.code == "VALID"]
    assert transaction.args == (product.config.genesis_file.read_bytes(),)
    assert transaction.event is not None
    (said,) = transaction.event["commands"]
    assert said["hash"] == wallet.ledger_hash(product.config)
    assert [fact["fact"] for fact in said["facts"]] == ["GenesisAccepted"] + ["PartyAdmitted"] * 4
    with pytest.raises(Refused) as caught:
        ledger.genesis(product.config.genesis_file.read_bytes())
    assert (caught.value.code, caught.value.reason) == ("duplicate", "genesis")


def test_what_is_submitted_is_found_in_a_block_with_both_endorsements(ledger: Ledger, cancel: str) -> None:
    start = ledger.heights()[ledger.organisation]
    batch = number(ledger) + 1
    envelope = ledger.submit(batch, [cancel])
    assert envelope.accepted
    block, transaction = verdict(ledger, start, envelope.transaction_id)
    assert (transaction.code, transaction.function, transaction.msp_id) == ("VALID", "submit", "OperatorMSP")
    assert transaction.args == (str(batch).encode(), cancel.encode())
    assert sorted(transaction.endorsers) == ["CustodianMSP", "OperatorMSP"]
    assert abs((transaction.at - clock.now()).total_seconds()) < 30
    assert transaction.event is not None
    assert (transaction.event["lane"], transaction.event["batch"]) == ("operator", str(batch))
    (said,) = transaction.event["commands"]
    assert (said["code"], said["reason"]) == ("not_found", "order")
    assert number(ledger) == batch
    ledger.resend(envelope)
    time.sleep(0.3)
    copies = [t for b in itertools.islice(ledger.blocks(block.number), 1) for t in b.transactions]
    assert [t.code for t in copies if t.id == envelope.transaction_id] == ["VALID"]


@pytest.mark.parametrize("difference", [0, 2])
def test_another_batch_number_than_the_next_is_refused(ledger: Ledger, cancel: str, difference: int) -> None:
    with pytest.raises(Refused) as caught:
        ledger.submit(number(ledger) + difference, [cancel])
    assert (caught.value.code, caught.value.reason) == ("wrong_status", "batch")


@pytest.mark.parametrize("count", [0, 251])
def test_a_batch_has_1_to_250_commands(ledger: Ledger, cancel: str, count: int) -> None:
    with pytest.raises(Refused) as caught:
        ledger.submit(number(ledger) + 1, [cancel] * count)
    assert (caught.value.code, caught.value.reason) == ("invalid", "size")


def test_state_is_read_by_key_and_in_pages(ledger: Ledger) -> None:
    found = ledger.query("get", "party/OPERATOR", "party/NOBODY1")["items"]
    assert [item["key"] for item in found] == ["party/OPERATOR", "party/NOBODY1"]
    assert (found[0]["value"]["party"], found[1]["value"]) == ("OPERATOR", None)
    whole = ledger.query("list", "party", "", "1000")
    assert whole["next"] == ""
    keys: list[str] = []
    after = ""
    while True:
        page = ledger.query("list", "party", after, "2")
        keys += [item["key"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert keys == [item["key"] for item in whole["items"]] == sorted(keys)


def test_a_question_that_the_ledger_does_not_know_is_refused(ledger: Ledger) -> None:
    for asked in (("get", "secret/OPERATOR"), ("list", "party", "", "1001"), ("burn", "everything")):
        with pytest.raises(Refused) as caught:
            ledger.query(*asked)
        assert caught.value.code == "invalid"


def test_a_closed_driver_ends_its_stream_of_blocks(product: Product, driver: str) -> None:
    ledger = reached(product, driver)
    blocks = ledger.blocks(ledger.heights()[ledger.organisation] - 1)
    next(blocks)
    ledger.close()
    assert list(blocks) == []
