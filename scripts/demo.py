"""A day of trading by the cast, through the API only, told as it happens. Can be repeated: every day is a new one.

Ends with `demo: orders=A trades=B settled=B failed=0` and `reconcile: clean`, and exit code 0 only with both.
"""

import hashlib
import subprocess
import sys

import requests

from middleware.config import load
from scripts.cast import CURRENCY, SHARE
from scripts.day import Day
from scripts.desk import Refused, money, new_id, path
from scripts.listed_day import the_listed_market
from scripts.product import NotStarted, running
from scripts.seed import deposit, seed
from scripts.stage import agree, banking

CLEAN = "reconcile: clean"


def main() -> int:
    url = load().api_url
    try:
        with running(url):
            stage = seed(url, lambda _text: None)
            day = Day(stage)
            print("A day at Lonja", flush=True)
            trade_a_day(day)
            reconciled = reconcile()
            counted, failed = count(day)
    except (NotStarted, Refused, TimeoutError, requests.RequestException) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(f"{counted}\n{reconciled}", flush=True)
    return 0 if reconciled == CLEAN and not failed else 1


def trade_a_day(day: Day) -> None:
    """The story, scene by scene."""
    cash_arrives(day)
    a_company_issues(day)
    price = opening_price(day)
    the_market(day, price)
    what_is_refused(day, price)
    the_listed_market(day)
    cash_leaves(day)
    the_register(day)


def cash_arrives(day: Day) -> None:
    for investor, amount in (("ALICE", 2_000_000), ("BRUNO", 1_500_000), ("CARLA", 1_500_000)):
        deposit(day.stage, investor, amount, f"SPEI-{day.tag}-{investor}")
        day.tell(f"BANCO1 confirms {money(amount)} from {investor}: one user enters it, another approves")


def a_company_issues(day: Day) -> None:
    resolution = hashlib.sha256(f"Resolution of the board {day.tag}".encode()).hexdigest()
    issue = {"account": day.stage.account("ACME"), "quantity": "300", "resolution": resolution}
    agree(day.stage, f"issue {day.tag}", "ACME", path("instruments", SHARE, "issuances"), issue)
    day.tell(f"ACME issues 300 {SHARE}; CUSTODIA1 has seen the resolution and approves")


def opening_price(day: Day) -> int:
    """A price at which the day's orders meet each other and not the offers that stand: under the best of them."""
    book = day.desk("ALICE").get(path("instruments", SHARE, "book"))
    best_ask = int(book["best_ask"] or 2_500)
    best_bid = int(book["best_bid"] or best_ask - 100)
    price = max((best_ask + best_bid) // 2, best_bid + 1)
    day.tell(f"the market opens; best offer {money(best_ask)}")
    return price


def the_market(day: Day, price: int) -> None:
    issuer = day.order("ACME", "sell", 300, price)
    alice = day.order("ALICE", "buy", 200, price + 20)
    state = day.filled(alice, 200)
    better = money(int(state["average_price_minor"] or 0))
    day.tell(f"    ALICE would have paid {money(price + 20)} and paid {better}: the difference is hers again")
    bruno = day.order("BRUNO", "buy", 150, price + 10)
    day.filled(bruno, 100)
    day.filled(issuer, 300)
    carla = day.order("CARLA", "buy", 80, price + 5)
    seller = day.order("ALICE", "sell", 90, price)
    day.filled(seller, 90)
    day.filled(bruno, 150)
    day.filled(carla, 40)
    day.cancel(carla)
    day.cancel(day.order("BRUNO", "sell", 30, price + 40))


def what_is_refused(day: Day, price: int) -> None:
    try:
        day.order("CARLA", "buy", 900_000, price)
    except Refused as refused:
        day.tell(f"CARLA wants to buy 900,000 {SHARE}: refused, {refused.code} ({refused.problem.get('detail')})")
        day.expect(refused.code == "insufficient", f"the order was refused as {refused.code}")
        state = day.desk("CARLA").get(path("orders", day.orders[-1]))
        day.expect(state["status"] == "rejected", f"{day.orders[-1]} is {state['status']}, not rejected")
    else:
        day.expect(False, "an order far beyond what CARLA has was accepted")


def cash_leaves(day: Day) -> None:
    account = day.stage.account("ALICE")
    wish = {"instrument": CURRENCY, "account": account, "amount_minor": "150000", "destination": "032180000118359719"}
    withdrawal = day.desk("ALICE").command("/withdrawals", wish)["withdrawal"]
    day.tell("ALICE wants 1,500.00 back on her bank account: reserved until the bank has paid")
    payment = path("withdrawals", withdrawal["id"], "payment")
    paid = banking(day.stage, payment, {"reference": f"PAY-{day.tag}"})["withdrawal"]
    day.expect(paid["status"] == "paid", f"the withdrawal is {paid['status']}, not paid")
    day.tell(f"BANCO1 has paid ALICE 1,500.00, reference {paid['reference']}")


def the_register(day: Day) -> None:
    register = day.desk("ACME").get(path("instruments", SHARE, "register"))
    day.tell(f"ACME's register as of block {register['as_of_block']}:")
    for holder in register["holders"]:
        share = int(holder["share_bps"])
        line = f"{holder['name']:<28} {int(holder['quantity']):>9,}  {share // 100:>3}.{share % 100:02d} %"
        day.tell(f"    {line}")
    day.expect(register["total"] == register["issued"], f"the register adds up to {register['total']}")
    letter = {"subject": "Our first day on the market", "text": "Dear holders,\n\nthank you for your trust."}
    sent = day.desk("ACME").post(path("instruments", SHARE, "letters"), letter, Idempotency_Key=new_id())
    day.tell(f"ACME writes to its {sent['holders']} holders")


def count(day: Day) -> tuple[str, int]:
    """The day's orders and trades, from what the API says about each: in words, and how much went wrong."""
    trades: dict[str, str] = {}
    for order in day.orders:
        owner = day.desk(order.split(":")[0])
        for trade in owner.every("/trades", order=order):
            if trade["id"] not in trades:
                trades[trade["id"]] = owner.get(path("trades", trade["id"]))["settlement"]["status"]
    settled = sum(1 for status in trades.values() if status == "settled")
    failed = len(trades) - settled + len(day.failures)
    return f"demo: orders={len(day.orders)} trades={len(trades)} settled={settled} failed={failed}", failed


def reconcile() -> str:
    """Compare SQL with the ledger key by key, by the command an operator uses; answers its last line.

    What it warns of on the way, such as a member that is away, is not the verdict.
    """
    command = [sys.executable, "-m", "middleware.cli", "reconcile"]
    run = subprocess.run(command, text=True, capture_output=True, check=False)
    said = run.stdout + run.stderr if run.returncode else run.stderr + run.stdout
    *details, verdict = [line for line in said.splitlines() if line] or ["reconcile: no answer"]
    for line in details:
        print(line, flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
