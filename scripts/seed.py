"""Put the cast on stage, through the API only: parties, accounts, instruments and an opening position.

Every step looks first whether it is done and then acts under an id derived from its name, so that running it again,
or running it after it was cut short anywhere, ends in the same place and does nothing twice.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from middleware.config import load
from scripts.cast import (
    BALANCE_MINOR,
    CAST,
    CURRENCY,
    CURRENCY_TERMS,
    LISTED_TERMS,
    OPENING_ISSUE,
    OPENING_SALE,
    PASSWORD,
    RESOLUTION,
    SECOND,
    SHARE,
    SHARE_TERMS,
    VENUE,
    Member,
)
from scripts.desk import Refused, derived_id, money, new_id, path
from scripts.listed import listed
from scripts.offered import offered
from scripts.promised import promised
from scripts.stage import Stage, agree, banking, digest

OPENING_OFFER_DAYS = 90
VERIFIED_DAYS = 365


def seed(url: str, say: Callable[[str], None] = print) -> Stage:
    """Seed the product behind `url`. Returns the stage, for whoever goes on from there."""
    stage = Stage(url, say)
    users(stage)
    for member in CAST:
        admit(stage, member)
        qualify(stage, member)
    for owner in ["OPERATOR", *(m.party for m in CAST if m.holds)]:
        open_account(stage, owner)
    open_account(stage, "CUSTODIA1", kind="omnibus")
    register(stage, CURRENCY_TERMS)
    attest(stage, BALANCE_MINOR)
    for terms in (SHARE_TERMS, LISTED_TERMS):
        register(stage, {**terms, "fee_account": stage.account("OPERATOR")})
    promised(stage)
    opening(stage)
    listed(stage)
    offered(stage)
    four_eyes(stage)
    return stage


def users(stage: Stage) -> None:
    """Logins. The first one cannot come through the API, which needs a login: the command line makes it."""
    _first_user()
    known = {user["username"] for user in stage.desk("OPERATOR").every("/users")}
    for member in CAST:
        if member.username not in known:
            login = {"username": member.username, "party": member.party, "password": PASSWORD}
            stage.desk("OPERATOR").post("/users", {**login, "language": member.language})
            stage.say(f"user {member.username} for {member.party}")
    for party, username in SECOND.items():
        if username not in known:
            login = {"username": username, "party": party, "password": PASSWORD, "language": "es"}
            stage.desk("OPERATOR").post("/users", login)
            stage.say(f"second user {username} for {party}")


def _first_user() -> None:
    command = [sys.executable, "-m", "middleware.cli", "users", "add", "operator", "OPERATOR", "--password-stdin"]
    added = subprocess.run(command, input=PASSWORD, text=True, capture_output=True, check=False)
    if added.returncode:
        raise SystemExit(f"seed: the first user could not be made: {added.stderr.strip() or added.stdout.strip()}")


def admit(stage: Stage, member: Member) -> None:
    """A party, proposed by the operator and approved by the custodian; a founder only gets its name."""
    operator = stage.desk("OPERATOR")
    party = operator.find(path("parties", member.party))
    if party is None:
        terms = {"party": member.party, "name": member.name, "organisation": "", "roles": list(member.roles)}
        agree(stage, f"admit {member.party}", "OPERATOR", "/parties", terms)
        stage.say(f"{member.party} is admitted: {member.name}")
    elif party["name"] != member.name:
        operator.patch(path("parties", member.party), {"name": member.name})


def qualify(stage: Stage, member: Member) -> None:
    """What the operator has verified of those who may acquire something. What it saw, the cast has only in its head."""
    operator = stage.desk("OPERATOR")
    if not member.investor_type or operator.get(path("parties", member.party))["qualification"]:
        return
    good_till = datetime.now(UTC).replace(microsecond=0) + timedelta(days=VERIFIED_DAYS)
    terms = {"jurisdiction": "MX", "investor_type": member.investor_type, "limit_minor": str(member.limit_minor)}
    terms |= {"good_till": f"{good_till:%Y-%m-%dT%H:%M:%SZ}", "commitment": digest(f"{member.party} {new_id()}")}
    operator.command(path("parties", member.party, "qualification"), terms)
    stage.say(f"{member.party} is verified: {member.investor_type}")


def open_account(stage: Stage, owner: str, *, kind: str = "direct") -> None:
    """A custody account: direct, in the owner's own name, or the custodian's own for several clients."""
    custodian = stage.desk("CUSTODIA1")
    if custodian.find(path("accounts", stage.account(owner))) is None:
        custodian.command("/accounts", {"owner": owner, "kind": kind}, derived_id(f"account {owner}"))
        stage.say(f"account of {owner} at CUSTODIA1")


def register(stage: Stage, terms: Mapping[str, Any]) -> None:
    """An instrument, proposed by the operator and approved by the custodian."""
    if stage.desk("OPERATOR").find(path("instruments", terms["instrument"])) is None:
        agree(stage, f"register {terms['instrument']}", "OPERATOR", "/instruments", terms)
        stage.say(f"{terms['instrument']} is registered")


def attest(stage: Stage, balance_minor: int) -> None:
    """The balance behind the currency, by its bank: nothing can be deposited beyond it."""
    bank = stage.desk("BANCO1")
    if int(bank.get(path("instruments", CURRENCY))["attested_minor"]) < balance_minor:
        stated = {"instrument": CURRENCY, "balance_minor": str(balance_minor), "reference": "OPENING"}
        banking(stage, "/attestations", {**stated, "as_of": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"})
        stage.say(f"BANCO1 attests a balance of {money(balance_minor)}")


def opening(stage: Stage) -> None:
    """Something to begin with: cash for the investors, a first issue, and the issuer's offer of part of it."""
    for member in CAST:
        if member.opening_minor:
            deposit(stage, member.party, member.opening_minor, f"OPENING-{member.party}")
    share = stage.desk("ACME").get(path("instruments", SHARE))
    if share["issued"] == "0":
        issue = {"account": stage.account("ACME"), "quantity": str(OPENING_ISSUE), "resolution": digest(RESOLUTION)}
        agree(stage, "issue", "ACME", path("instruments", SHARE, "issuances"), issue)
        stage.say(f"ACME issues {OPENING_ISSUE:,} shares")
    offer(stage)


def deposit(stage: Stage, owner: str, amount_minor: int, reference: str) -> None:
    """Cash that the bank says has arrived, once for each reference."""
    account = stage.account(owner)
    known = stage.desk("BANCO1").every("/deposits", account=account)
    if any(known_deposit["reference"] == reference for known_deposit in known):
        return
    cash = {"instrument": CURRENCY, "account": account, "amount_minor": str(amount_minor), "reference": reference}
    banking(stage, "/deposits", cash, derived_id(f"deposit {reference}"))
    stage.say(f"{owner} has deposited {money(amount_minor)}")


def four_eyes(stage: Stage) -> None:
    """From here on, what one user of the bank enters waits for the other."""
    for party in SECOND:
        if not stage.desk(party).get("/four-eyes")["required"]:
            stage.desk(party).post("/four-eyes", {"required": "yes"}, Idempotency_Key=new_id())
            stage.say(f"{party} wants four eyes")


def offer(stage: Stage) -> None:
    """The issuer's standing offer; once made it is never made again, also when it has been sold out."""
    acme, id = stage.desk("ACME"), derived_id("opening offer")
    if acme.find(path("orders", f"ACME:{id}")):
        return
    quantity, limit = OPENING_SALE
    account = stage.account("ACME")
    good_till = datetime.now(UTC).replace(microsecond=0) + timedelta(days=OPENING_OFFER_DAYS)
    order = {"account": account, "cash_account": account, "instrument": SHARE, "side": "sell", "venue": VENUE}
    terms = {"quantity": str(quantity), "limit_minor": str(limit), "good_till": f"{good_till:%Y-%m-%dT%H:%M:%SZ}"}
    acme.command("/orders", {**order, **terms}, id)
    stage.say(f"ACME offers {quantity:,} shares at {money(limit)}")


def main() -> int:
    url = load().api_url
    try:
        seed(url)
    except requests.ConnectionError:
        print(f"seed: nobody answers at {url}. Start the product first: make run", file=sys.stderr)
        return 1
    except Refused as refused:
        print(f"seed: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
