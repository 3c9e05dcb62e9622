"""Fabric's messages as we write and read them."""

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from middleware.errors import Error
from middleware.ledger.fabric import decoding, messages
from middleware.ledger.fabric.identity import _ORDER, Identity
from middleware.ledger.fabric.protos import DecodeError, common, identities, proposals, transactions
from tests.middleware import fabric_nodes
from tests.middleware.fabric_nodes import AT

EVENT = {"version": "1", "lane": "operator", "batch": "1", "commands": []}


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return fabric_nodes.identity(tmp_path)


def verify(identity: Identity, signature: bytes, message: bytes) -> None:
    said = identities.SerializedIdentity.FromString(identity.creator)
    key = x509.load_pem_x509_certificate(said.id_bytes).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def test_signatures_verify_and_have_their_s_in_the_lower_half(identity: Identity) -> None:
    for number in range(40):
        message = str(number).encode()
        signature = identity.sign(message)
        verify(identity, signature, message)
        assert decode_dss_signature(signature)[1] <= _ORDER // 2


def test_the_transaction_id_is_that_of_nonce_and_creator(identity: Identity) -> None:
    nonce = bytes(24)
    made = messages.propose(identity, "lonja", "lonja", [b"submit", b"1"], nonce=nonce, at=AT)
    assert made.transaction_id == hashlib.sha256(nonce + identity.creator).hexdigest()
    verify(identity, made.signed.signature, made.signed.proposal_bytes)
    header = common.Header.FromString(proposals.Proposal.FromString(made.signed.proposal_bytes).header)
    assert common.ChannelHeader.FromString(header.channel_header).tx_id == made.transaction_id


def test_an_envelope_carries_the_proposal_the_answer_and_every_endorsement(identity: Identity) -> None:
    made = messages.propose(identity, "lonja", "lonja", [b"submit", b"1"], nonce=bytes(24), at=AT)
    endorsements = [fabric_nodes.endorsed(msp_id=msp_id).endorsement for msp_id in ("OperatorMSP", "CustodianMSP")]
    envelope = common.Envelope.FromString(messages.envelope(identity, made, b"answer", endorsements))
    verify(identity, envelope.signature, envelope.payload)
    (action,) = transactions.Transaction.FromString(common.Payload.FromString(envelope.payload).data).actions
    payload = transactions.ChaincodeActionPayload.FromString(action.payload)
    assert payload.chaincode_proposal_payload == made.payload
    assert payload.action.proposal_response_payload == b"answer"
    assert list(payload.action.endorsements) == endorsements


def test_a_block_header_hashes_as_asn1() -> None:
    """SEQUENCE {INTEGER 128, OCTET STRING of two, OCTET STRING of one}: 128 needs a leading zero."""
    der = bytes.fromhex("300b" + "02020080" + "0402aabb" + "0401cc")
    assert decoding.header_hash(128, b"\xaa\xbb", b"\xcc") == hashlib.sha256(der).hexdigest()
    first = bytes.fromhex("3008" + "020100" + "0400" + "0401cc")
    assert decoding.header_hash(0, b"", b"\xcc") == hashlib.sha256(first).hexdigest()


def test_a_block_is_read_with_its_verdicts_and_endorsers() -> None:
    ours = fabric_nodes.transaction([b"submit", b"1", b"jws"], EVENT, id="t1")
    raw = fabric_nodes.block(7, b"previous", [ours, ours], verdicts=bytes([0, 11]))
    read = decoding.block(raw, "lonja")
    valid, invalid = read.transactions
    assert (read.number, read.previous_hash) == (7, b"previous".hex())
    assert (valid.id, valid.code, valid.at, valid.msp_id) == ("t1", "VALID", AT, "OperatorMSP")
    assert (valid.function, valid.args, valid.event) == ("submit", (b"1", b"jws"), EVENT)
    assert valid.endorsers == ("OperatorMSP", "CustodianMSP")
    assert (invalid.code, invalid.event, invalid.function) == ("MVCC_READ_CONFLICT", None, "submit")


def test_another_chaincodes_transaction_says_nothing() -> None:
    theirs = fabric_nodes.transaction([b"submit", b"1"], EVENT, chaincode="bench")
    (read,) = decoding.block(fabric_nodes.block(1, b"", [theirs]), "lonja").transactions
    assert (read.code, read.function, read.event) == ("VALID", "", None)


def test_another_event_is_not_facts() -> None:
    odd = fabric_nodes.transaction([b"submit", b"1"], EVENT, event_name="other")
    (read,) = decoding.block(fabric_nodes.block(1, b"", [odd]), "lonja").transactions
    assert read.event is None


def test_a_configuration_block_says_nothing() -> None:
    (read,) = decoding.block(
        fabric_nodes.block(0, b"", [fabric_nodes.envelope(common.CONFIG, b"x")]), "lonja"
    ).transactions
    assert (read.function, read.event, read.at) == ("", None, AT)


def test_nonsense_that_peers_marked_invalid_is_passed_on_as_empty() -> None:
    nonsense = [fabric_nodes.envelope(common.ENDORSER_TRANSACTION, b"\xff"), b"\xff", b""]
    read = decoding.block(fabric_nodes.block(1, b"", nonsense, verdicts=bytes([2, 2, 2])), "lonja")
    assert [(one.id, one.code, one.event) for one in read.transactions] == [("", "BAD_PAYLOAD", None)] * 3
    with pytest.raises(DecodeError):
        decoding.block(fabric_nodes.block(1, b"", nonsense), "lonja")


@pytest.mark.parametrize("damage", ["data", "verdicts"])
def test_a_block_that_is_not_what_its_header_says_is_refused(damage: str) -> None:
    raw = fabric_nodes.block(7, b"", [fabric_nodes.transaction([b"submit"], EVENT)])
    if damage == "data":
        raw.data.data[0] = raw.data.data[0][:-1] + b"?"
    else:
        raw.metadata.metadata[common.TRANSACTIONS_FILTER] = b""
    with pytest.raises(Error) as caught:
        decoding.block(raw, "lonja")
    assert caught.value.reason == "history"
