"""The running product tells a program of an order, from its entry to its end, through the sender's own process."""

import json

import requests
from standardwebhooks import Webhook as Verifier

from middleware import ids
from scripts.product import Product
from tests.middleware.door import Door, eventually
from tests.middleware.receivers import receiving


def test_a_broker_hears_of_an_order_from_its_entry_to_its_cancellation(sandbox: Product, door: Door) -> None:
    broker, investor, share = door.owner("broker"), door.owner(cash=50_000), door.share()
    terms = {"order_minor": "50000", "total_minor": "50000", "good_till": "2027-06-30T23:59:59Z"}
    investor.client.command("/mandates", {"agent": broker.party, "affirmation": "each", **terms})
    with receiving() as receiver:
        bearer = {"Authorization": f"Bearer {broker.client.token}"}
        wanted = {"url": receiver.url, "events": ["*"]}
        made = requests.post(f"{sandbox.url}/v1/webhooks", json=wanted, headers=bearer, timeout=10).json()

        order = {**investor.order("buy", share.code, 10, 100, venue="BOLSA"), "client_id": "A-1"}
        entered = broker.client.post("/entries", order, key=ids.new()).json
        assert entered is not None
        affirmed = investor.client.post(f"/entries/{entered['items'][0]['id']}/affirmation", {}, wait=20).json
        assert affirmed is not None
        investor.client.command(f"/orders/{affirmed['entry']['order']}/cancellation")
        eventually(lambda: len(receiver.got) >= 4)

        for headers, body in receiver.got:
            Verifier(made["secret"]).verify(body, headers)
        told = [json.loads(body) for _, body in receiver.got]
        told.sort(key=lambda one: int(one["sequence"]))
        assert [one["type"] for one in told] == ["order.entered", "order.affirmed", "order.new", "order.cancelled"]
        assert {one["data"]["client_id"] for one in told} == {"A-1"}
        assert {one["data"]["owner"] for one in told} == {investor.party}
        assert requests.delete(f"{sandbox.url}/v1/webhooks/{made['webhook']['number']}", headers=bearer, timeout=10).ok
