"""Busts and corrections of settled trades: nothing moves before both owners agree, or two organisations order it."""

import pytest

from middleware import ids
from middleware.ledger import connect
from middleware.reconcile import reconcile
from tests.middleware.door import CURRENCY, Door, Json, Owner, eventually
from tests.middleware.listed import PRICE, Listed, listed


@pytest.fixture(scope="module")
def world(door: Door) -> Listed:
    return listed(door)


@pytest.fixture(scope="module")
def stranger(door: Door) -> Owner:
    return door.owner()


def settled(world: Listed, id: str) -> Json:
    """The claim once it has settled."""

    def look() -> Json | None:
        claim: Json | None = world.exchange.client.get(f"/claims/{id}").json
        return claim if claim and claim["status"] == "settled" else None

    found: Json = eventually(look)
    return found


def test_an_execution_of_an_exchange_is_a_trade_with_its_reference(world: Listed) -> None:
    trade = world.trade(10, match="M-7", raw="35=AE|571=X-7")
    assert (trade["venue"], trade["number"], trade["after"], trade["status"]) == (
        world.exchange.party,
        None,
        None,
        "settled",
    )
    assert (trade["quantity"], trade["price_minor"], trade["held"]) == ("10", str(PRICE), "platform")
    shown = world.buyer.client.get(f"/trades/{trade['id']}").json
    assert shown is not None
    assert (shown["reference"], shown["side"], shown["seller"]) == (trade["reference"], "buy", None)
    assert {"quantity": "10", "to_account": world.buyer.account}.items() <= shown["settlement"]["legs"][0].items()


def test_a_claim_moves_nothing_until_both_owners_accept(world: Listed) -> None:
    before = {owner.party: (world.held(owner), world.held(owner, CURRENCY)) for owner in (world.buyer, world.seller)}
    claim = world.claim()
    traded = (world.held(world.buyer), world.held(world.seller))
    path = f"/claims/{claim['id']}"
    seen = world.buyer.client.get(path).json
    assert seen is not None
    assert (seen["side"], seen["buyer"], seen["seller"]) == ("buy", world.buyer.party, None)
    assert (seen["answerable"], seen["accepted_by"], seen["traded_quantity"]) == (True, 0, "10")
    accepted = world.buyer.client.command(f"{path}/acceptance")["claim"]
    assert (accepted["status"], accepted["accepted_by_you"], accepted["answerable"]) == ("open", True, False)
    assert (world.held(world.buyer), world.held(world.seller)) == traded
    twice = world.buyer.client.post(f"{path}/acceptance", {}, key=ids.new(), wait=20)
    assert twice.status_code == 409
    done = world.seller.client.command(f"{path}/acceptance")["claim"]
    assert (done["status"], done["accepted_by"]) == ("settled", 2)
    for owner in (world.buyer, world.seller):
        assert (world.held(owner), world.held(owner, CURRENCY)) == before[owner.party]  # fees too
    trade = world.buyer.client.get(f"/trades/{claim['trade']}").json
    assert trade is not None
    assert (trade["status"], trade["quantity"], trade["settlement"]["status"]) == ("reversed", "10", "settled")
    for order in (world.buy, world.sell):
        reports = world.door.party("OPERATOR").items(f"/orders/{order}/reports")
        assert reports[-1]["kind"] == "bust"
        assert reports[-1]["trade"] == claim["trade"]


def test_a_correction_moves_the_difference(world: Listed) -> None:
    claim = world.claim("correct", quantity=10, price_minor=850)
    assert (claim["kind"], claim["quantity"], claim["price_minor"]) == ("correct", "1", "850")
    bought = world.held(world.buyer)
    for owner in (world.buyer, world.seller):
        owner.client.command(f"/claims/{claim['id']}/acceptance")
    assert world.held(world.buyer) == bought - 9
    trade = world.seller.client.get(f"/trades/{claim['trade']}").json
    assert trade is not None
    assert trade["status"] == "corrected"


def test_a_refused_claim_settles_only_by_order_of_two_organisations(world: Listed) -> None:
    claim = world.claim()
    path = f"/claims/{claim['id']}"
    refused = world.seller.client.command(f"{path}/refusal", {"reason": "we sold it"})["claim"]
    assert (refused["status"], refused["reason"], refused["answerable"]) == ("refused", "we sold it", False)
    late = world.buyer.client.post(f"{path}/acceptance", {}, key=ids.new(), wait=20)
    assert (late.status_code, late.json and late.json["reason"]) == (409, "claim")
    args = {"claim": claim["id"], "reason": "ruling 7 of the exchange"}
    forbidden = world.buyer.client.post("/acts", {"function": "claim:enforce", "args": args}, key=ids.new())
    assert forbidden.status_code == 403
    proposed = world.door.party("OPERATOR").command("/acts", {"function": "claim:enforce", "args": args})
    assert world.exchange.client.get(path).json == {**refused, **_as_seen_by_the_exchange(world)}
    world.door.agree(proposed)
    done = settled(world, claim["id"])
    assert (done["status"], done["reason"]) == ("settled", "ruling 7 of the exchange")
    shown = world.buyer.client.get(f"/trades/{claim['trade']}").json
    assert shown is not None
    assert shown["status"] == "reversed"


def _as_seen_by_the_exchange(world: Listed) -> Json:
    sides = {"buyer": world.buyer.party, "seller": world.seller.party}
    return {**sides, "side": "", "accepted_by_you": False, "answerable": False}


def test_a_claim_is_seen_by_those_who_see_the_trade_each_with_the_names_he_may_know(
    world: Listed, stranger: Owner
) -> None:
    claim = world.claim()
    path, buyer, seller = f"/claims/{claim['id']}", world.buyer.party, world.seller.party
    names = {
        world.buyer.client: (buyer, None),
        world.seller.client: (None, seller),
        world.broker.client: (buyer, None),
        world.exchange.client: (buyer, seller),
        world.door.party("CUSTODIA1"): (buyer, seller),
        world.door.party("OPERATOR"): (buyer, seller),
    }
    for client, known in names.items():
        seen = client.get(path).json
        assert seen is not None
        assert (seen["buyer"], seen["seller"]) == known
        assert seen in client.items("/claims", status="open", trade=claim["trade"])
    for client in (stranger.client, world.share.issuer.client, world.door.party("BOLSA"), world.door.party("BANCO1")):
        assert client.get(path).status_code == 404
        assert client.items("/claims", trade=claim["trade"]) == []


def test_only_owners_answer_a_claim(world: Listed, stranger: Owner) -> None:
    path = f"/claims/{world.claim()['id']}"
    for client, status in (
        (stranger.client, 404),
        (world.broker.client, 403),
        (world.exchange.client, 403),
        (world.door.party("CUSTODIA1"), 403),
        (world.door.party("OPERATOR"), 403),
    ):
        for rule, body in (("acceptance", {}), ("refusal", {"reason": "no"})):
            assert client.post(f"{path}/{rule}", body, key=ids.new()).status_code == status


def test_the_same_answer_again_is_the_first_one(world: Listed) -> None:
    path, key = f"/claims/{world.claim()['id']}", ids.new()
    first = world.buyer.client.command(f"{path}/acceptance", key=key)
    assert world.buyer.client.command(f"{path}/acceptance", key=key) == first
    other = world.buyer.client.post(f"{path}/refusal", {"reason": "no"}, key=key)
    assert (other.status_code, other.json and other.json["code"]) == (409, "duplicate")


def test_what_the_ledger_does_not_take_of_an_exchange_is_parked_and_dealt_with(world: Listed) -> None:
    over = world.exchange.tell(buy=world.buy, sell=world.sell, quantity=100_000)
    row = world.exchange.until(over, "parked")
    assert (row["code"], row["retryable"], row["dismissable"]) == ("insufficient", True, True)
    operator = world.door.party("OPERATOR")
    assert over in [one["number"] for one in operator.items("/executions", status="parked", venue=world.exchange.party)]
    path, key = f"/executions/{over}", ids.new()
    again = operator.post(f"{path}/retry", key=key)
    assert (again.status_code, again.json and again.json["id"]) == (200, key)
    world.exchange.until(over, "parked")
    assert operator.post(f"{path}/retry", key=key).status_code == 200  # the same press
    done = world.exchange.client.post(f"{path}/dismissal", {"reason": "a wrong message"}).json
    assert done is not None
    assert (done["status"], done["note"].partition(": ")[2]) == ("dismissed", "a wrong message")
    assert operator.post(f"{path}/retry", key=ids.new()).status_code == 409
    assert operator.post(f"{path}/dismissal", {"reason": "again"}).status_code == 409


def test_the_queue_is_for_the_exchange_and_those_who_oversee(world: Listed, stranger: Owner) -> None:
    number = world.exchange.tell(buy="NO-SUCH", sell=world.sell)
    path = f"/executions/{number}"
    assert world.exchange.row(number)["buy"] == "NO-SUCH"
    for client in (stranger.client, world.broker.client, world.door.party("CUSTODIA1"), world.door.party("BOLSA")):
        assert client.get(path).status_code == 404
        assert client.items("/executions") == []
        for rule, body in (("retry", None), ("dismissal", {"reason": "no"})):
            assert client.post(f"{path}/{rule}", body, key=ids.new()).status_code == 403
    for method in ("retry", "dismissal"):
        assert (
            world.exchange.client.post("/executions/999999999/" + method, {"reason": "x"}, key=ids.new()).status_code
            == 404
        )


def test_sql_and_ledger_agree_on_executions_and_claims(world: Listed) -> None:
    here = world.door.app.extensions["lonja"]
    found = reconcile(here.database, connect(here.config))
    assert found.differences == []
    assert (found.counts["execution"] > 5, found.counts["claim"] > 5) == (True, True)
