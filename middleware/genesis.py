"""The ledger's beginning: the keys of the first parties, the file that names them, and its one submission.

The order is: keys and file, then the network's chaincode started with the file's hash, then the submission.
"""

import json
import os
from typing import Any

import structlog

from middleware import clock
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import Ledger, Refused, command, wallet

log = structlog.get_logger(__name__)
ORGANISATIONS = (("operator", "OperatorMSP"), ("custodian", "CustodianMSP"))
FIRST_PARTIES = (
    ("OPERATOR", "operator", "operator"),
    ("CUSTODIA1", "custodian", "custodian"),
    ("BOLSA", "operator", "venue"),
    ("BANCO1", "", "bank"),
)
COMMIT_WITHIN_SECONDS = 60


def write(database: Database, name: str = "lonja-dev") -> str:
    """Make the first keys and the genesis file, or check those that are there; answers the ledger's hash."""
    path = database.config.genesis_file
    with database.writing() as session:
        keys = {party: wallet.create_first(session, party, ["*"]) for party, _, _ in FIRST_PARTIES}
        session.commit()  # first the keys: a file naming keys that nobody has would be worth nothing
    content = command.canonical(_content(name, keys))
    if not path.exists():
        aside = path.with_name(path.name + ".new")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    _check_keys(json.loads(path.read_bytes()), keys)
    return wallet.ledger_hash(database.config)


def submit(database: Database, ledger: Ledger) -> bool:
    """Give the ledger its genesis and wait until it has it; says whether it was we who gave it."""
    if accepted(ledger):
        return False
    offer(database, ledger)
    started = clock.monotonic()
    while not accepted(ledger):
        if clock.monotonic() - started > COMMIT_WITHIN_SECONDS:
            raise Error("unavailable", f"no genesis on the ledger after {COMMIT_WITHIN_SECONDS} s", reason="genesis")
        clock.sleep(0.1)
    return True


def offer(database: Database, ledger: Ledger) -> None:
    """Send the genesis file without waiting. Sending it again is harmless: it is accepted once."""
    try:
        envelope = ledger.genesis(database.config.genesis_file.read_bytes())
    except Refused as refusal:
        if (refusal.code, refusal.reason) == ("duplicate", "genesis"):
            return
        message = f"the ledger refused the genesis file: {refusal.message}"
        raise Error("unavailable", message, reason="genesis") from None
    log.info("genesis sent", transaction=envelope.transaction_id)


def accepted(ledger: Ledger) -> bool:
    """Whether the ledger has begun."""
    try:
        (found,) = ledger.query("get", "genesis")["items"]
    except Refused as refusal:
        if (refusal.code, refusal.reason) == ("unavailable", "genesis"):
            return False
        raise
    return found["value"] is not None


def venue(database: Database) -> str:
    """The party with the role venue that the genesis file names."""
    try:
        parties = json.loads(database.config.genesis_file.read_bytes())["parties"]
    except FileNotFoundError:
        raise Error("unavailable", "there is no genesis file: run `lonja genesis`", reason="genesis") from None
    return next((party["party"] for party in parties if "venue" in party["roles"]), "")


def _content(name: str, keys: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": "1",
        "name": name,
        "organisations": [{"id": id, "msp_id": msp_id} for id, msp_id in ORGANISATIONS],
        "parties": [
            {"party": party, "organisation": organisation, "roles": [role], "key": keys[party]}
            for party, organisation, role in FIRST_PARTIES
        ],
    }


def _check_keys(said: dict[str, Any], keys: dict[str, dict[str, Any]]) -> None:
    for party in said["parties"]:
        ours = keys.get(party["party"])
        if ours is not None and party["key"]["held"] == "platform" and party["key"]["public"] != ours["public"]:
            message = f"the genesis file names another key of {party['party']} than this database holds"
            raise Error("internal", message, reason="genesis")
