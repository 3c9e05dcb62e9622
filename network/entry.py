"""One mapping of a topology file, read field by field: what is missing, misspelt or of another kind is named."""

from collections.abc import Mapping
from typing import Any

from network.errors import NetworkError


class Entry:
    """One mapping of the file. Every field must be taken once; what is left over is a misspelling."""

    def __init__(self, where: str, value: object, shift: int) -> None:
        if not isinstance(value, Mapping):
            raise NetworkError(f"{where} must be a mapping, not {value!r}")
        self.where, self._left, self._shift = where, dict(value), shift

    def __enter__(self) -> "Entry":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._left:
            raise NetworkError(f"{self.where} has an entry it should not have: {', '.join(map(str, self._left))}")

    def _take(self, name: str) -> tuple[str, Any]:
        if name not in self._left:
            raise NetworkError(f"{self.where} lacks {name}")
        return f"{self.where}: {name}", self._left.pop(name)

    def has(self, name: str) -> bool:
        """Whether there is such a field, for those that need not be."""
        return name in self._left

    def text(self, name: str) -> str:
        where, value = self._take(name)
        if not isinstance(value, str) or not value.strip():
            raise NetworkError(f"{where} must be a text in quotes, not {value!r}")
        return value

    def number(self, name: str) -> int:
        where, value = self._take(name)
        if type(value) is not int or value < 1:
            raise NetworkError(f"{where} must be a whole number above 0, not {value!r}")
        return value

    def port(self, name: str) -> int:
        where, value = self._take(name)
        if type(value) is not int or not 1024 <= value + self._shift <= 65535:
            raise NetworkError(f"{where} {value!r}, shifted by {self._shift}, must be a port from 1024 to 65535")
        return value + self._shift

    def entry(self, name: str) -> "Entry":
        where, value = self._take(name)
        return Entry(where, value, self._shift)

    def entries(self, name: str, *, optional: bool = False) -> list["Entry"]:
        if optional and not self.has(name):
            return []
        where, value = self._take(name)
        if not isinstance(value, list) or not value:
            raise NetworkError(f"{where} must be a list with at least one entry")
        return [Entry(f"{where}[{index}]", item, self._shift) for index, item in enumerate(value)]
