"""The authorisation matrix: its table, and a world in which every cell of it can be asked."""

import json
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from middleware import clock, ids
from tests import databases, uploads
from tests.middleware import circles
from tests.middleware.authorisation_requests import REQUESTS, filled
from tests.middleware.circles import Circle
from tests.middleware.door import Client
from tests.middleware.market import Market

ASKERS = (
    *("anonymous", "newcomer", "investor", "issuer", "broker", "custodian"),
    *("bank", "venue", "exchange", "operator", "regulator"),
)
CELLS = {"ok", "none", "401", "403", "404", "409", "led"}
FILE = Path(__file__).with_name("authorisation.txt")
PROBE = "GET /readyz"  # 503 in a world where no worker runs
DAY = 86_400
_LINE = re.compile(r"(?P<route>[A-Z]+ +\S+(?: \([a-z]+\))?) +(?P<whose>own|other|-) +(?P<cells>[a-z0-9 ]+)")


@dataclass(frozen=True)
class Row:
    """One line of the table: what becomes of the request of each role. whose: own, other, or - for no thing."""

    route: str
    whose: str
    cells: dict[str, str]

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def address(self) -> str:
        """The route without what tells its rows apart."""
        return self.route.partition(" (")[0]

    def __str__(self) -> str:
        return f"{self.route} {self.whose}"


def table() -> list[Row]:
    """The rows as they are declared."""
    lines = FILE.read_text().splitlines()
    return [_row(line) for line in lines if line and not line.startswith("#")]


def _row(line: str) -> Row:
    found = _LINE.fullmatch(line)
    assert found, line
    cells = dict(zip(ASKERS, found["cells"].split(), strict=True))
    assert set(cells.values()) <= CELLS, line
    return Row(" ".join(found["route"].split()), found["whose"], cells)


class Matrix:
    """Both circles, and who asks. Whatever is asked, the next one finds the world as it was."""

    def __init__(self, market: Market, own: Circle, other: Circle) -> None:
        self.market, self.own, self.other = market, own, other
        self.clients = self._clients()
        self.accounts = self._accounts()
        self._kept = databases.Kept(market.database)

    def _clients(self) -> dict[str, Client]:
        """Somebody of every role."""
        door, own = self.market.door, self.own
        found = {"anonymous": door.nobody, "newcomer": own.newcomer.client, "operator": door.party("OPERATOR")}
        found["regulator"] = circles.member(door, "regulator").client
        roles = ("investor", "issuer", "broker", "custodian", "bank", "venue", "exchange")
        return found | {role: getattr(own, role).client for role in roles}

    def _accounts(self) -> dict[str, str]:
        """An account of everybody who can have one."""
        own = self.own
        found = {"investor": own.investor.account, "issuer": own.issuer.account, "operator": own.account("OPERATOR")}
        found["custodian"] = own.names["omnibus"]
        return found | {role: own.account(own.names[role]) for role in ("broker", "bank", "venue", "exchange")}

    def keep(self) -> None:
        """This is how the world is."""
        self._kept.keep()
        shutil.copytree(self._documents, self._shelf)

    def again(self) -> None:
        """Everything as it was."""
        self._kept.again()
        shutil.copytree(self._shelf, self._documents, dirs_exist_ok=True)
        self.market.door.app.extensions["lonja"].known.forget()

    def ask(self, row: Row, asker: str, *, wait: int = 0) -> str:
        """What becomes of the request: a cell."""
        names = self.names(row.whose, asker)
        answer = self._send(row, self.clients[asker], names, wait)
        cell = _cell(answer, filled(REQUESTS[row.route].shows, names))
        answer.close()
        if row.route == PROBE and cell == "503":
            return "ok"
        if row.method != "GET" and answer.status_code < 300:
            self.again()
        return cell

    def names(self, whose: str, asker: str) -> dict[str, str]:
        """What a request can name."""
        circle, elsewhere = (self.other, self.own) if whose == "other" else (self.own, self.other)
        theirs = circle.names["account"]
        soon, later, latest = (clock.text(clock.after(days * DAY)) for days in (1, 2, 3))
        said = {"now": clock.text(clock.now()), "soon": soon, "later": later, "latest": latest, "new_id": ids.new()}
        said["my_account"] = theirs if whose == "other" else self.accounts.get(asker, theirs)
        said["submission_id"] = circle.names["submission"].partition(":")[2]
        pair = (circle.names["order"], circle.names["listed"])
        said["execution_id"] = ids.execution_id(circle.share.code, 2, *pair)
        return {**circle.names, **said, "elsewhere": elsewhere.issuer.party}

    def _send(self, row: Row, client: Client, names: dict[str, str], wait: int) -> TestResponse:
        wanted = REQUESTS[row.route]
        headers = {"Idempotency-Key": filled(wanted.key, names) or ids.new(), "Prefer": f"wait={wait}"}
        headers |= {"Authorization": f"Bearer {client.token}"} if client.token else {}
        more: dict[str, Any] = {"headers": headers, "query_string": filled(wanted.query, names)}
        if wanted.file:
            more["data"] = {"file": (BytesIO(uploads.pdf(text="another")), "another.pdf")}
        elif wanted.body is not None:
            more["json"] = filled(wanted.body, names)
        answer = client.http.open(filled(wanted.path, names), method=row.method, **more)
        return answer if row.address == "GET /v1/openapi.json" else client.contract.check(answer)

    @property
    def _documents(self) -> Path:
        return self.market.database.config.documents

    @property
    def _shelf(self) -> Path:
        return self._documents.with_name("shelf")


def _cell(answer: TestResponse, shows: str) -> str:
    if answer.status_code >= 300:
        return str(answer.status_code)
    return "ok" if not shows or shows in json.dumps(answer.json) else "none"
