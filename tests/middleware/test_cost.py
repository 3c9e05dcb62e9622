"""What a holding cost: no minor unit is lost, the average never rises by selling, and gifts have no cost."""

from hypothesis import given
from hypothesis import strategies as st

from middleware.market.cost import Cost


def moved(*moves: tuple[int, int]) -> Cost:
    cost = Cost()
    for change, cash in moves:
        cost.move(change, cash)
    return cost


def test_a_purchase_costs_what_was_paid_and_a_sale_gains_what_is_beyond_its_part() -> None:
    cost = moved((10, -1_000), (10, -2_000))
    assert (cost.quantity, cost.minor, cost.average_minor) == (20, 3_000, 150)
    cost.move(-5, 1_000)
    assert (cost.quantity, cost.minor, cost.realised_minor) == (15, 2_250, 250)
    assert cost.gain_minor(200) == 15 * 200 - 2_250
    assert cost.gain_minor(None) is None


def test_what_rounding_leaves_goes_with_the_last_unit() -> None:
    cost = moved((3, -100), (-1, 40), (-1, 40))
    assert (cost.quantity, cost.minor, cost.realised_minor) == (1, 34, 14)
    cost.move(-1, 40)
    assert (cost.quantity, cost.minor, cost.realised_minor) == (0, 0, 20)


def test_a_gift_has_no_cost_and_no_gain() -> None:
    cost = moved((10, 0))
    assert (cost.uncosted, cost.average_minor, cost.gain_minor(500)) == (10, None, None)
    cost.move(-4, 2_000)
    assert (cost.quantity, cost.uncosted, cost.realised_minor) == (6, 6, 0)


def test_gifts_and_purchases_leave_in_proportion() -> None:
    cost = moved((10, 0), (30, -3_000), (-20, 4_000))
    assert (cost.quantity, cost.uncosted, cost.minor) == (20, 5, 1_500)
    assert cost.realised_minor == 3_000 - 1_500
    assert cost.gain_minor(100) == 0


def test_what_is_given_away_takes_its_cost_along_and_gains_nothing() -> None:
    cost = moved((10, -1_000), (-4, 0))
    assert (cost.quantity, cost.minor, cost.realised_minor) == (6, 600, 0)


def test_a_price_corrected_later_corrects_the_cost_or_the_gain() -> None:
    cost = moved((10, -1_000), (0, -50))
    assert cost.minor == 1_050
    sold = moved((10, -1_000), (-10, 1_200), (0, -50))
    assert sold.realised_minor == 150


@given(st.lists(st.tuples(st.integers(-1_000, 1_000), st.integers(-(10**12), 10**12)), max_size=60))
def test_whatever_happens_nothing_is_negative_and_money_is_conserved(moves: list[tuple[int, int]]) -> None:
    cost, paid = Cost(), 0
    for change, cash in moves:
        change = max(change, -cost.quantity)
        if not change:
            continue
        cash = min(cash, 0) if change > 0 else max(cash, 0)
        cost.move(change, cash)
        paid -= cash
        assert 0 <= cost.uncosted <= cost.quantity
        assert cost.minor >= 0
    if not cost.quantity:
        assert cost.minor == 0


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 10**9)), min_size=1, max_size=40))
def test_when_all_that_was_bought_is_sold_the_gain_is_proceeds_less_cost(trades: list[tuple[int, int]]) -> None:
    cost, paid, received = Cost(), 0, 0
    for units, minor in trades:
        cost.move(units, -minor)
        paid += minor
    while cost.quantity:
        units = min(7, cost.quantity)
        cost.move(-units, units * 11)
        received += units * 11
    assert cost.realised_minor == received - paid
