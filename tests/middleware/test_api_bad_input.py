"""Every field of every command, every bad value: a problem that names the field, and nothing goes to the ledger."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from middleware import ids
from middleware.models.submission import Submission
from tests.middleware import placement
from tests.middleware.contract import PROBLEM
from tests.middleware.door import CURRENCY, USERS, Broker, Client, Door, Owner, Share

HUGE = str(2**63)
NOBODYS = "01a21486-3d9f-75ae-b625-d1187a6f869f"  # nothing has this id; names of tests must not change
# No field takes any of these.
ANYWHERE: list[Any] = [
    1,
    -1,
    0,
    1.5,
    True,
    False,
    None,
    {},
    {"a": {"b": [{}]}},
    [[]],
    "a\x00b",
    "x" * 5_000,
    "\u202e",
    " ",
]
NUMBERS = ["", "-1", "01", "+1", "1.5", "1e3", " 1", "1 ", "0x1", "٣", "１", HUGE, "9" * 30, "9" * 5_000, "NaN"]
CODES = ["", "a", "alice", "A", "A" * 33, "-A", "A B", "Á", "A/B", "A\n", "../A"]
REFERENCES = ["", "ALICE", "ALICE:", ":x", f"alice:{ids.new()}", "ALICE:00000000-0000-0000-0000-000000000000", "A:B"]
WORDS = ["", "nothing", "BUY", "buy ", "yes;no"]
TEXTS = ["", " a", "a ", "a\tb", "a\nb", "x" * 141, "e\u0301", "\u200b", "\x7f"]
HASHES = ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64]
INSTANTS = [
    "2026-13-01T00:00:00Z",
    "2026-11-22",
    "2026-11-22T18:00:00",
    "2026-11-22T18:00:00+01:00",
    "yesterday",
    "day ",
]
LISTS: list[Any] = [[], ["nobody"], "x", [1], [None], [["*"]], ["investor", "investor"], ["investor"] * 100]


@dataclass(frozen=True)
class Case:
    """One command: who sends what where, and which bad values each field must refuse."""

    user: str
    path: str
    body: dict[str, Any]
    bad: dict[str, list[Any]]
    optional: set[str] = field(default_factory=set)
    name: str = ""


def cases(owner: Owner, share: Share, broker: Broker) -> list[Case]:
    account, party = owner.account, owner.party
    order = owner.order("buy", share.code, 1, 100)
    until = {"good_till": INSTANTS}
    number = NUMBERS
    qualified = {
        "jurisdiction": "MX",
        "investor_type": "retail",
        "limit_minor": "0",
        "good_till": "2027-06-01T00:00:00Z",
    }
    return [
        Case(
            party,
            "/orders",
            order,
            {
                "account": REFERENCES,
                "cash_account": REFERENCES,
                "instrument": CODES,
                "side": WORDS,
                "quantity": [*number, "0"],
                "limit_minor": [*number, "0"],
                "max_fee_minor": number[1:],
                "venue": CODES[1:],
                "broker": CODES[1:],
                **until,
            },
            {"venue", "broker", "good_till", "max_fee_minor"},
        ),
        Case(
            "OPERATOR",
            "/parties",
            {"party": "NEWPARTY", "name": "New Party", "roles": ["investor"]},
            {
                "party": CODES,
                "name": TEXTS,
                "organisation": ["ALICE", "a", "-a", "a_b", "a" * 33, "a b"],
                "roles": LISTS,
                "key": ["x", [], 1],
                **until,
            },
            {"organisation", "good_till", "key"},
        ),
        Case(
            "OPERATOR",
            f"/parties/{party}/suspension",
            {"suspended": "yes", "reason": "a reason"},
            {"suspended": WORDS, "reason": TEXTS},
        ),
        Case(
            "OPERATOR",
            f"/parties/{party}/qualification",
            {**qualified, "commitment": "c" * 64},
            {
                "jurisdiction": ["", "mx", "MEX", "M1"],
                "investor_type": WORDS,
                "limit_minor": number,
                "commitment": HASHES[1:],
                **until,
            },
            {"commitment"},
        ),
        Case(
            party,
            f"/parties/{party}/keys",
            {"held": "platform", "scope": ["*"]},
            {"held": WORDS, "scope": LISTS, "n": ["1"], "public": ["x"], "proof": ["x"], **until},
            {"n", "public", "proof", "good_till"},
        ),
        Case(
            party,
            f"/parties/{party}/keys/1/rotation",
            {"held": "platform"},
            {"held": WORDS, "scope": LISTS, **until},
            {"scope", "good_till"},
        ),
        Case(party, f"/parties/{party}/keys/1/revocation", {"reason": "retired"}, {"reason": WORDS}),
        Case("CUSTODIA1", "/accounts", {"owner": party, "kind": "direct"}, {"owner": CODES, "kind": WORDS}),
        Case("CUSTODIA1", f"/accounts/{account}/closure", {}, {}),
        Case(
            party,
            f"/accounts/{account}/moves",
            {"custodian": "CUSTODIA1"},
            {"custodian": CODES, **until},
            {"good_till"},
        ),
        Case(
            "OPERATOR",
            "/instruments",
            {
                "instrument": "NEWSHARE",
                "kind": "equity",
                "issuer": share.issuer.party,
                "currency": CURRENCY,
                "authorised": "1000",
                "lot": "1",
                "tick_minor": "1",
                "fee_bps": "0",
                "minor_digits": "0",
            },
            {
                "instrument": CODES,
                "kind": WORDS,
                "issuer": CODES,
                "currency": CODES[1:],
                "isin": ["US0378331003", "US037833100", "us0378331005", "0" * 12, "US03783310055"],
                "authorised": [*number[1:], "0"],
                "lot": [*number, "0"],
                "tick_minor": [*number, "0"],
                "fee_bps": number,
                "fee_account": REFERENCES[1:],
                "minor_digits": ["", "5", "-1", "00", "10"],
                **until,
            },
            {"isin", "currency", "authorised", "fee_account", "good_till"},
        ),
        Case(
            share.issuer.party,
            f"/instruments/{share.code}/issuances",
            {"account": share.issuer.account, "quantity": "1", "resolution": "0" * 64},
            {"account": REFERENCES, "quantity": [*number, "0"], "resolution": HASHES, **until},
            {"good_till"},
        ),
        Case(
            "OPERATOR",
            f"/instruments/{share.code}/suspension",
            {"suspended": "yes", "reason": "a reason"},
            {"suspended": WORDS, "reason": TEXTS},
        ),
        Case(
            "OPERATOR",
            "/acts",
            {"function": "key:revoke", "args": {"party": party, "n": "1", "reason": "retired"}},
            {
                "function": ["", "order:place", "trade:execute", "act:approve"],
                "args": [{"party": party}, {"party": party, "n": "1", "reason": "x"}, {"party": 1}, "x", []],
                **until,
            },
            {"good_till"},
        ),
        Case(
            owner.party,
            "/transfers",
            {
                "instrument": share.code,
                "from_account": account,
                "to_account": share.issuer.account,
                "quantity": "1",
                "reason": "gift",
            },
            {
                "instrument": CODES,
                "from_account": REFERENCES,
                "to_account": REFERENCES,
                "quantity": [*number, "0"],
                "reason": WORDS,
            },
        ),
        Case(
            "BANCO1",
            "/deposits",
            {"instrument": CURRENCY, "account": account, "amount_minor": "1", "reference": "R-1"},
            {
                "instrument": CODES,
                "account": REFERENCES,
                "amount_minor": [*number, "0"],
                "reference": ["", "a b", "x" * 36, "ñ", "a/b"],
            },
        ),
        Case(
            party,
            "/withdrawals",
            {"instrument": CURRENCY, "account": account, "amount_minor": "1", "destination": "002010077777777771"},
            {
                "instrument": CODES,
                "account": REFERENCES,
                "amount_minor": [*number, "0"],
                "destination": ["", "abc", " 0123", "0123 ", "x" * 65, "01;23", "ñandú"],
            },
        ),
        Case(
            "BOLSA",
            "/trades",
            {
                "instrument": share.code,
                "number": "1",
                "after": "1",
                "buy": f"{party}:{ids.new()}",
                "sell": f"{party}:{ids.new()}",
                "quantity": "1",
                "price_minor": "1",
            },
            {
                "instrument": CODES,
                "number": [*number, "0"],
                "after": number,
                "buy": REFERENCES,
                "sell": REFERENCES,
                "quantity": [*number, "0"],
                "price_minor": [*number, "0"],
            },
        ),
        Case(
            party,
            "/mandates",
            {
                "agent": "BOLSA",
                "affirmation": "each",
                "order_minor": "1",
                "total_minor": "1",
                "good_till": "2026-12-31T00:00:00Z",
            },
            {
                "agent": [*CODES, party],
                "affirmation": WORDS,
                "order_minor": [*number, "0"],
                "total_minor": [*number, "0"],
                "good_till": ["", "day", *INSTANTS],
            },
        ),
        Case(party, "/mandates/BOLSA/revocation", {}, {}),
        Case(
            party,
            f"/orders/{party}:{ids.new()}/replacement",
            {"quantity": "1", "limit_minor": "1"},
            {"quantity": [*number, "0"], "limit_minor": [*number, "0"], "max_fee_minor": number[1:]},
            {"max_fee_minor"},
        ),
        Case(party, f"/claims/BOLSA:{ids.new()}/acceptance", {}, {}),
        Case(party, f"/claims/BOLSA:{ids.new()}/refusal", {"reason": "a reason"}, {"reason": TEXTS}),
        *_direct(owner, share),
        Case(
            broker.party,
            "/entries",
            {name: value for name, value in order.items() if name not in ("venue", "broker")},
            {
                "client_id": ["a b", "ñ", "x" * 65, "a\n"],
                "account": REFERENCES,
                "cash_account": REFERENCES[1:],
                "instrument": CODES,
                "side": WORDS,
                "quantity": [*number, "0"],
                "limit_minor": [*number, "0"],
                "max_fee_minor": number[1:],
                "venue": CODES[1:],
                "allocations": ["x", [1], [None], [{}], [{"account": account}], [{"quantity": "1"}]],
                **until,
            },
            {"client_id", "cash_account", "max_fee_minor", "venue", "allocations", "good_till"},
        ),
        *offering_cases(owner, share),
        *promise_cases(share),
    ]


def promise_cases(share: Share) -> list[Case]:
    """What issuers and the operator say of an instrument."""
    issuer, path, until = share.issuer.party, f"/instruments/{share.code}", {"good_till": INSTANTS}
    terms = {"version": [*NUMBERS, "0"], "class": WORDS, "frequency": ["", "3", "01"], "day_count": ["ACT/ACT", "30"]}
    terms |= dict.fromkeys(("votes", "face_minor", "rate_bps"), NUMBERS)
    terms |= {"matures_on": ["2031-02-30", "2031-1-1", "20310101", "soon"], "document": HASHES[1:]}
    terms |= {"investor_types": ["x", ["rich"], [1], ["retail"] * 2], "jurisdictions": ["MX", ["mx"], ["MEX"], [None]]}
    optional = {*terms, "good_till"} - {"version", "class"}
    good = {"version": "1", "class": "ordinary", "votes": "1"}
    published = {"document": ids.new(), "kind": "bylaws"}
    bad = {"document": ["", "x", ids.new().upper()], "kind": WORDS, "supersedes": REFERENCES[1:]}
    isins = ["", "US0378331006", "us0378331005", "US037833100"]
    return [
        Case(issuer, f"{path}/terms", good, {**terms, **until}, optional),
        Case(
            issuer,
            f"{path}/authorisations",
            {"authorised": "20000000", "resolution": "0" * 64},
            {"authorised": [*NUMBERS, "0"], "resolution": HASHES, **until},
            {"good_till"},
        ),
        Case(
            "OPERATOR",
            f"{path}/identification",
            {"isin": "US0378331005", "cfi": "ESVUFR"},
            {"isin": isins, "cfi": ["", "esvufr", "XSVUFR", "ESVUF"]},
        ),
        Case(issuer, f"{path}/publications", published, bad, {"supersedes"}),
    ]


def offering_cases(owner: Owner, share: Share) -> list[Case]:
    """What issuers and investors send of offerings; none of these offerings exists."""
    accounts, positive, nothing = {"account": REFERENCES, "cash_account": REFERENCES}, [*NUMBERS, "0"], ids.new()
    path = f"/offerings/ACME:{nothing}"
    tier: dict[str, Any] = {"investor_type": "retail", "quantity": "1"}
    bad_tiers: list[Any] = ["x", [1], [None], [{}], [{**tier, "quantity": "0"}], [tier, tier], [tier] * 9]
    names = ("price_min_minor", "price_max_minor", "minimum", "maximum", "ticket_minimum")
    offer = {"instrument": CODES, "cash_account": REFERENCES, "kind": WORDS, **dict.fromkeys(names, positive)}
    offer |= dict.fromkeys(("opens_at", "closes_at", "allot_by"), INSTANTS)
    offer |= {"ticket_maximum": NUMBERS, "tiers": bad_tiers, "document": HASHES[1:]}
    wish = {**accounts, "quantity": positive, "limit_minor": positive, "invitation": HASHES[1:]}
    good = {"account": owner.account, "cash_account": owner.account, "quantity": "1", "limit_minor": "1"}
    allot = {"price_minor": positive, "allotted": positive[1:], "good_till": INSTANTS}
    issuer = share.issuer.party
    return [
        Case(issuer, "/offerings", placement.terms(share), offer, {"ticket_maximum", "tiers", "document"}),
        Case(issuer, f"{path}/invitations", {"parties": ["ALICE"]}, {"parties": [[], ["a"], "x", [1], ["A1", "A1"]]}),
        Case(issuer, f"{path}/cancellation", {"reason": "a reason"}, {"reason": TEXTS}),
        Case(issuer, f"{path}/allotment", {"price_minor": "1"}, allot, {"allotted", "good_till"}),
        Case(owner.party, f"{path}/subscriptions", good, wish, {"invitation"}),
    ]


def _direct(owner: Owner, share: Share) -> list[Case]:
    """What two parties agree on between themselves."""
    party, account, asked = owner.party, owner.account, f"/negotiations/{ids.new()}"
    till = {"good_till": ["", "day", *INSTANTS]}
    accounts = {"account": REFERENCES, "cash_account": REFERENCES}
    counted = {"quantity": [*NUMBERS, "0"], "price_minor": [*NUMBERS, "0"]}
    agreed = {"side": "deliver", "account": account, "cash_account": account, "counterparty": "ALICE", "quantity": "1"}
    agreed |= {"instrument": share.code, "amount_minor": "1", "terms": "0" * 64, "good_till": "2026-12-31T00:00:00Z"}
    wrong: dict[str, list[Any]] = {"side": WORDS, **accounts, "counterparty": CODES, "instrument": CODES, **till}
    wrong |= {"quantity": [*NUMBERS, "0"], "amount_minor": NUMBERS, "terms": HASHES}
    request = {"instrument": share.code, "side": "buy", "quantity": "1", "parties": ["ALICE"]}
    request |= {"expires_at": "2026-12-31T00:00:00Z", "note": "A note"}
    bad: dict[str, list[Any]] = {"instrument": CODES, "side": WORDS, "quantity": [*NUMBERS, "0"], "note": TEXTS[1:]}
    bad |= {"parties": [[], "x", [1], [None], ["alice"], ["ALICE", "ALICE"], ["ALICE"] * 30, [party]]}
    offer = {"party": "ALICE", "quantity": "1", "price_minor": "1", "account": account, "cash_account": account}
    offer |= {"good_till": "2026-12-31T00:00:00Z", "note": "A note"}
    said: dict[str, list[Any]] = {"party": CODES[1:], "note": TEXTS[1:], **counted, **accounts, **till}
    said |= {"cash_account": REFERENCES[1:]}
    taken = {"account": REFERENCES, "cash_account": REFERENCES[1:]}
    return [
        Case(party, "/instructions", agreed, wrong),
        Case(party, f"/instructions/{'0' * 64}/cancellation", {}, {}),
        Case(party, f"/instructions/{'0' * 64}/expiry", {}, {}),
        Case(party, "/negotiations", request, {**bad, "expires_at": ["", "day", *INSTANTS]}, {"note"}),
        Case(party, f"{asked}/offers", offer, said, {"party", "cash_account", "note"}),
        Case(
            party,
            f"{asked}/offers/{ids.new()}/acceptance",
            {"account": account, "cash_account": account},
            taken,
            {"cash_account"},
        ),
    ]


NAMES = [
    "orders",
    "parties",
    "suspension of a party",
    "qualification",
    "keys",
    "rotation",
    "revocation",
    "accounts",
    "closure",
    "moves",
    "instruments",
    "issuances",
    "suspension of an instrument",
    "acts",
    "transfers",
    "deposits",
    "withdrawals",
    "trades",
    "mandates",
    "revocation of a mandate",
    "replacement",
    "acceptance of a claim",
    "refusal of a claim",
    "instructions",
    "cancellation of an instruction",
    "expiry of an instruction",
    "requests",
    "offers",
    "acceptance of an offer",
    "entries",
    "offerings",
    "invitations",
    "cancellation of an offering",
    "allotment",
    "subscriptions",
    "terms",
    "authorisations",
    "identification",
    "publications",
]
UNSIGNED = ("entries", "invitations", "requests")  # what the platform signs alone, or nobody
SIGNED = [name for name in NAMES if name not in UNSIGNED]


@pytest.fixture(scope="module")
def table(door: Door) -> dict[str, Case]:
    owner = door.owner(cash=10_000)
    found = cases(owner, door.share(), door.broker(each=owner))
    return dict(zip(NAMES, found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_bad_value_is_refused_by_name_and_changes_nothing(door: Door, table: dict[str, Case], name: str) -> None:
    case = table[name]
    before = _submissions(door)
    for field_name in (*case.bad, "colour"):
        for value in (*case.bad.get(field_name, ()), *ANYWHERE):
            if field_name == "key" and value is None:
                continue  # the platform makes one
            _refused(door, case, field_name, {**case.body, field_name: value})
    for field_name in case.bad.keys() - case.optional:
        body = {name: value for name, value in case.body.items() if name != field_name}
        _refused(door, case, field_name, body)
    assert _submissions(door) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_command_needs_an_id_of_its_own(door: Door, table: dict[str, Case], name: str) -> None:
    case = table[name]
    client = _client(door, case)
    before = _submissions(door)
    missing = client.post(case.path, case.body)
    assert missing.status_code == 400
    assert missing.json is not None
    assert missing.json["errors"][0]["pointer"] == "Idempotency-Key"
    for wrong in (
        "x",
        "1",
        ids.new().upper(),
        "00000000-0000-4000-8000-000000000000",
        "é",
        ids.new() + " x",
        "a" * 9_000,
    ):
        answer = client.post(case.path, case.body, key=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json is not None
        assert answer.json["errors"][0]["pointer"] == "Idempotency-Key"
    assert _submissions(door) == before


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize(
    "jws", [1, None, [], {}, "", "x", "a.b.c", "a.b", "é.é.é", "a" * 100_000, "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30."]
)
def test_a_signature_that_is_none_is_refused(door: Door, table: dict[str, Case], name: str, jws: Any) -> None:
    case = table[name]
    answer = _client(door, case).post(case.path, {"jws": jws}, key=ids.new())
    assert answer.status_code == 422
    assert answer.json is not None
    assert any(error["pointer"] == "/jws" or "name" in error["pointer"] for error in answer.json["errors"])


QUERIES = [
    ("/orders", "status"),
    ("/orders", "instrument"),
    ("/orders", "side"),
    ("/orders", "account"),
    ("/trades", "order"),
    ("/trades", "instrument"),
    ("/acts", "status"),
    ("/acts", "function"),
    ("/holdings", "kind"),
    ("/holdings", "empty"),
    ("/holdings", "owner"),
    ("/movements", "account"),
    ("/parties", "role"),
    ("/parties", "qualification"),
    ("/applications", "status"),
    ("/applications", "kind"),
    ("/accounts", "status"),
    ("/instruments", "kind"),
    ("/deposits", "account"),
    ("/withdrawals", "status"),
    ("/transfers", "account"),
    ("/submissions", "status"),
    *(("/orders", name) for name in ("broker", "owner", "venue", "placed_from", "placed_till")),
    *(("/entries", name) for name in ("status", "broker", "owner", "instrument", "group")),
    *(("/mandates", name) for name in ("owner", "agent")),
    *(("/claims", name) for name in ("status", "trade")),
    *(("/executions", name) for name in ("status", "kind", "venue")),
    *(("/instructions", name) for name in ("status", "account", "instrument")),
    *(("/negotiations", name) for name in ("status", "instrument")),
    *(("/accounts", name) for name in ("owner", "custodian", "kind", "instrument")),
    *(("/confirmations", name) for name in ("status", "order")),
    *(("/disclosures", name) for name in ("account", "instrument")),
    *(("/offerings", name) for name in ("status", "kind", "instrument", "issuer")),
    *(("/publications", name) for name in ("instrument", "kind")),
    *(("/subscriptions", name) for name in ("offering", "subscriber", "instrument", "status")),
]
LISTED = [
    *sorted({path for path, _ in QUERIES}),
    "/users",
    "/webhooks",
    "/sessions",
    "/parties/OPERATOR/keys",
    "/instruments/MXN.BANCO1/register",
]
BY_NAME = ("/users", "/sessions", "/parties", "/accounts", "/instruments")
BY_NUMBER = (
    "/publications",
    "/negotiations",
    "/trades",
    "/acts",
    "/deposits",
    "/withdrawals",
    "/transfers",
    "/submissions",
    "/parties/OPERATOR/keys",
    "/webhooks",
    "/entries",
    "/mandates",
    "/claims",
    "/confirmations",
    "/disclosures",
    "/applications",
    "/executions",
    "/offerings",
    "/subscriptions",
)


@pytest.mark.parametrize(("path", "name"), QUERIES)
def test_a_wrong_filter_is_refused_by_name(door: Door, path: str, name: str) -> None:
    for value in ("nothing!", "a\x00b", "x" * 5_000, "' or 1=1 --", "%", "é", "[]"):
        answer = door.party("OPERATOR").get(path, **{name: value})
        assert answer.status_code == 422, value
        assert answer.json is not None
        assert answer.json["errors"][0]["pointer"] == f"?{name}"


@pytest.mark.parametrize("path", LISTED)
def test_a_wrong_page_is_refused_by_name(door: Door, path: str) -> None:
    for name, values in {
        "limit": ("0", "-1", "201", "1000", "x", "", "1.5", "9" * 5_000, "1 "),
        "starting_after": ("x", "=", "[]", "e30", "WzFd", "WyIiXQ", "bnVsbA", "x" * 500, "a\x00", "WzEsMiwzLDQsNV0"),
        "colour": ("red",),
    }.items():
        for value in values:
            if (value == "WyIiXQ" and path in BY_NAME) or (value == "WzFd" and path in BY_NUMBER):
                continue  # [""] and [1] are places in lists that are ordered by a name, by a number
            answer = door.party("OPERATOR").get(path, **{name: value})
            assert answer.status_code == 422, (name, value, answer.get_data(as_text=True))
            assert answer.json is not None
            assert answer.json["errors"][0]["pointer"] == f"?{name}"


def test_a_bulk_is_bounded_and_each_item_is_checked(door: Door, table: dict[str, Case]) -> None:
    case, client = table["orders"], _client(door, table["orders"])
    before = _submissions(door)
    for orders in ([], [{}] * 501, {}, "x", None, 1):
        answer = client.post("/orders/bulk", {"orders": orders})
        assert answer.status_code == 422
    bad = [{**case.body, "id": ids.new(), name: value} for name in case.bad for value in ANYWHERE]
    bad += [{**case.body, "id": value} for value in ("", None, 1, "x", [], ids.new().upper())]
    bad += [None, 1, "x", [], {}, {"id": ids.new(), "jws": "x"}, {"id": ids.new(), "jws": "a.b.c", "side": "buy"}]
    answer = client.post("/orders/bulk", {"orders": bad})
    assert answer.status_code == 202
    assert answer.json is not None
    assert {item["status"] for item in answer.json["items"]} == {"refused"}
    assert all(item["problem"]["errors"] for item in answer.json["items"])
    assert _submissions(door) == before


SIGN_IN: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/tokens", {"username": "alice", "password": "x"}),
    ("POST", "/users", {"username": "new-user", "party": "ALICE", "password": "a long password"}),
    ("PATCH", "/users/me", {"language": "es"}),
    ("POST", "/users/me/password", {"current_password": "x", "new_password": "a long password"}),
    ("PATCH", "/parties/ALICE", {"name": "Alicia Torres"}),
    ("POST", f"/negotiations/{NOBODYS}/refusal", {"reason": "Too dear"}),
    ("POST", f"/negotiations/{NOBODYS}/offers/{NOBODYS}/refusal", {"reason": "Too dear"}),
    ("POST", "/webhooks", {"url": "https://93.184.216.34/", "events": ["*"]}),
]


@pytest.mark.parametrize(("method", "path", "body"), SIGN_IN)
def test_every_field_of_what_is_no_command_is_checked_too(
    door: Door, method: str, path: str, body: dict[str, Any]
) -> None:
    client = door.party("ALICE" if path.startswith("/negotiations") else "OPERATOR")
    for name in (*body, "colour"):
        for value in ANYWHERE:
            if "password" in name and isinstance(value, str) and "\x00" not in value and len(value) <= 128:
                continue  # any characters are good in a password
            answer = client.send(method, path, json={**body, name: value})
            assert answer.status_code == 422, (name, value)
            assert answer.json is not None
            assert f"{answer.json['errors'][0]['pointer']}/".startswith(f"/{name}/")


def _refused(door: Door, case: Case, name: str, body: dict[str, Any]) -> None:
    answer = _client(door, case).post(case.path, body, key=ids.new())
    shown = json.dumps(body.get(name))[:80]
    assert answer.status_code == 422, (
        f"{case.path} {name}={shown}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
    )
    assert answer.mimetype == PROBLEM
    assert answer.json is not None
    pointers = [error["pointer"] for error in answer.json["errors"]]
    assert any(f"{pointer}/".startswith(f"/{name}/") for pointer in pointers), f"{case.path} {name}={shown}: {pointers}"


def _client(door: Door, case: Case) -> Client:
    return door.party(case.user) if case.user in USERS else door.user(case.user.lower())


def _submissions(door: Door) -> int:
    """How many commands there are, but for those that worker and matcher send by themselves."""
    with door.app.extensions["lonja"].reading() as session:
        worker = ("trade:execute", "order:expire", "instruction:expire", "offering:settle", "offering:release")
        ours = Submission.function.notin_(worker)
        return int(session.scalar(select(func.count()).select_from(Submission).where(ours)))
