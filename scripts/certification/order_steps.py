"""Orders: what is refused and how, and the life of one order from its entry to its cancellation."""

from scripts.certification.run import Failed, Run, Skipped
from scripts.fix_client import Heard, now

LATER_SECONDS = 15.0  # the ledger has to answer


def unknown_account(run: Run) -> None:
    """An account that the broker has no mandate for, or that there is not."""
    changes = {1: "NOBODY:00000000-0000-7000-8000-000000000000"}
    run.refused(changes, "15", "the account (1) is not known")


def unknown_instrument(run: Run) -> None:
    """An instrument that there is not."""
    run.refused({55: "NOSUCH", 48: None, 22: None}, "1", "the instrument (55) is not known")


def off_lot(run: Run) -> None:
    """A quantity off the lot."""
    if run.terms.lot == 1:
        run.refused({38: "0"}, "13", "the quantity (38) is not positive")
    else:
        run.refused({38: str(run.terms.lot + 1)}, "13", "the quantity (38) is off the lot")


def off_tick(run: Run) -> None:
    """A price off the tick."""
    run.refused({44: str(run.terms.limit + run.terms.tick / 10)}, "99", "the price (44) is off the tick")


def market_order(run: Run) -> None:
    """A market order: there is nothing to reserve against."""
    run.refused({40: "1", 44: None}, "11", "only limit orders (40=2) are taken")


def until_cancelled(run: Run) -> None:
    """An order without an end."""
    run.refused({59: "1"}, "11", "good till cancelled (59=1) is not taken")


def new_order(run: Run) -> None:
    """An order is acknowledged as pending new; signed by the broker's mandate it becomes new."""
    fields = run.order_fields()
    run.client.send("D", fields)
    wanted = {11: fields[11], 150: "A", 39: "A", 151: fields[38], 14: "0", 37: "*", 17: "*"}
    run.order = run.expect("8", wanted, "ExecutionReport 150=A, 39=A, 151=38, 14=0 with 37 and 17")
    run.client_id = fields[11]
    _become_new(run, run.order)


def duplicate(run: Run) -> None:
    """A ClOrdID that was used before."""
    _open_order(run)
    run.refused({11: run.client_id}, "6", f"ClOrdID (11) {run.client_id} was used before")


def possible_resend(run: Run) -> None:
    """An order sent again under a new number with PossResend is known by its ClOrdID, and not entered twice."""
    _open_order(run)
    run.client.send("D", run.order_fields({11: run.client_id}), header={97: "Y"})
    found = run.expect("8", {11: run.client_id}, "an ExecutionReport about the first order, or 103=6")
    if found[37] != _open_order(run)[37] and found[103] != "6":
        raise Failed(f"the first order: 37={_open_order(run)[37]}", str(found))
    run.is_alive()


def replace(run: Run) -> None:
    """A replace is answered by 150=5, or refused by 35=9 while nobody has affirmed the order."""
    order, id = _open_order(run), run.new_id()
    fields = {11: id, 41: run.client_id, 37: order[37], 54: "1", 60: now(), 40: "2", 59: "0", 1: run.terms.account}
    fields |= {55: run.terms.instrument, 38: str(20 * run.terms.lot), 44: str(run.terms.limit)}
    run.client.send("G", fields)
    if run.terms.is_affirmed:
        run.expect("9", {11: id, 434: "2", 58: "*"}, "OrderCancelReject (35=9) with 434=2: it is not affirmed yet")
        return
    wanted = {11: id, 41: run.client_id, 150: "5", 38: fields[38]}
    run.expect("8", wanted, f"ExecutionReport 150=5 with 38={fields[38]}", seconds=LATER_SECONDS)
    run.client_id = id


def cancel(run: Run) -> None:
    """A cancel is answered by 150=4, and nothing is left open."""
    order, id = _open_order(run), run.new_id()
    fields = {11: id, 41: run.client_id, 37: order[37], 54: "1", 60: now(), 55: run.terms.instrument}
    run.client.send("F", {**fields, 38: str(10 * run.terms.lot)})
    wanted = {11: id, 41: run.client_id, 150: "4", 39: "4", 151: "0"}
    run.expect("8", wanted, "ExecutionReport 150=4, 39=4, 151=0 with 41", seconds=LATER_SECONDS)
    run.order = None


def cancel_unknown(run: Run) -> None:
    """A cancel of an order that there is not."""
    id = run.new_id()
    fields = {11: id, 41: "NOSUCH", 54: "1", 60: now(), 55: run.terms.instrument, 38: str(run.terms.lot)}
    run.client.send("F", fields)
    wanted = {11: id, 434: "1", 102: "1", 58: "*"}
    run.expect("9", wanted, "OrderCancelReject (35=9) with 434=1, 102=1 and a text (58)")
    run.is_alive()


def block_order(run: Run) -> None:
    """One order for two accounts by its allocations; it is acknowledged whole, and cancelled whole."""
    if not run.terms.second_account:
        raise Skipped("no --second-account was given")
    fields = run.order_fields({1: None, 38: str(20 * run.terms.lot), 20884: None})
    each = str(10 * run.terms.lot)
    group = [(78, "2"), (79, run.terms.account), (80, each), (79, run.terms.second_account), (80, each)]
    run.client.send("D", [*fields.items(), *group])
    wanted = {11: fields[11], 150: "A", 38: fields[38], 151: fields[38]}
    run.order = run.expect("8", wanted, f"ExecutionReport 150=A for the whole: 38=151={fields[38]}")
    run.client_id = fields[11]
    for _ in range(2):
        _become_new(run, run.order)
    cancel(run)


def _become_new(run: Run, order: Heard) -> None:
    """Where nobody has to affirm, the ledger reserves at once; each allocation by itself."""
    if not run.terms.is_affirmed:
        wanted = {37: order[37], 150: "0", 39: "0"}
        run.expect("8", wanted, "ExecutionReport 150=0, 39=0 after the reservation", seconds=LATER_SECONDS)


def _open_order(run: Run) -> Heard:
    if run.order is None:
        raise Skipped("the order of an earlier step is not there")
    return run.order
