"""Applicants for tests: a login without a party, what it answers, and what it shows."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from werkzeug.test import TestResponse

from middleware import clock, ids
from scripts.cast import PASSWORD
from tests import uploads
from tests.middleware.door import Client, Door, Json, eventually

PERSON = {
    "given_names": "Wenceslao",
    "family_names": "Borja Ximénez",
    "born_on": "1931-08-20",
    "nationality": "MX",
    "residence": "MX",
    "address": "Calle 5 de Mayo 12, Monterrey",
    "email": "wenceslao@example.com",
    "phone": "+52 81 5555 0199",
    "curp": "BOXW310820HNERXN09",
    "rfc": "GODE561231GR8",
    "clabe": "032180000118359719",
    "activity": "Retired",
    "source_of_funds": "savings",
    "investor_type": "retail",
}
COMPANY = {
    "legal_name": "Hilados del Norte, S.A. de C.V.",
    "incorporated_on": "2011-03-02",
    "representative": "Dora Paz",
    "owners": "Dora Paz 60 %, Hugo Paz 40 %",
    "rfc": "MAB9307148T4",
    "lei": "213800KUD8LAJWSQ9D15",
    "investor_type": "institutional",
    "source_of_funds": "business",
    **{name: PERSON[name] for name in ("residence", "address", "email", "phone", "clabe", "activity")},
}
SHOWN = {
    "natural_person": ("identity", "address"),
    "sole_proprietorship": ("identity", "address", "tax"),
    "enterprise": ("incorporation", "powers", "identity", "tax"),
}


@dataclass
class Applicant:
    """Somebody who applies, with the application that he began last."""

    door: Door
    party: str
    client: Client
    id: str = ""

    @property
    def path(self) -> str:
        return f"/applications/{self.id}"

    def begin(self, kind: str = "natural_person", roles: tuple[str, ...] = ("investor",)) -> Json:
        made = good(self.client.post("/applications", {"kind": kind, "roles": list(roles)}), 201)
        self.id = made["id"]
        return made

    def answer(self, **answers: str) -> Json:
        return good(self.client.send("PATCH", self.path, json=answers))

    def show(self, kind: str, content: bytes | None = None, name: str = "paper.pdf", type: str = "") -> TestResponse:
        content = uploads.pdf(text=f"{kind} {self.id}") if content is None else content
        file = (BytesIO(content), name, type) if type else (BytesIO(content), name)
        where = f"{self.path}/evidence?kind={kind}"
        return self.client.send("POST", where, data={"file": file}, content_type="multipart/form-data")

    def submit(self) -> Json:
        return good(self.client.post(f"{self.path}/submission"))

    def complete(self, kind: str = "natural_person", roles: tuple[str, ...] = ("investor",), **more: str) -> Json:
        """Begin, answer, show and hand in."""
        self.begin(kind, roles)
        answers = COMPANY if kind == "enterprise" else PERSON
        self.answer(**{**answers, **({"trade_name": "La Lonja"} if kind == "sole_proprietorship" else {}), **more})
        for one in SHOWN[kind]:
            good(self.show(one), 201)
        return self.submit()

    def look(self) -> Json:
        return good(self.client.get(self.path))

    def reach(self, step: str) -> Json:
        found: Json = eventually(lambda: (seen := self.look())["step"] == step and seen)
        return found


def applicant(door: Door, party: str = "") -> Applicant:
    """Somebody with a login, whose party nobody has admitted."""
    party = party or f"N{ids.new()[-10:].upper()}"
    login = {"username": party.lower(), "party": party, "password": PASSWORD}
    good(door.party("OPERATOR").post("/users", login), 201)
    return Applicant(door, party, door.user(party.lower()))


def good(answer: TestResponse, status: int = 200) -> Json:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert isinstance(answer.json, dict)
    return answer.json


def pointers(answer: TestResponse, status: int = 422) -> list[str]:
    """The fields that a refusal names."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json is not None
    return [error["pointer"] for error in answer.json["errors"]]


def terms(**more: Any) -> Json:
    """What the operator writes down of somebody it has verified."""
    days = 86_400 * 365
    return {
        "jurisdiction": "MX",
        "investor_type": "retail",
        "limit_minor": "5000000",
        "good_till": clock.text(clock.after(days)),
        **more,
    }


def approve(door: Door, id: str, **more: Any) -> Json:
    """The operator looks at an application and approves it."""
    operator = door.party("OPERATOR")
    good(operator.post(f"/applications/{id}/review"))
    return operator.command(f"/applications/{id}/approval", terms(**more))


def admit(door: Door, id: str, **more: Any) -> Json:
    """The same, and the other organisation signs too."""
    approved = approve(door, id, **more)
    act = good(door.party("CUSTODIA1").get(f"/acts/{approved['application']['act']}"))
    door.agree({"act": act})
    return approved
