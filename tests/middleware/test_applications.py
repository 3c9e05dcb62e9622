"""Onboarding over the door: from a first login to a qualified party, every step, every way out, and back to nothing."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from middleware import clock, ids, personal
from middleware.models.application import Application, PersonKey
from middleware.services import applications, onboarding
from tests import uploads
from tests.middleware.applicants import COMPANY, PERSON, SHOWN, admit, applicant, approve, good, pointers, terms
from tests.middleware.door import CURRENCY, Door, eventually


def test_a_person_applies_is_reviewed_admitted_and_qualified(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    begun = dora.begin()
    assert (begun["status"], begun["step"], begun["purpose"], begun["details"]) == ("draft", "draft", "admission", {})
    assert begun["may"] == ["change", "submit", "discard"]
    assert {"given_names", "born_on", "clabe", "evidence_identity"} <= set(begun["missing"])
    answered = dora.answer(**PERSON)
    assert (answered["details"], answered["name"]) == (PERSON, "Wenceslao Borja Ximénez")
    assert answered["missing"] == ["evidence_identity", "evidence_address"]
    for kind in SHOWN["natural_person"]:
        shown = good(dora.show(kind), 201)
    assert [(one["n"], one["kind"], one["media_type"]) for one in shown["evidence"]] == [
        (1, "identity", "application/pdf"),
        (2, "address", "application/pdf"),
    ]
    assert dora.submit()["step"] == "submitted"
    assert dora.id in [row["id"] for row in operator.items("/applications", status="submitted")]
    seen = good(operator.get(dora.path))
    assert (seen["details"], seen["may"]) == (PERSON, ["review"])
    assert operator.get(f"{dora.path}/evidence/1").get_data() == uploads.pdf(text=f"identity {dora.id}")
    approved = approve(door, dora.id)["application"]
    assert (approved["status"], approved["step"], approved["reviewer"]) == ("approved", "admission", "operator")
    act = good(door.party("CUSTODIA1").get(f"/acts/{approved['act']}"))
    assert (act["function"], act["args"]["party"], act["args"]["roles"]) == ("party:admit", dora.party, ["investor"])
    assert not any(value in json.dumps(act) for value in PERSON.values() if len(value) > 6)
    door.agree({"act": act})
    qualified = dora.reach("qualified")
    party = good(operator.get(f"/parties/{dora.party}"))
    assert party["name"] == "Wenceslao Borja Ximénez"
    expected = {"jurisdiction": "MX", "investor_type": "retail", "limit_minor": "5000000", "status": "good"}
    assert party["qualification"].items() >= {**expected, "commitment": qualified["commitment"]}.items()
    assert (qualified["status"], qualified["may"]) == ("approved", [])
    assert len(qualified["commitment"]) == 64


@pytest.mark.parametrize("kind", ["sole_proprietorship", "enterprise"])
def test_businesses_apply_with_papers_of_their_own(door: Door, kind: str) -> None:
    business = applicant(door)
    business.begin(kind, ("investor", "issuer"))
    business.answer(**(COMPANY if kind == "enterprise" else {**PERSON, "trade_name": "La Lonja"}))
    assert business.look()["missing"] == [f"evidence_{one}" for one in SHOWN[kind]]
    refused = business.client.post(f"{business.path}/submission")
    assert pointers(refused) == [f"/evidence_{one}" for one in SHOWN[kind]]
    for one in SHOWN[kind]:
        good(business.show(one), 201)
    business.submit()
    admit(door, business.id, investor_type="institutional")
    business.reach("qualified")
    assert good(door.party("OPERATOR").get(f"/parties/{business.party}"))["roles"] == ["investor", "issuer"]


def test_a_limit_set_at_approval_binds_the_first_order(door: Door) -> None:
    share, dora = door.share(), applicant(door)
    dora.complete()
    admit(door, dora.id, limit_minor="1000")
    dora.reach("qualified")
    account = door.party("CUSTODIA1").command("/accounts", {"owner": dora.party, "kind": "direct"})["account"]["id"]
    door.deposit(account, 10_000)
    order = {"account": account, "cash_account": account, "instrument": share.code, "side": "buy", "limit_minor": "100"}
    eventually(lambda: dora.client.get("/users/me").json["status"] == "active")  # known for five seconds as it was
    refused = dora.client.post("/orders", {**order, "quantity": "11"}, key=ids.new(), wait=20)
    assert refused.json is not None
    assert (refused.status_code, refused.json["reason"]) == (409, "limit_minor")
    assert dora.client.command("/orders", {**order, "quantity": "10"})["order"]["status"] == "new"
    assert CURRENCY in [row["instrument"] for row in dora.client.items("/holdings")]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("curp", ["BOXW310820HNERXN08", "curp", "boxw310820hnerxn09"]),
        ("clabe", ["032180000118359718", "1", "0321800001183597190"]),
        ("lei", ["213800KUD8LXJWSQ9D15", "x"]),
        ("iban", ["GB82WEST12345698765433", "GB82 WEST 1234 5698 7654 32"]),
        ("born_on", ["1984-13-01", "17/05/1984", "2023-02-29"]),
        ("nationality", ["mx", "MEX"]),
        ("email", ["dora", "dora@", "@example.com", "dora paz@example.com"]),
        ("phone", ["call me", "1"]),
        ("source_of_funds", ["gambling"]),
        ("investor_type", ["rich"]),
        ("given_names", [" Dora", "x" * 81, "a\nb", "\u202e"]),
        ("colour", ["blue"]),
    ],
)
def test_a_wrong_answer_is_refused_beside_its_field_and_changes_nothing(door: Door, name: str, bad: list[str]) -> None:
    dora = applicant(door)
    dora.begin("enterprise" if name == "lei" else "natural_person")
    for value in bad:
        assert pointers(dora.client.send("PATCH", dora.path, json={name: value})) == [f"/{name}"], value
    assert dora.look()["details"] == {}


def test_what_cannot_be_or_is_not_asked_is_refused(door: Door) -> None:
    dora = applicant(door)
    assert pointers(dora.client.post("/applications", {"kind": "natural_person", "roles": ["issuer"]})) == ["/roles"]
    dora.begin()
    assert pointers(dora.client.send("PATCH", dora.path, json={"legal_name": "Dora, S.A."})) == ["/legal_name"]
    assert pointers(dora.client.send("PATCH", dora.path, json={"born_on": "2999-01-01"})) == ["/born_on"]


def test_an_rfc_is_doubted_and_never_refused(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    for rfc, doubt in (("VACE460910SX6", "check_digit"), ("XEXX010101000", "generic"), ("not an RFC", "form")):
        assert dora.answer(rfc=rfc)["doubts"] == [{"field": "rfc", "doubt": doubt}]
    assert dora.answer(rfc=PERSON["rfc"])["doubts"] == []
    assert dora.answer(curp=PERSON["curp"], born_on="1931-08-21")["doubts"] == [{"field": "curp", "doubt": "born_on"}]


def test_a_foreigner_needs_no_curp_and_may_name_an_iban(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    answers = {**PERSON, "nationality": "GB", "curp": "", "clabe": "", "iban": "GB82WEST12345698765432"}
    assert dora.answer(**answers)["missing"] == ["evidence_identity", "evidence_address"]
    assert "curp" in dora.answer(nationality="MX")["missing"]


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"", "empty.pdf", ""),
        (b"MZ\x90\x00 a program", "letter.pdf", ""),
        (uploads.png(), "picture.pdf", ""),
        (uploads.pdf(), "paper.pdf", "image/png"),
        (uploads.pdf()[:60], "cut.pdf", ""),
        (uploads.pdf(catalog="/OpenAction 5 0 R", objects=["<< /S /JavaScript /JS (app.alert(1)) >>"]), "acts.pdf", ""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(door: Door, content: bytes, name: str, declared: str) -> None:
    dora = applicant(door)
    dora.begin()
    assert pointers(dora.show("identity", content, name, declared)) == ["/file"]
    assert dora.look()["evidence"] == []


def test_a_file_too_large_or_none_is_refused(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    path, form = f"{dora.path}/evidence?kind=identity", "multipart/form-data"
    large = b"%PDF-1.4" + b"0" * (11 * 1024 * 1024)
    raw = dora.client.send("POST", f"{path}&name=a.pdf", data=large, content_type="application/pdf")
    assert pointers(raw) == ["/file"]
    assert pointers(dora.client.send("POST", path, data={"file": "x"}, content_type=form)) == ["/file"]
    assert pointers(dora.show("selfie")) == ["?kind"]
    assert dora.client.send("POST", path, json={"kind": "identity"}).status_code == 415
    assert dora.look()["evidence"] == []


def test_a_document_is_taken_away_and_erased(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    good(dora.show("identity"), 201)
    assert len(good(dora.show("identity"), 201)["evidence"]) == 1  # the same again
    assert len(good(dora.show("other", uploads.pdf(text=f"identity {dora.id}")), 201)["evidence"]) == 2
    assert [one["kind"] for one in good(dora.client.send("DELETE", f"{dora.path}/evidence/1"))["evidence"]] == ["other"]
    assert dora.client.get(f"{dora.path}/evidence/1").status_code == 404
    assert dora.client.get(f"{dora.path}/evidence/2").status_code == 200  # it is still shown for something
    for n in range(12):
        answer = dora.show("other", uploads.pdf(text=f"{n}"))
    assert answer.status_code == 409


def test_an_application_is_sent_back_completed_and_refused(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    dora.complete()
    assert dora.client.send("PATCH", dora.path, json={"phone": "+52 1234567"}).status_code == 409
    for early in ("return", "refusal"):
        assert operator.post(f"{dora.path}/{early}", {"reason": "x"}).status_code == 409
    assert operator.post(f"{dora.path}/approval", terms(), key=ids.new()).status_code == 409
    good(operator.post(f"{dora.path}/review"))
    assert operator.post(f"{dora.path}/review").status_code == 409
    returned = good(operator.post(f"{dora.path}/return", {"reason": "The address is cut off."}))
    assert (returned["status"], returned["reason"]) == ("draft", "The address is cut off.")
    dora.answer(address="Calle 5 de Mayo 12, 64000 Monterrey")
    assert dora.submit()["reason"] == ""
    good(operator.post(f"{dora.path}/review"))
    refused = good(operator.post(f"{dora.path}/refusal", {"reason": "The papers are not yours."}))
    assert (refused["status"], refused["step"], refused["reason"]) == (
        "refused",
        "refused",
        "The papers are not yours.",
    )
    assert pointers(operator.post(f"{dora.path}/refusal", {"reason": ""})) == ["/reason"]
    again = dora.begin()
    assert again["details"]["address"] == "Calle 5 de Mayo 12, 64000 Monterrey"  # nobody types it twice
    assert [row["status"] for row in dora.client.items("/applications")] == ["draft", "refused"]


def test_there_is_one_open_application_of_a_party(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    answer = dora.client.post("/applications", {"kind": "natural_person", "roles": ["investor"]})
    assert answer.json is not None
    assert (answer.status_code, answer.json["reason"]) == (409, "application")
    assert dora.client.send("DELETE", dora.path).status_code == 204
    assert dora.client.get(dora.path).status_code == 404
    assert _keys(door, dora.party) == 0
    dora.begin("enterprise", ("issuer",))


def test_an_approval_happens_once(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    dora.complete()
    good(operator.post(f"{dora.path}/review"))
    for wrong in ("2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"):
        assert pointers(operator.post(f"{dora.path}/approval", terms(good_till=wrong), key=ids.new())) == ["/good_till"]
    key = ids.new()
    first = operator.command(f"{dora.path}/approval", terms(), key=key)["application"]
    assert operator.command(f"{dora.path}/approval", terms(), key=key)["application"] == first
    assert operator.post(f"{dora.path}/approval", terms(), key=ids.new()).status_code == 409


def test_an_admitted_party_is_verified_again_before_it_runs_out(door: Door) -> None:
    dora = applicant(door)
    dora.complete()
    admit(door, dora.id)
    first = dora.reach("qualified")
    again = eventually(lambda: dora.begin() if dora.client.get("/users/me").json["status"] == "active" else None)
    assert (again["purpose"], again["roles"], again["details"]) == ("renewal", [], PERSON)
    for kind in SHOWN["natural_person"]:
        good(dora.show(kind), 201)
    dora.submit()
    decided = approve(door, dora.id, investor_type="qualified", limit_minor="0")
    assert decided["submission"]["function"] == "party:qualify"
    renewed = dora.reach("qualified")
    assert renewed["commitment"] != first["commitment"]
    assert good(dora.client.get(f"/applications/{first['id']}"))["step"] == "qualified"
    found = good(door.party("OPERATOR").get(f"/parties/{dora.party}"))["qualification"]
    assert (found["investor_type"], found["limit_minor"]) == ("qualified", "0")


def test_an_application_is_its_partys_and_the_overseers_only(door: Door) -> None:
    dora = applicant(door)
    dora.complete()
    paths = (dora.path, f"{dora.path}/evidence/1")
    for stranger in (door.party("ALICE"), door.party("CUSTODIA1"), applicant(door).client):
        assert [stranger.get(path).status_code for path in paths] == [404, 404]
        assert dora.id not in [row["id"] for row in stranger.items("/applications")]
        assert stranger.send("PATCH", dora.path, json={"phone": "+52 1234567"}).status_code == 404
        assert stranger.post(f"{dora.path}/submission").status_code == 404
        assert stranger.post(f"{dora.path}/erasure").status_code == 404
    operator = door.party("OPERATOR")
    assert operator.send("PATCH", dora.path, json={"phone": "+52 1234567"}).status_code == 404
    assert operator.send("DELETE", dora.path).status_code == 404
    for act in ("review", "return", "refusal", "approval", "qualification"):
        assert dora.client.post(f"{dora.path}/{act}", {"reason": "x"}, key=ids.new()).status_code == 403


def test_what_is_known_of_a_person_is_encrypted_and_erased_for_good(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    dora.complete()
    assert _in_database(door, dora.id) == []
    assert operator.post(f"{dora.path}/erasure").status_code == 409  # it is being decided
    good(operator.post(f"{dora.path}/review"))
    good(operator.post(f"{dora.path}/refusal", {"reason": "The papers are not yours."}))
    files = set(_files(door))
    assert door.owner("regulator").client.post(f"{dora.path}/erasure").status_code == 403  # who may look at everything
    erased = good(dora.client.post(f"{dora.path}/erasure"))
    assert (erased["step"], erased["details"], erased["name"], erased["evidence"]) == ("erased", {}, "", [])
    assert erased["reason"] == ""
    assert _keys(door, dora.party) == 0
    assert len(files - set(_files(door))) == 2
    assert dora.client.post(f"{dora.path}/erasure").status_code == 409
    assert dora.begin()["details"] == {}


def test_a_party_is_not_erased_while_somebody_relies_on_what_was_verified(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    dora.complete()
    admit(door, dora.id)
    dora.reach("qualified")
    assert operator.post(f"{dora.path}/erasure").status_code == 409
    operator.command(f"/parties/{dora.party}/suspension", {"suspended": "yes", "reason": "gone"})
    assert "erase" in good(operator.get(dora.path))["may"]
    good(operator.post(f"{dora.path}/erasure"))
    party = good(operator.get(f"/parties/{dora.party}"))
    assert (party["name"], len(party["qualification"]["commitment"])) == (dora.party, 64)


def test_a_record_that_was_changed_at_rest_does_not_open(door: Door) -> None:
    dora, other = applicant(door), applicant(door)
    dora.begin()
    other.begin()
    with door.app.extensions["lonja"].writing() as session:
        mine = session.scalar(select(Application).where(Application.id == dora.id))
        theirs = session.scalar(select(Application).where(Application.id == other.id))
        mine.nonce, mine.ciphertext = theirs.nonce, theirs.ciphertext
        with pytest.raises(Exception, match="does not open"):
            personal.unlock(session, mine)
        session.rollback()


def test_a_draft_that_nobody_touches_expires_and_is_erased(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    dora.answer(**PERSON)
    _age(door, dora.id, applications.DRAFT_FOR)
    seen = dora.look()
    assert (seen["status"], seen["step"], seen["may"]) == ("expired", "expired", ["discard", "erase"])
    assert dora.id in [row["id"] for row in dora.client.items("/applications", status="expired")]
    assert dora.client.items("/applications", status="draft") == []
    assert dora.client.send("PATCH", dora.path, json={"phone": "+52 1234567"}).status_code == 409
    _age(door, dora.id, applications.DRAFT_FOR + onboarding.KEPT_FOR)
    with door.app.extensions["lonja"].writing() as session:
        assert onboarding.tidy(session) >= 1
        session.commit()
    assert dora.client.get(dora.path).status_code == 404
    assert _keys(door, dora.party) == 0


def test_an_expired_draft_makes_room_for_the_next(door: Door) -> None:
    dora = applicant(door)
    dora.begin()
    _age(door, dora.id, applications.DRAFT_FOR)
    dora.begin("enterprise")
    assert len(dora.client.items("/applications")) == 1


def test_an_approval_runs_out_with_its_qualification(door: Door) -> None:
    dora = applicant(door)
    dora.complete()
    admit(door, dora.id)
    dora.reach("qualified")
    with door.app.extensions["lonja"].writing() as session:
        session.execute(update(Application).where(Application.id == dora.id).values(good_till=clock.now()))
        session.commit()
    assert dora.look()["status"] == "expired"
    assert dora.id in [row["id"] for row in dora.client.items("/applications", status="expired")]
    assert dora.client.items("/applications", status="approved") == []


def test_a_qualification_that_could_not_be_sent_is_sent_by_hand(door: Door) -> None:
    operator, dora = door.party("OPERATOR"), applicant(door)
    dora.complete()
    approved = approve(door, dora.id)["application"]
    with door.app.extensions["lonja"].writing() as session:  # as when nobody here can sign for the operator
        session.execute(update(Application).where(Application.id == dora.id).values(qualified_at=clock.now()))
        session.commit()
    door.agree({"act": good(door.party("CUSTODIA1").get(f"/acts/{approved['act']}"))})
    failed = dora.reach("qualification_failed")
    assert good(operator.get(f"/applications/{failed['id']}"))["may"] == ["qualify", "erase"]
    assert operator.command(f"{dora.path}/qualification")["application"]["step"] == "qualified"
    assert operator.post(f"{dora.path}/qualification", key=ids.new()).status_code == 409


def test_a_commitment_binds_to_everything_and_tells_nothing() -> None:
    details, salt = {"given_names": "Dora", "born_on": "1984-05-17"}, "ab" * 32
    first = personal.commitment("DORA", details, ["0" * 64], salt)
    assert first == personal.commitment("DORA", {**dict(reversed(details.items())), "phone": ""}, ["0" * 64], salt)
    others = [
        personal.commitment("DORB", details, ["0" * 64], salt),
        personal.commitment("DORA", {**details, "born_on": "1984-05-18"}, ["0" * 64], salt),
        personal.commitment("DORA", details, ["1" * 64], salt),
        personal.commitment("DORA", details, [], salt),
        personal.commitment("DORA", details, ["0" * 64], "cd" * 32),
    ]
    assert len({first, *others}) == 6
    assert personal.salt() != personal.salt()


def _keys(door: Door, party: str) -> int:
    with door.app.extensions["lonja"].reading() as session:
        return len(list(session.scalars(select(PersonKey).where(PersonKey.party == party))))


def _age(door: Door, id: str, by: object) -> None:
    with door.app.extensions["lonja"].writing() as session:
        session.execute(update(Application).where(Application.id == id).values(changed_at=clock.now() - by))
        session.commit()


def _in_database(door: Door, id: str) -> list[str]:
    """The answers that stand in the application's row as they were typed."""
    with door.app.extensions["lonja"].reading() as session:
        row = session.execute(select(*Application.__table__.columns).where(Application.id == id)).one()
    stored = repr(tuple(row))
    return [value for name, value in PERSON.items() if len(value) > 6 and value in stored]


def _files(door: Door) -> list[Path]:
    folder = door.app.extensions["lonja"].config.state / "documents"
    return [path for path in folder.rglob("*") if path.is_file()]
