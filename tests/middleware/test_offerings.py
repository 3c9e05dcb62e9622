"""Offerings through the door: terms, invitations, subscriptions, allotment, and how each comes to its end."""

import pytest

from middleware import ids
from middleware.services.invitations import hash_of
from tests.middleware.door import CURRENCY, Door, Owner, eventually
from tests.middleware.placement import CASH, Placement, placement, terms

SOON = 4.0  # seconds in which a test subscribes


def cash(owner: Owner) -> tuple[int, int]:
    """What somebody has, and what of it is reserved."""
    held = owner.client.items("/holdings", instrument=CURRENCY)
    return (int(held[0]["quantity"]), int(held[0]["reserved"])) if held else (0, 0)


def units(placed: Placement, owner: Owner) -> int:
    held = owner.client.items("/holdings", instrument=placed.share.code)
    return sum(int(row["quantity"]) for row in held)


def test_an_offering_shows_its_terms_and_sets_its_units_aside(door: Door) -> None:
    placed = placement(door, tiers=[{"investor_type": "retail", "quantity": "200"}])
    found = placed.seen()
    assert (found["status"], found["kind"], found["maximum"], found["demand"]) == ("open", "public", "1000", "0")
    assert found["tiers"] == [{"investor_type": "retail", "quantity": "200"}]
    assert (found["mine"], found["sees_book"], found["subscribable"], found["allottable"]) == (True, True, False, False)
    investor = door.owner()
    assert placed.seen(investor) == {**found, "mine": False, "sees_book": False, "subscribable": True,
                                     "cancellable": False}  # fmt: skip
    assert placed.id in [row["id"] for row in investor.client.items("/offerings", status="open", kind="public")]
    more = terms(placed.share, maximum="9999000")  # 10,000,000 are authorised, 1,000 issued, 1,000 offered
    answer = placed.share.issuer.client.post("/offerings", more, key=ids.new(), wait=20)
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["reason"] == "authorised"


def test_a_subscription_reserves_its_cost_is_seen_and_can_be_withdrawn(door: Door) -> None:
    placed, alice, other = placement(door), door.owner(cash=CASH), door.owner(cash=CASH)
    preview = alice.client.post(f"{placed.path}/subscriptions/preview", placed.wish(alice, 200)).json
    assert preview is not None
    assert (preview["reserved"], preview["available_after"], preview["sufficient"]) == ("480000", "9520000", True)
    made = placed.subscribe(alice, 200)
    assert (made["status"], made["reserved"], made["limit_minor"]) == ("open", "480000", "2400")
    assert cash(alice) == (CASH, 480_000)
    placed.subscribe(other, 300, 2_500)
    book = other.client.get(f"{placed.path}/book").json
    assert book is not None
    assert [(row["limit_minor"], row["quantity"], row["total"]) for row in book["levels"]] == [
        ("2500", "300", "300"),
        ("2400", "200", "500"),
    ]
    assert (book["covered_bps"], placed.seen()["reserved_minor"]) == ("5000", "1230000")
    assert alice.client.items("/subscriptions", offering=placed.id) == [made]
    assert alice.client.get(f"{placed.path}/subscriptions/{other.party}").status_code == 404
    both = placed.share.issuer.client.items("/subscriptions", offering=placed.id, limit="1")
    assert [row["subscriber"] for row in both] == [other.party, alice.party]
    gone = alice.client.command(f"{placed.path}/withdrawal")["subscription"]
    assert (gone["status"], gone["released_minor"]) == ("withdrawn", "480000")
    assert cash(alice) == (CASH, 0)
    assert placed.subscribe(alice, 100)["status"] == "open"  # once more


def test_what_would_not_be_taken_is_refused_with_the_rule_and_the_nearest_that_would(door: Door) -> None:
    share = door.share(issued=1_000, lot="10", tick_minor="5")
    placed, alice = placement(door, share), door.owner(cash=CASH)
    for quantity, limit, field, near in (
        (200, 1_000, "limit_minor", "2000"),
        (200, 2_600, "limit_minor", "2500"),
        (200, 2_403, "limit_minor", "2405"),
        (1_000, 2_400, "quantity", "800"),
        (204, 2_400, "quantity", "200"),
        (4, 2_400, "quantity", "10"),
    ):
        problem = placed.refused(alice, "/subscriptions", placed.wish(alice, quantity, limit))
        assert (problem["status"], problem["code"], problem["reason"]) == (422, "invalid", field)
        assert problem["errors"][0]["pointer"] == f"/{field}"
        assert problem["detail"].endswith(f"the nearest is {near}")
    poor = door.owner(cash=1_000)
    problem = placed.refused(poor, "/subscriptions", placed.wish(poor, 200))
    assert (problem["code"], problem["reason"]) == ("insufficient", "available")
    placed.subscribe(alice, 200)
    assert placed.refused(alice, "/subscriptions", placed.wish(alice, 200))["reason"] == "subscription"
    issuer = share.issuer
    assert placed.refused(issuer, "/subscriptions", placed.wish(issuer, 200))["reason"] == "issuer"
    assert cash(alice)[1] == 480_000  # and nothing has changed
    assert placed.seen()["demand"] == "200"


def test_the_same_subscription_sent_twice_is_one(door: Door) -> None:
    placed, alice, key = placement(door), door.owner(cash=CASH), ids.new()
    first = alice.client.command(f"{placed.path}/subscriptions", placed.wish(alice, 50), key=key)
    again = alice.client.command(f"{placed.path}/subscriptions", placed.wish(alice, 50), key=key)
    assert first == again
    assert placed.seen()["subscribers"] == 1


def test_a_private_offering_does_not_exist_for_whoever_it_does_not_concern(door: Door) -> None:
    placed, guest, stranger = placement(door, kind="private"), door.owner(cash=CASH), door.owner(cash=CASH)
    placed.invite(guest)
    assert placed.seen(guest)["invited"] is True
    assert placed.seen(guest)["subscribable"] is True
    for path in ("", "/book", "/invitations", f"/subscriptions/{stranger.party}"):
        assert stranger.client.get(f"{placed.path}{path}").status_code == 404
    assert placed.id not in str(stranger.client.items("/offerings"))
    assert placed.id not in str(stranger.client.items("/subscriptions"))
    for path, body in (("/subscriptions", placed.wish(stranger, 50)), ("/withdrawal", {})):
        assert placed.refused(stranger, path, body)["status"] == 404
    preview = stranger.client.post(f"{placed.path}/subscriptions/preview", placed.wish(stranger, 50))
    assert preview.status_code == 404
    for overseer in ("OPERATOR", "CUSTODIA1"):
        assert door.party(overseer).get(placed.path).status_code == 200
        assert door.party(overseer).items(f"{placed.path}/invitations") == []  # but not who is invited
    assert placed.subscribe(guest, 50)["status"] == "open"


def test_who_is_invited_stays_between_issuer_and_invited(door: Door) -> None:
    placed, guest, other = placement(door, kind="private"), door.owner(), door.owner()
    sent = placed.invite(guest, other)["submission"]
    listed = placed.share.issuer.client.items(f"{placed.path}/invitations", limit="1")
    assert {row["party"] for row in listed} == {guest.party, other.party}
    (mine,) = guest.client.items(f"{placed.path}/invitations")
    assert (mine["party"], mine["subscribed"], mine["code"]) == (guest.party, None, "")
    assert mine["hash"] == hash_of(placed.id, guest.party, mine["salt"])
    signed = placed.share.issuer.client.get(f"/submissions/{sent['party']}:{sent['id']}").json
    assert signed is not None
    assert sorted(signed["args"]["invitations"]) == sorted(row["hash"] for row in listed)
    assert guest.party not in str(signed)
    assert mine["salt"] not in str(signed)
    assert placed.seen()["invitations"] == 2


def test_who_is_not_invited_is_refused_by_the_ledger_too(door: Door) -> None:
    placed, guest = placement(door, kind="private"), door.owner(cash=CASH)
    placed.invite(guest)
    wrong = placed.wish(guest, 50, invitation="0" * 64)
    problem = placed.refused(guest, "/subscriptions", wrong)
    assert (problem["status"], problem["reason"]) == (403, "invitation")


def test_nobody_is_invited_twice_or_in_vain(door: Door) -> None:
    placed, guest = placement(door, kind="private"), door.owner()
    placed.invite(guest)
    issuer = placed.share.issuer
    for parties, code in (
        ([guest.party], "duplicate"),
        (["NOBODY"], "not_found"),
        (["BANCO1"], "invalid"),
        ([issuer.party], "invalid"),
    ):
        problem = placed.refused(issuer, "/invitations", {"parties": parties})
        assert (problem["code"], problem["errors"][0]["pointer"]) == (code, "/parties/0")
    public = placement(door, placed.share)
    assert public.refused(issuer, "/invitations", {"parties": [guest.party]})["reason"] == "offering"


def test_a_cancelled_offering_gives_every_cent_back_by_itself(door: Door) -> None:
    placed = placement(door)
    owners = [door.owner(cash=CASH) for _ in range(3)]
    for n, owner in enumerate(owners):
        placed.subscribe(owner, 100 + n)
    cancelled = placed.share.issuer.client.command(f"{placed.path}/cancellation", {"reason": "the market has turned"})
    assert cancelled["offering"]["status"] == "cancelled"
    eventually(lambda: placed.seen()["done"] == 3, 30)
    for owner in owners:
        assert cash(owner) == (CASH, 0)
        (row,) = owner.client.items("/subscriptions")
        assert (row["status"], row["reason"]) == ("released", "offering_cancelled")
    again = terms(placed.share, maximum="9998000")  # what it had set aside is free again
    assert placed.share.issuer.client.command("/offerings", again)["offering"]["status"] == "open"


@pytest.fixture(scope="module")
def closed(door: Door) -> tuple[Placement, list[Owner]]:
    """Four subscribers to 1,000 units: 1,500 are wanted at the price that places them, 1,700 in all."""
    share = door.share(issued=1_000)
    owners = [door.owner(cash=CASH) for _ in range(4)]
    placed = placement(door, share, closes_in=SOON)
    for owner, quantity, limit in zip(owners, (800, 500, 200, 200), (2_500, 2_400, 2_400, 2_100), strict=True):
        placed.subscribe(owner, quantity, limit)
    placed.wait("closed")
    return placed, owners


def test_nothing_is_subscribed_or_withdrawn_after_the_close(door: Door, closed: tuple[Placement, list[Owner]]) -> None:
    placed, owners = closed
    late = door.owner(cash=CASH)
    for owner, path, body in (
        (late, "/subscriptions", placed.wish(late, 50)),
        (owners[0], "/withdrawal", {}),
    ):
        problem = placed.refused(owner, path, body)
        assert (problem["code"], problem["reason"]) == ("wrong_status", "window")


def test_an_allotment_is_previewed_by_who_signs_it(door: Door, closed: tuple[Placement, list[Owner]]) -> None:
    placed, owners = closed
    found = placed.share.issuer.client.get(f"{placed.path}/allotment").json
    assert found is not None
    assert (found["price_minor"], found["clearing_minor"], found["demand"], found["most"]) == (
        *("2400", "2400"),
        *("1500", "1000"),
    )
    assert (found["allotted"], found["amount_minor"], found["served"], found["parts"]) == ("1000", "2400000", 3, 1)
    got = {row["subscriber"]: row["allotted"] for row in found["items"]}
    # 1,000 of 1,500: 533.3, 333.3, 133.3; the lot left over goes to the first by name of equal remainders
    assert sorted(got.values()) == sorted(["533", "333", "133", "0"][:4]) or sum(map(int, got.values())) == 1_000
    assert got[owners[3].party] == "0"
    pages = placed.share.issuer.client.get(f"{placed.path}/allotment", limit="3").json
    assert pages is not None
    rest = placed.share.issuer.client.get(f"{placed.path}/allotment", limit="3", starting_after=pages["next"]).json
    assert rest is not None
    assert pages["items"] + rest["items"] == found["items"]
    same = door.party("CUSTODIA1").get(f"{placed.path}/allotment").json
    assert same == found
    dearer = placed.share.issuer.client.get(f"{placed.path}/allotment", price_minor="2500").json
    assert dearer is not None
    assert (dearer["allotted"], dearer["demand"], dearer["served"]) == ("800", "800", 1)
    assert owners[0].client.get(f"{placed.path}/allotment").status_code == 403
    other = door.owner("issuer")
    assert placed.refused(other, "/allotment", {"price_minor": "2400"})["status"] == 403


@pytest.mark.parametrize(
    ("body", "code", "reason", "near"),
    [
        ({"price_minor": "2600"}, "invalid", "price_minor", "the nearest is 2500"),
        ({"price_minor": "2400", "allotted": "1001"}, "invalid", "allotted", "1000, what the book takes at 2400"),
        ({"price_minor": "2400", "allotted": "99"}, "invalid", "allotted", "the minimum 100 and 1000"),
    ],
)
def test_an_allotment_that_does_not_add_up_is_refused(
    closed: tuple[Placement, list[Owner]], body: dict[str, str], code: str, reason: str, near: str
) -> None:
    placed, _ = closed
    problem = placed.refused(placed.share.issuer, "/allotment", body)
    assert (problem["code"], problem["reason"]) == (code, reason)
    assert near in problem["detail"]


def test_no_root_but_the_rules_is_signed(door: Door, closed: tuple[Placement, list[Owner]]) -> None:
    placed, _ = closed
    args = {"offering": placed.id, "price_minor": "2400", "allotted": "1000", "parts": "1", "root": "0" * 64}
    body = {"function": "offering:allot", "args": args}
    answer = placed.share.issuer.client.post("/acts", body, key=ids.new())
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["reason"] == "root"
    assert "does not add up" in answer.json["detail"]


def test_an_allotment_settles_by_itself_and_every_unit_and_cent_is_where_it_belongs(
    door: Door, closed: tuple[Placement, list[Owner]]
) -> None:
    placed, owners = closed
    before = cash(placed.share.issuer)[0]
    act = placed.allot()
    assert (act["function"], act["status"]) == ("offering:allot", "proposed")
    row = placed.wait("settled")
    assert (row["placed"], row["raised_minor"], row["done"], row["part"]) == ("1000", "2400000", 4, 1)
    rows = {one["subscriber"]: one for one in placed.share.issuer.client.items("/subscriptions", offering=placed.id)}
    assert sum(units(placed, owner) for owner in owners) == 1_000
    for owner in owners:
        mine = rows[owner.party]
        assert units(placed, owner) == int(mine["allotted"])
        assert cash(owner) == (CASH - int(mine["amount_minor"]), 0)
    assert (rows[owners[3].party]["status"], rows[owners[3].party]["reason"]) == ("released", "not_allotted")
    assert cash(placed.share.issuer)[0] == before + 2_400_000
    found = placed.share.issuer.client.get(f"/instruments/{placed.share.code}").json
    assert found is not None
    assert found["issued"] == "2000"
    after = placed.share.issuer.client.get(f"{placed.path}/allotment").json
    assert after is not None
    assert (after["root"], after["final"]) == (row["root"], True)
    assert {one["subscriber"]: one["allotted"] for one in after["items"]} == {
        party: one["allotted"] for party, one in rows.items()
    }


def test_below_its_minimum_an_offering_fails_and_gives_everything_back(door: Door) -> None:
    share, owner = door.share(issued=1_000), door.owner(cash=CASH)
    placed = placement(door, share, closes_in=SOON, minimum="500")
    placed.subscribe(owner, 100)
    row = placed.wait("failed")
    assert row["reason"] == "below_minimum"
    eventually(lambda: placed.seen()["done"] == 1, 30)
    assert cash(owner) == (CASH, 0)
    assert placed.refused(share.issuer, "/allotment", {"price_minor": "2400"})["code"] in (
        "wrong_status",
        "insufficient",
    )


def test_before_the_close_nothing_is_allotted(door: Door) -> None:
    placed, owner = placement(door), door.owner(cash=CASH)
    placed.subscribe(owner, 200)
    problem = placed.refused(placed.share.issuer, "/allotment", {"price_minor": "2400"})
    assert (problem["code"], problem["reason"]) == ("wrong_status", "window")
    found = placed.share.issuer.client.get(f"{placed.path}/allotment").json
    assert found is not None
    assert (found["final"], found["allotted"]) == (False, "200")


def test_an_offering_that_is_still_to_open_takes_no_subscription(door: Door) -> None:
    placed, owner = placement(door, opens_in=3_600), door.owner(cash=CASH)
    assert placed.seen(owner)["status"] == "upcoming"
    assert placed.seen(owner)["subscribable"] is False
    assert placed.refused(owner, "/subscriptions", placed.wish(owner, 50))["reason"] == "window"
