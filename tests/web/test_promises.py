"""The issuer's console: how far its set-up is, its documents, and what its instruments promise."""

from __future__ import annotations

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.web import fake_promises as promised
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import Fake

TERMS = "/instruments/ACME/terms"
BOND = "/instruments/ZINC/terms"


def sent(fake: Fake, path: str) -> dict[str, object]:
    """What the console sent there last."""
    found: dict[str, object] = next(one["body"] for one in reversed(fake.sent) if one["path"] == path)
    return found


def publish(browser: Browser, name: str = "estatutos.pdf", content: bytes = b"%PDF-1.4", **typed: str) -> page.Page:
    seen = browser.see("/documents/")
    file = {"file": FileStorage(io.BytesIO(content), name)} if name else {}
    boundary, body = encode_multipart({**seen.form("/documents/"), "instrument": "ACME", **typed, **file})
    answer = browser.client.post("/documents/", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422, answer.text
    again = page.read(answer.text)
    page.check(again)
    return again


def test_the_checklist_says_how_far_it_is_and_the_one_next_thing(browser: Browser) -> None:
    seen = browser.sign_in("acme").see("/setup/?instrument=ZINC")
    assert "5 of 7 steps are done" in seen.main()
    (following,) = seen.by_class("next-action")
    assert "Say what a unit promises" in seen.text(following)
    assert [link.get("href") for link in following.iter() if link.get("href")] == ["/instruments/ZINC/terms/new"]
    assert "6 of 7 steps are done" in browser.see("/setup/").main()


def test_before_anything_is_registered_the_checklist_says_who_does_it(browser: Browser, fake: Fake) -> None:
    fake.empty = True
    seen = browser.sign_in("acme").see("/setup/")
    assert "1 of 7 steps are done" in seen.main()
    assert "Your custodian opens it" in seen.text(seen.by_class("next-action")[0])


def test_a_document_is_uploaded_then_signed_by_its_hash(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("acme").see("/documents/")
    fields = {**seen.form("/documents/"), "instrument": "ACME", "kind": "prospectus"}
    answer = browser.client.post("/documents/", data={**fields, "file": (io.BytesIO(b"%PDF"), "p.pdf")})
    assert answer.status_code == 303
    assert [one["path"] for one in fake.sent[-2:]] == ["documents", "instruments/ACME/publications"]
    body = {"document": promised.UPLOADED["id"], "kind": "prospectus", "supersedes": ""}
    assert sent(fake, "instruments/ACME/publications") == body


def test_a_refused_file_has_its_sentence_beside_it_and_the_rest_is_kept(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    fake.refuse(422, "invalid", "active", fields={"file": "estatutos.pdf holds JavaScript; print it to a new PDF."})
    again = publish(browser, kind="report")
    beside = [node for node in again.by_class("wrong") if (node.get("id") or "").startswith("file-")]
    assert "holds JavaScript" in again.text(beside[0])
    kept = again.form("/documents/")
    assert (kept["kind"], kept["instrument"], kept.get("document", "")) == ("report", "ACME", "")


@pytest.mark.parametrize(("name", "content", "says"), [
    ("", b"", "Choose a file."),
    ("big.pdf", b"%PDF" + b"\0" * (10 * 1024 * 1024), "larger than 10 MB"),
])  # fmt: skip
def test_no_file_and_too_large_a_file_are_said_before_anything_is_sent(
    browser: Browser, fake: Fake, name: str, content: bytes, says: str
) -> None:
    again = publish(browser.sign_in("acme"), name, content)
    assert says in again.main()
    assert not [one for one in fake.sent if one["path"] == "documents"]


def test_what_was_uploaded_stays_with_the_form_until_it_is_signed(browser: Browser, fake: Fake) -> None:
    again = publish(browser.sign_in("acme"), kind="nothing")
    assert "estatutos.pdf is uploaded (1.2 MB)" in again.main()
    answer = browser.send(again, "/documents/", kind="bylaws")
    assert answer.status_code == 303
    assert sent(fake, "instruments/ACME/publications")["document"] == promised.UPLOADED["id"]
    assert len([one for one in fake.sent if one["path"] == "documents"]) == 1


def test_only_who_issues_something_is_offered_to_publish(browser: Browser) -> None:
    assert not [form for form in browser.sign_in("alice").see("/documents/").all("form") if form.get("enctype")]


def test_a_verified_document_can_be_saved_and_another_cannot(browser: Browser) -> None:
    good, lost = promised.PUBLICATIONS[0]["id"], promised.PUBLICATIONS[1]["id"]
    seen = browser.sign_in("alice").see(f"/documents/{good}")
    assert "The file has the fingerprint on the ledger." in seen.main()
    answer = browser.get(f"/documents/{good}/content")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    seen = browser.see(f"/documents/{lost}")
    assert "it is not what was published" in seen.main()
    assert f"/documents/{lost}/content" not in [link.get("href") for link in seen.all("a")]


def test_terms_begin_as_they_stand_and_are_proposed_as_the_next_version(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("acme").see(f"{TERMS}/new")
    answer = browser.send(seen, TERMS, votes="10", jurisdictions="mx, co MX")
    assert answer.status_code == 303
    body = sent(fake, "instruments/ACME/terms")
    assert (body["version"], body["class"], body["votes"], body["rate_bps"]) == ("3", "ordinary", "10", "0")
    assert (body["investor_types"], body["jurisdictions"]) == (["qualified"], ["CO", "MX"])


def test_a_bonds_rate_is_typed_in_percent_and_its_face_in_money(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("acme").see(f"{BOND}/new")
    typed = {"class": "fixed", "face_minor": "100.00", "rate_bps": "9.25", "frequency": "2", "day_count": "30/360"}
    assert browser.send(seen, BOND, **typed, matures_on="2031-11-30").status_code == 303
    body = sent(fake, "instruments/ZINC/terms")
    assert (body["version"], body["face_minor"], body["rate_bps"]) == ("1", "10000", "925")
    assert (body["frequency"], body["day_count"], body["matures_on"]) == ("2", "30/360", "2031-11-30")


@pytest.mark.parametrize(("username", "path", "action", "typed", "field"), [
    ("acme", f"{TERMS}/new", TERMS, {"votes": "7", "jurisdictions": "MX, CO"}, "votes"),
    ("acme", f"{BOND}/new", BOND, {"face_minor": "5.00", "matures_on": "2020-01-01"}, "matures_on"),
    ("acme", "/instruments/ACME/authorisations/new", "/instruments/ACME/authorisations",
     {"authorised": "5", "resolution": "ab"}, "authorised"),
    ("operator", "/instruments/ACME", "/instruments/ACME/identification", {"isin": "MX1", "cfi": "ESVUFR"}, "isin"),
])  # fmt: skip
def test_what_the_api_refuses_stands_beside_its_field(
    browser: Browser, fake: Fake, username: str, path: str, action: str, typed: dict[str, str], field: str
) -> None:
    seen = browser.sign_in(username).see(path)
    fake.refuse(422, "invalid", "fields", fields={field: "That will not do."})
    answer = browser.send(seen, action, **typed)
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    beside = [node for node in again.by_class("wrong") if (node.get("id") or "").startswith(f"{field}-")]
    assert "That will not do." in again.text(beside[0])
    kept = again.form(action)
    assert {name: kept[name] for name in typed} == typed


def test_the_instrument_page_has_terms_versions_and_documents(browser: Browser) -> None:
    seen = browser.sign_in("alice").see("/instruments/ACME")
    for said in ("Ordinary share", "Qualified MX", "Versions of the terms", "estatutos-2.pdf", "ESVUFR"):
        assert said in seen.main(), said
    assert "not defined yet" in browser.see("/instruments/ZINC").main()


def test_the_operator_alone_is_offered_to_write_down_an_isin(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("operator").see("/instruments/ACME")
    answer = browser.send(seen, "/instruments/ACME/identification", isin="us0378331005", cfi="esvufr")
    assert answer.status_code == 303
    assert sent(fake, "instruments/ACME/identification") == {"isin": "US0378331005", "cfi": "ESVUFR"}
    another = Browser(browser.client.application.test_client()).sign_in("custodian")
    actions = [form.get("action") for form in another.see("/instruments/ACME").all("form")]
    assert "/instruments/ACME/identification" not in actions
