"""What peers and orderers may answer, and what we make of it."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric import delivery, endorsing, messages
from middleware.ledger.fabric.answers import Differing
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.delivery import Heights, Stream
from middleware.ledger.fabric.ordering import Orderers
from middleware.ledger.fabric.protos import common, ordering, proposals
from tests.middleware.fabric_nodes import AT, Orderer, Peer, block, endorsed, identity, refusal, refused, serving


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def ask(stack: ExitStack, *answers: Any) -> Any:
    organisations = ("operator", "custodian", "third")
    peers = [
        stack.enter_context(serving(org, Peer([answer]))) for org, answer in zip(organisations, answers, strict=False)
    ]
    return endorsing.ask(peers, proposals.SignedProposal(), 5)


def test_when_all_agree_their_endorsements_are_answered(stack: ExitStack) -> None:
    answers = ask(stack, endorsed(msp_id="OperatorMSP"), endorsed(msp_id="CustodianMSP"))
    assert list(answers) == ["operator", "custodian"]
    assert len({answer.endorsement.endorser for answer in answers.values()}) == 2


def test_one_refusal_by_all_is_a_refusal(stack: ExitStack) -> None:
    with pytest.raises(Refused) as caught:
        ask(stack, refusal("invalid", "size", "It's {too} big."), refusal("invalid", "size", "It's {too} big."))
    assert (caught.value.code, caught.value.reason, caught.value.message) == ("invalid", "size", "It's {too} big.")


@pytest.mark.parametrize(
    "other",
    [endorsed(b"another payload"), refusal("wrong_status", "batch"), refusal("wrong_status", "genesis")],
    ids=["payload", "refusal", "another refusal"],
)
def test_peers_that_disagree_are_apart(stack: ExitStack, other: Any) -> None:
    first = endorsed() if other.response.status == 200 else refusal("wrong_status", "number")
    with pytest.raises(Differing):
        ask(stack, first, other)
    with pytest.raises(Differing):
        ask(stack, endorsed(), other)


@pytest.mark.parametrize(
    "trouble",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        refused("could not launch chaincode lonja: connection refused"),
        refused("error sending: chaincode stream terminated"),
        refused('lonja {"code":'),
        refused("odd", status=404),
    ],
    ids=["away", "busy", "chaincode down", "chaincode died", "cut off", "not found"],
)
def test_a_peer_that_cannot_answer_is_named(stack: ExitStack, trouble: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        ask(stack, endorsed(), trouble)
    assert caught.value.organisations == ("custodian",)
    assert "custodian" in str(caught.value)


def test_a_clock_that_is_off_is_somebodys(stack: ExitStack) -> None:
    with pytest.raises(Unavailable) as caught:
        ask(stack, endorsed(), refusal("unavailable", "clock", "11 s off."))
    assert caught.value.organisations == ("custodian",)


def test_a_peer_that_does_not_answer_in_time_is_unavailable(stack: ExitStack) -> None:
    class Slow(Peer):
        def ProcessProposal(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
            time.sleep(0.5)
            return endorsed()

    peer = stack.enter_context(serving("operator", Slow()))
    with pytest.raises(Unavailable, match="DEADLINE"):
        endorsing.ask([peer], proposals.SignedProposal(), 0.1)


def envelopes(count: int) -> list[bytes]:
    return [common.Envelope(payload=str(number).encode()).SerializeToString() for number in range(count)]


def test_envelopes_go_over_one_stream_from_many_threads(stack: ExitStack) -> None:
    orderer = Orderer()
    orderers = Orderers([stack.enter_context(serving("", orderer))])
    threads = [threading.Thread(target=orderers.send, args=(content,)) for content in envelopes(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    orderers.close()
    assert orderer.streams == 1
    assert sorted(orderer.received.get() for _ in range(32)) == sorted(envelopes(32))


@pytest.mark.parametrize("status", [common.SERVICE_UNAVAILABLE, common.INTERNAL_SERVER_ERROR, None])
def test_the_next_orderer_is_tried(stack: ExitStack, status: Any) -> None:
    first, second = Orderer([status]), Orderer()
    orderers = Orderers([stack.enter_context(serving("", one)) for one in (first, second)])
    for content in envelopes(3):
        orderers.send(content)
    assert first.received.qsize() == 1, "and is kept"
    assert second.received.qsize() == 3
    orderers.close()


def test_nobody_knows_when_no_orderer_confirms(stack: ExitStack) -> None:
    orderers = Orderers(
        [stack.enter_context(serving("", Orderer([status]))) for status in (None, common.SERVICE_UNAVAILABLE)]
    )
    with pytest.raises(Unavailable) as caught:
        orderers.send(envelopes(1)[0])
    assert caught.value.organisations == ("orderer",)
    orderers.close()


@pytest.mark.parametrize("status", [common.BAD_REQUEST, common.FORBIDDEN, common.REQUEST_ENTITY_TOO_LARGE])
def test_what_no_orderer_takes_is_refused(stack: ExitStack, status: int) -> None:
    orderers = Orderers([stack.enter_context(serving("", Orderer([status])))])
    with pytest.raises(Refused, match="said the orderer"):
        orderers.send(envelopes(1)[0])
    orderers.close()


def test_a_stream_that_broke_is_opened_again(stack: ExitStack) -> None:
    orderer = Orderer([None, common.SUCCESS])
    orderers = Orderers([stack.enter_context(serving("", orderer))])
    content = envelopes(1)[0]
    with pytest.raises(Unavailable):
        orderers.send(content)
    orderers.send(content)
    assert orderer.streams == 2
    orderers.close()


@pytest.fixture
def seek(tmp_path: Path) -> delivery.Seek:
    ours = identity(tmp_path)
    return lambda start: messages.seek(ours, "lonja", start, nonce=bytes(24), at=AT)


@pytest.mark.parametrize("filtered", [False, True])
def test_blocks_come_in_order_over_streams_that_break(stack: ExitStack, seek: delivery.Seek, filtered: bool) -> None:
    peer = Peer(blocks=[block(number, b"") for number in range(10)], breaks_after=[0, 3, 99, 2])
    stream = Stream(stack.enter_context(serving("operator", peer)), seek, filtered=filtered)
    numbers = [one.number if filtered else one.header.number for one in itertools.islice(stream.read(2), 8)]
    stream.close()
    assert numbers == list(range(2, 10))
    assert peer.seeks[:3] == [2, 2, 5]


def test_a_block_that_is_not_the_next_one_is_not_passed_on(stack: ExitStack, seek: delivery.Seek) -> None:
    peer = Peer(blocks=[block(0, b""), block(0, b""), block(1, b"")])
    stream = Stream(stack.enter_context(serving("operator", peer)), seek)
    assert [one.header.number for one in itertools.islice(stream.read(0), 2)] == [0, 1]
    stream.close()


def test_a_closed_stream_ends_whoever_waits_for_it(stack: ExitStack, seek: delivery.Seek) -> None:
    stream = Stream(stack.enter_context(serving("operator", Peer())), seek)
    read: list[Any] = []
    thread = threading.Thread(target=lambda: read.extend(stream.read(0)))
    thread.start()
    time.sleep(0.1)
    stream.close()
    thread.join(10)
    assert not thread.is_alive()
    assert read == []


def test_a_peer_that_is_away_is_asked_until_it_is_back(stack: ExitStack, seek: delivery.Seek) -> None:
    port = _free_port()
    stream = Stream(Node("operator", "late", grpc.insecure_channel(f"127.0.0.1:{port}")), seek)
    reading = stream.read(0)
    late = threading.Timer(
        0.3, lambda: stack.enter_context(serving("operator", Peer(blocks=[block(0, b"")]), port=port))
    )
    late.start()
    assert next(reading).header.number == 0
    stream.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_endorsement_waits_until_the_peers_are_level() -> None:
    heights = Heights()
    heights.tell("operator", 5)
    heights.tell("custodian", 4)
    assert not heights.wait_level(0.05, 2)
    threading.Timer(0.05, heights.tell, ("custodian", 5)).start()
    assert heights.wait_level(5, 2)


def test_endorsement_waits_for_no_more_than_must_agree() -> None:
    heights = Heights()
    for organisation, height in (("operator", 5), ("custodian", 2), ("third", 4)):
        heights.tell(organisation, height)
    assert not heights.wait_level(0.05, 2)
    heights.tell("third", 5)
    assert heights.wait_level(5, 2)
    assert heights.behind() == {"custodian": 3}
    assert not heights.wait_level(0.05, 3)


def test_a_request_for_blocks_starts_where_it_says(seek: delivery.Seek) -> None:
    payload = common.Payload.FromString(seek(7).payload)
    information = ordering.SeekInfo.FromString(payload.data)
    assert information.start.specified.number == 7
    assert information.stop.specified.number == 2**64 - 1
