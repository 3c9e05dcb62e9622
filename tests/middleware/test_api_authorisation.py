"""Who sees what: others' objects do not exist, and what may be seen but is another's cannot be changed."""

from dataclasses import dataclass
from typing import Any

import pytest

from middleware import ids
from tests.middleware.door import CURRENCY, Client, Door, Owner, Share, eventually
from tests.middleware.placement import Placement, placement


@dataclass(frozen=True)
class World:
    """One trade between two investors, and everything that led to it."""

    door: Door
    share: Share
    buyer: Owner
    seller: Owner
    stranger: Owner
    things: dict[str, str]

    def who(self, name: str) -> Client:
        owners = {"buyer": self.buyer, "seller": self.seller, "stranger": self.stranger, "issuer": self.share.issuer}
        return owners[name].client if name in owners else self.door.user(name)


@pytest.fixture(scope="module")
def world(door: Door) -> World:
    share, buyer, seller, stranger = door.share(), door.owner(cash=50_000), door.owner(), door.owner(cash=1_000)
    given = share.give(seller, 20)["transfer"]
    deposit = door.deposit(buyer.account, 50_000)["deposit"]
    wish = {"instrument": CURRENCY, "account": buyer.account, "amount_minor": "100", "destination": "0123456789"}
    withdrawal = buyer.client.command("/withdrawals", wish)["withdrawal"]
    sale = seller.client.command("/orders", seller.order("sell", share.code, 20, 1_000))["order"]
    bought = buyer.client.command("/orders", buyer.order("buy", share.code, 15, 1_000))["order"]
    trades = eventually(lambda: buyer.client.items("/trades", order=bought["id"]))
    hook = buyer.client.post("/webhooks", {"url": f"https://93.184.216.34/{buyer.party}", "events": ["*"]}).json
    assert hook is not None
    webhook = f"/webhooks/{hook['webhook']['number']}"
    things = {
        "party": f"/parties/{buyer.party}",
        "keys": f"/parties/{buyer.party}/keys",
        "account": f"/accounts/{buyer.account}",
        "deposit": f"/deposits/{deposit['id']}",
        "withdrawal": f"/withdrawals/{withdrawal['id']}",
        "transfer": f"/transfers/{given['id']}",
        "order": f"/orders/{bought['id']}",
        "trace": f"/orders/{bought['id']}/trace",
        "reports": f"/orders/{bought['id']}/reports",
        "sale": f"/orders/{sale['id']}",
        "trade": f"/trades/{trades[0]['id']}",
        "submission": f"/submissions/{bought['id']}",
        "register": f"/instruments/{share.code}/register",
        "book": f"/instruments/{share.code}/book",
        "instrument": f"/instruments/{share.code}",
        "institution": "/parties/BANCO1",
        "webhook": webhook,
        "deliveries": f"{webhook}/deliveries",
    }
    return World(door, share, buyer, seller, stranger, things)


USERS = ("buyer", "seller", "stranger", "issuer", "custodian", "bank", "venue", "operator")
NOBODYS = "01a21486-3d9f-75ae-b625-d1187a6f869f"  # nothing has this id; names of tests must not change
SEEN_BY = {
    "party": {"buyer", "custodian", "operator"},
    "keys": {"buyer", "custodian", "operator"},
    "account": {"buyer", "custodian", "operator"},
    "deposit": {"buyer", "custodian", "bank", "operator"},
    "withdrawal": {"buyer", "custodian", "bank", "operator"},
    "transfer": {"seller", "issuer", "custodian", "operator"},
    "order": {"buyer", "custodian", "venue", "operator"},
    "trace": {"buyer", "custodian", "venue", "operator"},
    "reports": {"buyer", "custodian", "venue", "operator"},
    "sale": {"seller", "custodian", "venue", "operator"},
    "trade": {"buyer", "seller", "custodian", "venue", "operator"},
    "submission": {"buyer", "operator"},
    "register": {"issuer", "custodian", "operator"},
    "book": set(USERS),
    "instrument": set(USERS),
    "institution": set(USERS),
    "webhook": {"buyer", "operator"},
    "deliveries": {"buyer", "operator"},
}
FORBIDDEN = {"register": {"buyer", "seller", "stranger", "venue"}}  # their role never sees one


@pytest.mark.parametrize("thing", SEEN_BY)
@pytest.mark.parametrize("user", USERS)
def test_a_thing_exists_for_those_it_concerns(world: World, thing: str, user: str) -> None:
    status = world.who(user).get(world.things[thing]).status_code
    if user in SEEN_BY[thing]:
        assert status == 200
    else:
        assert status == (403 if user in FORBIDDEN.get(thing, ()) else 404)


@pytest.fixture(scope="module")
def placed(world: World) -> Placement:
    """A private offering to which the buyer is invited and has subscribed; the seller is invited."""
    made = placement(world.door, world.share, kind="private", price_min_minor="1", ticket_minimum="1")
    made.invite(world.buyer, world.seller)
    made.subscribe(world.buyer, 10, 1_000)
    return made


OFFERING_SEEN_BY = {
    "": {"buyer", "seller", "issuer", "custodian", "operator"},
    "/book": {"buyer", "seller", "issuer", "custodian", "operator"},
    "/invitations": {"buyer", "seller", "issuer", "custodian", "operator"},  # each his own; see test_offerings
    "/subscriptions/BUYER": {"buyer", "issuer", "custodian", "operator"},
    "/allotment": {"issuer", "custodian", "operator"},
}


@pytest.mark.parametrize("thing", OFFERING_SEEN_BY)
@pytest.mark.parametrize("user", USERS)
def test_a_private_offering_exists_for_those_it_concerns(
    world: World, placed: Placement, thing: str, user: str
) -> None:
    status = world.who(user).get(f"{placed.path}{thing.replace('BUYER', world.buyer.party)}").status_code
    if user in OFFERING_SEEN_BY[thing]:
        assert status == 200
    else:
        assert status == (403 if thing == "/allotment" else 404)


def test_nobody_acts_on_anothers_offering(world: World, placed: Placement) -> None:
    other = world.door.owner("issuer")
    asked = {"/invitations": {"parties": ["ALICE"]}, "/cancellation": {"reason": "x"}}
    asked |= {"/allotment": {"price_minor": "1000"}, "/subscriptions": placed.wish(other, 10), "/withdrawal": {}}
    for rule, body in asked.items():
        assert placed.refused(other, rule, body)["status"] == 404, rule
    for rule in ("/invitations", "/cancellation"):
        for user in ("buyer", "custodian", "operator", "bank"):
            answer = world.who(user).post(f"{placed.path}{rule}", asked[rule], key=ids.new())
            assert answer.status_code == 403, (user, rule)
    stranger = world.stranger.client.post(f"{placed.path}/subscriptions", placed.wish(world.buyer, 10), key=ids.new())
    assert stranger.status_code == 404


LISTS = ["/accounts", "/holdings", "/movements", "/orders", "/trades", "/deposits", "/withdrawals", "/transfers"]
LISTS += ["/entries", "/mandates", "/instructions", "/subscriptions", "/negotiations"]
UNSHARED = ["/submissions", "/webhooks", "/claims", "/confirmations", "/disclosures", "/executions", "/sessions"]
UNSHARED += ["/certificates", "/notifications"]


@pytest.mark.parametrize("path", [*LISTS, *UNSHARED])
def test_lists_show_nothing_of_others(world: World, path: str) -> None:
    everything = str(world.stranger.client.items(path))
    for other in (world.buyer, world.seller, world.share.issuer):
        assert other.party not in everything
        assert other.account not in everything


@pytest.mark.parametrize("path", LISTS)
def test_filters_do_not_open_what_is_anothers(world: World, path: str) -> None:
    for query in ({"account": world.buyer.account}, {"owner": world.buyer.party}):
        answer = world.stranger.client.get(path, **query)
        if answer.status_code == 200:
            assert answer.json is not None
            assert answer.json["items"] == []
        else:
            assert answer.status_code == 422  # it has no such filter


def test_parties_show_investors_to_founders_only(world: World) -> None:
    seen = {party["party"] for party in world.stranger.client.items("/parties")}
    assert {"OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1", world.share.issuer.party, world.stranger.party} <= seen
    assert not {world.buyer.party, world.seller.party, "ALICE"} & seen
    assert {world.buyer.party, "ALICE"} <= {party["party"] for party in world.who("custodian").items("/parties")}


def test_a_trade_shows_each_side_without_the_others_name(world: World) -> None:
    for user, own, other in (("buyer", world.buyer, world.seller), ("seller", world.seller, world.buyer)):
        trade = world.who(user).get(world.things["trade"]).json
        assert trade is not None
        assert trade["side"] == ("buy" if user == "buyer" else "sell")
        assert trade[user] == own.party
        assert other.party not in str(trade)
        assert other.account not in str(trade)
    for user in ("venue", "operator", "custodian"):
        trade = world.who(user).get(world.things["trade"]).json
        assert trade is not None
        assert (trade["buyer"], trade["seller"]) == (world.buyer.party, world.seller.party)


def test_where_money_goes_is_for_owner_bank_and_operator(world: World) -> None:
    shown = {}
    for user in ("buyer", "bank", "operator", "custodian"):
        found = world.who(user).get(world.things["withdrawal"]).json
        assert found is not None
        shown[user] = found["destination"]
    assert shown == {"buyer": "0123456789", "bank": "0123456789", "operator": "0123456789", "custodian": ""}


def test_nobody_trades_out_of_anothers_account(world: World) -> None:
    order = world.stranger.order("sell", world.share.code, 1, 1_000)
    for field in ("account", "cash_account"):
        answer = world.stranger.client.post("/orders", {**order, field: world.seller.account}, key=ids.new())
        _refused(answer, 404, f"/{field}")
        preview = world.stranger.client.post("/orders/preview", {**order, field: world.seller.account})
        _refused(preview, 404, f"/{field}")
    move = {"instrument": world.share.code, "from_account": world.seller.account, "to_account": world.stranger.account}
    answer = world.stranger.client.post("/transfers", {**move, "quantity": "1", "reason": "gift"}, key=ids.new())
    _refused(answer, 404, "/from_account")
    wish = {"instrument": CURRENCY, "account": world.buyer.account, "amount_minor": "1", "destination": "0123456789"}
    _refused(world.stranger.client.post("/withdrawals", wish, key=ids.new()), 404, "/account")


def test_nobody_cancels_or_replaces_anothers_order(world: World) -> None:
    for user, status in (("stranger", 404), ("seller", 404), ("operator", 403), ("venue", 403), ("custodian", 403)):
        for rule, body in (("cancellation", {}), ("replacement", {"quantity": "16", "limit_minor": "1000"})):
            answer = world.who(user).post(f"{world.things['order']}/{rule}", body, key=ids.new())
            assert answer.status_code == status, (user, rule)


@pytest.mark.parametrize(
    ("path", "body", "allowed"),
    [
        ("/parties", {"party": "ANYBODY", "name": "Any", "roles": ["investor"]}, {"operator", "custodian"}),
        ("/parties/ALICE/suspension", {"suspended": "yes", "reason": "x"}, {"operator"}),
        (
            "/parties/ALICE/qualification",
            {"jurisdiction": "MX", "investor_type": "retail", "limit_minor": "0", "good_till": "2027-06-01T00:00:00Z"},
            {"operator"},
        ),
        *(
            (f"/applications/{NOBODYS}/{act}", body, {"operator"})
            for act, body in (
                ("review", {}),
                ("return", {"reason": "x"}),
                ("refusal", {"reason": "x"}),
                ("qualification", {}),
            )
        ),
        (
            f"/applications/{NOBODYS}/approval",
            {"jurisdiction": "MX", "investor_type": "retail", "limit_minor": "0", "good_till": "2027-06-01T00:00:00Z"},
            {"operator"},
        ),
        ("/accounts", {"owner": "BANCO1", "kind": "own"}, {"custodian"}),
        (
            "/deposits",
            {"instrument": CURRENCY, "account": f"A1:{ids.new()}", "amount_minor": "1", "reference": "x"},
            {"bank"},
        ),
        ("/trades", {}, {"venue"}),
        ("/users", {"username": "x1", "party": "ALICE", "password": "a long password"}, {"operator"}),
        ("/orders/bulk", {"orders": [{}]}, {"buyer", "seller", "stranger", "issuer"}),
        ("/mandates", {}, {"buyer", "seller", "stranger", "issuer"}),
        ("/offerings", {}, {"issuer"}),
        (f"/offerings/A1:{NOBODYS}/invitations", {}, {"issuer"}),
        (f"/offerings/A1:{NOBODYS}/cancellation", {}, {"issuer"}),
        (f"/offerings/A1:{NOBODYS}/allotment", {}, {"issuer", "custodian"}),
        (f"/offerings/A1:{NOBODYS}/subscriptions", {}, {"buyer", "seller", "stranger", "issuer"}),
        (f"/offerings/A1:{NOBODYS}/withdrawal", {}, {"buyer", "seller", "stranger", "issuer"}),
        ("/entries", {"instrument": "ACME", "side": "buy", "limit_minor": "1"}, set()),  # brokers, who are not here
        ("/entries/affirmations", {"entries": ["x"]}, {"buyer", "seller", "stranger", "issuer"}),
        (f"/accounts/A1:{NOBODYS}/disclosures", {}, {"custodian"}),
        ("/negotiations", {}, {"buyer", "seller", "stranger", "issuer"}),
        (f"/negotiations/{NOBODYS}/withdrawal", None, {"buyer", "seller", "stranger", "issuer"}),
        (f"/negotiations/{NOBODYS}/refusal", {"reason": "x"}, {"buyer", "seller", "stranger", "issuer"}),
        (f"/negotiations/{NOBODYS}/offers", {}, {"buyer", "seller", "stranger", "issuer"}),
        ("/executions/1/retry", {}, {"operator"}),
        ("/executions/1/dismissal", {"reason": "x"}, {"operator"}),
        (f"/confirmations/{NOBODYS}/answer", {"status": "affirmed"}, set()),
    ],
)
def test_an_action_needs_its_role(world: World, path: str, body: dict[str, Any], allowed: set[str]) -> None:
    for user in USERS:
        if user not in allowed:
            answer = world.who(user).post(path, body, key=ids.new())
            assert answer.status_code == 403, user
            assert answer.json is not None
            assert answer.json["reason"] == "role"


def test_an_issuer_issues_its_own_only(world: World) -> None:
    other = world.door.owner("issuer")
    issue = {"account": other.account, "quantity": "1", "resolution": "0" * 64}
    answer = other.client.post(f"/instruments/{world.share.code}/issuances", issue, key=ids.new())
    assert answer.status_code == 403


def test_the_keys_of_another_are_out_of_reach(world: World) -> None:
    for path, body in (
        ("", {"held": "platform", "scope": ["*"]}),
        ("/1/rotation", {"held": "platform"}),
        ("/1/revocation", {"reason": "retired"}),
    ):
        answer = world.stranger.client.post(f"{world.things['keys']}{path}", body, key=ids.new())
        assert answer.status_code == 404, path


def test_nobody_changes_anothers_webhook(world: World) -> None:
    for user in ("stranger", "custodian", "operator"):
        client, path = world.who(user), world.things["webhook"]
        for method, rule in (
            ("DELETE", ""),
            ("POST", "/enabling"),
            ("POST", "/secret"),
            ("POST", "/deliveries/1/resend"),
        ):
            assert client.send(method, f"{path}{rule}").status_code == 404, (user, rule)


def test_a_suspended_partys_commands_are_refused_by_the_ledger(door: Door) -> None:
    owner = door.owner(cash=1_000)
    share = door.share()
    door.party("OPERATOR").command(f"/parties/{owner.party}/suspension", {"suspended": "yes", "reason": "a test"})
    answer = owner.client.post("/orders", owner.order("buy", share.code, 1, 1), key=ids.new(), wait=20)
    assert answer.status_code == 403
    assert answer.json is not None
    assert (answer.json["code"], answer.json["reason"]) == ("forbidden", "suspended")
    assert owner.client.get("/holdings").status_code == 200


def _refused(answer: Any, status: int, pointer: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
