"""How each row of the authorisation matrix is asked: an address and a body that name the things of a circle.

{names} are filled in from the circle that owns the thing; {my_account} is an account of whoever asks or, where
another's is asked for, of the other circle's investor. Bodies are such that nothing but who asks can refuse them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.cast import PASSWORD

SOON, HASH = "{soon}", "0" * 64
NAMED = {"instrument": "{share}"}
MINE = {"account": "{my_account}", "cash_account": "{my_account}"}
ORDER = {**NAMED, **MINE, "side": "buy", "quantity": "1", "limit_minor": "100", "venue": "{venue}"}
ISSUE = {"account": "{issuer_account}", "quantity": "1", "resolution": HASH}
WISH = {**MINE, "quantity": "10", "limit_minor": "1000"}
QUALIFIED = {"jurisdiction": "MX", "investor_type": "retail", "limit_minor": "0", "good_till": SOON}
PERSON = {"kind": "natural_person", "roles": ["investor"]}
WHY = {"reason": "x"}
OFFERING = {**NAMED, "cash_account": "{issuer_account}", "kind": "public", "price_min_minor": "1", "minimum": "1"}
OFFERING |= {"price_max_minor": "9", "maximum": "9", "ticket_minimum": "1", "opens_at": SOON, "closes_at": "{later}"}
SESSION = {"comp_id": "NEW.1", "party": "{broker}", "kind": "broker", "certificate": HASH}


@dataclass(frozen=True)
class Ask:
    """One request. `shows`: let through means that this stands in the answer; without it the cell is `none`."""

    path: str
    body: Any = None
    shows: str = ""
    key: str = ""  # the command's id, where it is not minted but follows from what is done
    file: bool = False
    query: Mapping[str, str] = field(default_factory=dict)


def of_list(path: str, shows: str, **query: str) -> Ask:
    """A list, in which the thing stands or not."""
    return Ask(path, shows=shows, query={"limit": "200", **query})


def filled(template: Any, names: Mapping[str, str]) -> Any:
    """A template with the names of things in it."""
    if isinstance(template, str):
        return template.format_map(names)
    if isinstance(template, Mapping):
        return {name: filled(value, names) for name, value in template.items()}
    return [filled(one, names) for one in template] if isinstance(template, list) else template


REQUESTS: dict[str, Ask] = {
    "GET /livez": Ask("/livez"),
    "GET /readyz": Ask("/readyz"),
    "GET /version": Ask("/version"),
    "GET /v1/openapi.json": Ask("/v1/openapi.json"),
    "POST /v1/tokens": Ask("/v1/tokens", {"username": "operator", "password": PASSWORD}),
    "DELETE /v1/tokens/current": Ask("/v1/tokens/current"),
    "POST /v1/signups": Ask("/v1/signups", {"username": "somebody", "password": PASSWORD}),
    "GET /v1/users/me": Ask("/v1/users/me"),
    "PATCH /v1/users/me": Ask("/v1/users/me", {"language": "es"}),
    "POST /v1/users/me/password": Ask(
        "/v1/users/me/password", {"current_password": PASSWORD, "new_password": "another long password"}
    ),
    "GET /v1/users": of_list("/v1/users", "{investor}"),
    "POST /v1/users": Ask("/v1/users", {"username": "another", "party": "{investor}", "password": PASSWORD}),
    "GET /v1/ledger": Ask("/v1/ledger"),
    "GET /v1/parties": of_list("/v1/parties", '"{investor}"'),
    "GET /v1/parties (institution)": of_list("/v1/parties", '"{issuer}"'),
    "POST /v1/parties": Ask("/v1/parties", {"party": "NEWCOMER", "name": "New Comer", "roles": ["investor"]}),
    "GET /v1/parties/<party>": Ask("/v1/parties/{investor}"),
    "GET /v1/parties/<party> (institution)": Ask("/v1/parties/{issuer}"),
    "PATCH /v1/parties/<party>": Ask("/v1/parties/{investor}", {"name": "Another Name"}),
    "POST /v1/parties/<party>/suspension": Ask("/v1/parties/{investor}/suspension", {"suspended": "yes", **WHY}),
    "POST /v1/parties/<party>/qualification": Ask(
        "/v1/parties/{investor}/qualification", {**QUALIFIED, "commitment": HASH}
    ),
    "GET /v1/parties/<party>/keys": Ask("/v1/parties/{investor}/keys"),
    "POST /v1/parties/<party>/keys": Ask("/v1/parties/{investor}/keys", {"held": "platform", "scope": ["*"]}),
    "POST /v1/parties/<party>/keys/<n>/rotation": Ask("/v1/parties/{investor}/keys/1/rotation", {"held": "platform"}),
    "POST /v1/parties/<party>/keys/<n>/revocation": Ask(
        "/v1/parties/{investor}/keys/1/revocation", {"reason": "retired"}
    ),
    "GET /v1/applications": of_list("/v1/applications", "{application}"),
    "POST /v1/applications": Ask("/v1/applications", PERSON),
    "GET /v1/applications/<id>": Ask("/v1/applications/{application}"),
    "PATCH /v1/applications/<id>": Ask("/v1/applications/{application}", {"activity": "Weaver"}),
    "DELETE /v1/applications/<id>": Ask("/v1/applications/{application}"),
    "POST /v1/applications/<id>/submission": Ask("/v1/applications/{application}/submission"),
    "POST /v1/applications/<id>/evidence": Ask(
        "/v1/applications/{application}/evidence", file=True, query={"kind": "tax"}
    ),
    "GET /v1/applications/<id>/evidence/<number>": Ask("/v1/applications/{application}/evidence/1"),
    "DELETE /v1/applications/<id>/evidence/<number>": Ask("/v1/applications/{application}/evidence/1"),
    "POST /v1/applications/<id>/erasure": Ask("/v1/applications/{application}/erasure"),
    "POST /v1/applications/<id>/review": Ask("/v1/applications/{application}/review"),
    "POST /v1/applications/<id>/return": Ask("/v1/applications/{application}/return", WHY),
    "POST /v1/applications/<id>/refusal": Ask("/v1/applications/{application}/refusal", WHY),
    "POST /v1/applications/<id>/approval": Ask("/v1/applications/{application}/approval", QUALIFIED),
    "POST /v1/applications/<id>/qualification": Ask("/v1/applications/{application}/qualification"),
    "GET /v1/accounts": of_list("/v1/accounts", "{account}"),
    "POST /v1/accounts": Ask("/v1/accounts", {"owner": "{investor}", "kind": "own"}),
    "GET /v1/accounts/<id>": Ask("/v1/accounts/{account}"),
    "POST /v1/accounts/<id>/closure": Ask("/v1/accounts/{account}/closure", {}),
    "POST /v1/accounts/<id>/moves": Ask("/v1/accounts/{account}/moves", {"custodian": "{custodian}"}),
    "GET /v1/acts": of_list("/v1/acts", "{act}"),
    "POST /v1/acts": Ask(
        "/v1/acts",
        {"function": "instrument:authorise", "args": {**NAMED, "authorised": "2000000", "resolution": HASH}},
    ),
    "GET /v1/acts/<id>": Ask("/v1/acts/{act}"),
    "POST /v1/acts/<id>/approval": Ask("/v1/acts/{act}/approval", {"hash": "{hash}"}),
    "GET /v1/instruments": of_list("/v1/instruments", "{share}"),
    "POST /v1/instruments": Ask(
        "/v1/instruments",
        {"instrument": "NEW1", "kind": "equity", "issuer": "{issuer}", "currency": "{currency}", "authorised": "9"}
        | {"lot": "1", "tick_minor": "1", "fee_bps": "0", "minor_digits": "0"},
    ),
    "GET /v1/instruments/<instrument>": Ask("/v1/instruments/{share}"),
    "GET /v1/instruments/<instrument>/book": Ask("/v1/instruments/{share}/book"),
    "GET /v1/instruments/<instrument>/terms": Ask("/v1/instruments/{share}/terms"),
    "POST /v1/instruments/<instrument>/terms": Ask(
        "/v1/instruments/{share}/terms", {"version": "1", "class": "ordinary", "votes": "1"}
    ),
    "POST /v1/instruments/<instrument>/issuances": Ask("/v1/instruments/{share}/issuances", ISSUE),
    "POST /v1/instruments/<instrument>/authorisations": Ask(
        "/v1/instruments/{share}/authorisations", {"authorised": "2000000", "resolution": HASH}
    ),
    "POST /v1/instruments/<instrument>/identification": Ask(
        "/v1/instruments/{share}/identification", {"isin": "MX01WA000038", "cfi": "ESVUFR"}
    ),
    "POST /v1/instruments/<instrument>/suspension": Ask(
        "/v1/instruments/{share}/suspension", {"suspended": "yes", **WHY}
    ),
    "POST /v1/instruments/<instrument>/publications": Ask(
        "/v1/instruments/{share}/publications", {"document": "{document}", "kind": "other"}
    ),
    "GET /v1/instruments/<instrument>/register": Ask("/v1/instruments/{share}/register"),
    "GET /v1/instruments/<instrument>/register.csv": Ask("/v1/instruments/{share}/register.csv"),
    "GET /v1/instruments/<instrument>/register.xlsx": Ask("/v1/instruments/{share}/register.xlsx"),
    "GET /v1/instruments/<instrument>/register.pdf": Ask("/v1/instruments/{share}/register.pdf"),
    "GET /v1/letters": of_list("/v1/letters", "{letter}"),
    "GET /v1/letters/<id>": Ask("/v1/letters/{letter}"),
    "POST /v1/letters/<id>/receipt": Ask("/v1/letters/{letter}/receipt"),
    "POST /v1/instruments/<instrument>/letters": Ask(
        "/v1/instruments/{share}/letters", {"subject": "A meeting", "text": "We meet on Monday."}
    ),
    "GET /v1/publications": of_list("/v1/publications", "{publication}"),
    "GET /v1/publications/<id>": Ask("/v1/publications/{publication}"),
    "GET /v1/publications/<id>/content": Ask("/v1/publications/{publication}/content"),
    "GET /v1/documents": of_list("/v1/documents", "{document}"),
    "POST /v1/documents": Ask("/v1/documents", file=True),
    "GET /v1/documents/<id>": Ask("/v1/documents/{document}"),
    "GET /v1/documents/<id>/content": Ask("/v1/documents/{document}/content"),
    "GET /v1/holdings": of_list("/v1/holdings", "{account}"),
    "GET /v1/movements": of_list("/v1/movements", "{account}"),
    "GET /v1/portfolio": Ask("/v1/portfolio"),
    "GET /v1/statements": Ask("/v1/statements"),
    "GET /v1/statements/<month>": Ask("/v1/statements/{month}", query={"account": "{account}"}),
    "GET /v1/statements/<month>/lines": Ask("/v1/statements/{month}/lines", query={"account": "{account}"}),
    "GET /v1/statements/<month>/csv": Ask("/v1/statements/{month}/csv", query={"account": "{account}"}),
    "GET /v1/statements/<month>/pdf": Ask("/v1/statements/{month}/pdf", query={"account": "{account}"}),
    "GET /v1/notifications": Ask("/v1/notifications"),
    "GET /v1/notifications/unread": Ask("/v1/notifications/unread"),
    "POST /v1/notifications/read": Ask("/v1/notifications/read", {}),
    "GET /v1/certificates": of_list("/v1/certificates", "{certificate}"),
    "POST /v1/certificates": Ask("/v1/certificates", {"account": "{account}", "instrument": "{share}"}),
    "GET /v1/certificates/<fingerprint>/pdf": Ask("/v1/certificates/{certificate}/pdf"),
    "GET /v1/verifications/<fingerprint>": Ask("/v1/verifications/{certificate}"),
    "GET /v1/transfers": of_list("/v1/transfers", "{transfer}"),
    "POST /v1/transfers": Ask(
        "/v1/transfers",
        {**NAMED, "from_account": "{my_account}", "to_account": "{issuer_account}", "quantity": "1", "reason": "gift"},
    ),
    "GET /v1/transfers/<id>": Ask("/v1/transfers/{transfer}"),
    "GET /v1/instructions": of_list("/v1/instructions", "{instruction}"),
    "POST /v1/instructions": Ask(
        "/v1/instructions",
        {**NAMED, **MINE, "side": "deliver", "counterparty": "{broker}", "quantity": "1", "amount_minor": "1"}
        | {"terms": "f" * 64, "good_till": SOON},
    ),
    "GET /v1/instructions/<terms>": Ask("/v1/instructions/{instruction}"),
    "POST /v1/instructions/<terms>/cancellation": Ask("/v1/instructions/{instruction}/cancellation", {}),
    "POST /v1/instructions/<terms>/expiry": Ask("/v1/instructions/{instruction}/expiry", {}),
    "GET /v1/negotiations": of_list("/v1/negotiations", "{negotiation}"),
    "POST /v1/negotiations": Ask(
        "/v1/negotiations",
        {**NAMED, "side": "buy", "quantity": "1", "parties": ["{elsewhere}"], "expires_at": SOON},
    ),
    "GET /v1/negotiations/<id>": Ask("/v1/negotiations/{negotiation}"),
    "POST /v1/negotiations/<id>/withdrawal": Ask("/v1/negotiations/{negotiation}/withdrawal"),
    "POST /v1/negotiations/<id>/refusal": Ask("/v1/negotiations/{negotiation}/refusal", WHY),
    "POST /v1/negotiations/<id>/offers": Ask(
        "/v1/negotiations/{negotiation}/offers",
        {"quantity": "5", "price_minor": "900", "account": "{my_account}", "good_till": SOON},
    ),
    "POST /v1/negotiations/<id>/offers/<offer_id>/acceptance": Ask(
        "/v1/negotiations/{negotiation}/offers/{offer}/acceptance", {"account": "{my_account}"}
    ),
    "POST /v1/negotiations/<id>/offers/<offer_id>/refusal": Ask(
        "/v1/negotiations/{negotiation}/offers/{offer}/refusal", WHY
    ),
    "POST /v1/negotiations/<id>/offers/<offer_id>/withdrawal": Ask(
        "/v1/negotiations/{negotiation}/offers/{offer}/withdrawal"
    ),
    "GET /v1/attestations": of_list("/v1/attestations", "{attestation}"),
    "POST /v1/attestations": Ask(
        "/v1/attestations",
        {
            "instrument": "{currency}",
            "balance_minor": "900000000000",
            "reference": "S-9",
            "as_of": "{now}",
        },
    ),
    "GET /v1/attestations/<id>": Ask("/v1/attestations/{attestation}"),
    "GET /v1/drafts": of_list("/v1/drafts", "{draft}"),
    "GET /v1/drafts/<id>": Ask("/v1/drafts/{draft}"),
    "POST /v1/drafts/<id>/approval": Ask("/v1/drafts/{draft}/approval"),
    "POST /v1/drafts/<id>/refusal": Ask("/v1/drafts/{draft}/refusal", WHY),
    "GET /v1/four-eyes": Ask("/v1/four-eyes"),
    "POST /v1/four-eyes": Ask("/v1/four-eyes", {"required": "no"}),
    "GET /v1/deposits": of_list("/v1/deposits", "{deposit}"),
    "POST /v1/deposits": Ask(
        "/v1/deposits",
        {"instrument": "{currency}", "account": "{account}", "amount_minor": "1", "reference": "R-9"},
    ),
    "GET /v1/deposits/<id>": Ask("/v1/deposits/{deposit}"),
    "GET /v1/withdrawals": of_list("/v1/withdrawals", "{withdrawal}"),
    "POST /v1/withdrawals": Ask(
        "/v1/withdrawals",
        {"instrument": "{currency}", "account": "{my_account}", "amount_minor": "1", "destination": "0123456789"},
    ),
    "GET /v1/withdrawals/<id>": Ask("/v1/withdrawals/{withdrawal}"),
    "POST /v1/withdrawals/<id>/payment": Ask("/v1/withdrawals/{withdrawal}/payment", {"reference": "R-9"}),
    "POST /v1/withdrawals/<id>/refusal": Ask("/v1/withdrawals/{withdrawal}/refusal", WHY),
    "GET /v1/orders": of_list("/v1/orders", "{order}"),
    "POST /v1/orders": Ask("/v1/orders", ORDER),
    "POST /v1/orders/preview": Ask("/v1/orders/preview", ORDER),
    "POST /v1/orders/bulk": Ask(
        "/v1/orders/bulk", {"orders": [{"id": "{new_id}", **ORDER}]}, shows='"status": "waiting"'
    ),
    "GET /v1/orders/<id>": Ask("/v1/orders/{order}"),
    "GET /v1/orders/<id>/trace": Ask("/v1/orders/{order}/trace"),
    "GET /v1/orders/<id>/reports": Ask("/v1/orders/{order}/reports"),
    "POST /v1/orders/<id>/cancellation": Ask("/v1/orders/{order}/cancellation", {}),
    "POST /v1/orders/<id>/replacement": Ask("/v1/orders/{order}/replacement", {"quantity": "9", "limit_minor": "900"}),
    "POST /v1/orders/<id>/expiry": Ask("/v1/orders/{order}/expiry", {}),
    "GET /v1/mandates": of_list("/v1/mandates", '"{investor}"'),
    "POST /v1/mandates": Ask(
        "/v1/mandates",
        {"agent": "{broker}", "affirmation": "each", "order_minor": "1", "total_minor": "1", "good_till": SOON},
    ),
    "POST /v1/mandates/<agent>/revocation": Ask("/v1/mandates/{broker}/revocation", {}),
    "GET /v1/entries": of_list("/v1/entries", "{entry}"),
    "POST /v1/entries": Ask(
        "/v1/entries",
        {**NAMED, "account": "{account}", "side": "buy", "quantity": "1", "limit_minor": "100", "venue": "{venue}"},
    ),
    "GET /v1/entries/<id>": Ask("/v1/entries/{entry}"),
    "POST /v1/entries/<id>/affirmation": Ask("/v1/entries/{entry}/affirmation", {}),
    "POST /v1/entries/<id>/refusal": Ask("/v1/entries/{entry}/refusal", WHY),
    "POST /v1/entries/<id>/withdrawal": Ask("/v1/entries/{entry}/withdrawal"),
    "POST /v1/entries/affirmations": Ask(
        "/v1/entries/affirmations", {"entries": ["{entry}"]}, shows='"status": "waiting"'
    ),
    "GET /v1/executions": of_list("/v1/executions", '"number": {execution},'),
    "GET /v1/executions/<number>": Ask("/v1/executions/{execution}"),
    "POST /v1/executions/<number>/retry": Ask("/v1/executions/{execution}/retry"),
    "POST /v1/executions/<number>/dismissal": Ask("/v1/executions/{execution}/dismissal", WHY),
    "GET /v1/claims": of_list("/v1/claims", "{claim}"),
    "GET /v1/claims/<id>": Ask("/v1/claims/{claim}"),
    "POST /v1/claims/<id>/acceptance": Ask("/v1/claims/{claim}/acceptance", {}),
    "POST /v1/claims/<id>/refusal": Ask("/v1/claims/{claim}/refusal", WHY),
    "GET /v1/confirmations": of_list("/v1/confirmations", "{confirmation}"),
    "GET /v1/confirmations/<id>": Ask("/v1/confirmations/{confirmation}"),
    "POST /v1/confirmations/<id>/answer": Ask("/v1/confirmations/{confirmation}/answer", {"status": "affirmed"}),
    "GET /v1/disclosures": of_list("/v1/disclosures", "{disclosure}"),
    "GET /v1/disclosures/<id>": Ask("/v1/disclosures/{disclosure}"),
    "GET /v1/disclosures/<id>/clients/<n>/proof": Ask("/v1/disclosures/{disclosure}/clients/0/proof"),
    "POST /v1/accounts/<account>/disclosures": Ask(
        "/v1/accounts/{omnibus}/disclosures",
        {**NAMED, "as_of": "{now}", "clients": [{"client": "C-1", "quantity": "1"}]},
    ),
    "GET /v1/offerings": of_list("/v1/offerings", "{offering}"),
    "GET /v1/offerings (public)": of_list("/v1/offerings", "{public_offering}"),
    "POST /v1/offerings": Ask("/v1/offerings", {**OFFERING, "allot_by": "{latest}"}),
    "GET /v1/offerings/<id>": Ask("/v1/offerings/{offering}"),
    "GET /v1/offerings/<id> (public)": Ask("/v1/offerings/{public_offering}"),
    "GET /v1/offerings/<id>/book": Ask("/v1/offerings/{offering}/book"),
    "GET /v1/offerings/<id>/book (public)": Ask("/v1/offerings/{public_offering}/book"),
    "POST /v1/offerings/<id>/cancellation": Ask("/v1/offerings/{offering}/cancellation", WHY),
    "POST /v1/offerings/<id>/cancellation (public)": Ask("/v1/offerings/{public_offering}/cancellation", WHY),
    "GET /v1/offerings/<id>/invitations": Ask("/v1/offerings/{offering}/invitations", shows='"{investor}"'),
    "POST /v1/offerings/<id>/invitations": Ask("/v1/offerings/{offering}/invitations", {"parties": ["{elsewhere}"]}),
    "GET /v1/offerings/<id>/allotment": Ask("/v1/offerings/{offering}/allotment"),
    "GET /v1/offerings/<id>/allotment (public)": Ask("/v1/offerings/{public_offering}/allotment"),
    "POST /v1/offerings/<id>/allotment": Ask("/v1/offerings/{offering}/allotment", {"price_minor": "1000"}),
    "POST /v1/offerings/<id>/allotment (public)": Ask(
        "/v1/offerings/{public_offering}/allotment", {"price_minor": "1000"}
    ),
    "GET /v1/subscriptions": of_list("/v1/subscriptions", "{offering}"),
    "GET /v1/offerings/<offering>/subscriptions/<subscriber>": Ask("/v1/offerings/{offering}/subscriptions/{investor}"),
    "POST /v1/offerings/<offering>/subscriptions/preview": Ask("/v1/offerings/{offering}/subscriptions/preview", WISH),
    "POST /v1/offerings/<offering>/subscriptions": Ask("/v1/offerings/{offering}/subscriptions", WISH),
    "POST /v1/offerings/<offering>/withdrawal": Ask("/v1/offerings/{offering}/withdrawal", {}),
    "GET /v1/trades": of_list("/v1/trades", "{trade}"),
    "POST /v1/trades": Ask(
        "/v1/trades",
        {**NAMED, "number": "2", "after": "1", "buy": "{order}", "sell": "{listed}", "quantity": "1"}
        | {"price_minor": "900"},
        key="{execution_id}",
    ),
    "GET /v1/trades/<id>": Ask("/v1/trades/{trade}"),
    "GET /v1/submissions": of_list("/v1/submissions", "{submission_id}"),
    "GET /v1/submissions/<id>": Ask("/v1/submissions/{submission}"),
    "GET /v1/sessions": of_list("/v1/sessions", "{session}"),
    "POST /v1/sessions": Ask("/v1/sessions", SESSION),
    "GET /v1/sessions/<comp_id>": Ask("/v1/sessions/{session}"),
    "GET /v1/sessions/<comp_id>/messages": Ask("/v1/sessions/{session}/messages"),
    "POST /v1/sessions/<comp_id>/enabling": Ask("/v1/sessions/{session}/enabling"),
    "POST /v1/sessions/<comp_id>/disabling": Ask("/v1/sessions/{session}/disabling"),
    "POST /v1/sessions/<comp_id>/reset": Ask("/v1/sessions/{session}/reset"),
    "GET /v1/messages/<number>": Ask("/v1/messages/{message}"),
    "GET /v1/webhooks": of_list("/v1/webhooks", '"{investor}"'),
    "POST /v1/webhooks": Ask("/v1/webhooks", {"url": "https://93.184.216.34/new", "events": ["*"]}),
    "GET /v1/webhooks/<number>": Ask("/v1/webhooks/{webhook}"),
    "DELETE /v1/webhooks/<number>": Ask("/v1/webhooks/{webhook}"),
    "GET /v1/webhooks/<number>/deliveries": Ask("/v1/webhooks/{webhook}/deliveries"),
    "POST /v1/webhooks/<number>/enabling": Ask("/v1/webhooks/{webhook}/enabling"),
    "POST /v1/webhooks/<number>/secret": Ask("/v1/webhooks/{webhook}/secret"),
    "POST /v1/webhooks/<number>/deliveries/<sequence>/resend": Ask("/v1/webhooks/{webhook}/deliveries/1/resend"),
    "GET /v1/events": Ask("/v1/events"),
}
