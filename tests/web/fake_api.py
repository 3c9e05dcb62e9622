"""A small API that answers as the real one does (same bodies, same problems), with a fixed market, for tests of pages.

It holds no rules. `Fake.refuse` makes the next change be refused, `Fake.sent` keeps what the console sent.
"""

from __future__ import annotations

import copy
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.web import (
    fake_drafts,
    fake_letters,
    fake_listed,
    fake_negotiations,
    fake_offerings,
    fake_papers,
    fake_people,
    fake_promises,
    fake_register,
)

PASSWORD = "lonja-demo-2026"
HASH = "ab" * 32
AT = "2026-11-22T18:00:05Z"


def uid(number: int) -> str:
    return f"0192f0c1-0000-7000-8000-{number:012d}"


def account(number: int, owner: str, name: str, kind: str = "direct") -> dict[str, Any]:
    return {
        "id": f"CUSTODIA1:{uid(number)}",
        "owner": owner,
        "owner_name": name,
        "custodian": "CUSTODIA1",
        "kind": kind,
        "status": "open",
        "opened_at": AT,
        "block": 9,
    }


NAMES = {
    "OPERATOR": "Lonja Operadora",
    "CUSTODIA1": "Custodia Uno",
    "BOLSA": "Bolsa Lonja",
    "BANCO1": "Banco Uno",
    "ACME": "Alimentos Acme, S.A.P.I.",
    "ALICE": "Alice Torres",
    "BRUNO": "Bruno Díaz",
    "CARLA": "Carla Núñez",
    "CASA1": "Casa de Bolsa Uno",
    "MERCADO": "Mercado Central",
    "FONDO1": "Fondo Uno",
    "FONDO2": "Fondo Dos",
    "GESTORA": "Gestora del Valle",
}
ROLES = {
    "OPERATOR": ["operator"],
    "CUSTODIA1": ["custodian"],
    "BOLSA": ["venue"],
    "BANCO1": ["bank"],
    "ACME": ["issuer"],
    "ALICE": ["investor"],
    "BRUNO": ["investor"],
    "CARLA": ["investor"],
    "CASA1": ["broker"],
    "MERCADO": ["exchange"],
    "FONDO1": ["investor"],
    "FONDO2": ["investor"],
    "GESTORA": ["investor"],
}
LOGINS = {
    "operator": "OPERATOR",
    "custodian": "CUSTODIA1",
    "venue": "BOLSA",
    "bank": "BANCO1",
    "acme": "ACME",
    "alice": "ALICE",
    "bruno": "BRUNO",
    "carla": "CARLA",
    "casa": "CASA1",
    "mercado": "MERCADO",
    "gestora": "GESTORA",
    "newcomer": "DORA",
}
ACCOUNTS = [
    account(1, "ALICE", NAMES["ALICE"]),
    account(2, "BRUNO", NAMES["BRUNO"]),
    account(3, "CARLA", NAMES["CARLA"]),
    account(4, "ACME", NAMES["ACME"]),
    account(5, "OPERATOR", NAMES["OPERATOR"], "own"),
    account(6, "CUSTODIA1", NAMES["CUSTODIA1"], "omnibus"),
    account(7, "FONDO1", NAMES["FONDO1"], "individual"),
    account(8, "FONDO2", NAMES["FONDO2"], "individual"),
]
ALICES = ACCOUNTS[0]["id"]
INSTRUMENTS = [
    {
        "instrument": "ACME",
        "kind": "equity",
        "issuer": "ACME",
        "issuer_name": NAMES["ACME"],
        "currency": "MXN.BANCO1",
        "isin": "",
        **fake_promises.DEFINED,
        "authorised": "1000000",
        "issued": "100000",
        "lot": "1",
        "tick_minor": "1",
        "fee_bps": "25",
        "fee_account": ACCOUNTS[4]["id"],
        "minor_digits": "0",
        "currency_digits": "2",
        "status": "active",
        "reason": "",
        "last_price_minor": "2450",
        "registered_at": AT,
        "block": 5,
    },
    {
        "instrument": "ZINC",
        "kind": "bond",
        "issuer": "ACME",
        "issuer_name": NAMES["ACME"],
        "currency": "MXN.BANCO1",
        "isin": "MX01WA000038",
        **fake_promises.UNDEFINED,
        "authorised": "5000",
        "issued": "0",
        "lot": "10",
        "tick_minor": "5",
        "fee_bps": "0",
        "fee_account": "",
        "minor_digits": "0",
        "currency_digits": "2",
        "status": "active",
        "reason": "",
        "last_price_minor": None,
        "registered_at": AT,
        "block": 6,
    },
    {
        "instrument": "MXN.BANCO1",
        "kind": "currency",
        "issuer": "BANCO1",
        "issuer_name": NAMES["BANCO1"],
        "currency": "",
        "isin": "",
        **fake_promises.UNDEFINED,
        "authorised": None,
        "issued": "90071992547409931",
        "lot": "1",
        "tick_minor": "1",
        "fee_bps": "0",
        "fee_account": "",
        "minor_digits": "2",
        "currency_digits": "2",
        "status": "active",
        "reason": "",
        "last_price_minor": None,
        "registered_at": AT,
        "block": 4,
    },
]


def order(number: int, side: str, quantity: int, limit: int, status: str, **more: Any) -> dict[str, Any]:
    held = "MXN.BANCO1" if side == "buy" else "ACME"
    row = {
        "id": f"ALICE:{uid(number)}",
        "owner": "ALICE",
        "venue": "BOLSA",
        "broker": "",
        "account": ALICES,
        "cash_account": ALICES,
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "side": side,
        "quantity": str(quantity),
        "limit_minor": str(limit),
        "good_till": "2026-11-22T23:59:59Z",
        "max_fee_minor": "250",
        "status": status,
        "filled": "0",
        "remaining": str(quantity),
        "average_price_minor": None,
        "fees_minor": "0",
        "reserved": "0",
        "reserved_instrument": held,
        "sequence": str(number),
        "kid": "ALICE.1",
        "held": "platform",
        "code": "",
        "reason": "",
        "message": "",
        "block": 31,
        "transaction_id": HASH,
        "placed_at": AT,
        "closed_at": None,
        "cancellable": status in ("new", "partially_filled"),
        "replaceable": status in ("new", "partially_filled"),
        "book": "ledger",
        "pending_quantity": None,
        "pending_limit_minor": None,
        "client_id": "",
        "session": "",
        "group": "",
    }
    return row | more


ORDERS = [
    order(106, "buy", 5, 2400, "pending_new", block=None, placed_at=None, sequence=None, transaction_id=""),
    order(105, "buy", 40, 2500, "new", reserved="100250"),
    order(
        104,
        "sell",
        100,
        2600,
        "partially_filled",
        filled="60",
        remaining="40",
        reserved="40",
        average_price_minor="2600",
        fees_minor="390",
    ),
    order(
        103,
        "buy",
        10,
        2450,
        "filled",
        filled="10",
        remaining="0",
        average_price_minor="2450",
        fees_minor="61",
        closed_at=AT,
    ),
    order(102, "buy", 10, 2300, "cancelled", closed_at=AT),
    order(
        101,
        "buy",
        99999,
        2500,
        "rejected",
        code="insufficient",
        reason="available",
        message="ALICE has 5,000.00 MXN.BANCO1 available, the order needs 2,506,224.93.",
    ),
    order(100, "sell", 1, 9900, "expired", closed_at=AT),
    order(
        99,
        "buy",
        60,
        2500,
        "partially_filled",
        venue="MERCADO",
        broker="CASA1",
        book="exchange",
        client_id="A-2041",
        session="CASA1",
        group=uid(700),
        filled="20",
        remaining="40",
        reserved="100250",
        replaceable=False,
        pending_quantity="80",
        pending_limit_minor="2510",
    ),
]
TRADE = {
    "id": f"BOLSA:{uid(200)}",
    "number": "7",
    "reference": "",
    "status": "settled",
    "instrument": "ACME",
    "currency": "MXN.BANCO1",
    "venue": "BOLSA",
    "quantity": "10",
    "price_minor": "2450",
    "amount_minor": "24500",
    "side": "buy",
    "fee_minor": "61",
    "buy": ORDERS[3]["id"],
    "sell": None,
    "buyer": "ALICE",
    "seller": None,
    "buyer_account": ALICES,
    "seller_account": None,
    "buyer_fee_minor": "61",
    "seller_fee_minor": None,
    "after": 119,
    "kid": "BOLSA.1",
    "held": "platform",
    "at": AT,
    "block": 120,
    "transaction_id": HASH,
}


def holding(where: dict[str, Any], code: str, quantity: int, reserved: int, value: str | None) -> dict[str, Any]:
    cash = code != "ACME"
    return {
        "instrument": code,
        "account": where["id"],
        "owner": where["owner"],
        "owner_name": where["owner_name"],
        "custodian": "CUSTODIA1",
        "kind": "currency" if cash else "equity",
        "quantity": str(quantity),
        "reserved": str(reserved),
        "available": str(quantity - reserved),
        "currency": "MXN.BANCO1",
        "digits": "2" if cash else "0",
        "last_price_minor": None if cash else "2450",
        "value_minor": value,
    }


HOLDINGS = [
    holding(ACCOUNTS[0], "ACME", 140, 40, "343000"),
    holding(ACCOUNTS[0], "MXN.BANCO1", 600250, 100250, "600250"),
    holding(ACCOUNTS[1], "ACME", 860, 0, "2107000"),
    holding(ACCOUNTS[5], "ACME", 2000, 0, "4900000"),
    holding(ACCOUNTS[3], "ACME", 99000, 0, "242550000"),
    holding(ACCOUNTS[3], "MXN.BANCO1", 2500000, 0, "2500000"),
]
KEY = {"n": "1", "public": "B" * 87, "scope": ["*"], "held": "platform", "proof": "e30.e30.AA"}


def act(number: int, function: str, args: dict[str, Any], status: str = "proposed", **more: Any) -> dict[str, Any]:
    row = {
        "id": f"OPERATOR:{uid(number)}",
        "function": function,
        "args": args,
        "hash": HASH,
        "proposer": "OPERATOR",
        "organisation": "operator",
        "good_till": "2026-11-29T18:00:00Z",
        "status": status,
        "approver": "",
        "approvable": False,
        "proposed_at": AT,
        "approved_at": None,
        "block": 11,
        "code": "",
        "reason": "",
        "message": "",
    }
    return row | more


ACTS = [
    act(300, "party:admit", {"party": "DORA", "organisation": "", "roles": ["investor"], "key": KEY}),
    act(
        301,
        "instrument:issue",
        {"instrument": "ACME", "account": ACCOUNTS[3]["id"], "quantity": "100000", "resolution": HASH},
        "approved",
        approver="CUSTODIA1",
        approved_at=AT,
    ),
    act(
        302,
        "instrument:issue",
        {"instrument": "ACME", "account": ACCOUNTS[3]["id"], "quantity": "9900000", "resolution": HASH},
        "refused",
        code="invalid",
        reason="quantity",
        message="9900000 is more than ACME may still issue.",
    ),
    act(
        303,
        "instrument:define",
        fake_promises.BOND
        | {"instrument": "ZINC", "version": "1", "investor_types": ["retail"], "jurisdictions": [], "document": ""},
        "approved",
        approver="CUSTODIA1",
        approved_at=AT,
    ),
]
WITHDRAWALS = [
    {
        "id": f"ALICE:{uid(400 + n)}",
        "owner": "ALICE",
        "owner_name": NAMES["ALICE"],
        "bank": "BANCO1",
        "instrument": "MXN.BANCO1",
        "account": ALICES,
        "amount_minor": "50000",
        "destination": "002010077777777771",
        "destination_hash": HASH,
        "status": status,
        "entered_by": "bank" if status == "paid" else "",
        "approved_by": "bank2" if status == "paid" else "",
        "reference": "SPEI-9" if status == "paid" else "",
        "reason": "Unknown account" if status == "refused" else "",
        "requested_at": AT,
        "closed_at": None if status == "pending" else AT,
        "block": 60 + n,
        "transaction_id": HASH,
    }
    for n, status in enumerate(("pending", "paid", "refused"))
]
DEPOSITS = [
    {
        "id": f"BANCO1:{uid(500)}",
        "bank": "BANCO1",
        "reference": "SPEI-123",
        "instrument": "MXN.BANCO1",
        "account": ALICES,
        "owner": "ALICE",
        "owner_name": NAMES["ALICE"],
        "amount_minor": "500000",
        "entered_by": "bank",
        "approved_by": "bank2",
        "at": AT,
        "block": 20,
        "transaction_id": HASH,
    }
]
TRANSFERS = [
    {
        "id": f"ALICE:{uid(600)}",
        "instrument": "ACME",
        "from_account": ALICES,
        "to_account": ACCOUNTS[1]["id"],
        "quantity": "5",
        "reason": "gift",
        "party": "ALICE",
        "kid": "ALICE.1",
        "held": "own",
        "at": AT,
        "block": 122,
        "transaction_id": HASH,
    }
]
MOVEMENTS = [
    {
        "instrument": "ACME",
        "account": ALICES,
        "change": "-5",
        "reserved_change": "0",
        "quantity": "140",
        "reserved": "40",
        "function": "holding:transfer",
        "party": "ALICE",
        "command": f"ALICE:{uid(600)}",
        "at": AT,
        "block": 122,
        "transaction_id": HASH,
    }
]
BOOK = {
    "instrument": "ACME",
    "currency": "MXN.BANCO1",
    "as_of_block": 122,
    "best_bid": "2500",
    "best_ask": "2550",
    "last_price_minor": "2450",
    "bids": [{"limit_minor": str(2500 - 15 * n), "quantity": str(40 + 35 * n), "orders": str(n + 1)} for n in range(6)],
    "asks": [{"limit_minor": str(2550 + 20 * n), "quantity": str(60 + 20 * n), "orders": str(n + 1)} for n in range(5)],
    "trades": [
        {"number": str(7 - n), "price_minor": str(2450 + n), "quantity": str(10 + n), "at": AT, "block": 120 - n}
        for n in range(6)
    ],
}
STEPS = [
    {"step": "account_and_key", "signer": "CUSTODIA1", "block": 9},
    {"step": "affirmed", "kid": "ALICE.1", "held": "platform", "signer": "ALICE", "hash": HASH, "jws": "e30.e30.AA"},
    {"step": "reserved", "kid": "ALICE.1", "held": "platform", "signer": "ALICE", "block": 31, "quantity": "40"},
    {
        "step": "executed",
        "kid": "BOLSA.1",
        "held": "platform",
        "signer": "BOLSA",
        "block": 122,
        "quantity": "10",
        "price_minor": "2450",
        "trade": TRADE["id"],
    },
    {"step": "settled", "kid": "BOLSA.1", "held": "platform", "signer": "BOLSA", "block": 122, "trade": TRADE["id"]},
]
LEDGER = {
    "ledger": HASH,
    "driver": "fabric",
    "fabric_version": "2.1.1",
    "sandbox": False,
    "height": 123,
    "position": 122,
    "heights": {"operator": 123, "custodian": 122},
    "organisations": [{"id": "operator", "msp_id": "OperatorMSP"}, {"id": "custodian", "msp_id": "CustodianMSP"}],
    "endorsements": 2,
    "reachable": True,
}


def party(code: str) -> dict[str, Any]:
    home = {"OPERATOR": "operator", "BOLSA": "operator", "CUSTODIA1": "custodian"}.get(code, "")
    return {
        "party": code,
        "name": NAMES[code],
        "organisation": home,
        "roles": ROLES[code],
        "status": "active",
        "reason": "",
        "admitted_at": AT,
        "block": 7,
        "qualification": {"ALICE": fake_people.QUALIFICATION, "BRUNO": fake_people.LAPSED}.get(code),
    }


class Fake:
    """The API's state of one test."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []  # what was read, and how it was narrowed
        self.problem: tuple[int, dict[str, Any]] | None = None
        self.only = ""  # the method of the change that is to be refused
        self.status = "done"
        self.empty = False
        self.held: dict[str, Any] | None = None  # the draft that the next commands become
        self.sandbox = False
        self.down = False
        self.given_password = False
        self.app = self._build()

    def refuse(
        self,
        status: int,
        code: str,
        reason: str = "",
        message: str = "It was refused.",
        fields: dict[str, str] | None = None,
    ) -> None:
        """Refuse the next change; `fields` name a field and its sentence."""
        found = [{"pointer": f"/{name}", "message": text} for name, text in (fields or {}).items()]
        self.problem = (
            status,
            {
                "type": f"urn:lonja:problem:{code}",
                "title": code.title(),
                "status": status,
                "detail": message,
                "instance": request_path(),
                "code": code,
                "reason": reason,
                "errors": found,
                "request_id": "req-from-api",
            },
        )

    def user(self, username: str) -> dict[str, Any]:
        code = LOGINS[username]
        known = code in ROLES
        return {
            "username": username,
            "party": code,
            "name": NAMES.get(code, "Dora Paz"),
            "roles": ROLES.get(code, []),
            "status": "active" if known else "unknown",
            "organisation": "",
            "language": "en",
            "created_at": AT,
            "must_change_password": self.given_password,
        }

    def _build(self) -> Flask:
        app = Flask("fake-api")

        @app.before_request
        def guard() -> Any:
            if self.down:
                return problem(503, "unavailable", "", "The ledger does not answer.")
            if request.path in ("/version", "/v1/tokens", "/v1/signups"):
                return None
            if request.path.startswith(("/_", "/v1/verifications/")):
                return None
            if not request.headers.get("Authorization", "").startswith("Bearer tok-"):
                return problem(401, "unauthenticated", "token", "Sign in first.")
            return None

        app.add_url_rule(
            "/version", view_func=lambda: {"version": "1", "api": "1", "fabric": "2.1.1", "sandbox": self.sandbox}
        )
        app.add_url_rule("/v1/<path:path>", view_func=self._read, methods=["GET"])
        app.add_url_rule("/v1/<path:path>", "write", view_func=self._write, methods=["POST", "PATCH", "DELETE"])
        return app

    def _who(self) -> str:
        return LOGINS[request.headers["Authorization"].removeprefix("Bearer tok-")]

    def _read(self, path: str) -> Any:
        parts = path.split("/")
        self.asked.append((path, request.args.to_dict()))
        papers = fake_papers.read(parts, "" if parts[0] == "verifications" else self._who(), empty=self.empty)
        if papers is not None:
            return papers
        if path == "four-eyes" or (parts[0] == "drafts" and len(parts) > 1):
            return fake_drafts.one(parts) or problem(404, "not_found", "", f"There is no {path}.")
        promised = fake_promises.read(parts, empty=self.empty)
        if promised is not None:
            return promised
        if path.endswith(("/messages", "/deliveries", "/reports", "/invitations")):
            return self._many(path)
        found = self._one(parts) if len(parts) > 1 or path in ("ledger", "events") else self._many(path)
        return problem(404, "not_found", "", f"There is no {path}.") if found is None else found

    def _many(self, noun: str) -> Any:
        mine = self._who()
        broad = set(ROLES.get(mine, [])) & {"operator", "custodian", "bank"}
        lists: dict[str, list[Any]] = {
            "instruments": INSTRUMENTS,
            "parties": [party(code) for code in NAMES],
            "acts": self._acts(),
            "accounts": ACCOUNTS if broad else [row for row in ACCOUNTS if row["owner"] == mine],
            "holdings": HOLDINGS if broad else [row for row in HOLDINGS if row["owner"] == mine],
            "orders": ORDERS,
            "trades": [TRADE],
            "deposits": DEPOSITS,
            "withdrawals": WITHDRAWALS,
            "drafts": fake_drafts.DRAFTS,
            "transfers": TRANSFERS,
            "movements": MOVEMENTS,
            "users": [self.user(name) for name in list(LOGINS)[:-1]],
            "submissions": [
                submission(mine, "order:place", uid(105)),
                submission(mine, "order:place", uid(101), code="insufficient"),
            ],
        }
        lists |= fake_listed.lists(mine)
        lists |= fake_negotiations.lists(mine)
        lists["attestations"] = fake_drafts.ATTESTATIONS
        lists["letters"] = fake_letters.seen(mine)
        lists["applications"] = fake_people.applications(mine)
        lists |= fake_offerings.lists(mine, ROLES.get(mine, []), request.args.to_dict())
        if noun not in lists:
            return None
        rows = [row for row in lists[noun] if self._wanted(noun, row)]
        if self.empty:
            rows = []
        return jsonify({"items": rows, "has_more": False, "next": None})

    def _wanted(self, noun: str, row: dict[str, Any]) -> bool:
        for name in ("instrument", "account", "kind", "owner", "function"):
            if request.args.get(name) and row.get(name, request.args[name]) != request.args[name]:
                return False
        wanted = request.args.get("status", "")
        if noun == "orders" and wanted in ("open", "closed"):
            return (row["status"] in ("pending_new", "new", "partially_filled")) == (wanted == "open")
        return not wanted or row.get("status") == wanted

    def _acts(self) -> list[dict[str, Any]]:
        rows = copy.deepcopy(ACTS)
        rows[0]["approvable"] = self._who() == "CUSTODIA1"
        return rows

    def _one(self, parts: list[str]) -> Any:
        match parts:
            case ["ledger"]:
                return LEDGER | {"sandbox": self.sandbox}
            case ["users", "me"]:
                return self.user(request.headers["Authorization"].removeprefix("Bearer tok-"))
            case ["letters", id]:
                return fake_letters.one(self._who(), id)
            case ["instruments", code]:
                return first(INSTRUMENTS, "instrument", code)
            case ["instruments", code, "book"]:
                if code == "ACME" and not self.empty:
                    return BOOK
                return BOOK | {
                    "instrument": code,
                    "bids": [],
                    "asks": [],
                    "trades": [],
                    "best_bid": None,
                    "best_ask": None,
                    "last_price_minor": None,
                }
            case ["instruments", code, "register"]:
                return fake_register.read(code, empty=self.empty)
            case ["instruments", code, name] if name.startswith("register."):
                return fake_register.file(code, name.removeprefix("register."))
            case ["acts", id]:
                return first(self._acts(), "id", id)
            case ["parties", code]:
                return party(code) if code in NAMES else None
            case ["parties", code, "keys"]:
                row = {key: KEY[key] for key in ("n", "public", "scope", "held")}
                return {
                    "items": [row | {"party": code, "status": "active", "added_at": AT, "block": 7}],
                    "has_more": False,
                    "next": None,
                }
            case [
                "entries"
                | "claims"
                | "confirmations"
                | "disclosures"
                | "executions"
                | "messages"
                | "webhooks"
                | "sessions",
                _,
            ]:
                return fake_listed.one(self._who(), parts)
            case ["applications", id]:
                return fake_people.one(self._who(), id)
            case ["applications", _, "evidence", _]:
                return fake_people.document()
            case ["offerings", *_]:
                who = self._who()
                return fake_offerings.one(who, ROLES.get(who, []), parts, empty=self.empty)
            case ["negotiations" | "instructions", _]:
                return fake_negotiations.one(parts)
            case ["accounts", id]:
                return first(ACCOUNTS, "id", id)
            case ["withdrawals", id]:
                return first(WITHDRAWALS, "id", id)
            case ["orders", id, "trace"]:
                row = first(ORDERS, "id", id) or (ORDERS[0] | {"id": id} if id.startswith(self._who()) else None)
                return row and {"order": row, "steps": trace(row)}
            case ["trades", id]:
                legs = [
                    {"instrument": "ACME", "from_account": None, "to_account": ALICES, "quantity": "10"},
                    {"instrument": "MXN.BANCO1", "from_account": ALICES, "to_account": None, "quantity": "24500"},
                ]
                settlement = {"id": TRADE["id"], "status": "settled", "at": AT, "block": 120, "legs": legs}
                return TRADE | {"settlement": settlement} if id == TRADE["id"] else None
            case ["submissions", id]:
                return submission(self._who(), "cash:deposit", id.split(":")[1], self.status) | {"args": {}}
        return None

    def _write(self, path: str) -> Any:
        body = request.get_json(silent=True) or {}
        self.sent.append(
            {
                "method": request.method,
                "path": path,
                "body": body,
                "key": request.headers.get("Idempotency-Key", ""),
                "prefer": request.headers.get("Prefer", ""),
            }
        )
        if self.problem and request.method == (self.only or request.method):
            status, told = self.problem
            self.problem = None
            return Response(jsonify(told).data, status, content_type="application/problem+json")
        if path == "tokens":
            if body.get("username") not in LOGINS or body.get("password") != PASSWORD:
                return problem(401, "unauthenticated", "credentials", "User name or password is wrong.")
            return {
                "token": f"tok-{body['username']}",
                "expires_at": "2026-11-23T18:00:00Z",
                "user": self.user(body["username"]),
            }, 201
        if path == "orders/preview":
            return preview(body)
        if path in fake_papers.WRITES:
            return fake_papers.WRITES[path]
        if path.endswith("/subscriptions/preview"):
            return fake_offerings.preview(body)
        listed = (
            fake_promises.write(path)
            or fake_letters.write(path)
            or fake_people.write(path)
            or fake_negotiations.write(path)
            or fake_listed.write(path, body)
        )
        if listed is not None:
            return listed
        if path.startswith(("users", "tokens")):
            return ("", 204) if path != "users" else (self.user("alice"), 201)
        if path == "four-eyes":
            return fake_drafts.SETTING | {"draft": fake_drafts.DRAFTS[0]}
        if path.startswith("drafts/") and path.endswith("/refusal"):
            return fake_drafts.DRAFTS[3]
        if self.held:
            return {"submission": None, "draft": self.held}, 202
        answer: dict[str, Any] = {
            "submission": submission(self._who(), "order:place", request.headers["Idempotency-Key"], self.status)
        }
        if path in ("parties", "instruments", "acts") or path.endswith(
            ("issuances", "allotment", "/terms", "/authorisations")
        ):
            answer["act"] = ACTS[0]
        return answer, 201 if self.status == "done" else 202


def request_path() -> str:
    return request.path if request else "/"


def problem(status: int, code: str, reason: str, message: str) -> Response:
    body = {
        "code": code,
        "reason": reason,
        "detail": message,
        "errors": [],
        "request_id": "req-from-api",
        "status": status,
    }
    return Response(jsonify(body).data, status, content_type="application/problem+json")


def first(rows: list[dict[str, Any]], key: str, value: str) -> dict[str, Any] | None:
    return next((row for row in rows if row[key] == value), None)


def submission(who: str, function: str, id: str, status: str = "done", code: str = "") -> dict[str, Any]:
    done = status == "done"
    return {
        "party": who,
        "id": id,
        "function": function,
        "hash": HASH,
        "status": status,
        "code": code,
        "reason": code and "available",
        "message": "It was refused." if code else "",
        "transaction_id": HASH if done else "",
        "block": 122 if done else None,
        "created_at": AT,
        "held": "platform",
    }


def trace(row: dict[str, Any]) -> list[dict[str, Any]]:
    blank = dict.fromkeys(("block", "quantity", "price_minor")) | dict.fromkeys(
        ("trade", "text", "hash", "jws", "kid"), ""
    )
    blank |= {"at": AT, "held": "", "signer": "", "transaction_id": HASH}
    steps = [blank | step for step in STEPS]
    if row["status"] == "pending_new":
        return steps[:2]
    if row["status"] in ("cancelled", "expired", "rejected"):
        return [*steps[:3], blank | STEPS[2] | {"step": row["status"], "text": row["message"], "quantity": None}]
    if row["book"] == "exchange":
        entered = blank | STEPS[1] | {"step": "entered", "kid": "CASA1.1", "signer": "CASA1"}
        routed = blank | {"step": "routed", "signer": "MERCADO", "transaction_id": ""}
        asked = blank | {"step": "pending_replace", "kid": "ALICE.1", "held": "platform", "block": 123}
        return [steps[0], entered, *steps[1:3], routed, *steps[3:], asked]
    return steps[:3] if row["status"] == "new" else steps


def preview(body: dict[str, Any]) -> dict[str, Any]:
    amount = int(body["quantity"]) * int(body["limit_minor"])
    fee = amount * 25 // 10000
    buy = body["side"] == "buy"
    reserved, available = (amount + fee, 500000) if buy else (int(body["quantity"]), 100)
    return {
        "instrument": body["instrument"],
        "side": body["side"],
        "quantity": body["quantity"],
        "limit_minor": body["limit_minor"],
        "amount_minor": str(amount),
        "max_fee_minor": str(fee),
        "reserved": str(reserved),
        "reserved_instrument": "MXN.BANCO1" if buy else "ACME",
        "reserved_account": ALICES,
        "available": str(available),
        "available_after": str(available - reserved),
        "sufficient": available >= reserved,
        "good_till": "2026-11-22T23:59:59Z",
        "venue": "BOLSA",
        "fee_bps": "25",
        "currency": "MXN.BANCO1",
        "currency_digits": "2",
    }


if __name__ == "__main__":
    import sys

    Fake().app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
