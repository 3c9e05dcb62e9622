"""Documents: only whole, harmless files are kept; what is given out is what was sent, or nothing."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, content, storage, vault
from middleware.auth import Principal
from middleware.config import Config
from middleware.content import MOST_BYTES, pdf
from middleware.database import Database
from middleware.errors import Error
from middleware.models.document import Document, DocumentKey
from middleware.services import documents
from middleware.services.documents import Given
from middleware.services.pages import Page
from tests import uploads


def principal(party: str, *roles: str) -> Principal:
    return Principal(1, party.lower(), party, "en", clock.now(), "custodian", frozenset(roles), "active")


ACME = principal("ACME", "issuer")
ALICE = principal("ALICE", "investor")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.writing() as made:
        yield made


def refusal(name: str, given: bytes, *, declared: str = "") -> Error:
    with pytest.raises(Error) as caught:
        content.check(name, given, declared=declared)
    assert (caught.value.code, caught.value.field) == ("invalid", "file")
    return caught.value


@pytest.mark.parametrize(
    ("name", "given", "type_"),
    [
        ("bylaws.pdf", uploads.pdf(), "application/pdf"),
        ("BYLAWS.PDF", uploads.pdf(catalog="/OpenAction [3 0 R /Fit]"), "application/pdf"),
        ("seal.png", uploads.png(), "image/png"),
        ("seal.jpeg", uploads.jpeg(), "image/jpeg"),
    ],
)
def test_a_whole_file_is_known_by_its_content(name: str, given: bytes, type_: str) -> None:
    assert content.check(name, given) == type_
    assert content.check(name, given, declared="application/octet-stream") == type_


@pytest.mark.parametrize(
    ("name", "given", "reason", "says"),
    [
        ("bylaws.pdf", b"", "empty", "bylaws.pdf is empty"),
        ("bylaws.pdf", b"PK\x03\x04" + b"\0" * 40, "type", "neither PDF, PNG nor JPEG"),
        ("bylaws.txt", b"plain words", "type", "save it as a PDF"),
        ("bylaws.pdf", uploads.png(), "type", r"is a PNG picture by its content; its name must end in \.png"),
        ("bylaws", uploads.pdf(), "type", r"must end in \.pdf"),
        ("bylaws.pdf", uploads.pdf()[:200], "damaged", "is a damaged PDF"),
        ("bylaws.pdf", b"%PDF-1.7\n" + b"\0" * 2000, "damaged", "is a damaged PDF"),
        ("bylaws.pdf", uploads.pdf().replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"), "damaged", "save it anew"),
        ("bylaws.pdf", uploads.pdf(objects=["[" * 2000 + "]" * 2000]), "damaged", "save it anew"),
        (
            "bylaws.pdf",
            uploads.pdf().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [     ] /Count 0"),
            "empty",
            "without pages",
        ),
        ("seal.png", uploads.png()[:-8], "damaged", "is a damaged picture"),
        ("seal.png", uploads.png() + b"<script>", "damaged", "is a damaged picture"),
        ("seal.png", uploads.png()[:45] + b"?" + uploads.png()[46:], "damaged", "is a damaged picture"),
        ("seal.png", uploads.png(width=0), "empty", "without size"),
        (
            "seal.png",
            uploads.png(width=1_000_000, height=1_000),
            "size",
            "at most 100000000",
        ),
        ("seal.jpg", uploads.jpeg()[:-2], "damaged", "is a damaged picture"),
        ("seal.jpg", uploads.jpeg()[:20] + b"\xff\xd9", "damaged", "is a damaged picture"),
        ("seal.jpg", uploads.jpeg(width=0), "empty", "without size"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_with_what_would_pass(
    name: str, given: bytes, reason: str, says: str
) -> None:
    error = refusal(name, given)
    assert error.reason == reason
    assert error.message.startswith(name)
    assert re.search(says, error.message), error.message


@pytest.mark.parametrize(
    ("catalog", "objects", "says"),
    [
        ("/OpenAction << /S /JavaScript /JS (app.alert) >>", [], "JavaScript"),
        ("/Open#41ction << /S /Java#53cript /J#53 (app.alert) >>", [], "JavaScript"),
        ("/OpenAction 5 0 R", ["<< /S /URI /URI (https://example.com) >>"], "runs when it is opened"),
        ("/OpenAction 5 0 R", ["<< /S 6 0 R /F (cmd.exe) >>", "/Launch"], "starts a program"),
        ("/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>", ["<< /Type /Filespec >>"], "embedded files"),
        ("", ["<< /Type /Filespec /EF << /F 6 0 R >> >>"], "embedded files"),
        ("", ["[[<< /S /Launch /F (cmd.exe) >>]]"], "starts a program"),
        ("/AcroForm << /XFA [] >>", [], "an XFA form"),
        ("/AA << /WC << /S /Named /N /Print >> >>", [], "actions of its own"),
        ("", ["<< /Type /Annot /Subtype /FileAttachment >>"], "embedded files"),
        ("", ["<< /Type /Annot /Subtype /RichMedia >>"], "rich media"),
        ("", ["<< /S /SubmitForm /F (https://example.com) >>"], "sends a form"),
        ("", ["<< /S /GoToR /F (other.pdf) >>"], "opens another file"),
    ],
)
def test_a_pdf_that_could_act_by_itself_is_refused(catalog: str, objects: list[str], says: str) -> None:
    error = refusal("bylaws.pdf", uploads.pdf(catalog=catalog, objects=objects))
    assert error.reason == "active"
    assert says in error.message


def test_a_locked_pdf_is_refused() -> None:
    locked = "/Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -4 >>"
    given = uploads.pdf().replace(b"/Root 1 0 R", f"/Root 1 0 R {locked}".encode())
    assert refusal("bylaws.pdf", given).reason == "locked"


def test_a_pdf_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", -1.0)
    assert refusal("bylaws.pdf", uploads.pdf()).reason == "size"


def test_ten_mebibytes_are_the_most() -> None:
    assert refusal("bylaws.pdf", b"%PDF-1.4" + b"\0" * MOST_BYTES).reason == "size"


def test_a_name_and_a_declared_type_must_agree_with_the_content() -> None:
    assert content.check("bylaws.pdf", uploads.pdf(), declared="application/pdf") == "application/pdf"
    error = refusal("bylaws.pdf", uploads.pdf(), declared="text/html")
    assert (error.reason, "sent as text/html" in error.message) == ("type", True)


def test_a_published_file_is_stored_under_its_hash_and_comes_back_as_it_was(session: Session, config: Config) -> None:
    made = documents.upload(session, ACME, Given("C:\\docs\\bylaws.pdf", uploads.pdf()), purpose="publication")
    assert (made.name, made.media_type, made.size) == ("bylaws.pdf", "application/pdf", len(uploads.pdf()))
    path = config.documents / made.hash[:2] / made.hash
    assert path.read_bytes() == uploads.pdf()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert documents.read(session, made) == uploads.pdf()


def test_the_same_file_of_a_party_is_one_document(session: Session) -> None:
    first = documents.upload(session, ACME, Given("bylaws.pdf", uploads.pdf()), purpose="publication")
    again = documents.upload(session, ACME, Given("copy.pdf", uploads.pdf()), purpose="publication")
    assert again.id == first.id
    others = documents.upload(session, ALICE, Given("bylaws.pdf", uploads.pdf()), purpose="publication")
    assert others.id != first.id
    assert others.address == first.address


def test_a_party_sees_its_own_documents(session: Session) -> None:
    made = documents.upload(session, ACME, Given("bylaws.pdf", uploads.pdf()), purpose="publication")
    assert [row["id"] for row in documents.index(session, ACME, page=Page()).items] == [made.id]
    assert documents.index(session, ALICE, page=Page()).items == []
    assert documents.show(session, ACME, made.id).id == made.id
    with pytest.raises(Error, match="not_found"):
        documents.show(session, ALICE, made.id)


def test_evidence_is_nowhere_on_the_disk_as_it_was_sent(session: Session, config: Config) -> None:
    made = documents.upload(session, ALICE, Given("passport.png", uploads.png()), purpose="evidence")
    stored = [path.read_bytes() for path in config.documents.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert uploads.png()[8:24] not in stored[0]
    assert made.address != made.hash
    assert documents.read(session, made) == uploads.png()


def test_erased_evidence_is_gone_even_if_its_bytes_are_not(session: Session, config: Config) -> None:
    made = documents.upload(session, ALICE, Given("passport.png", uploads.png()), purpose="evidence")
    free = documents.erase(session, made)
    session.commit()
    assert session.scalars(select(Document)).all() == []
    assert session.scalars(select(DocumentKey)).all() == []
    free()
    assert [path for path in config.documents.rglob("*") if path.is_file()] == []


def test_erasing_one_of_two_leaves_the_bytes_of_the_other(session: Session) -> None:
    first = documents.upload(session, ACME, Given("bylaws.pdf", uploads.pdf()), purpose="publication")
    other = documents.upload(session, ALICE, Given("bylaws.pdf", uploads.pdf()), purpose="publication")
    free = documents.erase(session, first)
    session.commit()
    free()
    assert documents.read(session, other) == uploads.pdf()


def test_a_file_that_was_changed_at_rest_is_not_given_out(session: Session, config: Config) -> None:
    for purpose in ("publication", "evidence"):
        made = documents.upload(session, ACME, Given("bylaws.pdf", uploads.pdf()), purpose=purpose)
        path = config.documents / made.address[:2] / made.address
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(Error, match="changed at rest"):
            documents.read(session, made)
        path.unlink()
        with pytest.raises(Error, match="not in its place"):
            documents.read(session, made)
        restored = storage.put(config, uploads.pdf())
        assert restored == made.hash


def test_a_new_key_encryption_key_still_opens_evidence(session: Session, database: Database) -> None:
    made = documents.upload(session, ALICE, Given("passport.png", uploads.png()), purpose="evidence")
    assert vault.rotate(session) == 1
    with database.reading() as later:
        assert documents.read(later, later.scalars(select(Document)).one()) == uploads.png()
    assert made.purpose == "evidence"


@pytest.mark.parametrize("name", ["", "   ", "a" * 137 + ".pdf", "by\x00laws.pdf", "by‮fdp.exe.pdf"])
def test_a_name_that_cannot_be_shown_is_refused(session: Session, name: str, tmp_path: Path) -> None:
    with pytest.raises(Error) as caught:
        documents.keep(session, ACME, name=name, content=uploads.pdf(), purpose="publication")
    assert caught.value.reason == "name"
