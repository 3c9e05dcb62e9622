"""Investors who keep their own keys, and commands built by hand: right ones, and wrong ones on purpose."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from middleware import clock
from middleware.ledger import command
from scripts.desk import new_id, path
from scripts.stage import Stage, banking


@dataclass
class Holder:
    """A party and the private key that only it has."""

    party: str
    ledger: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    n: str = "1"
    account: str = ""

    @property
    def kid(self) -> str:
        return f"{self.party}.{self.n}"

    def public_key(self, scope: tuple[str, ...] = ("*",)) -> dict[str, Any]:
        """The key as `party:admit` takes it, with the proof that we have its private half."""
        proof = command.prove(self.key, ledger=self.ledger, party=self.party, n=self.n)
        public = command.public_text(self.key.public_key())
        return {"n": self.n, "public": public, "scope": list(scope), "held": "own", "proof": proof}

    def payload(
        self,
        function: str,
        args: Mapping[str, Any],
        *,
        id: str = "",
        ledger: str = "",
        party: str = "",
        expires_at: datetime | None = None,
    ) -> bytes:
        return command.encode(
            ledger=ledger or self.ledger,
            party=party or self.party,
            id=id or new_id(),
            function=function,
            args=args,
            expires_at=expires_at or clock.now() + timedelta(hours=1),
        )

    def sign(self, payload: bytes, *, kid: str = "") -> str:
        return command.sign(self.key, kid or self.kid, payload)

    def command(self, function: str, args: Mapping[str, Any], *, id: str = "") -> str:
        """A command as it should be."""
        return self.sign(self.payload(function, args, id=id))


def admit(stage: Stage, ledger: str) -> Holder:
    """A new investor with a key of his own, an account and 1,000.00 in it."""
    holder = Holder(f"DORA-{new_id()[-12:].upper()}", ledger)
    operator, custodian = (stage.desk(party) for party in ("OPERATOR", "CUSTODIA1"))
    terms = {"party": holder.party, "name": "Dora Ibarra", "organisation": "", "roles": ["investor"]}
    act = operator.command("/parties", {**terms, "key": holder.public_key()})["act"]
    custodian.command(path("acts", act["id"], "approval"), {"hash": act["hash"]})
    account = custodian.command("/accounts", {"owner": holder.party, "kind": "direct"})["account"]["id"]
    cash = {"instrument": "MXN.BANCO1", "account": account, "amount_minor": "100000", "reference": holder.party}
    banking(stage, "/deposits", cash)
    holder.account = account
    return holder


def order(holder: Holder, **changes: str) -> dict[str, str]:
    """The args of an order far below the market: it rests."""
    good_till = clock.text(clock.now() + timedelta(hours=2))
    args = {"venue": "BOLSA", "broker": "", "account": holder.account, "cash_account": holder.account}
    args |= {"instrument": "ACME", "side": "buy", "quantity": "1", "limit_minor": "100", "max_fee_minor": "0"}
    return {**args, "good_till": good_till, **changes}


def raw_jws(holder: Holder, payload: bytes) -> str:
    """A good signature over a payload that is not as it should be."""
    head = f"{_text(json.dumps({'alg': 'ES256', 'kid': holder.kid}, separators=(',', ':')).encode())}.{_text(payload)}"
    good = command.sign(holder.key, holder.kid, payload)
    assert good.startswith(head)
    return good


def with_payload(jws: str, payload: bytes) -> str:
    """The signature of one payload under another."""
    header, _, signature = jws.split(".")
    return f"{header}.{_text(payload)}.{signature}"


def jws_hash(jws: str) -> str:
    return hashlib.sha256(jws.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
