"""A file that one process at a time holds, its number inside. The claim ends with the process, however that ends."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def held(file: Path, refusal: Callable[[str], Exception]) -> Iterator[None]:
    """Hold the file, in a folder that is there; raises the `refusal` that is made of the holder's number."""
    with file.open("a+") as claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.seek(0)
            raise refusal(claim.read().strip()) from None
        claim.truncate(0)
        claim.write(str(os.getpid()))
        claim.flush()
        yield
