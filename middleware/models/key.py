"""Private keys that the platform keeps for parties: custody, shown as such wherever they act."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry


class HostedKey(Registry):
    """A party's private key, encrypted under the key-encryption key, which is not in this database.

    status: pending (the ledger does not know it yet) → active → retired or compromised; it follows the ledger's facts.
    `scope` is a list of functions, or ["*"].
    """

    __tablename__ = "keys"
    __table_args__ = (CheckConstraint("status in ('pending', 'active', 'retired', 'compromised')", name="status"),)

    party: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public: Mapped[str]
    scope: Mapped[list[str]]
    status: Mapped[str]
    wrapped_by: Mapped[str]
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]

    @property
    def label(self) -> str:
        """What it is called in a refusal."""
        return f"key {self.party}.{self.n}"

    @property
    def associated(self) -> bytes:
        """What the encryption is bound to, so that a record moved to another party does not open."""
        party = self.party.encode()
        return b"lonja/key/1" + len(party).to_bytes(4, "big") + party + self.n.to_bytes(8, "big")
