"""Programs of a running network that are away for a while: killed, and killed again whenever they are restarted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from scripts.product import Product

LOOK_SECONDS = 0.02
STARTED_SECONDS = 30.0


@contextmanager
def away(product: Product, *names: str) -> Iterator[None]:
    """While the block lasts, these programs (by their names in the topology) are not there; then they come back."""
    over = threading.Event()
    hold = threading.Thread(target=_hold, args=(product, names, over), daemon=True)
    assert all(running(product, name) for name in names), names
    hold.start()
    try:
        yield
    finally:
        over.set()
        hold.join()


@contextmanager
def hanging(product: Product, name: str) -> Iterator[None]:
    """While the block lasts, this program takes what is sent to it and answers nothing."""
    (process,) = running(product, name)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def until_back(product: Product, *names: str) -> None:
    """Wait until the supervisor has started them again: the longer they were away, the longer it pauses."""
    deadline = time.monotonic() + STARTED_SECONDS
    while not all(running(product, name) for name in names):
        assert time.monotonic() < deadline, names
        time.sleep(LOOK_SECONDS)


def running(product: Product, name: str) -> list[psutil.Process]:
    """The process of a program, where it runs."""
    return [process for process in psutil.Process(product.pid).children() if _name(process, name)]


def _hold(product: Product, names: tuple[str, ...], over: threading.Event) -> None:
    while not over.is_set():
        for name in names:
            for process in running(product, name):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        over.wait(LOOK_SECONDS)


def _name(process: psutil.Process, name: str) -> bool:
    """A node is known by the folder of its configuration, a chaincode by its certificate."""
    with suppress(psutil.Error):
        told = process.environ()
        return name in Path(told.get("CHAINCODE_TLS_CERT") or told.get("FABRIC_CFG_PATH") or "").parts
    return False
