"""Certificates of holdings: for owners to have issued, for anybody who is shown one to verify."""

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Moment, Reference, Schema
from middleware.api.files import attached
from middleware.services import certificate_papers, certificates
from middleware.wording import LANGUAGES

blp = Blueprint("certificates", __name__, url_prefix="/v1", description="Certificates of holdings, verifiable by all")
STATUSES = ("unchanged", "changed", "another_ledger")
TRIES = "600 per minute"  # of fingerprints that no certificate has, from one address: the console's is one
_SLOWER = "Too many fingerprints that no certificate has; wait a minute."


def register(app: Flask, limiter: Limiter) -> None:
    """Bound how often somebody can guess."""
    view: Any = app.view_functions["certificates.verify"]
    view = limiter.limit(TRIES, key_func=_where, deduct_when=_missed, error_message=_SLOWER)(view)
    app.view_functions["certificates.verify"] = view


def _where() -> str:
    return request.remote_addr or ""


def _missed(response: Response) -> bool:
    return response.status_code == 404


class CertificateSchema(Schema):
    """What a certificate states: all texts as the fingerprint covers them.

    owner_name: "" when the owner is called otherwise by now, or his name was erased. status: unchanged, changed (the
    holding is not what it was, or is so again after having been otherwise), or another_ledger. changed_block: where the
    holding changed last.
    """

    fingerprint = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    changed_block = fields.Integer(required=True, allow_none=True)
    checked_block = fields.Integer(required=True, allow_none=True)
    checked_at = Moment(required=True, allow_none=True)
    version = fields.String(required=True)
    ledger = fields.String(required=True)
    serial = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    account = fields.String(required=True)
    custodian = fields.String(required=True)
    instrument = fields.String(required=True)
    kind = fields.String(required=True)
    class_ = fields.String(required=True, data_key="class", attribute="class")
    isin = fields.String(required=True)
    issuer = fields.String(required=True)
    issuer_name = fields.String(required=True)
    digits = fields.String(required=True)
    quantity = fields.String(required=True)
    reserved = fields.String(required=True)
    available = fields.String(required=True)
    block = fields.String(required=True)
    block_hash = fields.String(required=True)
    as_of = fields.String(required=True)
    issued_at = fields.String(required=True)


class NewCertificateSchema(Schema):
    """Which holding. language: of the paper; yours unless said."""

    account = Reference()
    instrument = Code()
    language = Choice(*LANGUAGES, optional=True)


@blp.route("/certificates", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(CertificateSchema))
def index(query: dict[str, Any]) -> Any:
    """Certificates of your holdings, or of those in accounts that you keep; newest first."""
    with reading() as session:
        return lists.answered(certificates.index(session, principal(), page=lists.page(query)))


@blp.route("/certificates", methods=["POST"])
@blp.arguments(NewCertificateSchema)
@blp.response(201, CertificateSchema)
def issue(body: dict[str, Any]) -> Any:
    """A certificate of one holding as of the last block."""
    with writing() as session:
        return certificates.issue(session, principal(), **body)


@blp.route("/certificates/<hash:fingerprint>/pdf", methods=["GET"])
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def pdf(fingerprint: str) -> Response:
    """The certificate as a paper (PDF/A, PDF/UA): the same bytes however often."""
    with reading() as session:
        made = certificate_papers.pdf(session, principal(), fingerprint)
    return attached(made, "application/pdf", f"lonja-certificate-{fingerprint[:8]}.pdf")


@blp.route("/verifications/<hash:fingerprint>", methods=["GET"])
@blp.response(200, CertificateSchema)
def verify(fingerprint: str) -> Any:
    """For anybody: what the certificate with this fingerprint states, and whether the holding has changed since."""
    with reading() as session:
        return certificates.verify(session, fingerprint)
