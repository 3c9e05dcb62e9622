"""How many organisations must endorse: read out of the rule that the ledger keeps, so that only one place says it."""

import re
from collections.abc import Sequence

from network.errors import NetworkError

_RULE = re.compile(r"(?:(AND)|(OR)|OutOf)\s*\((?:\s*(\d+)\s*,)?((?:\s*'[^']*'\s*,?)+)\)")
FORMS = "AND('A.peer', 'B.peer') or OutOf(2, 'A.peer', 'B.peer', 'C.peer')"


def needed(rule: str, msp_ids: Sequence[str]) -> int:
    """Of the organisations that the rule names, each once, so many; raises NetworkError for a rule of another form."""
    found = _RULE.fullmatch(rule.strip())
    if found is None or (found[3] is None) is not bool(found[1] or found[2]):
        raise NetworkError(f"is {rule!r}; it must be like {FORMS}")
    named = re.findall(r"'([^']*)'", found[4])
    if sorted(named) != sorted(f"{id}.peer" for id in msp_ids):
        raise NetworkError(f"must name each organisation once, as its peer, not {', '.join(named)}")
    count = len(named) if found[1] else int(found[3] or 1)
    if not 1 <= count <= len(named):
        raise NetworkError(f"asks for {count} of {len(named)} organisations")
    return count
