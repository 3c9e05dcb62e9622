"""The envelope: one way to write a command, and every other way refused."""

import base64
import json
from datetime import UTC, datetime

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from middleware.errors import Error
from middleware.ledger import command

KEY = ec.derive_private_key(7, ec.SECP256R1())
LEDGER = "ab" * 32
ID = "01932f4e-1111-7abc-8def-0123456789ab"
EXPIRES = datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC)


def payload(**changes: object) -> bytes:
    fields = {"args": {"order": "ALICE:1"}, "expires_at": "2026-11-22T18:00:00Z", "function": "order:cancel", "id": ID}
    return rfc8785.dumps({**fields, "ledger": LEDGER, "party": "ALICE", "version": "1", **changes})


def refused(jws: str) -> Error:
    with pytest.raises(Error) as caught:
        command.parse(jws)
    return caught.value


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_what_is_signed_reads_back_and_verifies() -> None:
    written = command.encode(
        ledger=LEDGER, party="ALICE", id=ID, function="order:cancel", args={"order": "ALICE:1"}, expires_at=EXPIRES
    )
    jws = command.sign(KEY, "ALICE.3", written)
    said = command.parse(jws)
    assert written == payload()
    assert (said.party, said.id, said.function, said.args) == ("ALICE", ID, "order:cancel", {"order": "ALICE:1"})
    assert (said.kid, said.ledger, said.expires_at) == ("ALICE.3", LEDGER, EXPIRES)
    assert said.hash == command.body_hash(written)
    command.verify(jws, command.public_text(KEY.public_key()))
    assert base64.urlsafe_b64decode(jws.split(".")[0] + "==") == b'{"alg":"ES256","kid":"ALICE.3"}'


def test_another_key_or_a_changed_argument_does_not_verify() -> None:
    jws = command.sign(KEY, "ALICE.1", payload())
    other = ec.derive_private_key(8, ec.SECP256R1()).public_key()
    head, _, signature = jws.split(".")
    for forged, public in (
        (jws, other),
        (f"{head}.{text(payload(args={'order': 'ALICE:2'}))}.{signature}", KEY.public_key()),
    ):
        with pytest.raises(Error) as caught:
            command.verify(forged, command.public_text(public))
        assert (caught.value.code, caught.value.reason) == ("unauthenticated", "signature")


@pytest.mark.parametrize(
    "bad",
    [
        b"not json",
        b"[]",
        json.dumps(json.loads(payload())).encode(),  # spaces
        payload().replace(b'"party"', b'"PARTY"'),
        payload().replace(b'"id":', b'"id":"x","id":'),  # the same name twice
        payload(extra="1"),
        payload(version="2"),
        payload(args=["order"]),
        payload(args={"quantity": 1}),
        payload(party=None),
    ],
)
def test_a_payload_written_in_any_other_way_is_not_a_command(bad: bytes) -> None:
    error = refused(command.sign(KEY, "ALICE.1", bad))
    assert (error.code, error.reason) == ("invalid", "envelope")


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","kid":"ALICE.1"}',
        b'{"alg":"HS256","kid":"ALICE.1"}',
        b'{"kid":"ALICE.1","alg":"ES256"}',
        b'{"alg":"ES256","kid":"ALICE.1","crit":["b64"]}',
        b'{"alg":"ES256", "kid":"ALICE.1"}',
        b'{"alg":"ES256","kid":"ALICE"}',
        b'{"alg":"ES256","kid":"ALICE.x"}',
    ],
)
def test_any_other_header_is_refused(header: bytes) -> None:
    signed = command.sign(KEY, "ALICE.1", payload())
    error = refused(f"{text(header)}.{signed.partition('.')[2]}")
    assert (error.code, error.reason) == ("invalid", "envelope")


def test_a_key_of_another_party_is_refused() -> None:
    error = refused(command.sign(KEY, "BRUNO.1", payload()))
    assert (error.code, error.reason) == ("unauthenticated", "key")


DAMAGES = {"padded": "{}=", "longer": "{}.x", "accented": "é{}", "one more letter": "A{}", "a line feed": "{}\n"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_envelope_is_refused(damage: str) -> None:
    error = refused(DAMAGES[damage].format(command.sign(KEY, "ALICE.1", payload())))
    assert (error.code, error.reason) == ("invalid", "envelope")


def test_a_command_of_more_than_64_kib_is_refused() -> None:
    assert refused(command.sign(KEY, "ALICE.1", payload(args={"x": "y" * 65_536}))).reason == "envelope"


def test_numbers_cannot_be_signed() -> None:
    with pytest.raises(Error):
        command.encode(ledger=LEDGER, party="A1", id=ID, function="f", args={"quantity": 1}, expires_at=EXPIRES)


_JSON = st.recursive(
    st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=10
)


@given(st.dictionaries(st.text(), _JSON, max_size=4) | st.dictionaries(st.text("abAB_09"), _JSON, max_size=4))
def test_canonical_text_is_that_of_rfc_8785(value: dict[str, object]) -> None:
    try:
        wanted = rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError:
        with pytest.raises(Error):
            command.canonical(value)
    else:
        assert command.canonical(value) == wanted


def test_half_a_character_cannot_be_signed() -> None:
    with pytest.raises(Error, match="half a character"):
        command.canonical({"reason": "\ud800"})


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_fail_in_another_way(jws: str) -> None:
    with pytest.raises(Error):
        command.parse(jws)


@pytest.mark.parametrize("public", ["", "AAAA", text(b"\x04" + bytes(64)), text(b"\x02" + bytes(32))])
def test_what_is_not_a_point_is_not_a_public_key(public: str) -> None:
    with pytest.raises(Error):
        command.load_public(public)
