"""What brokers enter for investors: checked at once, affirmed by whoever may sign, and an order only after that."""

import threading
from typing import Any

import pytest
from sqlalchemy import update

from middleware import clock, ids
from middleware.models.entry import Entry
from middleware.services import affirmations
from tests.middleware.door import CURRENCY, Broker, Door, Json, Owner, Share, eventually

MANY = 5


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share(lot="10", tick_minor="5")


@pytest.fixture(scope="module")
def owner(door: Door) -> Owner:
    return door.owner(cash=1_000_000)


@pytest.fixture(scope="module")
def other(door: Door, share: Share) -> Owner:
    found = door.owner(cash=1_000_000)
    share.give(found, 500)
    return found


@pytest.fixture(scope="module")
def stranger(door: Door) -> Owner:
    return door.owner()


@pytest.fixture(scope="module")
def broker(door: Door, owner: Owner, other: Owner) -> Broker:
    made = door.broker(each=owner)
    other.mandate(made.party)
    return made


def wanted(owner: Owner, share: Share, **more: str) -> Json:
    return {"client_id": ids.new()[-12:], **owner.order("buy", share.code, 10, 100), **more}


def test_an_entry_waits_for_its_owner_and_reserves_nothing(share: Share, owner: Owner, broker: Broker) -> None:
    before = _reserved(owner)
    entry = broker.enter(wanted(owner, share, client_id="A-1"))
    assert (entry["status"], entry["order"], entry["client_id"]) == ("awaiting_affirmation", "", "A-1")
    assert (entry["reserves"], entry["reserved_instrument"]) == ("1002", CURRENCY)  # 10 x 100 at 25 basis points
    assert (entry["kid"], entry["held"], len(entry["hash"])) == (f"{broker.party}.1", "platform", 64)
    assert (entry["available"], entry["affirmable"], entry["withdrawable"]) == (None, False, True)
    seen = owner.client.get(f"/entries/{entry['id']}").json
    assert seen is not None
    assert (seen["sufficient"], seen["affirmable"], seen["withdrawable"]) == (True, True, False)
    assert _reserved(owner) == before


def test_an_affirmed_entry_is_the_owners_order_under_its_id(share: Share, owner: Owner, broker: Broker) -> None:
    entry = broker.enter(wanted(owner, share))
    affirmed = owner.client.post(f"/entries/{entry['id']}/affirmation", {}, wait=20)
    assert affirmed.status_code == 201
    assert affirmed.json is not None
    became = affirmed.json["entry"]
    assert (became["status"], became["order"], became["order_status"]) == (
        "affirmed",
        f"{owner.party}:{entry['id']}",
        "new",
    )
    order = broker.client.get(f"/orders/{became['order']}").json
    assert order is not None
    assert (order["owner"], order["broker"], order["kid"]) == (owner.party, broker.party, f"{owner.party}.1")
    assert (order["client_id"], order["group"]) == (entry["client_id"], entry["id"])
    assert order in broker.client.items("/orders", client_id=entry["client_id"])
    again = owner.client.post(f"/entries/{entry['id']}/affirmation", {}, wait=20)
    assert again.json is not None
    assert again.json["submission"]["id"] == entry["id"]


def test_the_trace_of_a_brokered_order_names_every_signature(share: Share, owner: Owner, broker: Broker) -> None:
    entry = broker.enter(wanted(owner, share))
    owner.client.post(f"/entries/{entry['id']}/affirmation", {}, wait=20)
    trace = broker.client.get(f"/orders/{owner.party}:{entry['id']}/trace").json
    assert trace is not None
    steps = {step["step"]: step for step in trace["steps"]}
    assert list(steps) == ["account_and_key", "entered", "affirmed", "reserved"]
    assert (steps["entered"]["kid"], steps["entered"]["hash"]) == (f"{broker.party}.1", entry["hash"])
    assert (steps["affirmed"]["kid"], steps["affirmed"]["held"]) == (f"{owner.party}.1", "platform")
    assert steps["reserved"]["block"] > steps["account_and_key"]["block"]
    reports = broker.client.items(f"/orders/{owner.party}:{entry['id']}/reports")
    assert [report["kind"] for report in reports] == ["new"]


def test_the_same_entry_again_has_the_same_answer(share: Share, owner: Owner, broker: Broker) -> None:
    id, body = ids.new(), wanted(owner, share)
    first = broker.enter(body, id=id)
    assert broker.enter(body, id=id) == first
    changed = broker.client.post("/entries", {**body, "quantity": "20"}, key=id)
    assert changed.status_code == 409
    assert changed.json is not None
    assert (changed.json["code"], changed.json["reason"]) == ("duplicate", "id")


def test_a_name_is_good_for_one_order_a_day(door: Door, share: Share, owner: Owner, broker: Broker) -> None:
    body = wanted(owner, share)
    broker.enter(body)
    assert broker.refused(body) == (409, "duplicate", "client_id", "/client_id")
    assert door.broker(each=owner).enter(body)["client_id"] == body["client_id"]  # another broker's names are its own


@pytest.mark.parametrize(
    ("changed", "status", "code", "reason", "pointer"),
    [
        ({"quantity": "15"}, 422, "invalid", "quantity", "/quantity"),
        ({"limit_minor": "101"}, 422, "invalid", "limit_minor", "/limit_minor"),
        ({"max_fee_minor": "1"}, 422, "invalid", "max_fee_minor", "/max_fee_minor"),
        ({"good_till": "2026-01-01T00:00:00Z"}, 422, "invalid", "good_till", "/good_till"),
        ({"venue": "NOWHERE"}, 404, "not_found", "venue", "/venue"),
        ({"venue": "BANCO1"}, 404, "not_found", "venue", "/venue"),
        ({"instrument": "NOTHING"}, 404, "not_found", "instrument", "/instrument"),
        ({"instrument": CURRENCY}, 422, "invalid", "instrument", "/instrument"),
        ({"quantity": "100000"}, 409, "insufficient", "order_minor", "/quantity"),
        ({"account": f"CUSTODIA1:{ids.new()}"}, 404, "not_found", "account", "/account"),
        ({"cash_account": f"CUSTODIA1:{ids.new()}"}, 404, "not_found", "account", "/cash_account"),
    ],
)
def test_a_broker_hears_at_once_what_the_ledger_would_refuse(
    share: Share, owner: Owner, broker: Broker, changed: Json, status: int, code: str, reason: str, pointer: str
) -> None:
    assert broker.refused({**wanted(owner, share), **changed}) == (status, code, reason, pointer)


def test_a_broker_enters_only_for_those_who_let_it(share: Share, stranger: Owner, broker: Broker) -> None:
    assert broker.refused(wanted(stranger, share)) == (403, "forbidden", "mandate", "/account")


def test_the_cash_account_must_be_of_the_same_owner(share: Share, owner: Owner, other: Owner, broker: Broker) -> None:
    mixed = wanted(owner, share, cash_account=other.account)
    assert broker.refused(mixed) == (404, "not_found", "account", "/cash_account")


def test_a_mandate_that_has_ended_lets_nothing_in(door: Door, share: Share, owner: Owner) -> None:
    late = door.broker(each=owner)
    owner.client.command(f"/mandates/{late.party}/revocation")
    assert late.refused(wanted(owner, share)) == (403, "forbidden", "mandate", "/account")


def test_an_owner_declines_and_the_broker_reads_why(share: Share, owner: Owner, broker: Broker) -> None:
    entry = broker.enter(wanted(owner, share))
    answer = owner.client.post(f"/entries/{entry['id']}/refusal", {"reason": "not at this price"})
    assert answer.status_code == 200
    seen = broker.client.get(f"/entries/{entry['id']}").json
    assert seen is not None
    assert (seen["status"], seen["reason"], seen["decided_by"]) == ("declined", "not at this price", owner.party)
    late = owner.client.post(f"/entries/{entry['id']}/affirmation", {})
    assert (late.status_code, late.json and late.json["code"]) == (409, "wrong_status")


def test_a_broker_takes_back_what_nobody_has_affirmed(share: Share, owner: Owner, broker: Broker) -> None:
    entry = broker.enter(wanted(owner, share))
    taken = broker.client.post(f"/entries/{entry['id']}/withdrawal", {})
    assert taken.status_code == 200
    assert taken.json is not None
    assert [one["status"] for one in taken.json["items"]] == ["withdrawn"]
    affirmed = broker.enter(wanted(owner, share))
    owner.client.post(f"/entries/{affirmed['id']}/affirmation", {}, wait=20)
    late = broker.client.post(f"/entries/{affirmed['id']}/withdrawal", {})
    assert (late.status_code, late.json and late.json["code"]) == (409, "wrong_status")


def test_what_nobody_affirms_in_time_lapses(door: Door, share: Share, owner: Owner, broker: Broker) -> None:
    entry = broker.enter(wanted(owner, share))
    with door.app.extensions["lonja"].writing() as session:
        session.execute(update(Entry).where(Entry.id == entry["id"]).values(affirm_by=clock.after(-1)))
        session.commit()
    assert owner.client.post(f"/entries/{entry['id']}/affirmation", {}).status_code == 409
    with door.app.extensions["lonja"].writing() as session:
        affirmations.lapse(session, clock.now())
    seen = broker.client.get(f"/entries/{entry['id']}").json
    assert seen is not None
    assert (seen["status"], seen["order"]) == ("lapsed", "")


def test_of_two_who_decide_at_once_one_is_heard(share: Share, owner: Owner, broker: Broker) -> None:
    for _ in range(MANY):
        entry = broker.enter(wanted(owner, share))
        where, answers = f"/entries/{entry['id']}", []
        asks = [
            lambda: answers.append(owner.client.post(f"{where}/affirmation", {}, wait=20).status_code),  # noqa: B023
            lambda: answers.append(broker.client.post(f"{where}/withdrawal", {}).status_code),  # noqa: B023
        ]
        threads = [threading.Thread(target=ask) for ask in asks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = broker.client.get(where).json
        assert seen is not None
        assert sorted(answers) == ([201, 409] if seen["status"] == "affirmed" else [200, 409])


def test_a_block_is_one_order_of_several_owners(share: Share, owner: Owner, other: Owner, broker: Broker) -> None:
    parts = [{"account": one.account, "quantity": quantity} for one, quantity in ((owner, "20"), (other, "30"))]
    terms = {"client_id": ids.new()[-12:], "instrument": share.code, "side": "buy", "limit_minor": "100"}
    id = ids.new()
    entered = broker.enter_all({**terms, "allocations": parts}, id=id)
    assert [(one["group"], one["owner"], one["quantity"]) for one in entered] == [
        (id, owner.party, "20"),
        (id, other.party, "30"),
    ]
    assert len({one["id"] for one in entered}) == 2
    assert {one["id"] for one in broker.client.items("/entries", group=id)} == {one["id"] for one in entered}
    assert owner.client.get(f"/entries/{entered[1]['id']}").status_code == 404
    affirmed = owner.client.post(f"/entries/{entered[0]['id']}/affirmation", {}, wait=20)
    assert affirmed.status_code == 201
    taken = broker.client.post(f"/entries/{entered[1]['id']}/withdrawal", {}).json
    assert taken is not None
    assert [one["id"] for one in taken["items"]] == [entered[1]["id"]]  # what is affirmed is an order, and stays
    twice = {**terms, "client_id": "twice", "allocations": [parts[0], parts[0]]}
    assert broker.refused(twice) == (422, "invalid", "allocations", "/allocations")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"allocations": []}, "/allocations"),
        ({"allocations": [{"account": "x", "quantity": "1"}]}, "/allocations/0/account"),
        ({"allocations": [{}] * 1_001}, "/allocations"),
        ({"allocations": [{"account": f"A1:{ids.new()}", "quantity": "1"}], "account": f"A1:{ids.new()}"}, "/account"),
        ({"quantity": "1"}, "/account"),
        ({}, "/account"),
    ],
)
def test_an_entry_has_one_account_or_allocations(share: Share, broker: Broker, changed: Json, pointer: str) -> None:
    terms = {"instrument": share.code, "side": "buy", "limit_minor": "100"}
    status, _, _, said = broker.refused({**terms, **changed})
    assert (status, said.startswith(pointer)) == (422, True), said


def test_a_broker_who_may_sign_makes_the_order_at_once(door: Door, share: Share) -> None:
    client = door.owner(cash=100_000)
    broker = door.broker(none=client)
    entry = broker.enter(wanted(client, share))
    assert (entry["status"], entry["order"]) == ("direct", f"{broker.party}:{entry['id']}")
    order = _settled(broker, entry["order"])
    assert (order["status"], order["owner"], order["kid"]) == ("new", client.party, f"{broker.party}.1")
    assert order in client.client.items("/orders")
    assert [one["used_minor"] for one in client.client.items("/mandates")] == ["1002"]
    cancelled = broker.client.command(f"/orders/{entry['order']}/cancellation")["order"]
    assert (cancelled["status"], cancelled["reserved"]) == ("cancelled", "0")


def test_all_that_a_broker_signs_has_its_bound(door: Door, share: Share) -> None:
    client, broker = door.owner(cash=100_000), door.broker()
    client.mandate(broker.party, "none", order_minor="2000", total_minor="2000")
    _settled(broker, broker.enter(wanted(client, share))["order"])
    assert broker.refused(wanted(client, share)) == (409, "insufficient", "total_minor", "/quantity")


def test_what_the_ledger_refuses_is_rejected_and_its_broker_reads_it(door: Door, share: Share) -> None:
    poor = door.owner(cash=100)
    broker = door.broker(each=poor)
    entry = broker.enter(wanted(poor, share))
    seen = poor.client.get(f"/entries/{entry['id']}").json
    assert seen is not None
    assert (seen["available"], seen["sufficient"]) == ("100", False)
    refused = poor.client.post(f"/entries/{entry['id']}/affirmation", {}, wait=20)
    assert (refused.status_code, refused.json and refused.json["code"]) == (409, "insufficient")
    order = f"{poor.party}:{entry['id']}"
    assert [(one["kind"], one["code"]) for one in broker.client.items(f"/orders/{order}/reports")] == [
        ("rejected", "insufficient")
    ]
    became = broker.client.get(f"/entries/{entry['id']}").json
    assert became is not None
    assert (became["status"], became["order_status"]) == ("affirmed", "rejected")


def test_who_acts_for_several_affirms_many_at_once(door: Door, share: Share, stranger: Owner) -> None:
    funds, manager = [door.owner(cash=100_000) for _ in range(2)], door.owner()
    broker = door.broker()
    for fund in funds:
        fund.mandate(broker.party)
        fund.mandate(manager.party, "none")
    entered = [broker.enter(wanted(fund, share))["id"] for fund in funds]
    waiting = manager.client.items("/entries", status="awaiting_affirmation")
    assert {(one["id"], one["affirmable"], one["sufficient"]) for one in waiting} == {
        (id, True, True) for id in entered
    }
    asked = {"entries": [*entered, {"id": ids.new()}, "x", {"id": entered[0]}]}
    answer = manager.client.post("/entries/affirmations", asked).json
    assert answer is not None
    assert [item["status"] for item in answer["items"]] == ["waiting", "waiting", "refused", "refused", "waiting"]
    orders = [f"{manager.party}:{id}" for id in entered]
    assert [item["order"] for item in answer["items"]][:2] == orders
    seen = [one.client.get(f"/orders/{orders[0]}").json for one in (broker, funds[0], manager)]
    assert [order and order["owner"] for order in seen] == [funds[0].party] * 3  # from the first moment on
    nobody = stranger.client.post("/entries/affirmations", {"entries": entered}).json
    assert nobody is not None
    assert {(item["status"], item["problem"]["status"]) for item in nobody["items"]} == {("refused", 404)}
    assert [_settled(broker, order)["status"] for order in orders] == ["new", "new"]


@pytest.mark.parametrize("many", [[], ["x"] * 201, "x", None, 1])
def test_many_affirmations_are_bounded(owner: Owner, many: Any) -> None:
    answer = owner.client.post("/entries/affirmations", {"entries": many})
    assert answer.status_code == 422


def test_an_entry_exists_for_those_it_concerns(
    door: Door, share: Share, owner: Owner, other: Owner, stranger: Owner, broker: Broker
) -> None:
    rival = door.broker(none=owner)  # it may sign for him, which does not show it what another broker enters
    entry = broker.enter(wanted(owner, share))
    where = f"/entries/{entry['id']}"
    for client in (broker.client, owner.client, door.party("CUSTODIA1"), door.party("OPERATOR")):
        assert client.get(where).status_code == 200
    for client in (other.client, stranger.client, rival.client, share.issuer.client, door.party("BOLSA")):
        assert client.get(where).status_code == 404
        assert entry["id"] not in str(client.items("/entries"))
    for rule in ("affirmation", "refusal"):
        body = {"reason": "no"} if rule == "refusal" else {}
        assert stranger.client.post(f"{where}/{rule}", body).status_code == 404
        for client in (broker.client, door.party("CUSTODIA1"), door.party("OPERATOR")):
            assert client.post(f"{where}/{rule}", body).status_code == 403
    assert owner.client.post(f"{where}/withdrawal", {}).status_code == 403
    assert rival.client.post(f"{where}/withdrawal", {}).status_code == 404


def _reserved(owner: Owner) -> str:
    (held,) = owner.client.items("/holdings", instrument=CURRENCY)
    reserved: str = held["reserved"]
    return reserved


def _settled(broker: Broker, order: str) -> Json:
    """The order once the ledger has answered."""

    def look() -> Json | None:
        found: Json | None = broker.client.get(f"/orders/{order}").json
        assert found is not None
        return None if found["status"] == "pending_new" else found

    answer: Json = eventually(look)
    return answer
