"""The REST door in this process, over the database and the worker of the product on the sandbox."""

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from middleware import clock, ids
from scripts.cast import PASSWORD, SECOND
from tests.middleware.contract import Contract

Json = dict[str, Any]
CURRENCY = "MXN.BANCO1"
USERS = {
    "OPERATOR": "operator",
    "CUSTODIA1": "custodian",
    "BOLSA": "venue",
    "BANCO1": "bank",
    "ACME": "acme",
    "ALICE": "alice",
    "BRUNO": "bruno",
}


class Client:
    """One signed-in user, or nobody."""

    def __init__(self, app: Flask, contract: Contract, token: str = "") -> None:
        self.http: FlaskClient = app.test_client()
        self.contract = contract
        self.token = token

    def get(self, path: str, **query: str) -> TestResponse:
        return self.contract.check(self.http.get(f"/v1{path}", query_string=query, headers=self._headers()))

    def items(self, path: str, **query: str) -> list[Json]:
        """All items of a list, page by page."""
        return list(self._pages(path, query))

    def post(self, path: str, body: Any = None, *, key: str = "", wait: int = 0, **headers: str) -> TestResponse:
        """A POST; with `key` a command, with `wait` one whose outcome is waited for."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named["Idempotency-Key"] = key
        if wait:
            named["Prefer"] = f"wait={wait}"
        sent = {} if body is None else {"json": body}
        return self.contract.check(self.http.post(f"/v1{path}", headers={**self._headers(), **named}, **sent))

    def command(self, path: str, body: Any = None, *, key: str = "") -> Json:
        """A command that must be done; answers what it made."""
        answer = self.post(path, {} if body is None else body, key=key or ids.new(), wait=20)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert isinstance(answer.json, dict)
        return answer.json

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """Anything at all."""
        headers = {**self._headers(), **more.pop("headers", {})}
        return self.contract.check(self.http.open(f"/v1{path}", method=method, headers=headers, **more))

    def upload(self, name: str, content: bytes, media_type: str = "application/pdf") -> TestResponse:
        """A file, as a form sends it."""
        boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), name, content_type=media_type)})
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.send("POST", "/documents", data=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Json]:
        page = self.get(path, **query).json
        assert page is not None
        yield from page["items"]
        while page["has_more"]:
            page = self.get(path, **{**query, "starting_after": page["next"]}).json
            assert page is not None
            yield from page["items"]


@dataclass
class Door:
    """The application, and its users as clients."""

    app: Flask
    contract: Contract = field(init=False)
    _clients: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.contract = Contract(self.app)

    @property
    def nobody(self) -> Client:
        return Client(self.app, self.contract)

    def user(self, username: str, password: str = PASSWORD) -> Client:
        if username not in self._clients:
            self._clients[username] = self.sign_in(username, password)
        return self._clients[username]

    def sign_in(self, username: str, password: str = PASSWORD) -> Client:
        answer = self.nobody.post("/tokens", {"username": username, "password": password})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert answer.json is not None
        return Client(self.app, self.contract, answer.json["token"])

    def party(self, party: str) -> Client:
        return self.user(USERS[party])

    def agree(self, proposal: Json, *, by: Client | None = None) -> None:
        """The custodian, or somebody else, approves what was proposed."""
        act = proposal["act"]
        (by or self.party("CUSTODIA1")).command(f"/acts/{act['id']}/approval", {"hash": act["hash"]})

    def admit(self, *roles: str, **more: Any) -> str:
        """A new party with these roles; its code."""
        party = f"T{ids.new()[-10:].upper()}"
        body = {"party": party, "name": f"Test {party}", "organisation": "", "roles": list(roles), **more}
        self.agree(self.party("OPERATOR").command("/parties", body))
        return party

    def share(self, issued: int = 100_000, **terms: str) -> "Share":
        """A new instrument, traded by nobody else, all of it in its issuer's account."""
        issuer = self.owner("issuer")
        code = f"S{ids.new()[-10:].upper()}"
        body = {"instrument": code, "kind": "equity", "issuer": issuer.party, "currency": CURRENCY}
        body |= {"authorised": "10000000", "lot": "1", "tick_minor": "1", "fee_bps": "25", "minor_digits": "0"}
        body |= {"fee_account": self.party("OPERATOR").items("/accounts", owner="OPERATOR")[0]["id"]}
        self.agree(self.party("OPERATOR").command("/instruments", {**body, **terms}))
        issue = {"account": issuer.account, "quantity": str(issued), "resolution": "0" * 64}
        self.agree(issuer.client.command(f"/instruments/{code}/issuances", issue))
        return Share(code, issuer)

    def owner(self, *roles: str, cash: int = 0) -> "Owner":
        """A new party with a login and an account, and the cash it begins with."""
        party = self.admit(*(roles or ("investor",)))
        login = {"username": party.lower(), "party": party, "password": PASSWORD}
        assert self.party("OPERATOR").post("/users", login).status_code == 201
        opened = self.party("CUSTODIA1").command("/accounts", {"owner": party, "kind": "direct"})
        owner = Owner(party, opened["account"]["id"], self.user(party.lower()))
        if cash:
            self.deposit(owner.account, cash)
        return owner

    def broker(self, **mandates: "Owner") -> "Broker":
        """A new broker with a login, and with a mandate of each of these owners: each=owner, none=owner."""
        party = self.admit("broker")
        login = {"username": party.lower(), "party": party, "password": PASSWORD}
        assert self.party("OPERATOR").post("/users", login).status_code == 201
        broker = Broker(party, self.user(party.lower()))
        for affirmation, owner in mandates.items():
            owner.mandate(party, affirmation)
        return broker

    def deposit(self, account: str, amount_minor: int) -> Json:
        body = {"instrument": CURRENCY, "account": account, "amount_minor": str(amount_minor)}
        return self.banking("/deposits", {**body, "reference": ids.new()[-12:]})

    def banking(self, path: str, body: Any) -> Json:
        """A command of BANCO1, which wants four eyes: one user enters it, the other approves."""
        key = ids.new()
        held = self.party("BANCO1").post(path, body, key=key)
        assert held.status_code == 202, held.get_data(as_text=True)
        assert held.json is not None
        self.user(SECOND["BANCO1"]).command(f"/drafts/{held.json['draft']['id']}/approval")
        return self.party("BANCO1").command(path, body, key=key)


@dataclass(frozen=True)
class Owner:
    """A party of a test, with its account and its login."""

    party: str
    account: str
    client: Client

    def order(self, side: str, instrument: str, quantity: int, limit_minor: int, **more: str) -> Json:
        """The body of an order of his."""
        accounts = {"account": self.account, "cash_account": self.account}
        terms = {"side": side, "quantity": str(quantity), "limit_minor": str(limit_minor)}
        return {**accounts, "instrument": instrument, **terms, **more}

    def mandate(self, agent: str, affirmation: str = "each", **more: str) -> Json:
        """What he lets an agent do."""
        limits = {"order_minor": "1000000", "total_minor": "5000000", "good_till": clock.text(clock.after(86_400 * 30))}
        body = {"agent": agent, "affirmation": affirmation, **limits, **more}
        found: Json = self.client.command("/mandates", body)["mandate"]
        return found


@dataclass(frozen=True)
class Broker:
    """A broker of a test, with its login."""

    party: str
    client: Client

    def enter(self, body: Json, *, id: str = "") -> Json:
        """The one entry of an order for one account."""
        (entry,) = self.enter_all(body, id=id)
        return entry

    def enter_all(self, body: Json, *, id: str = "") -> list[Json]:
        answer = self.client.post("/entries", body, key=id or ids.new())
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert answer.json is not None
        items: list[Json] = answer.json["items"]
        return items

    def refused(self, body: Any) -> tuple[int, str, str, str]:
        """An entry that is not taken: status, code, reason and the field that is wrong."""
        answer = self.client.post("/entries", body, key=ids.new())
        problem = answer.json
        assert problem is not None
        pointers = [error["pointer"] for error in problem.get("errors", ())]
        return answer.status_code, problem["code"], problem["reason"], pointers[0] if pointers else ""


@dataclass(frozen=True)
class Share:
    """An instrument of a test, with its issuer."""

    code: str
    issuer: Owner

    def give(self, owner: Owner, quantity: int) -> Json:
        """Some of the issuer's own."""
        body = {"instrument": self.code, "from_account": self.issuer.account, "to_account": owner.account}
        return self.issuer.client.command("/transfers", {**body, "quantity": str(quantity), "reason": "gift"})

    def publish(self, content: bytes, kind: str, **more: str) -> Json:
        """A document that its issuer stands by."""
        given = self.issuer.client.upload(f"{kind}.pdf", content).json
        assert given is not None
        body = {"document": given["id"], "kind": kind, **more}
        found: Json = self.issuer.client.command(f"/instruments/{self.code}/publications", body)["publication"]
        return found


def eventually(check: Any, seconds: float = 15.0) -> Any:
    """What `check` answers once it answers anything: for what another process does."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found
