"""What each kind of applicant is asked, what must be answered and shown, and what deserves a second look."""

from middleware import clock, identifiers
from middleware.services.qualifications import INVESTOR_TYPES

KINDS = ("natural_person", "sole_proprietorship", "enterprise")
ROLES = ("investor", "issuer")
FUNDS = ("salary", "business", "savings", "inheritance", "sale", "other")
EVIDENCE = ("identity", "address", "tax", "incorporation", "powers", "bank_statement", "other")
_EVERYBODY = ("residence", "address", "email", "phone", "rfc", "clabe", "iban", "activity", "source_of_funds")
_PERSON = ("given_names", "family_names", "born_on", "nationality", "curp")
FIELDS: dict[str, tuple[str, ...]] = {
    "natural_person": (*_PERSON, *_EVERYBODY, "investor_type"),
    "sole_proprietorship": (*_PERSON, "trade_name", *_EVERYBODY, "investor_type"),
    "enterprise": (
        *("legal_name", "trade_name", "incorporated_on", "lei", "representative", "representative_curp", "owners"),
        *(*_EVERYBODY, "investor_type"),
    ),
}
NAMES = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))
_FREE = {
    "natural_person": {"curp", "rfc", "clabe", "iban"},
    "sole_proprietorship": {"curp", "clabe", "iban"},
    "enterprise": {"trade_name", "lei", "representative_curp", "rfc", "clabe", "iban"},
}
SHOWN: dict[str, tuple[str, ...]] = {
    "natural_person": ("identity", "address"),
    "sole_proprietorship": ("identity", "address", "tax"),
    "enterprise": ("incorporation", "powers", "identity", "tax"),
}
_HOME = "MX"  # where a CURP and an RFC come from

Doubt = dict[str, str]


def name_of(kind: str, details: dict[str, str]) -> str:
    """What the applicant is called."""
    if kind == "enterprise":
        return details.get("legal_name", "")
    return " ".join(details[name] for name in ("given_names", "family_names") if details.get(name))


def missing(kind: str, details: dict[str, str], shown: set[str]) -> list[str]:
    """What must still be answered, then what must still be shown (`evidence_identity`), in the order of the form."""
    wanted = [name for name in FIELDS[kind] if name not in _FREE[kind] or _is_due(kind, name, details)]
    unanswered = [name for name in wanted if not details.get(name)]
    if not details.get("clabe") and not details.get("iban"):
        unanswered.append("clabe")
    return unanswered + [f"evidence_{one}" for one in SHOWN[kind] if one not in shown]


def _is_due(kind: str, name: str, details: dict[str, str]) -> bool:
    """What a resident or a national has, and a foreigner may not have."""
    if name == "curp":
        return details.get("nationality") == _HOME
    return name == "rfc" and kind == "enterprise" and details.get("residence") == _HOME


def wrong(details: dict[str, str]) -> dict[str, str]:
    """Answers that cannot be: a sentence for each field."""
    today = clock.now().date().isoformat()
    sentences = {"born_on": "nobody was born", "incorporated_on": "nothing was founded"}
    return {
        name: f"{details[name]} is still to come: {sentence} then"
        for name, sentence in sentences.items()
        if details.get(name, "") > today
    }


def doubts(kind: str, details: dict[str, str]) -> list[Doubt]:
    """What a reviewer should look at twice, which refuses nothing."""
    found: list[Doubt] = []
    if rfc := details.get("rfc"):
        doubt = identifiers.doubt_of_rfc(rfc, company=kind == "enterprise")
        found += [{"field": "rfc", "doubt": doubt}] if doubt else []
    curp, born_on = details.get("curp"), details.get("born_on")
    if curp and born_on and f"{identifiers.born_on(curp)}" != born_on:
        found.append({"field": "curp", "doubt": "born_on"})
    return found


DOUBTS = ("form", "generic", "kind", "check_digit", "born_on")
__all__ = ["EVIDENCE", "FIELDS", "FUNDS", "INVESTOR_TYPES", "KINDS", "NAMES", "ROLES"]
