"""The REST door in this process, over the database and the worker of the product on the sandbox."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from middleware import ids
from scripts.cast import PASSWORD

Json = dict[str, Any]
CURRENCY, SHARE = "MXN.BANCO1", "ACME"
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

    def __init__(self, app: Flask, token: str = "") -> None:
        self.http: FlaskClient = app.test_client()
        self.token = token

    def get(self, path: str, **query: str) -> TestResponse:
        return self.http.get(f"/v1{path}", query_string=query, headers=self._headers())

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
        return self.http.post(f"/v1{path}", headers={**self._headers(), **named}, **sent)

    def command(self, path: str, body: Any = None, *, key: str = "") -> Json:
        """A command that must be done; answers what it made."""
        answer = self.post(path, {} if body is None else body, key=key or ids.new(), wait=20)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert isinstance(answer.json, dict)
        return answer.json

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """Anything at all."""
        headers = {**self._headers(), **more.pop("headers", {})}
        return self.http.open(f"/v1{path}", method=method, headers=headers, **more)

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
    _clients: dict[str, Client] = field(default_factory=dict)

    @property
    def nobody(self) -> Client:
        return Client(self.app)

    def user(self, username: str, password: str = PASSWORD) -> Client:
        if username not in self._clients:
            self._clients[username] = self.sign_in(username, password)
        return self._clients[username]

    def sign_in(self, username: str, password: str = PASSWORD) -> Client:
        answer = self.nobody.post("/tokens", {"username": username, "password": password})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert answer.json is not None
        return Client(self.app, answer.json["token"])

    def party(self, party: str) -> Client:
        return self.user(USERS[party])

    def agree(self, proposal: Json) -> None:
        """The custodian approves what was proposed."""
        act = proposal["act"]
        self.party("CUSTODIA1").command(f"/acts/{act['id']}/approval", {"hash": act["hash"]})

    def admit(self, *roles: str, **more: Any) -> str:
        """A new party with these roles; its code."""
        party = f"T{ids.new()[-10:].upper()}"
        body = {"party": party, "name": f"Test {party}", "organisation": "", "roles": list(roles), **more}
        self.agree(self.party("OPERATOR").command("/parties", body))
        return party

    def owner(self, *roles: str, cash: int = 0, shares: int = 0) -> "Owner":
        """A new party with a login and an account, and what it begins with."""
        party = self.admit(*(roles or ("investor",)))
        login = {"username": party.lower(), "party": party, "password": PASSWORD}
        assert self.party("OPERATOR").post("/users", login).status_code == 201
        opened = self.party("CUSTODIA1").command("/accounts", {"owner": party, "kind": "direct"})
        owner = Owner(party, opened["account"]["id"], self.user(party.lower()))
        if cash:
            self.deposit(owner.account, cash)
        if shares:
            self.give(owner.account, shares)
        return owner

    def deposit(self, account: str, amount_minor: int) -> Json:
        body = {"instrument": CURRENCY, "account": account, "amount_minor": str(amount_minor)}
        return self.party("BANCO1").command("/deposits", {**body, "reference": ids.new()[-12:]})

    def give(self, account: str, quantity: int) -> Json:
        """Shares out of the issuer's own."""
        own = self.party("ACME").items("/accounts")[0]["id"]
        body = {"instrument": SHARE, "from_account": own, "to_account": account, "quantity": str(quantity)}
        return self.party("ACME").command("/transfers", {**body, "reason": "gift"})


@dataclass(frozen=True)
class Owner:
    """A party of a test, with its account and its login."""

    party: str
    account: str
    client: Client

    def order(self, side: str, quantity: int, limit_minor: int, **more: str) -> Json:
        """The body of an order in the shares of the cast."""
        accounts = {"account": self.account, "cash_account": self.account}
        terms = {"side": side, "quantity": str(quantity), "limit_minor": str(limit_minor)}
        return {**accounts, "instrument": SHARE, **terms, **more}


def eventually(check: Any, seconds: float = 15.0) -> Any:
    """What `check` answers once it answers anything: for what another process does."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found
