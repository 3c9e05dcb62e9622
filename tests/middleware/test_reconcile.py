"""Conservation: what is held was issued, what is reserved has a reason, among the ledger's own records."""

from typing import Any

import pytest

from middleware.reconcile import conservation

Raw = dict[str, dict[str, dict[str, Any]]]


def market() -> Raw:
    """100 shares of which a sale reserves 30; 1,000.00 of which a purchase reserves 250.00 and a withdrawal 100.00,
    and 50.00 that a subscription reserves.
    """
    sale = {"side": "sell", "status": "new", "instrument": "ACME", "account": "C:1", "reserved": "30"}
    purchase = {"side": "buy", "status": "partially_filled", "reserved": "25000", "instrument": "ACME"}
    purchase |= {"account": "C:2", "cash_account": "C:2", "currency": "MXN.BANCO1"}
    filled = {**purchase, "status": "filled", "reserved": "0"}
    return {
        "instrument": {
            "instrument/ACME": {"kind": "equity", "instrument": "ACME", "issued": "100", "authorised": "1000"},
            "instrument/MXN.BANCO1": {
                "kind": "currency",
                "instrument": "MXN.BANCO1",
                "issued": "105000",
                "authorised": "",
                "attested_minor": "105000",
            },
        },
        "holding": {
            "holding/ACME/C/1": {"instrument": "ACME", "account": "C:1", "quantity": "60", "reserved": "30"},
            "holding/ACME/C/2": {"instrument": "ACME", "account": "C:2", "quantity": "40", "reserved": "0"},
            "holding/MXN.BANCO1/C/2": {
                "instrument": "MXN.BANCO1",
                "account": "C:2",
                "quantity": "100000",
                "reserved": "35000",
            },
            "holding/MXN.BANCO1/C/3": {
                "instrument": "MXN.BANCO1",
                "account": "C:3",
                "quantity": "5000",
                "reserved": "5000",
            },
        },
        "instruction": {},
        "offering": {"offering/ACME/6": {"currency": "MXN.BANCO1"}},
        "subscription": {
            "subscription/ACME/6/CARLA": {"offering": "ACME:6", "cash_account": "C:3", "reserved": "5000"},
        },
        "order": {"order/A/1": {**sale, "currency": "MXN.BANCO1"}, "order/B/2": purchase, "order/B/3": filled},
        "withdrawal": {
            "withdrawal/B/4": {
                "instrument": "MXN.BANCO1",
                "account": "C:2",
                "amount_minor": "10000",
                "status": "requested",
            },
            "withdrawal/B/5": {"instrument": "MXN.BANCO1", "account": "C:2", "amount_minor": "7", "status": "paid"},
        },
    }


def test_a_market_in_order_has_nothing_to_say() -> None:
    assert list(conservation(market())) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("holding/ACME/C/1/quantity", "61", "instrument/ACME: 101 is held, 100 was issued"),
        ("instrument/MXN.BANCO1/issued", "1", "instrument/MXN.BANCO1: 105000 is held, 1 was issued"),
        ("instrument/ACME/authorised", "99", "instrument/ACME: 100 was issued, 99 is authorised"),
        ("holding/ACME/C/2/reserved", "1", "holding/ACME/C/2: 1 is reserved, open orders and withdrawals reserve 0"),
        ("order/A/1/status", "cancelled", "holding/ACME/C/1: 30 is reserved, open orders and withdrawals reserve 0"),
        ("withdrawal/B/4/status", "refused", "holding/MXN.BANCO1/C/2: 35000 is reserved, open orders and withdrawals"),
        ("subscription/ACME/6/CARLA/reserved", "0", "holding/MXN.BANCO1/C/3: 5000 is reserved, open orders and"),
        ("order/A/1/account", "C:9", "holding/ACME/C/9: nothing is held, open orders reserve 30"),
        ("holding/ACME/C/1/reserved", "61", "holding/ACME/C/1: 61 reserved of 60 held"),
        ("holding/ACME/C/1/reserved", "-1", "holding/ACME/C/1: -1 reserved of 60 held"),
    ],
)
def test_each_wrong_is_named(place: str, value: str, said: str) -> None:
    raw = market()
    key, _, field = place.rpartition("/")
    raw[key.split("/")[0]][key][field] = value
    assert [line for line in conservation(raw) if line.startswith(said)] != []
