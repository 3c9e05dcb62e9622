"""What two parties agree on, as the ledger sees it: a hash that tells nothing to whoever does not know the salt.

terms = SHA-256("lonja/terms/1", salt, maker, offer's id, canonical args without the salt), each after its length in
four bytes. Both parties have all of it, and can show later what they signed.
"""

import hashlib
from collections.abc import Mapping

from middleware import ids
from middleware.ledger import command

SALT_BYTES = 32


def new_salt() -> str:
    """A salt that nobody can guess."""
    return ids.token(SALT_BYTES).hex()


def terms(maker: str, id: str, args: Mapping[str, str]) -> str:
    """The hash of an offer that its maker signed with these args, the salt among them."""
    without = {name: value for name, value in args.items() if name != "salt"}
    digest = hashlib.sha256()
    for part in (b"lonja/terms/1", args["salt"].encode(), maker.encode(), id.encode(), command.canonical(without)):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
