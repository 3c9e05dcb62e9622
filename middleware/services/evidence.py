"""Evidence: the documents that show what an application says. Kept encrypted, each under a key of its own."""

from collections.abc import Callable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.application import Application, Evidence
from middleware.models.document import Document
from middleware.services import documents
from middleware.services.documents import Given
from middleware.services.pages import Row

MOST = 12  # for one application


def of(session: Session, application: Application) -> list[Row]:
    """What is shown for an application, in the order in which it came."""
    columns = (Document.name, Document.media_type, Document.size, Document.hash)
    query = select(Evidence.n, Evidence.kind, *columns, Evidence.added_at).join(
        Document, Document.id == Evidence.document
    )
    query = query.where(Evidence.application == application.number).order_by(Evidence.n)
    return [dict(row) for row in session.execute(query).mappings()]


def attach(session: Session, principal: Principal, application: Application, given: Given, *, kind: str) -> None:
    """Add a document to a draft. The same file for the same purpose again changes nothing."""
    shown = session.scalar(select(func.count()).where(Evidence.application == application.number)) or 0
    if shown >= MOST:
        raise Error("wrong_status", f"an application takes {MOST} documents; remove one first", reason="evidence")
    document = documents.keep(
        session,
        principal,
        name=given.name,
        content=given.content,
        purpose=documents.EVIDENCE,
        declared=given.declared,
    )
    mine = (Evidence.application == application.number, Evidence.document == document.id, Evidence.kind == kind)
    if session.scalar(select(Evidence.n).where(*mine)) is None:
        last = session.scalar(select(func.max(Evidence.n)).where(Evidence.application == application.number)) or 0
        now = clock.now()
        session.add(Evidence(application=application.number, n=last + 1, kind=kind, document=document.id, added_at=now))
        application.changed_at = now
    session.commit()


def detach(session: Session, application: Application, n: int) -> None:
    """Take a document away from a draft, and erase it where nothing else shows it."""
    one = _find(session, application, n)
    session.delete(one)
    session.flush()
    free = _erase(session, [one.document])
    application.changed_at = clock.now()
    session.commit()
    free()


def read(session: Session, application: Application, n: int) -> tuple[Document, bytes]:
    """A document and its bytes, verified against the hash that was recorded when it came."""
    found = session.scalar(select(Document).where(Document.id == _find(session, application, n).document))
    if found is None:
        raise _unknown(n)
    return found, documents.read(session, found)


def hashes(session: Session, application: Application) -> list[str]:
    """What was shown, as the commitment covers it."""
    return [one["hash"] for one in of(session, application)]


def forget(session: Session, application: Application) -> Callable[[], None]:
    """Erase everything that was shown for an application. The use case commits, then calls what is answered."""
    mine = Evidence.application == application.number
    shown = list(session.scalars(select(Evidence.document).where(mine)))
    session.execute(delete(Evidence).where(mine))
    return _erase(session, shown)


def _erase(session: Session, shown: list[str]) -> Callable[[], None]:
    """Erase the documents that no application shows any more."""
    frees = []
    for id in dict.fromkeys(shown):
        elsewhere = session.scalar(select(Evidence.n).where(Evidence.document == id).limit(1))
        document = session.scalar(select(Document).where(Document.id == id))
        if elsewhere is None and document is not None:
            frees.append(documents.erase(session, document))

    def free() -> None:
        for one in frees:
            one()

    return free


def _find(session: Session, application: Application, n: int) -> Evidence:
    found = session.get(Evidence, (application.number, n))
    if found is None:
        raise _unknown(n)
    return found


def _unknown(n: int) -> Error:
    return Error("not_found", f"the application has no document {n}", reason="evidence")
