"""One of everything that a page can show, and that the seed leaves bare. For pictures and tests of looks.

Each step looks first whether there is one already.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from middleware import paper
from scripts.cast import BROKER, LISTED, PASSWORD, SHARE
from scripts.day import Day
from scripts.demo import cash_leaves
from scripts.desk import Desk, Json, new_id, path
from scripts.exchange import control
from scripts.listed_day import the_listed_market
from scripts.progress import Failed
from scripts.stage import Stage

NEWCOMERS = ("dora", "hugo")  # who have a login and are not admitted: she is still writing, he has handed it in
PATIENCE_SECONDS = 30.0
# An invented person; the numbers are those of the identifiers' own examples.
ANSWERS = {
    **{"given_names": "Hugo", "family_names": "Borja Ximénez", "born_on": "1931-08-20", "nationality": "MX"},
    **{"residence": "MX", "address": "Calle 5 de Mayo 12, Monterrey", "email": "hugo@example.com"},
    **{"phone": "+52 81 5555 0199", "curp": "BOXW310820HNERXN09", "rfc": "GODE561231GR8"},
    **{"clabe": "032180000118359719", "activity": "Retired", "source_of_funds": "savings", "investor_type": "retail"},
}
EVIDENCE = ("identity", "address")


def furnished(stage: Stage, exchange: Path) -> None:
    """Trades of the listed market, a payment, and what can be told of them; two people who apply.

    `exchange`: its back door.
    """
    trade(stage)
    certify(stage)
    negotiate(stage)
    write(stage)
    listen(stage)
    claim(stage, exchange)
    for username in NEWCOMERS:
        apply(stage, username, hands_in=username != NEWCOMERS[0])


def trade(stage: Stage) -> None:
    """The demonstration's scenes at the exchange and at the bank."""
    if stage.desk("OPERATOR").get("/executions")["items"]:
        return
    day = Day(stage)
    the_listed_market(day)
    cash_leaves(day)
    if day.failures:
        raise Failed("; ".join(day.failures))


def certify(stage: Stage) -> None:
    """An investor's certificate of what she holds."""
    bruno = stage.desk("BRUNO")
    if not bruno.get("/certificates")["items"]:
        bruno.post("/certificates", {"account": stage.account("BRUNO"), "instrument": LISTED, "language": "es"})


def negotiate(stage: Stage) -> None:
    """An investor asks the issuer for a quote and takes it: two instructions, settled."""
    alice, acme = stage.desk("ALICE"), stage.desk("ACME")
    if alice.get("/negotiations")["items"]:
        return
    wish = {"instrument": SHARE, "side": "buy", "quantity": "25", "parties": ["ACME"], "expires_at": _soon()}
    where = path("negotiations", alice.post("/negotiations", wish, Idempotency_Key=new_id())["id"], "offers")
    offer = {"quantity": "25", "price_minor": "2450", "account": stage.account("ACME"), "good_till": wish["expires_at"]}
    made: Json = acme.post(where, offer, Idempotency_Key=new_id())["talks"][0]["offers"][-1]
    alice.command(f"{where}/{made['id']}/acceptance", {"account": stage.account("ALICE")})


def write(stage: Stage) -> None:
    """The issuer's letter to whoever holds its shares."""
    acme = stage.desk("ACME")
    if not acme.get("/letters")["items"]:
        letter = {"subject": "General meeting", "text": "The meeting of all holders is on 15 December, at noon."}
        acme.post(path("instruments", SHARE, "letters"), letter, Idempotency_Key=new_id())


def listen(stage: Stage) -> None:
    """A broker's webhook, at an address that is nobody's."""
    if not stage.desk(BROKER).get("/webhooks")["items"]:
        stage.desk(BROKER).post("/webhooks", {"url": "https://93.184.216.34/orders", "events": ["*"]})


def claim(stage: Stage, exchange: Path) -> None:
    """The exchange takes a trade back after it has settled."""
    operator = stage.desk("OPERATOR")
    if operator.get("/claims")["items"]:
        return
    control.ask(exchange, "bust", trade=control.ask(exchange, "trades")[-1]["reference"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not operator.get("/claims")["items"]:
        if time.monotonic() > deadline:
            raise TimeoutError("the exchange has taken a trade back and no claim has come of it")
        time.sleep(0.1)


def apply(stage: Stage, username: str, *, hands_in: bool) -> None:
    """A person signs up and applies, with both documents."""
    operator = stage.desk("OPERATOR")
    if any(user["username"] == username for user in operator.every("/users")):
        return
    operator.post("/signups", {"username": username, "password": PASSWORD, "language": "es"})
    person = Desk(stage.url, username, PASSWORD)
    made = person.post("/applications", {"kind": "natural_person", "roles": ["investor"]})
    where = path("applications", made["id"])
    person.patch(where, ANSWERS)
    for kind in EVIDENCE:
        person.upload(f"{where}/evidence?kind={kind}", f"{kind}.pdf", _document(kind), "application/pdf")
    if hands_in:
        person.post(f"{where}/submission", {})


def _document(kind: str) -> bytes:
    said = {"title": f"Invented: {kind}", "language": "es", "at": "2026-11-20T16:00:00Z"}
    table = {"title": "", "columns": [{"name": "", "wide": "yes"}], "rows": [["Nobody has issued this document."]]}
    return paper.render("sheet", {**said, "sections": [table]})


def _soon() -> str:
    return f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
