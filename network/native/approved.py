"""The chaincode programs that organisations approved, kept by their content.

What is built anew, by an update of the sources, is another program: it runs once it is approved, and not before.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from network.errors import NetworkError
from network.native.layout import Layout

_SHOWN = 12


def fingerprint(program: Path) -> str:
    """The SHA-256 of a program; raises NetworkError where there is none."""
    if not os.access(program, os.X_OK):
        raise NetworkError(f"there is no chaincode program at {program}; `make setup` builds it")
    return sha256(program.read_bytes()).hexdigest()


def short(fingerprint: str) -> str:
    """So much of it as tells programs apart."""
    return fingerprint[:_SHOWN]


def keep(layout: Layout, program: Path) -> str:
    """Keep a copy, once; returns its fingerprint."""
    found = fingerprint(program)
    copy = layout.program(found)
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        coming = copy.with_suffix(".coming")
        shutil.copyfile(program, coming)
        coming.chmod(0o755)
        os.replace(coming, copy)
    return found


def check(layout: Layout, wanted: str, program: Path) -> None:
    """Raise NetworkError unless the copy is there and what it was; `program` may be what was lost."""
    copy = layout.program(wanted)
    if not copy.exists() and keep(layout, program) != wanted:
        raise NetworkError(f"the chaincode program that was approved is gone: put {copy} back from a backup")
    if fingerprint(copy) != wanted:
        raise NetworkError(f"{copy} is not the program that was approved: put it back from a backup")
