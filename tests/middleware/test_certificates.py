"""A certificate: states one holding, is verified by anybody who has it, and tells when the holding has changed."""

import hashlib
import io
from typing import Any

import pytest
import rfc8785
import segno
from pypdf import PdfReader

from middleware import qr
from middleware.api import certificates as door_of
from middleware.services.certificates import fingerprint
from tests.middleware.door import Door, Owner, Share

STATED = "version ledger serial owner owner_name account custodian instrument kind class isin issuer issuer_name digits"
STATED += " quantity reserved available block block_hash as_of issued_at"


@pytest.fixture
def held(door: Door) -> tuple[Share, Owner]:
    share, owner = door.share(), door.owner()
    share.give(owner, 12_500)
    owner.client.command("/orders", owner.order("sell", share.code, 40, 9_000))
    return share, owner


def issued(owner: Owner, share: Share, **more: str) -> dict[str, Any]:
    answer = owner.client.post("/certificates", {"account": owner.account, "instrument": share.code, **more})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def verified(door: Door, certificate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = door.nobody.get(f"/verifications/{certificate['fingerprint']}").json
    assert found is not None
    return found


def test_it_states_the_holding_and_its_fingerprint_covers_all_of_it(door: Door, held: tuple[Share, Owner]) -> None:
    share, owner = held
    made = issued(owner, share)
    assert (made["owner"], made["account"], made["instrument"]) == (owner.party, owner.account, share.code)
    assert (made["quantity"], made["reserved"], made["available"]) == ("12500", "40", "12460")
    assert made["owner_name"] == f"Test {owner.party}"
    assert len(made["block_hash"]) == 64
    stated = {name: made[name] for name in STATED.split()}
    assert made["fingerprint"] == fingerprint(stated)
    for name in stated:
        assert fingerprint({**stated, name: "x"}) != made["fingerprint"]
    said = rfc8785.dumps(stated)
    domain = b"lonja/certificate/1"
    digest = len(domain).to_bytes(4, "big") + domain + len(said).to_bytes(4, "big") + said
    assert made["fingerprint"] == hashlib.sha256(digest).hexdigest()


def test_anybody_who_has_it_sees_what_it_states_and_whether_the_holding_changed(
    door: Door, held: tuple[Share, Owner]
) -> None:
    share, owner = held
    made = issued(owner, share)
    seen = verified(door, made)
    assert {**seen, "checked_block": 0, "checked_at": ""} == {**made, "checked_block": 0, "checked_at": ""}
    assert (seen["status"], seen["changed_block"]) == ("unchanged", None)
    body = {"instrument": share.code, "from_account": owner.account, "to_account": share.issuer.account}
    owner.client.command("/transfers", {**body, "quantity": "1", "reason": "gift"})
    again = verified(door, made)
    assert again["status"] == "changed"
    assert again["changed_block"] > int(made["block"])
    assert again["quantity"] == "12500", "what is held now is nobody's business"


def test_a_fingerprint_that_no_certificate_has_is_not_found(door: Door) -> None:
    answer = door.nobody.get(f"/verifications/{'0' * 64}")
    assert (answer.status_code, answer.json and answer.json["reason"]) == (404, "certificate")
    for wrong in ("0" * 63, "0" * 65, "A" * 64, "x", "..", "%27"):
        assert door.nobody.get(f"/verifications/{wrong}").status_code == 404
    assert door.nobody.get("/verifications").status_code == 404
    assert door.nobody.get("/certificates").status_code == 401


def test_who_guesses_is_slowed_down_and_who_knows_is_not(
    door: Door, held: tuple[Share, Owner], monkeypatch: pytest.MonkeyPatch
) -> None:
    share, owner = held
    made = issued(owner, share)
    http, there = door.nobody.http, {"REMOTE_ADDR": "192.0.2.9"}
    statuses = [http.get(f"/v1/verifications/{n:064x}", environ_base=there).status_code for n in range(602)]
    assert door_of.TRIES.startswith("600 ")
    assert set(statuses[:600]) == {404}
    assert statuses[-1] == 429
    assert verified(door, made)["serial"] == made["serial"]


def test_its_name_is_shown_only_while_it_is_the_one_stated(door: Door, held: tuple[Share, Owner]) -> None:
    share, owner = held
    made = issued(owner, share)
    operator, before = door.party("OPERATOR"), made["owner_name"]
    operator.send("PATCH", f"/parties/{owner.party}", json={"name": "Somebody Else"})
    assert verified(door, made)["owner_name"] == ""
    answer = owner.client.get(f"/certificates/{made['fingerprint']}/pdf")
    assert (answer.status_code, answer.json and answer.json["reason"]) == (409, "name")
    operator.send("PATCH", f"/parties/{owner.party}", json={"name": before})
    assert verified(door, made)["owner_name"] == before


def test_the_paper_is_the_same_bytes_and_says_it_in_its_language(door: Door, held: tuple[Share, Owner]) -> None:
    share, owner = held
    for language, title in (("es", "Certificado de tenencia"), ("en", "Certificate of holding")):
        made = issued(owner, share, language=language)
        path = f"/certificates/{made['fingerprint']}/pdf"
        paper = owner.client.get(path)
        assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
        assert paper.get_data() == owner.client.get(path).get_data()
        reader = PdfReader(io.BytesIO(paper.get_data()))
        assert len(reader.pages) == 1
        told = reader.pages[0].extract_text()
        for text in (title, owner.party, "12,500", "12,460", share.code, made["serial"], owner.account):
            assert text in told
        assert made["fingerprint"] in "".join(told.split())
        assert f"/verify/{made['fingerprint']}" in "".join(told.split())
        assert reader.trailer["/Root"]["/Lang"] == language


def test_the_code_on_it_is_the_address() -> None:
    address = "https://lonja.example/verify/" + "ab" * 32
    drawn = qr.svg(address)
    assert drawn.startswith("<svg")
    assert "script" not in drawn
    assert drawn == qr.svg(address)
    assert segno.make_qr(address, error="m").error == "M"


def test_only_owner_and_custodian_have_one_issued_and_see_it(door: Door, held: tuple[Share, Owner]) -> None:
    share, owner = held
    body = {"account": owner.account, "instrument": share.code}
    made = issued(owner, share)
    kept = door.party("CUSTODIA1").post("/certificates", body)
    assert kept.status_code == 201
    stranger = door.owner()
    assert stranger.client.post("/certificates", body).status_code == 404
    assert door.party("OPERATOR").post("/certificates", body).status_code == 403
    assert stranger.client.items("/certificates") == []
    assert stranger.client.get(f"/certificates/{made['fingerprint']}/pdf").status_code == 404
    assert len(owner.client.items("/certificates", limit="1")) == 2
    assert made["serial"] in {one["serial"] for one in door.party("CUSTODIA1").items("/certificates")}


@pytest.mark.parametrize(
    ("field", "value"),
    [("account", "x"), ("account", 1), ("instrument", "acme"), ("instrument", None), ("language", "de"), ("more", "")],
)
def test_what_is_wrong_is_named(held: tuple[Share, Owner], field: str, value: Any) -> None:
    share, owner = held
    body = {"account": owner.account, "instrument": share.code, field: value}
    answer = owner.client.post("/certificates", body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == f"/{field}"


def test_nothing_held_is_nothing_to_certify(door: Door, held: tuple[Share, Owner]) -> None:
    _, owner = held
    answer = owner.client.post("/certificates", {"account": owner.account, "instrument": door.share().code})
    assert (answer.status_code, answer.json and answer.json["errors"][0]["pointer"]) == (404, "/instrument")
