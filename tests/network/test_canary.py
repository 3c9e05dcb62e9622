"""Canary scan: what is personal or private is in no block, event or log, and in no other organisation's state.

The network has a third organisation, a regulator, whose peer keeps the blocks and takes no part. People go through a
private life (private_life.py), every text of which is a random marker. Then everything is looked through:

- every block as the third organisation's peer delivers it, whole (commands, signatures, read and write sets, events),
  with what is encoded inside it decoded again, and every event as it reads;
- every file under the state folder but our own organisation's records (OURS): the folders of all three peers and of
  the orderer with their ledgers, state databases and chaincode, keys, packages, the exchange's books, all logs.

LevelDB may compress what it keeps. Nothing is lost by that: a peer's state is written by valid transactions, whose
write sets are in the blocks that were scanned; there is no private data beside them, which is asserted. A marker that
everybody may read shows that the scan finds what is there.

Free texts of commands are public by design, and the pages say so: why a bank does not pay, why an offering or an
instrument is taken back, what an exchange claims. Names, destinations, notes and reasons between parties are not.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from middleware.database import Database
from middleware.ledger.fabric import decoding
from middleware.models.application import PersonKey
from middleware.models.document import Document, DocumentKey
from scripts.product import Product
from scripts.stage import Stage
from tests.network.lane import Lane
from tests.network.markers import found, opened, runs
from tests.network.private_life import PrivateLife
from tests.network.witness import Witness, collections

pytestmark = pytest.mark.network

# Our own organisation's records: its database, its documents, what it has told brokers, its secrets.
OURS = ("lonja.db", "documents", "fix", "key-encryption-key", "console-key")
KEEP_BLOCKS = ("peer0.operator.lonja", "peer0.custodian.lonja", "peer0.regulator.lonja", "orderer0.lonja")
LOGS = ("api", "console", "worker", "webhooks", "fix", "exchange")
Pieces = set[bytes]


@pytest.fixture(scope="module")
def life(witnessed: Product, witnessed_stage: Stage) -> PrivateLife:
    return PrivateLife(witnessed, witnessed_stage).live()


@pytest.fixture(scope="module")
def lane(witnessed: Product, life: PrivateLife, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(witnessed, Path(tmp_path_factory.mktemp("lane")))
    lane.level()
    yield lane
    lane.close()


@pytest.fixture(scope="module")
def blocks(witnessed: Product, lane: Lane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """As the third organisation's peer delivers them."""
    witness = Witness(witnessed, Path(tmp_path_factory.mktemp("witness")))
    yield witness.blocks(len(lane.blocks))
    witness.close()


@pytest.fixture(scope="module")
def in_blocks(blocks: list[Any]) -> Pieces:
    return opened({piece for block in blocks for piece in runs(block.SerializeToString())})


@pytest.fixture(scope="module")
def files(witnessed: Product, blocks: list[Any]) -> dict[Path, Pieces]:
    """What stands in every file of others, and in every log."""
    state = witnessed.config.state
    paths = [path for path in state.rglob("*") if path.is_file() and not _is_ours(path.relative_to(state))]
    return {path: runs(path.read_bytes()) for path in (*paths, witnessed.log)}


def test_the_third_organisation_has_every_block_and_endorsed_none(lane: Lane, blocks: list[Any]) -> None:
    assert [decoding.block(raw, "lonja").hash for raw in blocks] == [block.hash for block in lane.blocks]
    transactions = [transaction for block in lane.blocks for transaction in block.transactions]
    assert {msp_id for one in transactions for msp_id in one.endorsers} == {"OperatorMSP", "CustodianMSP"}
    assert "RegulatorMSP" not in {one.msp_id for one in transactions}


def test_fifty_texts_and_more_were_put_in(life: PrivateLife) -> None:
    assert len({marker.text for marker in life.markers.all}) >= 50
    assert len({marker.where for marker in life.markers.all}) == len(life.markers.all)
    assert len(life.markers.sealed()) >= 25


def test_what_is_public_is_found_wherever_blocks_are_kept(
    life: PrivateLife, in_blocks: Pieces, files: dict[Path, Pieces]
) -> None:
    """The scan can find: this one is raw in events and states, and in base64 in the command that said it."""
    wanted = {life.public.where: ["base64", "raw"]}
    assert found(in_blocks, [life.public]) == wanted
    for name in KEEP_BLOCKS:
        kept = {piece for path, pieces in files.items() if name in path.parts for piece in pieces}
        assert found(kept, [life.public]) == wanted, name


def test_no_block_holds_what_is_private(life: PrivateLife, in_blocks: Pieces) -> None:
    assert found(in_blocks, life.markers.all) == {}


def test_no_event_holds_what_is_private(life: PrivateLife, lane: Lane) -> None:
    events = [one.event for block in lane.blocks for one in block.transactions if one.event]
    told = runs(json.dumps(events).encode())
    assert found(told, [life.public]) == {life.public.where: ["raw"]}
    assert found(told, life.markers.all) == {}


def test_no_private_data_is_kept_beside_the_blocks(blocks: list[Any]) -> None:
    """Fabric's own are the organisations' approvals of the chaincode, from before anybody lived here."""
    written = {name for block in blocks for name in collections(block)}
    assert {name.partition("/")[0] for name in written} <= {"_lifecycle"}


def test_no_log_and_no_file_of_others_holds_what_is_private(life: PrivateLife, files: dict[Path, Pieces]) -> None:
    names = {path.name for path in files}
    assert {f"{name}.log" for name in (*LOGS, *KEEP_BLOCKS)} <= names
    everything = {piece for pieces in files.values() for piece in pieces}
    if found(everything, life.markers.all):
        pytest.fail(json.dumps({str(path): found(pieces, life.markers.all) for path, pieces in files.items()}))


def test_who_was_invited_and_did_not_come_is_in_no_command_about_the_placement(life: PrivateLife, lane: Lane) -> None:
    said = [args for block in lane.blocks for one in block.transactions for args in _commands(one.args)]
    about = [payload for payload in said if life.placement in payload or life.placement.split(":")[1] in payload]
    assert [life.parties["person"] in payload for payload in about].count(True) == 1, "her own subscription"
    assert [payload for payload in about if "BRUNO" in payload] == []


def test_our_own_database_and_documents_show_nothing_that_is_encrypted(witnessed: Product, life: PrivateLife) -> None:
    state = witnessed.config.state
    ours = [*state.glob("lonja.db*"), *(path for path in (state / "documents").rglob("*") if path.is_file())]
    kept = {piece for path in ours for piece in runs(path.read_bytes())}
    assert found(kept, life.markers.sealed()) == {}
    plain = [marker for marker in life.markers.all if not marker.sealed]
    assert len(found(kept, plain)) > len(plain) // 2, "the scan reads what is not encrypted"


def test_of_an_erased_person_no_key_is_left(witnessed: Product, life: PrivateLife) -> None:
    party, database = life.parties["company"], Database(witnessed.config)
    assert _kept(database, party) == (1, 4, 4)
    life.stage.desk("OPERATOR").post(f"{life.applications['company']}/erasure", {})
    assert _kept(database, party) == (0, 0, 0)
    erased = life.stage.desk("OPERATOR").get(life.applications["company"])
    assert (erased["step"], erased["details"], erased["evidence"], erased["reason"]) == ("erased", {}, [], "")
    database.close()


def _is_ours(path: Path) -> bool:
    return path.parts[0].startswith(OURS)


def _commands(args: tuple[bytes, ...]) -> Iterator[str]:
    """What signed commands say."""
    for jws in args[1:]:
        payload = jws.split(b".")[1] if jws.count(b".") == 2 else b""
        yield base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).decode()


def _kept(database: Database, party: str) -> tuple[int, int, int]:
    """Keys of the person, documents that it has shown, keys of those."""
    with database.reading() as session:
        mine = select(Document.number).where(Document.party == party, Document.purpose == "evidence")
        keys = select(func.count()).where(PersonKey.party == party)
        documents = select(func.count()).where(DocumentKey.document.in_(mine))
        return tuple(
            session.scalar(query) or 0 for query in (keys, select(func.count()).select_from(mine.subquery()), documents)
        )
