"""What the canary scan looks for is found in every encoding, wherever it stands; what is not there is not."""

import base64
import json
import random

import pytest

from middleware import identifiers
from tests.network.markers import Marker, Markers, found, opened, runs

TEXT = "Zq7rW0pLx3Kd9TvB2mNc"
NOISE = random.Random(5).randbytes(40)  # noqa: S311 - bytes around it, the same each time
MARKER = Marker("a field", TEXT, sealed=True)


def _forms(content: bytes) -> list[str]:
    return found(runs(content), [MARKER]).get("a field", [])


@pytest.mark.parametrize("said", [TEXT, TEXT.lower(), TEXT.upper(), f"dora.{TEXT}@example.com"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_is_found_in_any_case_and_width(said: str, encoding: str) -> None:
    assert _forms(NOISE + said.encode(encoding) + NOISE) == ["raw"]


@pytest.mark.parametrize("said", [TEXT, TEXT.lower(), TEXT.upper()])
def test_a_text_is_found_in_hexadecimal(said: str) -> None:
    assert _forms(b"x" + said.encode().hex().encode()) == ["hex"]
    assert _forms(b"x" + said.encode().hex().upper().encode()) == ["hex"]


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_a_text_is_found_in_base64_wherever_it_stands(before: int, encode: object) -> None:
    assert callable(encode)
    for after in range(4):
        whole = b"\xfb\xff?" * 3 + b"i" * before + TEXT.encode() + b"\xff" * after
        assert _forms(b'{"jws": "' + encode(whole) + b'"}') == ["base64"]


def test_a_text_is_found_in_what_was_encoded_twice() -> None:
    inner = base64.urlsafe_b64encode(json.dumps({"note": TEXT}).encode()).rstrip(b"=")
    outer = base64.urlsafe_b64encode(b'{"proof":"' + b"head." + inner + b'.sign"}').rstrip(b"=")
    content = b"head." + outer + b".sign"
    assert _forms(content) == []
    assert found(opened(runs(content)), [MARKER]) == {"a field": ["base64", "raw"]}


def test_a_text_that_is_not_there_is_not_found() -> None:
    other = TEXT[:-1] + "x"
    for content in (b"", NOISE, other.encode(), base64.b64encode(other.encode()), other.encode().hex().encode()):
        assert found(opened(runs(content)), [MARKER]) == {}


def test_markers_have_the_form_that_their_fields_want() -> None:
    made = Markers()
    for _ in range(50):
        assert identifiers.is_curp(made.curp("curp"))
        assert identifiers.is_clabe(made.clabe("clabe"))
        assert identifiers.is_iban(made.iban("iban"))
        assert identifiers.is_lei(made.lei("lei"))
        assert identifiers.doubt_of_rfc(made.rfc("rfc"), company=False) == ""
        assert identifiers.doubt_of_rfc(made.rfc("rfc of a company", company=True), company=True) == ""
    assert len({marker.text for marker in made.all}) == len(made.all)
