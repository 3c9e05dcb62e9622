"""Allotment: what is allotted adds up to the unit, keeps every cap, and does not depend on who comes first."""

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.errors import Error
from middleware.market import allotment
from middleware.market.allotment import Allotted, Subscription, Terms, Tier

TYPES = ("retail", "qualified", "institutional", "")
LOTS = st.sampled_from((1, 10, 100))
MANY = 100_000


@st.composite
def books(draw: st.DrawFn, most: int = 12, lot: int = 1) -> list[Subscription]:
    names = draw(st.lists(st.integers(0, 99), min_size=1, max_size=most, unique=True))
    return [
        Subscription(f"S{n:02}", lot * draw(st.integers(1, 40)), draw(st.integers(8, 12)), draw(st.sampled_from(TYPES)))
        for n in names
    ]


@st.composite
def offerings(draw: st.DrawFn) -> tuple[list[Subscription], Terms, int, int]:
    """A book, its terms, a price that somebody pays and a quantity that can be allotted."""
    lot = draw(LOTS)
    book = draw(books(lot=lot))
    tiers = st.builds(Tier, st.sampled_from(TYPES[:3]), st.integers(1, 60).map(lambda lots: lots * lot))
    terms = Terms(lot, tuple(draw(st.lists(tiers, max_size=3))), draw(st.sampled_from((0, 0, lot, 5 * lot, 30 * lot))))
    price = draw(st.sampled_from([one.limit_minor for one in book]))
    most = allotment.demand(book, terms, price)
    return book, terms, price, lot * draw(st.integers(1, most // lot))


def allot(book: Sequence[Subscription], terms: Terms, price: int, quantity: int) -> dict[str, int]:
    found = allotment.allot(book, terms, price_minor=price, quantity=quantity)
    return {one.subscriber: one.quantity for one in found}


def crowd(count: int, seed: int) -> list[Subscription]:
    chance = random.Random(seed)  # noqa: S311 - a crowd that can be made again
    return [
        Subscription(f"S{n:06}", 10 * chance.randint(1, 500), chance.randint(90, 110), chance.choice(TYPES))
        for n in range(count)
    ]


@given(offerings())
def test_the_sum_is_exact_and_every_cap_lot_and_limit_is_kept(
    offering: tuple[list[Subscription], Terms, int, int],
) -> None:
    book, terms, price, quantity = offering
    got = allot(book, terms, price, quantity)
    assert sum(got.values()) == quantity
    assert list(got) == sorted(one.subscriber for one in book)  # everybody is told, in one order
    for one in book:
        assert 0 <= got[one.subscriber] <= min(one.quantity, terms.cap or one.quantity)
        assert got[one.subscriber] % terms.lot == 0
        assert one.limit_minor >= price or got[one.subscriber] == 0


@given(offerings(), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_who_comes_first(
    offering: tuple[list[Subscription], Terms, int, int], chance: random.Random
) -> None:
    book, terms, price, quantity = offering
    shuffled = list(book)
    chance.shuffle(shuffled)
    assert allot(shuffled, terms, price, quantity) == allot(book, terms, price, quantity)


@given(offerings())
def test_who_wants_more_never_gets_less_than_his_like(offering: tuple[list[Subscription], Terms, int, int]) -> None:
    book, terms, price, quantity = offering
    got = allot(book, terms, price, quantity)
    served = [one for one in book if one.limit_minor >= price]
    for one in served:
        for other in served:
            if one.investor_type != other.investor_type or one.quantity < other.quantity:
                continue
            least = got[other.subscriber] - (terms.lot if terms.tiers else 0)  # two rounds of remainders
            if one.quantity == other.quantity and one.subscriber > other.subscriber:
                least -= terms.lot
            assert got[one.subscriber] >= least


@given(books(), st.integers(1, 480), st.sampled_from((0, 1, 7, 30)))
def test_without_tiers_everybody_is_within_a_lot_of_his_exact_share(
    book: list[Subscription], quantity: int, cap: int
) -> None:
    terms = Terms(1, (), cap)
    quantity = min(quantity, allotment.demand(book, terms, 0))
    got, exact = allot(book, terms, 0, quantity), exact_shares(book, cap, quantity)
    assert sum(exact.values()) == quantity
    assert all(abs(got[name] - share) < 1 for name, share in exact.items())


def exact_shares(book: Sequence[Subscription], cap: int, quantity: int) -> dict[str, Fraction]:
    """Too plain to be wrong: whoever's share is past his cap gets the cap, until nobody's is."""
    most = {one.subscriber: min(one.quantity, cap or one.quantity) for one in book}
    shares: dict[str, Fraction] = {}
    while True:
        rest = [one for one in book if one.subscriber not in shares]
        left, weight = quantity - sum(shares.values()), sum(one.quantity for one in rest)
        exact = {one.subscriber: Fraction(left * one.quantity, weight) for one in rest}
        past = {name: Fraction(most[name]) for name, share in exact.items() if share >= most[name]}
        if not past:
            return shares | exact
        shares |= past


@given(offerings())
def test_the_first_tier_has_what_is_meant_for_it(offering: tuple[list[Subscription], Terms, int, int]) -> None:
    book, terms, price, quantity = offering
    if not terms.tiers:
        return
    tier, got = terms.tiers[0], allot(book, terms, price, quantity)
    members = [one for one in book if one.investor_type == tier.investor_type]
    wanted = allotment.demand(members, terms, price)
    assert sum(got[one.subscriber] for one in members) >= min(tier.quantity, wanted, quantity)


def test_what_a_tier_leaves_over_goes_to_everybody() -> None:
    book = [Subscription("ALICE", 30, 10, "retail"), Subscription("BRUNO", 300, 10, "qualified")]
    terms = Terms(1, (Tier("retail", 50),))
    assert allot(book, terms, 10, 100) == {"ALICE": 30, "BRUNO": 70}
    more = [*book, Subscription("CARLA", 100, 10, "retail")]
    # 50 for retail: 11.54 and 38.46; then 50 by what is still wanted: 18, 300 and 62 of 380.
    assert allot(more, terms, 10, 100) == {"ALICE": 12 + 2, "BRUNO": 40, "CARLA": 38 + 8}


def test_equal_remainders_go_to_the_first_by_name() -> None:
    book = [Subscription(name, 10, 10) for name in ("CARLA", "ALICE", "BRUNO")]
    assert allot(book, Terms(1), 10, 10) == {"ALICE": 4, "BRUNO": 3, "CARLA": 3}
    assert allot(book, Terms(10), 10, 20) == {"ALICE": 10, "BRUNO": 10, "CARLA": 0}


def test_numbers_as_large_as_the_ledgers_are_shared_exactly() -> None:
    large = 2**63 - 1
    book = [Subscription(f"S{n}", large, 10) for n in range(3)] + [Subscription("TINY", 1, 10)]
    assert sum(allot(book, Terms(1), 10, large).values()) == large
    assert allot(book, Terms(1), 10, 3 * large + 1) == {"S0": large, "S1": large, "S2": large, "TINY": 1}


@pytest.mark.parametrize(
    ("quantity", "nearest"),
    [("105", "100 is"), ("0", "takes 1 to 200"), ("210", "takes 1 to 200"), ("-10", "takes 1 to 200")],
)
def test_what_cannot_be_given_away_is_refused_with_what_can(quantity: str, nearest: str) -> None:
    book = [Subscription("ALICE", 200, 12), Subscription("BRUNO", 200, 11)]
    with pytest.raises(Error, match=nearest) as refused:
        allot(book, Terms(10), 12, int(quantity))
    assert (refused.value.code, refused.value.reason) == ("invalid", "allotted")


@given(books(), st.integers(1, 500))
def test_the_clearing_price_is_the_highest_that_places_the_quantity(book: list[Subscription], quantity: int) -> None:
    price = allotment.clearing_price(book, Terms(1), lowest=8, quantity=quantity)
    at = allotment.demand(book, Terms(1), price)
    above = allotment.demand(book, Terms(1), price + 1)
    assert above < at  # one step more would lose somebody
    assert at >= quantity > above or at == allotment.demand(book, Terms(1), 0) < quantity


def test_nobody_clears_at_the_lowest_price() -> None:
    assert allotment.clearing_price([], Terms(1), lowest=8, quantity=100) == 8


@settings(max_examples=4, deadline=None)
@given(st.sampled_from((1, 24, 25, 26, 10_000, MANY)), st.integers(0, 2**32))
def test_a_hundred_thousand_subscribers_are_allotted_alike(count: int, seed: int) -> None:
    book = crowd(count, seed)
    terms = Terms(10, (Tier("retail", 50 * count), Tier("institutional", 100 * count)), 2_000)
    price = allotment.clearing_price(book, terms, lowest=90, quantity=700 * count)
    quantity = min(700 * count, allotment.demand(book, terms, price))
    got = allotment.allot(book, terms, price_minor=price, quantity=quantity)
    assert sum(one.quantity for one in got) == quantity
    assert all(one.quantity <= 2_000 and one.quantity % 10 == 0 for one in got)
    assert allotment.allot(book[::-1], terms, price_minor=price, quantity=quantity) == got


@given(st.integers(0, 130))
def test_parts_hold_everybody_once_and_in_order(count: int) -> None:
    everybody = [Allotted(f"S{n:03}", n) for n in range(count)]
    parts = allotment.parts(everybody)
    assert [one for part in parts for one in part] == everybody
    assert all(len(part) == allotment.PART for part in parts[:-1])
