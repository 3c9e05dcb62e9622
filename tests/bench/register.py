"""The register of a hundred thousand holders: what a page takes the server, and what its files take."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import JSON, BigInteger, Boolean, Integer, insert

from middleware import clock, vault
from middleware.auth import Principal
from middleware.config import Config, load
from middleware.database import Database
from middleware.migrations import run
from middleware.models.account import Account
from middleware.models.holding import Holding, Movement, RegisterPart
from middleware.models.instrument import Instrument, Issued
from middleware.models.party import PartyName
from middleware.models.position import Header, Position
from middleware.wsgi import create_app

HOLDERS, MOVES = 100_000, 3  # each of them was reached by three movements
CODE, ISSUER, CUSTODIANS = "ACME", "ACME", ("CUSTODIA1", "CUSTODIA2", "CUSTODIA3")
KINDS = ("direct", "individual", "own")
PAGE = "200"
_TOKEN = "lonja_test_" + "x" * 43
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Times:
    """Milliseconds for a page at the 95th percentile, now and as of an earlier block; seconds for the files."""

    page_ms: float
    past_ms: float
    narrowed_ms: float
    csv: float
    xlsx: float
    pdf: float


def measure(pages: int) -> Times:
    """On a database of its own, filled with rows: what is measured is the way from there to the answer."""
    with TemporaryDirectory() as folder, _desk(Path(folder)) as desk:
        return Times(
            page_ms=desk.walk(pages),
            past_ms=desk.walk(pages, block=str(MOVES - 2)),
            narrowed_ms=desk.walk(pages, custodian=CUSTODIANS[1], kind=KINDS[1]),
            csv=desk.file("csv"),
            xlsx=desk.file("xlsx"),
            pdf=desk.file("pdf"),
        )


@dataclass(frozen=True)
class _Desk:
    """The issuer, at the REST door in this process."""

    app: Any
    http: FlaskClient

    def walk(self, pages: int, **query: str) -> float:
        """The 95th percentile of the server's own milliseconds, through all pages again and again."""
        times: list[float] = []
        after = ""
        while len(times) < pages:
            answer = self._get("", **query, limit=PAGE, **({"starting_after": after} if after else {}))
            assert answer.json is not None
            assert answer.json["total"] == answer.json["issued"], "the holders do not add up"
            times.append(float(answer.headers["Server-Timing"].partition("dur=")[2]))
            after = answer.json["next"] or ""
        return sorted(times)[len(times) * 95 // 100]

    def file(self, ending: str) -> float:
        """Seconds until the last byte of a file is there."""
        began = time.monotonic()
        answer = self._get(f".{ending}")
        size = sum(len(piece) for piece in answer.iter_encoded())
        assert size > HOLDERS, "the file is too small to hold them all"
        return time.monotonic() - began

    def _get(self, ending: str, **query: str) -> Any:
        self.app.extensions["lonja"].known.remember(_TOKEN, _issuer())
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        answer = self.http.get(f"/v1/instruments/{CODE}/register{ending}", query_string=query, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        return answer


@contextmanager
def _desk(folder: Path) -> Iterator[_Desk]:
    config = load({"LONJA_STATE": str(folder), "LONJA_LEDGER_DRIVER": "sandbox"})
    vault.setup(config)
    run.upgrade(config)
    _fill(config)
    app = create_app(config)
    yield _Desk(app, app.test_client())
    app.extensions["lonja"].close()


def _issuer() -> Principal:
    return Principal(1, "acme", ISSUER, "es", clock.now(), "", frozenset({"issuer"}), "active")


def _fill(config: Config) -> None:
    """What the worker would have written after three blocks in which everybody received something."""
    database = Database(config)
    holders = list(_holders())
    with database.writing() as session:
        for model, rows in _rows(holders):
            for start in range(0, len(rows), _AT_ONCE):
                session.execute(insert(model), rows[start : start + _AT_ONCE])
        session.commit()
    database.close()


def _holders() -> Iterator[dict[str, Any]]:
    chance = random.Random(7)  # noqa: S311 - the same at every run
    for n in range(HOLDERS):
        custodian = CUSTODIANS[n % 3]
        account = f"{custodian}:0192f0c1-{chance.getrandbits(16):04x}-7000-8000-{n:012d}"
        kept = {"account": account, "owner": f"I{n:06d}", "custodian": custodian, "kind": KINDS[n % 7 % 3]}
        yield {**kept, "quantities": sorted(chance.randrange(1, 10**6) for _ in range(MOVES))}


def _rows(holders: list[dict[str, Any]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    at = clock.now()
    kept = ("owner", "custodian", "kind")
    yield (
        Account,
        [
            {"id": one["account"], **{name: one[name] for name in kept}, "status": "open", "block": 0, "opened_at": at}
            for one in holders
        ],
    )
    names = [{"party": one["owner"], "name": f"Inversionista Núm. {n}"} for n, one in enumerate(holders)]
    yield PartyName, [{**name, "entered_by": "operator", "entered_at": at} for name in names]
    mine = {"instrument": CODE, "reserved": 0}
    yield (
        Holding,
        [
            {
                **mine,
                **{name: one[name] for name in ("account", *kept)},
                "quantity": one["quantities"][-1],
                "block": MOVES,
            }
            for one in holders
        ],
    )
    for block in range(MOVES):
        yield Movement, [_movement(one, n, block, at) for n, one in enumerate(holders)]
    yield RegisterPart, _parts(holders)
    issued = [sum(one["quantities"][block] for one in holders) for block in range(MOVES)]
    yield Issued, [{"instrument": CODE, "block": n, "quantity": quantity} for n, quantity in enumerate(issued)]
    yield Instrument, [_instrument(issued[-1], at)]
    yield Header, [{"number": n, "hash": f"{n:064x}", "at": at} for n in range(MOVES)]
    yield Position, [{"name": "mirror", "number": MOVES - 1, "hash": f"{MOVES - 1:064x}", "at": at}]


def _movement(one: dict[str, Any], n: int, block: int, at: Any) -> dict[str, Any]:
    quantities = [0, *one["quantities"]]
    line = {"instrument": CODE, "account": one["account"], "change": quantities[block + 1] - quantities[block]}
    line |= {"reserved_change": 0, "quantity": quantities[block + 1], "reserved": 0, "function": "holding:transfer"}
    line |= {"party": ISSUER, "command": f"{ISSUER}:0192f0c1-0000-7000-8000-{n:012d}", "block": block}
    return {**line, "ordinal": (block << 32) + n, "transaction": "ab" * 32, "at": at}


def _parts(holders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    for one in holders:
        key = {"instrument": CODE, "custodian": one["custodian"], "kind": one["kind"]}
        part = parts.setdefault((one["custodian"], one["kind"]), {**key, "quantity": 0, "accounts": 0})
        part["quantity"] += one["quantities"][-1]
        part["accounts"] += 1
    return list(parts.values())


def _instrument(issued: int, at: Any) -> dict[str, Any]:
    values = {one.key: _blank(one.columns[0]) for one in Instrument.__mapper__.column_attrs}
    values |= {"instrument": CODE, "kind": "equity", "issuer": ISSUER, "currency": "MXN.BANCO1", "status": "active"}
    return {**values, "authorised": issued, "issued": issued, "lot": 1, "tick_minor": 1, "registered_at": at}


def _blank(column: Any) -> Any:
    """What stands in a column that plays no part here."""
    if column.nullable:
        return None
    return {BigInteger: 0, Integer: 0, Boolean: False, JSON: []}.get(type(column.type), "")
