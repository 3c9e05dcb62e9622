"""Publications: documents whose hash their issuer has put on the ledger, given out only while they still have it."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.document import Document, Publication
from middleware.models.submission import Submission
from middleware.services import documents, instruments, submissions
from middleware.services.documents import PUBLICATION
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import recorded
from middleware.services.submissions import Intent

PUBLISH = "document:publish"
KINDS = ("prospectus", "bylaws", "resolution", "terms", "report", "other")


def publish(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    kind: str,
    supersedes: str = "",
    document: str = "",
    hash: str = "",
) -> Submission:
    """Sign that a document of the party is about its instrument. A signed command names it by hash, others by id."""
    found = instruments.show(session, principal, instrument)
    if found["issuer"] != principal.party:
        raise Error("forbidden", f"{principal.party} does not issue {instrument}", reason="owner")
    if supersedes and show(session, principal, supersedes, field="supersedes")["instrument"] != instrument:
        message = f"{supersedes} is not about {instrument}"
        raise Error("invalid", message, reason="supersedes", field="supersedes")
    hash = _uploaded(session, principal, document, hash).hash
    args = {"instrument": instrument, "kind": kind, "hash": hash, "supersedes": supersedes}
    submission = submissions.send(session, principal, intent, PUBLISH, args)
    session.commit()
    relay.push(session)
    return submission


def _uploaded(session: Session, principal: Principal, id: str, hash: str) -> Document:
    """The file behind it, whole and ours: nobody publishes what nobody could read."""
    mine = and_(Document.party == principal.party, Document.purpose == PUBLICATION)
    which = Document.id == id if id else Document.hash == hash
    found = session.scalar(select(Document).where(mine, which))
    if found is None:
        message = f"{principal.party} has uploaded no document {id or hash}; upload it first"
        raise Error("not_found", message, reason="document", field="document" if id else "jws")
    documents.read(session, found)
    return found


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "", kind: str = "") -> Listing:
    """What issuers have published, newest first."""
    query = _QUERY.where(policy.visible(principal, Publication))
    if instrument:
        query = query.where(Publication.instrument == instrument)
    if kind:
        query = query.where(Publication.kind == kind)
    return listing(session, query, Publication.ordinal, page=page, descending=True)


def show(session: Session, principal: Principal, id: str, *, field: str = "") -> Row:
    """One publication. `field` names the input that asked for it."""
    query = _QUERY.where(Publication.id == id, policy.visible(principal, Publication))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no publication {id}", reason="publication", field=field)
    return dict(row)


def content(session: Session, principal: Principal, id: str) -> tuple[Document, bytes]:
    """The document and its bytes, which have the hash that the ledger says; anything else is not given out."""
    row = show(session, principal, id)
    mine = and_(Document.party == row["issuer"], Document.purpose == PUBLICATION, Document.hash == row["hash"])
    found = session.scalar(select(Document).where(mine))
    if found is None:
        raise Error("not_found", f"the document of {id} is not kept here", reason="document")
    return found, documents.read(session, found)


def verified(session: Session, principal: Principal, id: str) -> Row:
    """One publication, and whether the file behind it has the hash on the ledger, looked at now."""
    row = show(session, principal, id)
    try:
        content(session, principal, id)
    except Error as error:
        return {**row, "verified": False, "fault": error.message}
    return {**row, "verified": True, "fault": ""}


@on("DocumentPublished")
def mirror_published(fact: Fact, rows: Rows) -> None:
    """An issuer stands by a document from now on."""
    row = {name: fact[name] for name in ("issuer", "instrument", "kind", "hash", "supersedes")}
    rows.put(Publication, {**row, "id": fact["document"], **recorded(fact, rows)})
    rows.event(fact, "publication", fact["document"])


_LATER = aliased(Publication)
_SUPERSEDED_BY = select(_LATER.id).where(_LATER.supersedes == Publication.id).order_by(_LATER.ordinal.desc()).limit(1)
_FILE = and_(Document.party == Publication.issuer, Document.hash == Publication.hash, Document.purpose == PUBLICATION)
_QUERY = select(
    Publication.ordinal,
    Publication.id,
    Publication.issuer,
    Publication.instrument,
    Publication.kind,
    Publication.hash,
    Publication.supersedes,
    _SUPERSEDED_BY.scalar_subquery().label("superseded_by"),
    Document.name,
    Document.media_type,
    Document.size,
    Publication.kid,
    Publication.held,
    Publication.at,
    Publication.block,
    Publication.transaction,
).outerjoin(Document, _FILE)
