"""Onboarding in the browser: what is sent, what is kept when it is refused, and plain words about where it stands."""

from __future__ import annotations

import io

import pytest

from tests.web import fake_people as people
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import Fake

DRAFT = people.DRAFT["id"]
REVIEWED = people.APPLICATIONS[2]["id"]
TERMS = {"jurisdiction": "MX", "investor_type": "qualified", "limit_minor": "50,000.00", "good_till": "2027-11-30"}


@pytest.fixture
def newcomer(browser: Browser) -> Browser:
    return browser.sign_in("newcomer")


@pytest.fixture
def operator(browser: Browser) -> Browser:
    return browser.sign_in("operator")


def test_somebody_signs_up_and_is_led_to_the_application(browser: Browser, fake: Fake) -> None:
    answer = browser.send(browser.see("/sign-up"), "/sign-up", username="dora", password="a-first-password")
    assert answer.location == "/sign-in?next=/applications/mine"
    assert fake.sent[-1]["body"] == {"username": "dora", "password": "a-first-password", "language": "en"}


def test_a_sign_up_that_is_refused_keeps_the_name_and_forgets_the_password(browser: Browser, fake: Fake) -> None:
    fake.refuse(422, "invalid", "fields", fields={"username": "is taken"})
    answer = browser.send(browser.see("/sign-up"), "/sign-up", username="dora", password="a-first-password")
    seen = page.read(answer.text)
    page.check(seen)
    assert answer.status_code == 422
    assert "a-first-password" not in answer.text
    assert 'value="dora"' in answer.text


def test_whoever_is_not_admitted_is_led_to_apply(newcomer: Browser) -> None:
    seen = newcomer.see("/")
    assert "/applications/mine" in [link.get("href") for link in seen.all("a")]
    assert "Onboarding" not in seen.text()


@pytest.mark.parametrize("row", people.APPLICATIONS, ids=lambda row: f"{row['step']}-{row['party']}")
def test_every_step_is_said_in_plain_words(app: object, row: dict[str, str]) -> None:
    from web.applicants import STANDS

    assert str(STANDS[row["step"]]).endswith(".")


def test_an_application_begins_with_a_kind_and_roles(browser: Browser, fake: Fake) -> None:
    alice = browser.sign_in("alice")  # admitted: she is verified again, and is not asked for roles
    answer = alice.send(alice.see("/applications/mine"), "/applications/", kind="natural_person")
    assert answer.location == f"/applications/{DRAFT}"
    assert fake.sent[-1]["body"] == {"kind": "natural_person", "roles": ["investor"]}


def test_answers_are_saved_as_they_were_typed(newcomer: Browser, fake: Fake) -> None:
    seen = newcomer.see(f"/applications/{DRAFT}")
    assert "Look again: Its check digit does not fit." in seen.main()
    answer = newcomer.send(seen, f"/applications/{DRAFT}", given_names="Dora María", then="save")
    assert answer.status_code == 303
    sent = fake.sent[-1]
    assert (sent["method"], sent["path"]) == ("PATCH", f"applications/{DRAFT}")
    assert sent["body"] == {**people.ANSWERS, "given_names": "Dora María", "iban": ""}


def test_a_wrong_answer_stands_beside_its_field_with_what_was_typed(newcomer: Browser, fake: Fake) -> None:
    seen = newcomer.see(f"/applications/{DRAFT}")
    fake.refuse(422, "invalid", "fields", fields={"clabe": '"123" is not a CLABE of 18 digits'})
    answer = newcomer.send(seen, f"/applications/{DRAFT}", clabe="123", given_names="Dora María", then="save")
    assert answer.status_code == 422
    found = page.read(answer.text)
    page.check(found)
    assert 'value="123"' in answer.text
    assert 'value="Dora María"' in answer.text
    assert "clabe-wrong-1" in answer.text


def test_what_is_missing_is_said_beside_its_field_when_it_is_handed_in(newcomer: Browser, fake: Fake) -> None:
    seen = newcomer.see(f"/applications/{DRAFT}")
    fake.refuse(422, "invalid", "fields", fields={"evidence_address": "is missing", "phone": "is missing"})
    fake.only = "POST"  # it is saved first
    answer = newcomer.send(seen, f"/applications/{DRAFT}", phone="", then="submit")
    assert answer.status_code == 422
    assert "Still needed: Proof of address" in page.read(answer.text).main()
    assert "phone-wrong-1" in answer.text


def test_handing_in_saves_first(newcomer: Browser, fake: Fake) -> None:
    answer = newcomer.send(newcomer.see(f"/applications/{DRAFT}"), f"/applications/{DRAFT}", then="submit")
    assert answer.status_code == 303
    assert [(one["method"], one["path"]) for one in fake.sent[-2:]] == [
        ("PATCH", f"applications/{DRAFT}"),
        ("POST", f"applications/{DRAFT}/submission"),
    ]


def test_a_document_is_uploaded_and_comes_back_as_a_download(newcomer: Browser, fake: Fake) -> None:
    path = f"/applications/{DRAFT}/evidence"
    form = newcomer.see(f"/applications/{DRAFT}").form(path)
    answer = newcomer.client.post(path, data={**form, "kind": "address", "file": (io.BytesIO(b"%PDF-1.4"), "luz.pdf")})
    assert answer.status_code == 303
    assert fake.sent[-1]["path"] == f"applications/{DRAFT}/evidence"
    got = newcomer.get(f"{path}/1")
    assert (got.data, got.headers["Content-Disposition"]) == (b"%PDF-1.4 evidence", "attachment; filename=ine.pdf")
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_a_document_without_a_file_or_a_kind_is_not_sent(newcomer: Browser, fake: Fake) -> None:
    path = f"/applications/{DRAFT}/evidence"
    answer = newcomer.client.post(path, data=newcomer.see(f"/applications/{DRAFT}").form(path))
    assert answer.status_code == 422
    assert {"kind-wrong-1", "file-wrong-1"} <= {node.get("id") for node in page.read(answer.text).by_class("wrong")}
    assert not [one for one in fake.sent if one["path"].endswith("/evidence")]


def test_the_operator_approves_with_terms(operator: Browser, fake: Fake) -> None:
    path = f"/applications/{REVIEWED}/approval"
    answer = operator.send(operator.see(f"/applications/{REVIEWED}"), path, **TERMS)
    assert answer.status_code == 303
    assert fake.sent[-1]["body"] == {
        "jurisdiction": "MX",
        "investor_type": "qualified",
        "limit_minor": "5000000",
        "good_till": "2027-12-01T05:59:59Z",
    }
    assert fake.sent[-1]["key"]


def test_an_approval_without_a_day_keeps_what_was_typed(operator: Browser, fake: Fake) -> None:
    path = f"/applications/{REVIEWED}/approval"
    answer = operator.send(operator.see(f"/applications/{REVIEWED}"), path, **{**TERMS, "good_till": ""})
    assert answer.status_code == 422
    assert 'value="50,000.00"' in answer.text
    assert "good_till-wrong-1" in answer.text
    assert not [one for one in fake.sent if one["path"].endswith("/approval")]


@pytest.mark.parametrize("what", ["return", "refusal"])
def test_a_decision_against_needs_a_reason(operator: Browser, fake: Fake, what: str) -> None:
    path, seen = f"/applications/{REVIEWED}/{what}", operator.see(f"/applications/{REVIEWED}")
    assert operator.send(seen, path).status_code == 422
    answer = operator.send(seen, path, reason="The address is cut off.")
    assert answer.location == "/applications/"
    assert fake.sent[-1]["body"] == {"reason": "The address is cut off."}


def test_buttons_send_and_say_why_not(operator: Browser, fake: Fake) -> None:
    waiting, refused = people.APPLICATIONS[1]["id"], people.APPLICATIONS[8]["id"]
    operator.send(operator.see(f"/applications/{waiting}"), f"/applications/{waiting}/review")
    assert fake.sent[-1]["path"] == f"applications/{waiting}/review"
    seen = operator.see(f"/applications/{refused}")
    fake.refuse(409, "wrong_status", "application", "DORA cannot be erased now.")
    operator.send(seen, f"/applications/{refused}/erasure")
    assert "DORA cannot be erased now." in operator.see(f"/applications/{refused}").main()


def test_the_queue_is_the_operators(browser: Browser) -> None:
    assert browser.sign_in("alice").get("/applications/").location == "/applications/mine"


def test_participants_show_what_was_verified(operator: Browser, fake: Fake) -> None:
    listed = operator.see("/parties/").main()
    assert "Retail, MX" in listed
    path = "/parties/ALICE/qualification"
    seen = operator.see("/parties/ALICE")
    assert "50,000.00" in seen.main()
    answer = operator.send(seen, path, limit_minor="", good_till="2027-11-30")
    assert answer.status_code == 303
    assert fake.sent[-1]["body"]["limit_minor"] == "0"
    assert operator.send(seen, path, good_till="soon").status_code == 422
