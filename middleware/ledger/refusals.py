"""Our chaincode's own refusals among what peers say, which every driver tells from a peer's trouble with running it."""

import json
import re

from middleware.ledger import Refused

_OURS = re.compile(r"lonja (\{.*\})", re.DOTALL)


def read(message: str) -> Refused | None:
    """The refusal in a peer's message; None for everything else."""
    found = _OURS.search(message)
    if found is None:
        return None
    try:
        said = json.loads(found.group(1))
        return Refused(str(said["code"]), str(said["reason"]), str(said["message"]))
    except (ValueError, KeyError, TypeError):
        return None
