"""What came in, line by line, and how much of what followed was handed to the engine: all that a restart needs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """One folder: `journal.jsonl` with every input in order, `handed` with the number of words said."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "journal.jsonl"
        self._handed = folder / "handed"

    def read(self) -> Iterator[dict[str, Any]]:
        """Every input. A last line that was cut off by a crash was never answered, and is cut off here too."""
        if not self._file.exists():
            return
        whole = 0
        for line in self._file.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                os.truncate(self._file, whole)
                return
            whole += len(line)
            yield json.loads(line)

    def write(self, input: dict[str, Any]) -> None:
        """Keep an input before anything follows from it."""
        with self._file.open("a") as file:
            file.write(json.dumps(input) + "\n")

    @property
    def handed(self) -> int:
        """How many words surely went to the engine, which keeps them until they have arrived."""
        return int(self._handed.read_text() or 0) if self._handed.exists() else 0

    @handed.setter
    def handed(self, number: int) -> None:
        new = self._handed.with_suffix(".new")
        new.write_text(str(number))
        new.replace(self._handed)
