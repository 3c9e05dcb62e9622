"""What the rules in Go freeze as vectors, read and written by us."""

import json
from pathlib import Path
from typing import Any

import pytest

from middleware import amounts, clock, ids, merkle
from middleware.errors import Error
from middleware.ledger import command

FOLDER = Path(__file__).parents[1] / "vectors"


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


KEYS = {key["kid"]: key["public"] for key in vectors("keys")}
JWS = vectors("jws")


@pytest.mark.parametrize("said", vectors("payloads"), ids=lambda said: said["name"])
def test_a_payload_has_the_same_bytes_and_hash(said: dict[str, Any]) -> None:
    body = said["body"]
    fields = {name: body[name] for name in ("ledger", "party", "id", "function", "args")}
    payload = command.encode(**fields, expires_at=clock.parse(body["expires_at"]))
    assert payload.decode() == said["payload"]
    assert command.body_hash(payload) == said["hash"]


@pytest.mark.parametrize("said", JWS["commands"], ids=lambda said: said["name"])
def test_an_envelope_is_refused_for_the_same_reason(said: dict[str, Any]) -> None:
    assert outcome(said["jws"]) == (said["code"], said["reason"])


def outcome(jws: str) -> tuple[str, str]:
    """The ledger's order of checks, with the keys it would know."""
    try:
        found = command.parse(jws)
        if found.ledger != JWS["ledger"]:
            return "invalid", "ledger"
        if found.kid not in KEYS:
            return "unauthenticated", "key"
        command.verify(jws, KEYS[found.kid])
    except Error as error:
        return error.code, error.reason
    return "", ""


@pytest.mark.parametrize("said", vectors("allotments")["allotments"], ids=lambda said: str(len(said["parts"])))
def test_the_parts_of_an_allotment_lead_to_the_same_root(said: dict[str, Any]) -> None:
    leaves = [leaf(said["offering"], n, part["allotments"]) for n, part in enumerate(said["parts"])]
    tree = merkle.Tree(merkle.ALLOTMENT, leaves)
    assert tree.root == said["root"]
    for n, part in enumerate(said["parts"]):
        assert merkle.digest(merkle.ALLOTMENT.leaf, *leaves[n]) == part["leaf"]
        assert [{"hash": step.hash, "side": step.side} for step in tree.proof(n)] == part["proof"]
        assert merkle.leads_to(merkle.ALLOTMENT, leaves[n], tree.proof(n)) == said["root"]


def leaf(offering: str, part: int, allotments: list[dict[str, str]]) -> list[str]:
    return [offering, str(part), *(text for one in allotments for text in (one["subscriber"], one["quantity"]))]


@pytest.mark.parametrize("said", vectors("allotments")["invitations"], ids=lambda said: said["party"])
def test_an_invitation_has_the_same_hash(said: dict[str, str]) -> None:
    assert merkle.digest("lonja/invitation/1", said["offering"], said["party"], said["salt"]) == said["hash"]


@pytest.mark.parametrize("said", vectors("canonical"), ids=lambda said: said["name"])
def test_the_same_texts_are_canonical(said: dict[str, Any]) -> None:
    assert is_canonical(said["text"]) == said["accepted"]


def is_canonical(text: str) -> bool:
    try:
        value = json.loads(text)
        return isinstance(value, dict) and command.canonical(value) == text.encode()
    except (Error, ValueError, RecursionError):
        return False


@pytest.mark.parametrize("said", vectors("execution_ids"), ids=lambda said: said["id"])
def test_an_execution_has_the_same_id(said: dict[str, Any]) -> None:
    assert ids.execution_id(said["instrument"], said["number"], said["buy"], said["sell"]) == said["id"]


FORMS = {
    "code": ids.is_code,
    "integer": lambda text: passes(amounts.parse, text),
    "instant": lambda text: passes(clock.parse, text),
    "public": lambda text: passes(command.load_public, text),
}
FORMATS = {said["format"]: said for said in vectors("formats")}


@pytest.mark.parametrize("form", sorted(FORMS.keys() & FORMATS.keys()))
def test_a_format_takes_and_refuses_the_same(form: str) -> None:
    said = FORMATS[form]
    assert [text for text in said["valid"] if not FORMS[form](text)] == []
    assert [text for text in said["invalid"] if FORMS[form](text)] == []


def passes(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except Error:
        return False
    return True
