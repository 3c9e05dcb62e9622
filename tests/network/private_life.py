"""A day in which people tell the product what is nobody else's business: every such text is a canary marker.

Two apply and one of them is admitted; there are a private placement, a negotiation that settles, a withdrawal, a
certificate, a webhook, orders that a broker enters; and much is typed wrongly. All of it through the doors people use.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import requests

from middleware import clock
from middleware.fix import certificates
from scripts.cast import CURRENCY, LISTED, SHARE
from scripts.desk import Desk, Json, Refused, new_id, path
from scripts.fix_client import Line, now
from scripts.product import Product
from scripts.stage import Stage, agree, banking
from tests import uploads
from tests.network.caller import Caller
from tests.network.markers import Marker, Markers, clabe, public

PATIENCE_SECONDS = 60.0
CASH_MINOR, UNITS, PRICE = 10_000_000, 4, 2_600


@dataclass
class PrivateLife:
    """The people, what they have told (`markers`), and what the test needs of what came of it."""

    product: Product
    stage: Stage
    markers: Markers = field(default_factory=Markers)
    public: Marker = field(default_factory=public)
    parties: dict[str, str] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)
    placement: str = ""
    certificate: str = ""

    def live(self) -> "PrivateLife":
        """Everything, once."""
        person, account = self._admitted()
        self._turned_away()
        self._placement(person, account)
        self._negotiation(person, account)
        self._withdrawal(person, account)
        self._certificate(person, account)
        self._webhook(person, account)
        self._brokers_order()
        self._papers()
        self._mistakes(person)
        return self

    def _admitted(self) -> tuple[Desk, str]:
        """A person with a login of her own, admitted and qualified, with an account and cash."""
        person = self._sign_up("person")
        made = self._apply(person, "person", "natural_person", self._answers("person") | self._of_a_person("person"))
        self.stage.desk("OPERATOR").post(f"{made}/review", {})
        terms = {"jurisdiction": "MX", "investor_type": "retail", "limit_minor": "0", "good_till": _in(days=300)}
        decided = self.stage.desk("OPERATOR").command(f"{made}/approval", terms)
        self._agreed(decided["application"]["act"])
        _until(lambda: person.get(made)["step"] == "qualified")
        opened = self.stage.desk("CUSTODIA1").command("/accounts", {"owner": person.party, "kind": "direct"})
        account: str = opened["account"]["id"]
        cash = {"instrument": CURRENCY, "account": account, "amount_minor": str(CASH_MINOR)}
        banking(self.stage, "/deposits", {**cash, "reference": new_id()[-12:]})
        return self._again(person), account

    def _turned_away(self) -> None:
        """A company whose application comes back once and is refused then."""
        company, operator = self._sign_up("company"), self.stage.desk("OPERATOR")
        said = self._answers("company") | self._of_a_company("company")
        made = self._apply(company, "company", "enterprise", said)
        operator.post(f"{made}/review", {})
        operator.post(f"{made}/return", {"reason": self.markers.word("reason of a return")})
        company.post(f"{made}/submission", {})
        operator.post(f"{made}/review", {})
        operator.post(f"{made}/refusal", {"reason": self.markers.word("reason of a refusal")})

    def _sign_up(self, who: str) -> Desk:
        word = self.markers.word
        username = word(f"user name of the {who}", signs="abcdefghijkmnpqrstuvwxyz23456789")
        password = word(f"password of the {who}", sealed=True)
        body = {"username": username, "password": password, "language": "es"}
        made = requests.post(f"{self.stage.url}/v1/signups", json=body, timeout=60)
        assert made.status_code == 201, made.text
        self.parties[who] = made.json()["party"]
        desk = Desk(self.stage.url, username, password)
        self.markers.add(f"token of the {who}", desk.authorisation.removeprefix("Bearer "), sealed=True)
        return desk

    def _again(self, person: Desk) -> Desk:
        """Whoever was unknown when signing in is known as that for a few seconds more."""
        _until(lambda: person.get("/users/me")["status"] == "active")
        return person

    def _answers(self, who: str) -> dict[str, str]:
        """What everybody is asked."""
        word, digits = self.markers.word, self.markers.digits
        return {
            "address": f"Calle {word(f'address of the {who}', sealed=True)} 12, Monterrey",
            "email": f"{word(f'e-mail of the {who}', sealed=True)}@example.com",
            "phone": f"+{digits(f'telephone of the {who}', 18, sealed=True)}",
            "clabe": self.markers.clabe(f"CLABE of the {who}", sealed=True),
            "iban": self.markers.iban(f"IBAN of the {who}"),
            "activity": word(f"activity of the {who}", sealed=True),
            "residence": "MX",
            "source_of_funds": "savings",
            "investor_type": "retail",
        }

    def _of_a_person(self, who: str) -> dict[str, str]:
        """Her name is kept in SQL as it is, beside the party: pages show it, and erasure takes it away."""
        return {
            "given_names": self.markers.word(f"given names of the {who}"),
            "family_names": self.markers.word(f"family names of the {who}"),
            "curp": self.markers.curp(f"CURP of the {who}"),
            "rfc": self.markers.rfc(f"RFC of the {who}"),
            "born_on": "1984-05-17",
            "nationality": "MX",
        }

    def _of_a_company(self, who: str) -> dict[str, str]:
        word = self.markers.word
        return {
            "legal_name": f"{word(f'legal name of the {who}', sealed=True)}, S.A. de C.V.",
            "trade_name": word(f"trade name of the {who}", sealed=True),
            "representative": word(f"representative of the {who}", sealed=True),
            "representative_curp": self.markers.curp(f"CURP of the representative of the {who}"),
            "owners": f"{word(f'owners of the {who}', sealed=True)} 60 %, others 40 %",
            "lei": self.markers.lei(f"LEI of the {who}"),
            "rfc": self.markers.rfc(f"RFC of the {who}", company=True),
            "incorporated_on": "2011-03-02",
        }

    def _apply(self, desk: Desk, who: str, kind: str, answers: Mapping[str, str]) -> str:
        """Begin, answer, show and hand in; answers where the application is."""
        made: str = desk.post("/applications", {"kind": kind, "roles": ["investor"]})["id"]
        where = self.applications[who] = path("applications", made)
        desk.patch(where, answers)
        kinds = ("identity", "address") if kind == "natural_person" else ("incorporation", "powers", "identity", "tax")
        for shown in kinds:
            name = self.markers.word(f"file name of {shown} of the {who}")
            desk.upload(f"{where}/evidence?kind={shown}", f"{name}.pdf", self._paper(f"{shown} of the {who}"), _PDF)
        desk.post(f"{where}/submission", {})
        return where

    def _paper(self, what: str, *, sealed: bool = True) -> bytes:
        """A PDF that says something, on its page and in what it says of itself."""
        word = self.markers.word
        title = f"<< /Title ({word(f'title of {what}', sealed=sealed)}) >>"
        return uploads.pdf(objects=[title], text=word(f"text of {what}", sealed=sealed))

    def _agreed(self, act: str) -> None:
        custodian = self.stage.desk("CUSTODIA1")
        proposed = custodian.get(path("acts", act))
        custodian.command(path("acts", act, "approval"), {"hash": proposed["hash"]})

    def _placement(self, person: Desk, account: str) -> None:
        """A private offering to two, of whom one subscribes. The other's invitation is nobody's to open."""
        issuer = self.stage.desk("ACME")
        terms = {"instrument": SHARE, "cash_account": self.stage.account("ACME"), "kind": "private", "tiers": []}
        terms |= {"price_min_minor": "2000", "price_max_minor": "2500", "minimum": "10", "maximum": "100"}
        terms |= {"ticket_minimum": "1", "document": "", "allot_by": _in(days=3)}
        terms |= {"opens_at": _in(seconds=-5), "closes_at": _in(days=2)}
        self.placement = issuer.command("/offerings", terms)["offering"]["id"]
        where = path("offerings", self.placement)
        issuer.command(f"{where}/invitations", {"parties": [person.party, "BRUNO"]})
        salts = {one["party"]: one["salt"] for one in issuer.every(f"{where}/invitations")}
        self.markers.add("salt of an invitation that nobody opened", salts["BRUNO"])
        wish = {"account": account, "cash_account": account, "quantity": "20", "limit_minor": "2400"}
        person.command(f"{where}/subscriptions", wish)

    def _negotiation(self, person: Desk, account: str) -> None:
        """Of two who are asked one refuses; the other's offer is refused, made anew, countered, accepted, settled."""
        word, issuer = self.markers.word, self.stage.desk("ACME")
        asked = {"instrument": SHARE, "side": "buy", "quantity": str(UNITS), "parties": ["ACME", "BRUNO"]}
        asked |= {"expires_at": _in(days=1), "note": word("note of a request")}
        talk = path("negotiations", person.post("/negotiations", asked, Idempotency_Key=new_id())["id"])
        self.stage.desk("BRUNO").post(f"{talk}/refusal", {"reason": word("reason of a refused request")})
        first = self._offer(issuer, talk, self.stage.account("ACME"), "an offer", "")
        person.post(f"{talk}/offers/{first}/refusal", {"reason": word("reason of a refused offer")})
        self._offer(issuer, talk, self.stage.account("ACME"), "a second offer", "")
        counter = self._offer(person, talk, account, "a counter-offer", "ACME")
        issuer.command(f"{talk}/offers/{counter}/acceptance", {"account": self.stage.account("ACME")})
        _until(lambda: _last(person, talk, "ACME")["status"] == "settled")

    def _offer(self, maker: Desk, talk: str, account: str, what: str, party: str) -> str:
        body = {"quantity": str(UNITS), "price_minor": str(PRICE), "account": account, "party": party}
        body |= {"good_till": _in(hours=2), "note": self.markers.word(f"note of {what}")}
        maker.post(f"{talk}/offers", body, Idempotency_Key=new_id())
        made = _last(maker, talk, party)
        self.markers.add(f"salt of {what}", made["signed"]["salt"])
        self.markers.add(f"signature under {what}", made["jws"].rpartition(".")[2])
        identifier: str = made["id"]
        return identifier

    def _withdrawal(self, person: Desk, account: str) -> None:
        """Money out, to a bank account that the bank has to know and the ledger has not."""
        asked = {"instrument": CURRENCY, "account": account, "amount_minor": "1000"}
        destination = self.markers.clabe("destination of a withdrawal")
        made = person.command("/withdrawals", {**asked, "destination": destination})
        where = path("withdrawals", made["withdrawal"]["id"], "payment")
        banking(self.stage, where, {"reference": new_id()[-12:]})
        refused = {**asked, "destination": self.markers.clabe("destination of a withdrawal that is refused")}
        with_reason = path("withdrawals", person.command("/withdrawals", refused)["withdrawal"]["id"], "refusal")
        banking(self.stage, with_reason, {"reason": self.public.text})

    def _certificate(self, person: Desk, account: str) -> None:
        made = person.post("/certificates", {"account": account, "instrument": SHARE, "language": "es"})
        self.certificate = made["fingerprint"]

    def _webhook(self, person: Desk, account: str) -> None:
        """Where nobody listens: what cannot be delivered is complained of in the sender's log."""
        url = f"http://127.0.0.1:9/{self.markers.word('address of a webhook')}"
        made = person.post("/webhooks", {"url": url, "events": ["*"]})
        self.markers.add("secret of a webhook", made["secret"].removeprefix("whsec_").rstrip("="), sealed=True)
        order = {"account": account, "cash_account": account, "instrument": SHARE, "side": "buy", "quantity": "1"}
        person.command("/orders", {**order, "limit_minor": "1", "good_till": _in(hours=1), "venue": "BOLSA"})
        number = made["webhook"]["number"]
        _until(lambda: any(one["attempts"] for one in person.get(f"/webhooks/{number}/deliveries")["items"]))

    def _brokers_order(self) -> None:
        """By FIX, with a name and a text of the broker's; its owner declines it and says why."""
        alice, line = self.stage.desk("ALICE"), _line(self.product)
        session = self.stage.desk("OPERATOR").get(path("sessions", "CASA1"))
        caller = Caller(line, next_out=int(session["next_in"]), next_in=int(session["next_out"]))
        order = {11: self.markers.word("ClOrdID of a broker"), 58: self.markers.word("Text of a broker"), 60: now()}
        order |= {1: self.stage.account("ALICE"), 55: LISTED, 54: "1", 38: "10", 40: "2", 44: "18.00"}
        caller.send("D", {**order, 59: "0", 100: "MERCADO"})
        assert caller.pump(PATIENCE_SECONDS, lambda: bool(caller.last(order[11]))), caller.refusals
        caller.hang_up()
        (entry,) = alice.every("/entries", client_id=order[11])
        declined = {"reason": self.markers.word("reason of a declined order")}
        alice.post(path("entries", entry["id"], "refusal"), declined)

    def _papers(self) -> None:
        """What stays in SQL: an unpublished paper, clients behind an omnibus account, a refused draft, two names."""
        word, custodian, bank = self.markers.word, self.stage.desk("CUSTODIA1"), self.stage.desk("BANCO1")
        paper = self._paper("an unpublished paper", sealed=False)
        self.stage.desk("ACME").upload("/documents", f"{word('file name of an unpublished paper')}.pdf", paper, _PDF)
        account = self.stage.account("CUSTODIA1")
        clients = [{"client": word(f"client {n} behind an omnibus account"), "quantity": str(n)} for n in (1, 2)]
        split = {"instrument": SHARE, "as_of": _in(seconds=-1), "clients": clients}
        custodian.command(path("accounts", account, "disclosures"), split)
        cash = {"instrument": CURRENCY, "account": account, "amount_minor": "1", "reference": new_id()[-12:]}
        entered = bank.command("/deposits", cash)["draft"]["id"]
        refused = {"reason": word("reason of a refused draft")}
        self.stage.second("BANCO1").post(path("drafts", entered, "refusal"), refused)
        code = f"C{new_id()[-10:].upper()}"
        terms = {
            "party": code,
            "name": word("name that the operator entered"),
            "organisation": "",
            "roles": ["investor"],
        }
        agree(self.stage, f"admit {code}", "OPERATOR", "/parties", terms)
        self.stage.desk("OPERATOR").patch(path("parties", code), {"name": word("name that was corrected")})

    def _mistakes(self, person: Desk) -> None:
        """What is refused is told to whoever typed it, and noted nowhere."""
        word, url = self.markers.word, self.stage.url
        password = {"username": person.username, "password": word("password that is wrong", sealed=True)}
        assert requests.post(f"{url}/v1/tokens", json=password, timeout=60).status_code == 401
        bearer = {"Authorization": f"Bearer {word('token that is wrong', sealed=True)}"}
        assert requests.get(f"{url}/v1/users/me", headers=bearer, timeout=60).status_code == 401
        draft = person.post("/applications", {"kind": "natural_person", "roles": ["investor"]})["id"]
        wrong = clabe(self.markers.digits("CLABE that is wrong", 17, sealed=True))
        wrong = wrong[:-1] + str((int(wrong[-1]) + 1) % 10)
        for field_, said in {"clabe": wrong, "email": word("e-mail that is none", sealed=True)}.items():
            _refused(lambda said=said, field_=field_: person.patch(path("applications", draft), {field_: said}))
        name, content = word("file name of no paper", sealed=True), word("what is no paper", sealed=True).encode()
        shown = f"{path('applications', draft)}/evidence?kind=identity"
        _refused(lambda: person.upload(shown, f"{name}.pdf", content, _PDF))
        sought = {"investor": word("name that an issuer looked for", sealed=True)}
        self.stage.desk("ACME").get(path("instruments", SHARE, "register"), **sought)
        self._console(person)

    def _console(self, person: Desk) -> None:
        """The same at the console's door, which has a log of its own."""
        browser, url = requests.Session(), f"http://127.0.0.1:{self.product.config.web_port}"
        browser.trust_env = False
        page = browser.get(f"{url}/sign-in", timeout=60).text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "username": person.username}
        form["password"] = self.markers.word("password that is wrong at the console", sealed=True)
        browser.post(f"{url}/sign-in", data=form, timeout=60)
        browser.get(f"{url}/sign-in?next=/{self.markers.word('address at the console', sealed=True)}", timeout=60)


_PDF = "application/pdf"


def _in(**more: int) -> str:
    return clock.text((clock.now() + timedelta(**more)).replace(microsecond=0))


def _last(desk: Desk, talk: str, party: str) -> Json:
    """The newest offer of a talk."""
    talks = [one for one in desk.get(talk)["talks"] if one["offers"] and party in ("", one["party"])]
    newest: Json = talks[0]["offers"][-1]
    return newest


def _line(product: Product) -> Line:
    folder, files = product.config.state / "fix" / "tls", certificates.client(product.config.state, "CASA1")
    ends = {"certificate": files.certificate, "key": files.key, "authority": folder / "authority.pem"}
    return Line("127.0.0.1", product.config.fix_port, "CASA1", **ends)


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(Refused, match="422"):
        act()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.1)
