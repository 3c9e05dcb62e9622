"""The closed list of ways in which something can be refused: the same in Go, JSON and SQL."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

Code = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "duplicate",
    "wrong_status",
    "insufficient",
    "unavailable",
    "internal",
]
CODES: tuple[str, ...] = get_args(Code)


class Error(Exception):
    """A refusal that its caller can act on.

    `code` is for programs, `reason` is finer (snake_case, often the ledger's), `message` is one sentence that names
    the offending value, `field` names the input that is wrong ("" when none is), `details` are for programs too.
    """

    def __init__(
        self, code: Code, message: str, *, reason: str = "", field: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.reason = reason
        self.field = field
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        reason = f"/{self.reason}" if self.reason else ""
        return f"{self.code}{reason}: {self.message}"


def from_ledger(code: str, reason: str, message: str) -> Error:
    """The ledger's refusal as an Error. A code that is not on the list becomes `internal`: it is a defect."""
    known: Code = code if code in CODES else "internal"  # type: ignore[assignment]
    return Error(known, message, reason=reason)
