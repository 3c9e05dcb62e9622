"""The listed market's part of the seed: a share at an exchange, mandates, an omnibus account, FIX sessions.

As in the rest of the seed, each step looks first whether it is done.
"""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from middleware.config import load
from scripts.cast import (
    BROKER,
    EXCHANGE,
    LISTED,
    LISTED_ISSUE,
    LISTED_SHARES,
    OMNIBUS,
    POWERS,
    RESOLUTION,
    SHARE,
    Power,
)
from scripts.desk import derived_id, path
from scripts.progress import ROOT
from scripts.stage import Stage, agree, digest

MANDATE_DAYS = 365


def listed(stage: Stage) -> None:
    """Everything that brokers and the exchange need, but for the parties themselves."""
    share(stage)
    omnibus(stage)
    for power in POWERS:
        mandate(stage, power)
    sessions(stage)


def share(stage: Stage) -> None:
    """The exchange's share: issued, and with the holders that it has from the beginning."""
    norte = stage.desk("NORTE")
    if norte.get(path("instruments", LISTED))["issued"] == "0":
        terms = {"account": stage.account("NORTE"), "quantity": str(LISTED_ISSUE), "resolution": digest(RESOLUTION)}
        agree(stage, f"issue {LISTED}", "NORTE", path("instruments", LISTED, "issuances"), terms)
        stage.say(f"NORTE issues {LISTED_ISSUE:,} shares")
    for holder, quantity in LISTED_SHARES.items():
        transfer(stage, "NORTE", LISTED, holder, quantity)


def omnibus(stage: Stage) -> None:
    """Shares that the custodian holds in its own name for clients, and the clients it discloses."""
    custodian, quantity, clients = OMNIBUS
    transfer(stage, "ACME", SHARE, custodian, quantity)
    desk, account = stage.desk(custodian), stage.account(custodian)
    if not any(desk.every("/disclosures", account=account)):
        split = [{"client": client, "quantity": str(held)} for client, held in clients.items()]
        body = {"instrument": SHARE, "as_of": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "clients": split}
        desk.command(path("accounts", account, "disclosures"), body, derived_id("first disclosure"))
        stage.say(f"{custodian} discloses {len(clients)} clients")


def transfer(stage: Stage, owner: str, instrument: str, to: str, quantity: int) -> None:
    """Shares given at the beginning, once."""
    id = derived_id(f"transfer {instrument} {to}")
    if stage.desk(owner).find(path("transfers", f"{owner}:{id}")) is None:
        terms = {"instrument": instrument, "quantity": str(quantity), "reason": "other"}
        ends = {"from_account": stage.account(owner), "to_account": stage.account(to)}
        stage.desk(owner).command("/transfers", {**terms, **ends}, id)
        stage.say(f"{to} holds {quantity:,} {instrument}")


def mandate(stage: Stage, power: Power) -> None:
    """What an owner lets an agent do; one that was changed or revoked since stays as it is."""
    desk = stage.desk(power.owner)
    if any(known["agent"] == power.agent and known["owner"] == power.owner for known in desk.every("/mandates")):
        return
    good_till = datetime.now(UTC).replace(microsecond=0) + timedelta(days=MANDATE_DAYS)
    limits = {"order_minor": str(power.order_minor), "total_minor": str(power.total_minor)}
    terms = {"agent": power.agent, "affirmation": power.affirmation, "good_till": f"{good_till:%Y-%m-%dT%H:%M:%SZ}"}
    desk.command("/mandates", {**terms, **limits}, derived_id(f"mandate {power.owner} {power.agent}"))
    stage.say(f"{power.owner} gives {power.agent} a mandate, affirmation {power.affirmation}")


def sessions(stage: Stage) -> None:
    """The broker's session and its drop copy, and our line to the exchange. Certificates come from the command line."""
    known = {session["comp_id"] for session in stage.desk("OPERATOR").every("/sessions")}
    ours = load()
    wanted = {
        BROKER: (BROKER, "--kind", "broker", "--may-reset"),
        f"{BROKER}-DC": (BROKER, "--kind", "drop_copy", "--may-reset"),
        EXCHANGE: (EXCHANGE, "--kind", "exchange", "--host", ours.exchange_host, "--port", str(ours.exchange_port)),
    }
    for comp_id, terms in wanted.items():
        if comp_id not in known:
            command = [sys.executable, "-m", "middleware.cli", "sessions", "add", comp_id, *terms]
            added = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
            if added.returncode:
                raise SystemExit(f"seed: no session {comp_id}: {added.stderr.strip() or added.stdout.strip()}")
            stage.say(f"FIX session {comp_id}")
