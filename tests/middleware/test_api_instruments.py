"""What an instrument promises and documents, through the door: terms, capital, ISIN, uploads and publications."""

import base64
import hashlib
import io

import pytest

from middleware import ids
from middleware.content import MOST_BYTES
from tests import uploads
from tests.middleware.door import Door, Share

FIXED = {"version": "1", "class": "fixed", "face_minor": "10000", "rate_bps": "925", "frequency": "2"}
FIXED |= {"day_count": "30/360", "matures_on": "2031-11-30"}


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share()


def test_terms_are_proposed_approved_and_kept_by_version(door: Door, share: Share) -> None:
    path = f"/instruments/{share.code}"
    first = {"version": "1", "class": "ordinary", "votes": "1"}
    proposed = share.issuer.client.command(f"{path}/terms", first)
    assert proposed["act"]["function"] == "instrument:define"
    assert door.party("CUSTODIA1").get(f"/acts/{proposed['act']['id']}").json == {**proposed["act"], "approvable": True}
    door.agree(proposed)
    closed = {**first, "version": "2", "investor_types": ["qualified"], "jurisdictions": ["MX"]}
    door.agree(door.party("CUSTODIA1").command(f"{path}/terms", {**closed, "version": "2"}), by=share.issuer.client)
    found = share.issuer.client.get(path).json
    assert found is not None
    assert (found["class"], found["terms"], found["investor_types"]) == ("ordinary", "2", ["qualified"])
    versions = door.party("ALICE").items(f"{path}/terms", limit="1")
    assert [(one["version"], one["jurisdictions"]) for one in versions] == [("2", ["MX"]), ("1", [])]
    assert versions[1]["block"] < versions[0]["block"]


def test_a_share_cannot_become_a_bond(door: Door, share: Share) -> None:
    """The ledger looks at the kind when both have signed; what no class can promise it refuses at once."""
    path = f"/instruments/{share.code}/terms"
    act = share.issuer.client.command(path, FIXED)["act"]
    answer = door.party("CUSTODIA1").post(f"/acts/{act['id']}/approval", {"hash": act["hash"]}, key=ids.new(), wait=20)
    assert (answer.status_code, (answer.json or {})["reason"]) == (422, "class")
    refused = share.issuer.client.post(path, {**FIXED, "frequency": "0"}, key=ids.new(), wait=20)
    assert refused.status_code == 422
    assert (refused.json or {})["errors"][0]["pointer"] == "/frequency"


def test_capital_is_authorised_by_two_and_never_less_than_issued(door: Door, share: Share) -> None:
    path = f"/instruments/{share.code}/authorisations"
    resolution = hashlib.sha256(b"minutes").hexdigest()
    door.agree(share.issuer.client.command(path, {"authorised": "100000", "resolution": resolution}))
    found = share.issuer.client.get(f"/instruments/{share.code}").json
    assert found is not None
    assert found["authorised"] == "100000"
    less = share.issuer.client.command(path, {"authorised": "99999", "resolution": resolution})["act"]
    approval = {"hash": less["hash"]}
    answer = door.party("CUSTODIA1").post(f"/acts/{less['id']}/approval", approval, key=ids.new(), wait=20)
    assert (answer.status_code, (answer.json or {})["reason"]) == (409, "authorised")


def test_the_operator_writes_down_an_isin_that_nothing_else_has(door: Door, share: Share) -> None:
    body = {"isin": "US0378331005", "cfi": "ESVUFR"}
    operator = door.party("OPERATOR")
    named = operator.command(f"/instruments/{share.code}/identification", body)["instrument"]
    assert (named["isin"], named["cfi"]) == ("US0378331005", "ESVUFR")
    other = door.share()
    answer = operator.post(f"/instruments/{other.code}/identification", body, key=ids.new())
    assert (answer.status_code, (answer.json or {})["reason"]) == (409, "isin")
    currency = operator.post("/instruments/MXN.BANCO1/identification", body, key=ids.new())
    assert (currency.status_code, (currency.json or {})["reason"]) == (422, "instrument")
    forbidden = share.issuer.client.post(f"/instruments/{share.code}/identification", body, key=ids.new())
    assert forbidden.status_code == 403


def test_a_document_is_uploaded_published_verified_and_downloaded(door: Door, share: Share) -> None:
    content = uploads.pdf(text=share.code)
    given = share.issuer.client.upload("Estatutos ñ.pdf", content)
    assert given.status_code == 201
    document = given.json
    assert document is not None
    assert (document["name"], document["size"], document["media_type"]) == (
        "Estatutos ñ.pdf",
        str(len(content)),
        "application/pdf",
    )
    assert document["hash"] == hashlib.sha256(content).hexdigest()
    assert share.issuer.client.get(f"/documents/{document['id']}").json == document
    assert document in share.issuer.client.items("/documents")
    body = {"document": document["id"], "kind": "bylaws"}
    made = share.issuer.client.command(f"/instruments/{share.code}/publications", body)["publication"]
    assert (made["hash"], made["name"], made["superseded_by"]) == (document["hash"], document["name"], None)
    seen = door.party("ALICE").get(f"/publications/{made['id']}").json
    assert seen == {**made, "verified": True, "fault": ""}
    answer = door.party("ALICE").get(f"/publications/{made['id']}/content")
    assert answer.get_data() == content
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Estatutos__.pdf\"; filename*=UTF-8''Estatutos%20%C3%B1.pdf"
    )
    digest = base64.b64encode(bytes.fromhex(made["hash"])).decode()
    assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert share.issuer.client.get(f"/documents/{document['id']}/content").get_data() == content


def test_the_same_file_again_is_the_first_one(share: Share) -> None:
    first = share.issuer.client.upload("seal.png", uploads.png(), "image/png").json
    again = share.issuer.client.upload("copy.png", uploads.png(), "image/png").json
    assert first == again


def test_a_file_may_be_the_body_itself(share: Share) -> None:
    client = share.issuer.client
    raw = {"data": uploads.jpeg(), "headers": {"Content-Type": "image/jpeg"}}
    answer = client.send("POST", "/documents", query_string={"name": "seal.jpg"}, **raw)
    assert answer.status_code == 201
    unnamed = client.send("POST", "/documents", **raw)
    assert (unnamed.status_code, (unnamed.json or {})["reason"]) == (422, "name")
    wrong = client.send("POST", "/documents", data="{}", headers={"Content-Type": "application/json"})
    assert wrong.status_code == 415


@pytest.mark.parametrize(
    ("name", "content", "declared", "reason"),
    [
        ("bylaws.pdf", b"", "application/pdf", "empty"),
        ("bylaws.pdf", uploads.png(), "application/pdf", "type"),
        ("bylaws.pdf", uploads.pdf(), "image/png", "type"),
        ("bylaws.pdf", uploads.pdf()[:150], "application/pdf", "damaged"),
        ("bylaws.pdf", uploads.pdf(catalog="/OpenAction << /S /JavaScript /JS (x) >>"), "application/pdf", "active"),
        ("bylaws.exe", b"MZ" + b"\0" * 100, "application/octet-stream", "type"),
        ("bylaws.pdf", b"%PDF-1.4" + b"\0" * MOST_BYTES, "application/pdf", "size"),
    ],
)
def test_a_bad_file_is_refused_beside_its_field_and_nothing_is_kept(
    share: Share, name: str, content: bytes, declared: str, reason: str
) -> None:
    before = share.issuer.client.items("/documents")
    answer = share.issuer.client.upload(name, content, declared)
    assert answer.status_code == 422
    problem = answer.json
    assert problem is not None
    assert (problem["reason"], problem["errors"][0]["pointer"]) == (reason, "/file")
    assert share.issuer.client.items("/documents") == before


def test_a_body_far_beyond_the_cap_is_refused_unread(share: Share) -> None:
    huge = b"\0" * (MOST_BYTES + 100_000)
    answer = share.issuer.client.upload("bylaws.pdf", huge)
    assert (answer.status_code, (answer.json or {})["reason"]) == (422, "size")
    raw = share.issuer.client.send(
        "POST", "/documents", query_string={"name": "a.pdf"}, data=huge, headers={"Content-Type": "application/pdf"}
    )
    assert (raw.status_code, (raw.json or {})["reason"]) == (422, "size")


def test_a_form_without_its_file_or_with_two_is_refused(share: Share) -> None:
    client = share.issuer.client
    none = client.send("POST", "/documents", data={"other": "x"}, content_type="multipart/form-data")
    file = lambda: (io.BytesIO(uploads.pdf()), "a.pdf")  # noqa: E731
    two = client.send("POST", "/documents", data={"file": [file(), file()]})
    for answer in (none, two):
        assert (answer.status_code, (answer.json or {})["reason"]) == (422, "file")


def test_a_later_document_takes_the_place_of_an_earlier_one(door: Door, share: Share) -> None:
    first = share.publish(uploads.pdf(text="first"), "prospectus")
    second = share.publish(uploads.pdf(text="second"), "prospectus", supersedes=first["id"])
    listed = door.party("ALICE").items("/publications", instrument=share.code, kind="prospectus")
    assert [(one["id"], one["superseded_by"]) for one in listed] == [(second["id"], None), (first["id"], second["id"])]
    other = door.share()
    given = other.issuer.client.upload("a.pdf", uploads.pdf(text="other")).json
    assert given is not None
    body = {"document": given["id"], "kind": "other", "supersedes": first["id"]}
    answer = other.issuer.client.post(f"/instruments/{other.code}/publications", body, key=ids.new())
    assert (answer.status_code, (answer.json or {})["errors"][0]["pointer"]) == (422, "/supersedes")


def test_documents_of_others_do_not_exist_and_cannot_be_published(door: Door, share: Share) -> None:
    other = door.share()
    given = other.issuer.client.upload("a.pdf", uploads.pdf(text="another's")).json
    assert given is not None
    for rule in ("", "/content"):
        assert share.issuer.client.get(f"/documents/{given['id']}{rule}").status_code == 404
    assert given["id"] not in [one["id"] for one in share.issuer.client.items("/documents")]
    body = {"document": given["id"], "kind": "bylaws"}
    mine = share.issuer.client.post(f"/instruments/{share.code}/publications", body, key=ids.new())
    assert (mine.status_code, (mine.json or {})["errors"][0]["pointer"]) == (404, "/document")
    theirs = other.issuer.client.post(f"/instruments/{share.code}/publications", body, key=ids.new())
    assert (theirs.status_code, (theirs.json or {})["reason"]) == (403, "owner")


def test_only_issuer_and_custodian_propose_what_binds_the_issuer(door: Door, share: Share) -> None:
    stranger, path = door.share().issuer.client, f"/instruments/{share.code}"
    asked = {"/terms": {"version": "3", "class": "ordinary", "votes": "1"}}
    asked |= {"/authorisations": {"authorised": "5", "resolution": "0" * 64}}
    for rule, body in asked.items():
        for client in (stranger, door.party("ALICE"), door.party("OPERATOR")):
            assert client.post(f"{path}{rule}", body, key=ids.new()).status_code == 403


def test_a_file_that_was_changed_at_rest_is_shown_as_such_and_not_given_out(door: Door, share: Share) -> None:
    made = share.publish(uploads.pdf(text="to be changed"), "report")
    stored = door.app.extensions["lonja"].config.documents / made["hash"][:2] / made["hash"]
    stored.write_bytes(uploads.pdf(text="forged"))
    seen = door.party("ALICE").get(f"/publications/{made['id']}").json
    assert seen is not None
    assert (seen["verified"], "changed at rest" in seen["fault"]) == (False, True)
    assert door.party("ALICE").get(f"/publications/{made['id']}/content").status_code == 503
