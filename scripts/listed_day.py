"""The listed market's part of the demonstration: a broker's FIX session, an exchange outside, and who signs what."""

from dataclasses import dataclass, field
from itertools import count

from middleware.config import load
from middleware.fix import certificates
from scripts.cast import BROKER, EXCHANGE, LISTED
from scripts.day import PATIENCE_SECONDS, Day
from scripts.desk import Json, money, path
from scripts.fix_client import FixClient, Heard, Line, now

SIDES = {"buy": "1", "sell": "2"}
PRICE = 1_800


def the_listed_market(day: Day) -> None:
    """Scenes at the exchange: affirmed, reserved, sent, executed, settled, confirmed."""
    broker = Broker(day)
    broker.open()
    try:
        one_investor(day, broker)
        two_funds(day, broker)
    finally:
        broker.close()


def one_investor(day: Day, broker: "Broker") -> None:
    buy = broker.order("buy", 100, PRICE, "ALICE")
    broker.hears(buy, "A")
    day.tell(f"{BROKER} enters a buy of 100 {LISTED} at {money(PRICE)} for ALICE, by FIX: it waits to be affirmed")
    (order,) = affirm(day, "ALICE", broker.name_of(buy))
    broker.hears(buy, "0")
    day.tell("ALICE affirms it: reserved on the ledger, and only then sent to the exchange")
    sell = broker.order("sell", 60, PRICE - 10, "BRUNO")
    broker.hears(sell, "0")
    day.orders += [order, broker.order_of(sell)]
    day.tell(f"{BROKER} sells 60 for BRUNO, whose mandate lets it sign")
    broker.hears(buy, "F")
    broker.hears(sell, "F")
    day.filled(order, 60)
    rest = broker.cancel(buy, "buy", 100)
    broker.hears(rest, "4")
    state = day.desk("ALICE").get(path("orders", order))
    day.expect(state["status"] == "cancelled" and state["reserved"] == "0", f"{order} is {state['status']}")
    day.tell("    the rest is cancelled; it was released after the exchange had confirmed, not before")


def two_funds(day: Day, broker: "Broker") -> None:
    block = broker.order("buy", 80, PRICE, "FONDO1", "FONDO2")
    broker.hears(block, "A")
    day.tell(f"{BROKER} enters one block order for both funds; their manager GESTORA affirms both allocations at once")
    orders = affirm(day, "GESTORA", broker.name_of(block))
    day.expect(len(orders) == 2, f"GESTORA has affirmed {len(orders)} allocations, not 2")
    broker.hears(block, "0")
    sell = broker.order("sell", 80, PRICE, "BRUNO")
    broker.hears(sell, "0")
    day.orders += [*orders, broker.order_of(sell)]
    for order in orders:
        day.filled(order, 40)


def affirm(day: Day, party: str, group: str) -> list[str]:
    """Sign everything of one broker's order that waits for this party, in one step; answers the orders it became."""
    desk = day.desk(party)
    waiting = [one for one in desk.every("/entries", group=group) if one["affirmable"]]
    outcomes: list[Json] = desk.post("/entries/affirmations", {"entries": [one["id"] for one in waiting]})["items"]
    for one in outcomes:
        day.expect(one["problem"] is None, f"{party} could not affirm {one['id']}: {one['problem']}")
    return [one["order"] for one in outcomes]


@dataclass
class Broker:
    """The broker at its FIX session: orders by their names, and what is reported of each."""

    day: Day
    client: FixClient = field(init=False)
    groups: dict[str, str] = field(default_factory=dict)  # name → the broker's order (37)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def open(self) -> None:
        """Log on with the session's certificate, numbers from 1."""
        config = load()
        mine, trusted = certificates.client(config.state, BROKER), certificates.authority(config.state)
        line = Line(config.fix_host, config.fix_port, BROKER, "LONJA", mine.certificate, mine.key, trusted.certificate)
        self.client = FixClient(line)
        self.client.connect()
        answer = self.client.log_on(reset=True, seconds=PATIENCE_SECONDS)
        if answer is None or answer.type != "A":
            raise TimeoutError(f"{BROKER} cannot log on by FIX: {answer}")

    def order(self, side: str, quantity: int, price: int, *parties: str) -> str:
        """Send an order for one party, or a block for several, at a limit in minor units; answers its name."""
        name = f"{self.day.tag}-{next(self._numbers)}"
        fields = [(11, name), (55, LISTED), (54, SIDES[side]), (60, now()), (38, str(quantity)), (40, "2")]
        fields += [(44, f"{price // 100}.{price % 100:02d}"), (59, "0"), (100, EXCHANGE)]
        accounts = [self.day.stage.account(party) for party in parties]
        if len(accounts) == 1:
            fields.append((1, accounts[0]))
        else:
            fields.append((78, str(len(accounts))))
            for account in accounts:
                fields += [(79, account), (80, str(quantity // len(accounts)))]
        self.client.send("D", fields)
        return name

    def cancel(self, order: str, side: str, quantity: int) -> str:
        """Ask for an order to be cancelled; answers the name of the request."""
        name = f"{self.day.tag}-{next(self._numbers)}"
        fields = {11: name, 41: order, 55: LISTED, 54: SIDES[side], 60: now(), 38: str(quantity)}
        self.client.send("F", fields)
        return name

    def hears(self, name: str, kind: str) -> Heard:
        """Wait for a report of this kind (150) about an order."""
        heard = self.client.expect("8", {11: name, 150: kind}, seconds=PATIENCE_SECONDS)
        if heard is None:
            said = [str(one) for one in self.client.heard if one[11] == name]
            raise TimeoutError(f"{BROKER} waits for 150={kind} of {name}; heard {said[-2:]}")
        self.groups[name] = heard[37]
        return heard

    def name_of(self, order: str) -> str:
        """The platform's id (37) of an order that was reported."""
        return self.groups[order]

    def order_of(self, name: str) -> str:
        """The order that an entry became which the broker itself signed."""
        (entry,) = self.day.desk(BROKER).every("/entries", group=self.groups[name])
        return str(entry["order"])

    def close(self) -> None:
        self.client.log_out()
