"""A certificate as a paper: what it states, its fingerprint, and the address that says whether it is true."""

from sqlalchemy.orm import Session

from middleware import clock, paper, qr, wording
from middleware.auth import Principal
from middleware.config import Config
from middleware.paper import word
from middleware.services import certificates

KINDS = {"equity": "Shares", "bond": "Bonds", "currency": "Claim on a bank"}
CLASSES = {
    "ordinary": "ordinary",
    "preferred": "preferred",
    "non_voting": "without vote",
    "fixed": "fixed rate",
    "zero": "zero coupon",
}


def pdf(session: Session, principal: Principal, fingerprint: str) -> bytes:
    """The paper: of the same bytes however often it is asked for."""
    found, stated = certificates.of(session, principal, fingerprint)
    config: Config = session.info["config"]
    return paper.render("certificate", _values(config, found.language, found.fingerprint, stated))


def address(config: Config, fingerprint: str) -> str:
    """Where anybody can verify a certificate."""
    return f"{config.web_url}/verify/{fingerprint}"


def _values(config: Config, language: str, fingerprint: str, stated: dict[str, str]) -> dict[str, object]:
    def say(text: str, **said: str) -> str:
        return word(text, language, **said)

    def number(name: str) -> str:
        return wording.decimal(int(stated[name]), int(stated["digits"]), language)

    as_of = wording.moment(clock.parse(stated["as_of"]), language, config.time_zone, zoned=True)
    kind = say(KINDS[stated["kind"]])
    if stated["class"]:
        kind = f"{kind}, {say(CLASSES.get(stated['class']) or stated['class'])}"
    return {
        "title": say("Certificate of holding"),
        "language": language,
        "at": stated["issued_at"],
        "lead": say("It is certified that, as of {at}, the register of the ledger shows in the name of", at=as_of),
        "owner": stated["owner_name"],
        "owner_code": stated["owner"],
        "quantity": number("quantity"),
        "what": stated["instrument"],
        "kind": kind,
        "issuer": say("issued by {name}", name=stated["issuer_name"]),
        "facts": [
            [say("Available"), number("available")],
            [say("Reserved"), number("reserved")],
            *([["ISIN", stated["isin"]]] if stated["isin"] else []),
            [say("Account"), stated["account"]],
            [say("Custodian"), stated["custodian"]],
        ],
        "marks": [
            [say("As of block"), wording.decimal(int(stated["block"]), 0, language)],
            [say("Block hash"), _grouped(stated["block_hash"])],
            [say("Serial number"), stated["serial"]],
            [say("Fingerprint"), _grouped(fingerprint)],
        ],
        "qr": qr.svg(address(config, fingerprint)),
        "address": address(config, fingerprint),
        "issued": wording.moment(clock.parse(stated["issued_at"]), language, config.time_zone, zoned=True),
    }


def _grouped(hash: str) -> str:
    """A hash in groups of eight, which eyes can compare."""
    return " ".join(hash[at : at + 8] for at in range(0, len(hash), 8))
