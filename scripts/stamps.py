"""What is already made, and from what: a thing is made again only when its inputs changed or its products are gone."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.progress import ROOT, TOOLS

STAMPS = TOOLS / "stamps"


def digest(files: Iterable[Path], *settings: str) -> str:
    """One hash of the files' names and contents and of the settings they are used with."""
    total = hashlib.sha256("\0".join(settings).encode())
    for path in sorted(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return total.hexdigest()


@dataclass(frozen=True)
class Step:
    """Something that is made from inputs. `inputs` is a hash (see `digest`); `work` makes the products."""

    name: str
    title: str
    inputs: str
    products: Sequence[Path]
    work: Callable[[], None]

    def due(self) -> bool:
        """Whether it has to be made."""
        return self._stamp() != self.inputs or not all(product.exists() for product in self.products)

    def make(self) -> None:
        """Make it; only what was finished is stamped."""
        (STAMPS / self.name).unlink(missing_ok=True)
        self.work()
        STAMPS.mkdir(parents=True, exist_ok=True)
        (STAMPS / self.name).write_text(self.inputs)

    def _stamp(self) -> str:
        try:
            return (STAMPS / self.name).read_text()
        except FileNotFoundError:
            return ""
