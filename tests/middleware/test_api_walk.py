"""Every endpoint's happy path, each answer held against the OpenAPI document, on the sandbox with a real worker."""

import hashlib

import pytest

from middleware import ids
from middleware.ledger import wallet
from tests.middleware.door import CURRENCY, Door, Owner, Share, eventually
from tests.middleware.placement import placement

RESOLUTION = hashlib.sha256(b"a resolution").hexdigest()

NOBODY = {"entered_by": "", "approved_by": ""}


@pytest.fixture(scope="module")
def buyer(door: Door) -> Owner:
    return door.owner(cash=1_000_000)


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share()


@pytest.fixture(scope="module")
def seller(door: Door, share: Share) -> Owner:
    owner = door.owner()
    share.give(owner, 500)
    return owner


def test_the_ledger_says_which_it_is(door: Door) -> None:
    found = door.party("ALICE").get("/ledger").json
    assert found is not None
    assert found["ledger"] == wallet.ledger_hash(door.app.extensions["lonja"].config)
    assert (found["driver"], found["sandbox"], found["reachable"]) == ("sandbox", True, True)
    assert found["height"] >= found["position"] > 0
    assert [organisation["id"] for organisation in found["organisations"]] == ["operator", "custodian"]


def test_a_user_sees_and_changes_itself(door: Door) -> None:
    alice = door.sign_in("alice")
    me = alice.get("/users/me").json
    assert me is not None
    assert (me["username"], me["party"], me["roles"], me["status"]) == ("alice", "ALICE", ["investor"], "active")
    assert alice.send("PATCH", "/users/me", json={"language": "es"}).json == {**me, "language": "es"}
    assert alice.send("PATCH", "/users/me", json={"language": "en"}).json == {**me, "language": "en"}
    assert alice.get("/users/me").json == {**me, "language": "en"}


def test_the_operator_lists_users(door: Door) -> None:
    users = door.party("OPERATOR").items("/users", limit="3")
    assert {"alice", "bruno", "operator"} <= {user["username"] for user in users}
    assert users == sorted(users, key=lambda user: user["username"])


def test_a_party_is_proposed_approved_named_and_suspended(door: Door) -> None:
    operator, custodian = door.party("OPERATOR"), door.party("CUSTODIA1")
    party = f"W{ids.new()[-8:].upper()}"
    body = {"party": party, "name": "Wanda Ruiz", "organisation": "", "roles": ["investor"]}
    proposed = operator.command("/parties", body)
    act = proposed["act"]
    assert (act["status"], act["function"], act["approvable"]) == ("proposed", "party:admit", False)
    assert operator.get(f"/parties/{party}").status_code == 404
    seen = custodian.get(f"/acts/{act['id']}").json
    assert seen == {**act, "approvable": True}
    assert act["id"] in [one["id"] for one in custodian.items("/acts", status="proposed")]
    approved = custodian.command(f"/acts/{act['id']}/approval", {"hash": act["hash"]})["act"]
    assert (approved["status"], approved["approver"], approved["approvable"]) == ("approved", "CUSTODIA1", False)
    found = operator.get(f"/parties/{party}").json
    assert found is not None
    assert (found["name"], found["roles"], found["status"]) == ("Wanda Ruiz", ["investor"], "active")
    renamed = operator.send("PATCH", f"/parties/{party}", json={"name": "Wanda Ruiz Gil"}).json
    assert renamed == {**found, "name": "Wanda Ruiz Gil"}
    assert renamed["qualification"] is None
    terms = {
        "jurisdiction": "MX",
        "investor_type": "retail",
        "limit_minor": "5000",
        "good_till": "2027-06-01T00:00:00Z",
    }
    qualified = operator.command(f"/parties/{party}/qualification", {**terms, "commitment": "c" * 64})["party"]
    assert qualified["qualification"].items() >= {**terms, "commitment": "c" * 64, "status": "good"}.items()
    again = operator.command(f"/parties/{party}/qualification", {**terms, "limit_minor": "0"})["party"]
    assert (again["qualification"]["limit_minor"], again["qualification"]["commitment"]) == ("0", "c" * 64)
    suspended = operator.command(f"/parties/{party}/suspension", {"suspended": "yes", "reason": "for a test"})
    assert (suspended["party"]["status"], suspended["party"]["reason"]) == ("suspended", "for a test")
    assert party in [one["party"] for one in operator.items("/parties", role="investor")]


def test_keys_are_added_rotated_and_revoked(door: Door) -> None:
    owner = door.owner()
    keys = f"/parties/{owner.party}/keys"
    added = owner.client.command(keys, {"held": "platform", "scope": ["order:place", "order:cancel"]})
    assert (added["key"]["n"], added["key"]["scope"]) == ("2", ["order:place", "order:cancel"])
    rotated = owner.client.command(f"{keys}/2/rotation", {"held": "platform"})
    assert (rotated["key"]["n"], rotated["key"]["scope"]) == ("3", ["order:place", "order:cancel"])
    revoked = owner.client.command(f"{keys}/3/revocation", {"reason": "retired"})
    assert revoked["key"]["status"] == "retired"
    assert [(key["n"], key["status"]) for key in owner.client.items(keys, limit="1")] == [
        ("1", "active"),
        ("2", "retired"),
        ("3", "retired"),
    ]
    assert door.party("CUSTODIA1").items(keys) == owner.client.items(keys)


def test_the_key_of_another_is_an_act_of_two(door: Door) -> None:
    owner = door.owner()
    keys = f"/parties/{owner.party}/keys"
    proposed = door.party("OPERATOR").command(keys, {"held": "platform", "scope": ["*"]})
    assert proposed["act"]["function"] == "key:add"
    assert proposed["key"] is None
    door.agree(proposed)
    assert [key["n"] for key in owner.client.items(keys)] == ["1", "2"]


def test_an_account_is_opened_and_closed(door: Door) -> None:
    custodian, owner = door.party("CUSTODIA1"), door.owner()
    opened = custodian.command("/accounts", {"owner": owner.party, "kind": "individual"})["account"]
    assert (opened["owner"], opened["kind"], opened["status"]) == (owner.party, "individual", "open")
    assert owner.client.get(f"/accounts/{opened['id']}").json == opened
    closed = custodian.command(f"/accounts/{opened['id']}/closure")["account"]
    assert closed["status"] == "closed"
    assert [one["id"] for one in custodian.items("/accounts", owner=owner.party, status="open")] == [owner.account]


def test_an_instrument_is_registered_issued_and_suspended(door: Door) -> None:
    issuer = door.owner("issuer")
    code = f"X{ids.new()[-8:].upper()}"
    terms = {"instrument": code, "kind": "equity", "issuer": issuer.party, "currency": CURRENCY}
    terms |= {"authorised": "1000", "lot": "10", "tick_minor": "5", "fee_bps": "0", "minor_digits": "0"}
    terms |= {"isin": "MX01WA000038"}
    door.agree(door.party("OPERATOR").command("/instruments", terms))
    found = issuer.client.get(f"/instruments/{code}").json
    assert found is not None
    assert (found["issued"], found["authorised"], found["lot"], found["currency_digits"]) == ("0", "1000", "10", "2")
    issue = {"account": issuer.account, "quantity": "600", "resolution": RESOLUTION}
    door.agree(issuer.client.command(f"/instruments/{code}/issuances", issue))
    again = issuer.client.get(f"/instruments/{code}").json
    assert again == {**found, "issued": "600"}
    suspended = door.party("OPERATOR").command(
        f"/instruments/{code}/suspension", {"suspended": "yes", "reason": "for a test"}
    )
    assert suspended["instrument"]["status"] == "suspended"
    assert code in [one["instrument"] for one in issuer.client.items("/instruments", issuer=issuer.party)]
    register = issuer.client.get(f"/instruments/{code}/register").json
    assert register is not None
    assert (register["issued"], register["total"]) == ("600", "600")
    holder = register["holders"][0]
    assert (holder["owner"], holder["quantity"], holder["share_bps"]) == (issuer.party, "600", "10000")


def test_any_act_can_be_proposed_in_the_ledgers_terms(door: Door) -> None:
    owner = door.owner()
    args = {"party": owner.party, "n": "1", "reason": "retired"}
    body = {"function": "key:revoke", "args": args, "good_till": "2027-01-01T00:00:00Z"}
    proposed = door.party("OPERATOR").command("/acts", body)["act"]
    assert (proposed["args"], proposed["good_till"]) == (args, "2027-01-01T00:00:00Z")


def test_cash_comes_in_and_goes_out(door: Door) -> None:
    owner, bank = door.owner(), door.party("BANCO1")
    deposit = door.deposit(owner.account, 5_000)["deposit"]
    assert (deposit["owner"], deposit["amount_minor"], deposit["bank"]) == (owner.party, "5000", "BANCO1")
    assert (deposit["entered_by"], deposit["approved_by"]) == ("bank", "bank2")
    deposit |= NOBODY  # the bank's users are the bank's own business
    assert owner.client.get(f"/deposits/{deposit['id']}").json == deposit
    assert owner.client.items("/deposits", account=owner.account) == [deposit]
    body = {
        "instrument": CURRENCY,
        "account": owner.account,
        "amount_minor": "2000",
        "destination": "002010077777777771",
    }
    first = owner.client.command("/withdrawals", body)["withdrawal"]
    assert (first["status"], first["destination"]) == ("pending", "002010077777777771")
    assert bank.get(f"/withdrawals/{first['id']}").json == first
    assert first["id"] in [one["id"] for one in bank.items("/withdrawals", status="pending")]
    paid = door.banking(f"/withdrawals/{first['id']}/payment", {"reference": "SPEI-1"})["withdrawal"]
    assert (paid["status"], paid["reference"]) == ("paid", "SPEI-1")
    second = owner.client.command("/withdrawals", body)["withdrawal"]
    refused = door.banking(f"/withdrawals/{second['id']}/refusal", {"reason": "no such account"})["withdrawal"]
    assert (refused["status"], refused["reason"]) == ("refused", "no such account")
    held = owner.client.items("/holdings", instrument=CURRENCY)[0]
    assert (held["quantity"], held["reserved"], held["available"]) == ("3000", "0", "3000")
    changes = [line["change"] for line in owner.client.items("/movements", account=owner.account, limit="2")]
    assert changes == ["0", "0", "-2000", "0", "5000"]


def test_shares_are_transferred_free_of_payment(share: Share, seller: Owner, buyer: Owner) -> None:
    body = {"instrument": share.code, "from_account": seller.account, "to_account": buyer.account}
    sent = seller.client.command("/transfers", {**body, "quantity": "3", "reason": "inheritance"})["transfer"]
    assert (sent["party"], sent["quantity"], sent["held"]) == (seller.party, "3", "platform")
    assert buyer.client.get(f"/transfers/{sent['id']}").json == sent
    assert sent in seller.client.items("/transfers", account=seller.account, instrument=share.code)


def test_an_order_is_previewed_placed_executed_and_traced(share: Share, seller: Owner, buyer: Owner) -> None:
    wanted = buyer.order("buy", share.code, 10, 9_000)
    preview = buyer.client.post("/orders/preview", wanted).json
    assert preview is not None
    # 10 x 9,000 at 25 basis points
    assert (preview["amount_minor"], preview["max_fee_minor"], preview["reserved"]) == ("90000", "225", "90225")
    assert (preview["reserved_instrument"], preview["sufficient"], preview["venue"]) == (CURRENCY, True, "BOLSA")
    sale = seller.client.command("/orders", seller.order("sell", share.code, 10, 8_900))["order"]
    assert (sale["status"], sale["reserved"], sale["reserved_instrument"]) == ("new", "10", share.code)
    bought = buyer.client.command("/orders", wanted)["order"]
    id = bought["id"]
    order = _filled(buyer, id)
    assert (order["filled"], order["remaining"], order["reserved"], order["cancellable"]) == ("10", "0", "0", False)
    assert (order["average_price_minor"], order["fees_minor"]) == ("8900", "222")
    trace = buyer.client.get(f"/orders/{id}/trace").json
    assert trace is not None
    assert [step["step"] for step in trace["steps"]] == [
        "account_and_key",
        "affirmed",
        "reserved",
        "executed",
        "settled",
    ]
    executed = trace["steps"][-1]
    assert (executed["signer"], executed["price_minor"], executed["quantity"]) == ("BOLSA", "8900", "10")
    trade = buyer.client.get(f"/trades/{executed['trade']}").json
    assert trade is not None
    assert (trade["side"], trade["buyer"], trade["seller"], trade["fee_minor"]) == ("buy", buyer.party, None, "222")
    legs = trade["settlement"]["legs"]
    assert {"instrument": share.code, "from_account": None, "to_account": buyer.account, "quantity": "10"} in legs
    listed = buyer.client.items("/trades", instrument=share.code, order=id)
    assert listed == [{name: value for name, value in trade.items() if name != "settlement"}]
    book = buyer.client.get(f"/instruments/{share.code}/book").json
    assert book is not None
    assert book["trades"][0]["price_minor"] == "8900"


def test_an_order_is_cancelled(share: Share, buyer: Owner) -> None:
    placed = buyer.client.command("/orders", buyer.order("buy", share.code, 1, 100))["order"]
    assert (placed["status"], placed["reserved"], placed["cancellable"]) == ("new", "100", True)
    book = buyer.client.get(f"/instruments/{share.code}/book").json
    assert book is not None
    assert {"limit_minor": "100", "quantity": "1", "orders": "1"} in book["bids"]
    cancelled = buyer.client.command(f"/orders/{placed['id']}/cancellation")["order"]
    assert (cancelled["status"], cancelled["reserved"], cancelled["remaining"]) == ("cancelled", "0", "1")
    steps = buyer.client.get(f"/orders/{placed['id']}/trace").json
    assert steps is not None
    assert [step["step"] for step in steps["steps"]] == ["account_and_key", "affirmed", "reserved", "cancelled"]


def test_what_the_ledger_rejects_is_in_the_list_with_its_sentence(share: Share, buyer: Owner) -> None:
    id = ids.new()
    refused = buyer.client.post("/orders", buyer.order("buy", share.code, 1_000_000, 9_000), key=id, wait=20)
    assert refused.status_code == 409
    problem = refused.json
    assert problem is not None
    assert (problem["code"], problem["submission"]["code"]) == ("insufficient", "insufficient")
    order = buyer.client.get(f"/orders/{buyer.party}:{id}").json
    assert order is not None
    assert (order["status"], order["quantity"], order["message"]) == ("rejected", "1000000", problem["detail"])
    assert order in buyer.client.items("/orders", status="rejected")


def test_many_orders_come_at_once_with_an_outcome_each(share: Share, buyer: Owner) -> None:
    good = {"id": ids.new(), **buyer.order("buy", share.code, 1, 50)}
    wrong = {"id": ids.new(), **buyer.order("buy", share.code, 0, 50)}
    foreign = {"id": ids.new(), **buyer.order("buy", share.code, 1, 50), "account": f"CUSTODIA1:{ids.new()}"}
    answer = buyer.client.post("/orders/bulk", {"orders": [good, wrong, foreign, "no", good]})
    assert answer.status_code == 202
    assert answer.json is not None
    items = answer.json["items"]
    assert [item["status"] for item in items] == ["waiting", "refused", "refused", "refused", "waiting"]
    assert (
        items[0]
        == items[4]
        == {"id": good["id"], "order": f"{buyer.party}:{good['id']}", "status": "waiting", "problem": None}
    )
    assert items[1]["problem"]["errors"][0]["pointer"] == "/quantity"
    assert (items[2]["problem"]["status"], items[2]["problem"]["errors"][0]["pointer"]) == (404, "/account")


def test_an_offering_is_opened_subscribed_to_shown_and_cancelled(door: Door, buyer: Owner) -> None:
    placed = placement(door)
    assert placed.seen(buyer)["subscribable"] is True
    made = placed.subscribe(buyer, 20)
    assert buyer.client.get(f"{placed.path}/subscriptions/{buyer.party}").json == made
    assert made in buyer.client.items("/subscriptions", offering=placed.id)
    book = buyer.client.get(f"{placed.path}/book").json
    assert book is not None
    assert (book["demand"], book["covered_bps"]) == ("20", "200")
    previewed = placed.share.issuer.client.get(f"{placed.path}/allotment").json
    assert previewed is not None
    assert (previewed["root"], previewed["demand"], previewed["items"][0]["allotted"]) == ("", "20", "0")
    cancelled = placed.share.issuer.client.command(f"{placed.path}/cancellation", {"reason": "for a test"})
    assert (cancelled["offering"]["status"], cancelled["offering"]["reason"]) == ("cancelled", "for a test")


def test_submissions_are_listed_with_what_was_signed(share: Share, buyer: Owner) -> None:
    placed = buyer.client.command("/orders", buyer.order("buy", share.code, 1, 60))
    id = f"{buyer.party}:{placed['submission']['id']}"
    found = buyer.client.get(f"/submissions/{id}").json
    assert found is not None
    assert (found["args"]["limit_minor"], found["status"], found["code"]) == ("60", "done", "")
    done = buyer.client.items("/submissions", status="done", function="order:place")
    assert found["id"] in [one["id"] for one in done]


def test_orders_and_holdings_are_paged_without_gap_or_repeat(share: Share, buyer: Owner) -> None:
    for limit_minor in (70, 71, 72):
        buyer.client.command("/orders", buyer.order("buy", share.code, 1, limit_minor))
    every = buyer.client.items("/orders")
    assert buyer.client.items("/orders", limit="1") == every
    assert len({order["id"] for order in every}) == len(every) > 2
    page = buyer.client.get("/orders", limit="1")
    assert page.headers["Link"].startswith("</v1/orders?limit=1&starting_after=")
    assert buyer.client.items("/holdings", limit="1") == buyer.client.items("/holdings")


def test_the_probes_answer(door: Door) -> None:
    http = door.app.test_client()
    assert http.get("/livez").json == {"status": "ok"}
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "ledger": "ok", "disk": "ok"}},
    )
    version = http.get("/version").json
    assert version is not None
    assert (version["api"], version["sandbox"], version["version"]) == ("v1", True, "0.1.0")


def _filled(owner: Owner, id: str) -> dict[str, str]:
    def look() -> dict[str, str] | None:
        order = owner.client.get(f"/orders/{id}").json
        assert order is not None
        return order if order["status"] == "filled" else None

    found: dict[str, str] = eventually(look)
    return found
