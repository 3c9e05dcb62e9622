"""From what somebody wants to a signed command: with a hosted key, or with the signature that came with the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from middleware import clock, ids
from middleware.errors import Error
from middleware.ledger import command, wallet

VALID_FOR = timedelta(hours=23)  # the ledger allows 24; an hour is left for clocks and delays


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants the ledger to do. `jws` when it was signed elsewhere; else the platform signs for them.

    `group` marks what belongs together for whoever asks later; it is not part of the command.
    """

    function: str
    args: Mapping[str, Any]
    signer: str
    id: str
    jws: str | None = None
    group: str = ""


class Signer:
    """Makes rows of submissions; looks each party's key up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ledger = wallet.ledger_hash(session.info["config"])
        self._keys: dict[tuple[str, str], tuple[str, ec.EllipticCurvePrivateKey]] = {}
        self._now = clock.now()

    def row(self, wish: Wish) -> dict[str, Any]:
        """The row of a submission that waits. Refuses what cannot be signed, or was signed for something else."""
        if not ids.is_code(wish.signer):
            raise Error("invalid", f"{wish.signer!r} is not the code of a party", reason="signer", field="signer")
        signed = self._signed_elsewhere(wish) if wish.jws is not None else self._sign(wish)
        return {
            "party": wish.signer,
            "id": wish.id,
            "function": wish.function,
            "args": dict(wish.args),
            "group": wish.group,
            "status": "waiting",
            "lane": "",
            "batch": 0,
            "transaction_id": "",
            "code": "",
            "reason": "",
            "message": "",
            "block": None,
            "created_at": self._now,
            "done_at": None,
            **signed,
        }

    def _sign(self, wish: Wish) -> dict[str, Any]:
        expires_at = (self._now + VALID_FOR).replace(microsecond=0)
        key = self._keys.get((wish.signer, wish.function))
        if key is None:
            key = self._keys[wish.signer, wish.function] = wallet.signing_key(self._session, wish.signer, wish.function)
        payload = command.encode(
            ledger=self._ledger,
            party=wish.signer,
            id=wish.id,
            function=wish.function,
            args=wish.args,
            expires_at=expires_at,
        )
        kid, private = key
        jws = command.sign(private, kid, payload)
        return {
            "jws": jws,
            "hash": command.body_hash(payload),
            "kid": kid,
            "held": "platform",
            "expires_at": expires_at,
        }

    def _signed_elsewhere(self, wish: Wish) -> dict[str, Any]:
        said = command.parse(wish.jws or "")
        if said.ledger != self._ledger:
            raise Error("invalid", f"signed for ledger {said.ledger!r}, this is another", reason="ledger", field="jws")
        for name, wanted in (("party", wish.signer), ("id", wish.id), ("function", wish.function)):
            if getattr(said, name) != wanted:
                message = f"the signed {name} is {getattr(said, name)!r}, the request's is {wanted!r}"
                raise Error("invalid", message, reason=name, field="jws")
        if said.args != dict(wish.args):
            raise Error("invalid", "the signed args are not those of the request", reason="args", field="jws")
        return {
            "jws": wish.jws,
            "hash": said.hash,
            "kid": said.kid,
            "held": "own",
            "expires_at": said.expires_at,
        }
