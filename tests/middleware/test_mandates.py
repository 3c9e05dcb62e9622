"""Mandates and replacements over REST: what agents may do, how much of it is used, and other terms for open orders."""

import pytest

from middleware import clock, ids
from tests.middleware.door import CURRENCY, Broker, Door, Json, Owner, Share

YEARS = 86_400 * 500


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share()


@pytest.fixture(scope="module")
def owner(door: Door) -> Owner:
    return door.owner(cash=1_000_000)


@pytest.fixture(scope="module")
def broker(door: Door) -> Broker:
    return door.broker()


def terms(agent: str, **changed: str) -> Json:
    body = {"agent": agent, "affirmation": "each", "order_minor": "1000", "total_minor": "5000"}
    return {**body, "good_till": clock.text(clock.after(86_400)), **changed}


def test_both_sides_see_a_mandate_and_nobody_else(door: Door, owner: Owner, broker: Broker) -> None:
    given = owner.mandate(broker.party)
    assert (given["owner"], given["agent"], given["status"]) == (owner.party, broker.party, "active")
    assert (given["used_minor"], given["kid"], given["held"]) == ("0", f"{owner.party}.1", "platform")
    assert given in owner.client.items("/mandates", agent=broker.party)
    assert given in broker.client.items("/mandates", owner=owner.party)
    assert given not in door.owner().client.items("/mandates")
    assert given not in door.broker().client.items("/mandates", agent=broker.party)


def test_a_new_mandate_takes_the_place_of_the_old_one(door: Door, owner: Owner) -> None:
    agent = door.broker(each=owner)
    owner.mandate(agent.party, "none", total_minor="7000000")
    (given,) = owner.client.items("/mandates", agent=agent.party)
    assert (given["affirmation"], given["total_minor"], given["used_minor"]) == ("none", "7000000", "0")


def test_a_revoked_mandate_stays_in_the_list_and_is_revoked_once(door: Door, owner: Owner) -> None:
    agent = door.broker(each=owner)
    owner.client.command(f"/mandates/{agent.party}/revocation")
    (ended,) = owner.client.items("/mandates", agent=agent.party)
    assert (ended["status"], ended["revoked_at"] is not None) == ("revoked", True)
    again = owner.client.post(f"/mandates/{agent.party}/revocation", {}, key=ids.new(), wait=20)
    assert (again.status_code, again.json and again.json["reason"]) == (409, "mandate")
    never = owner.client.post("/mandates/BOLSA/revocation", {}, key=ids.new())
    assert (never.status_code, never.json and never.json["reason"]) == (404, "mandate")


@pytest.mark.parametrize(
    ("changed", "status", "pointer"),
    [
        ({"total_minor": "999"}, 422, "/total_minor"),
        ({"agent": "NOBODY"}, 404, "/agent"),
        ({"good_till": clock.text(clock.after(YEARS))}, 422, ""),
        ({"good_till": clock.text(clock.after(-60))}, 422, ""),
    ],
)
def test_a_mandate_that_makes_no_sense_is_refused(
    owner: Owner, broker: Broker, changed: Json, status: int, pointer: str
) -> None:
    answer = owner.client.post("/mandates", {**terms(broker.party), **changed}, key=ids.new(), wait=20)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json is not None
    if pointer:
        assert answer.json["errors"][0]["pointer"] == pointer


def test_an_order_gets_other_terms_and_reserves_what_they_need(share: Share, owner: Owner) -> None:
    order = owner.client.command("/orders", owner.order("buy", share.code, 10, 100))["order"]
    assert (order["reserved"], order["replaceable"]) == ("1002", True)
    where = f"/orders/{order['id']}"
    more = owner.client.command(f"{where}/replacement", {"quantity": "20", "limit_minor": "90"})["order"]
    assert (more["quantity"], more["limit_minor"], more["reserved"]) == ("20", "90", "1804")  # 1800 at 25 basis points
    assert int(more["sequence"]) > int(order["sequence"])  # it goes to the end of the line
    less = owner.client.command(f"{where}/replacement", {"quantity": "5", "limit_minor": "90"})["order"]
    assert (less["reserved"], less["sequence"]) == ("451", more["sequence"])
    kinds = [report["kind"] for report in owner.client.items(f"{where}/reports")]
    assert kinds == ["new", "replaced", "replaced"]
    steps = owner.client.get(f"{where}/trace").json
    assert steps is not None
    assert [step["step"] for step in steps["steps"]][-2:] == ["replaced", "replaced"]


def test_a_replacement_that_cannot_be_paid_changes_nothing(door: Door, share: Share) -> None:
    poor = door.owner(cash=2_000)
    order = poor.client.command("/orders", poor.order("buy", share.code, 10, 100))["order"]
    where = f"/orders/{order['id']}"
    answer = poor.client.post(f"{where}/replacement", {"quantity": "50", "limit_minor": "100"}, key=ids.new(), wait=20)
    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "insufficient")
    after = poor.client.get(where).json
    assert after is not None
    assert {**after, "status": "new"} == {**order, "status": "new"}
    told = poor.client.items(f"{where}/reports")[-1]
    assert (told["kind"], told["code"]) == ("replace_refused", "insufficient")
    (held,) = poor.client.items("/holdings", instrument=CURRENCY)
    assert held["reserved"] == "1002"


def test_an_order_that_has_ended_has_no_other_terms(share: Share, owner: Owner) -> None:
    order = owner.client.command("/orders", owner.order("buy", share.code, 10, 100))["order"]
    owner.client.command(f"/orders/{order['id']}/cancellation")
    body = {"quantity": "5", "limit_minor": "100"}
    answer = owner.client.post(f"/orders/{order['id']}/replacement", body, key=ids.new())
    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "wrong_status")


def test_the_broker_of_an_order_that_its_owner_signed_cancels_it_but_gives_it_no_other_terms(
    share: Share, owner: Owner, door: Door
) -> None:
    broker = door.broker(each=owner)
    entry = broker.enter({"client_id": "A-1", **owner.order("buy", share.code, 10, 100)})
    owner.client.post(f"/entries/{entry['id']}/affirmation", {}, wait=20)
    where = f"/orders/{owner.party}:{entry['id']}"
    body = {"quantity": "20", "limit_minor": "100"}
    answer = broker.client.post(f"{where}/replacement", body, key=ids.new(), wait=20)
    assert answer.status_code == 403, answer.get_data(as_text=True)
    cancelled = broker.client.command(f"{where}/cancellation")["order"]
    assert (cancelled["status"], cancelled["reserved"]) == ("cancelled", "0")
