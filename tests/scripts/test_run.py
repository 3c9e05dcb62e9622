"""A running product holds on to its programs and leaves none of them behind, however it is ended."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from scripts.product import Product
from scripts.progress import ROOT

pytestmark = pytest.mark.product
SHIFT = 10_700


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    shift = SHIFT + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    product = Product({"LONJA_STATE": str(tmp_path / "state"), "LONJA_PORT_SHIFT": str(shift)}, sandbox=True)
    yield product
    product.stop()


def soon(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def named(starter: int, word: str) -> psutil.Process | None:
    children = psutil.Process(starter).children()
    return next((child for child in children if any(word in part for part in child.cmdline())), None)


def test_a_running_product_restarts_its_programs_refuses_a_second_starter_and_leaves_nothing(product: Product) -> None:
    product.start()
    worker = named(product.pid, "middleware.worker")
    assert worker
    worker.kill()
    assert soon(lambda: "worker is started again" in product.said())
    assert "worker ended (killed by SIGKILL)" in product.said()

    beside = [sys.executable, "-m", "scripts.run", "sandbox"]
    second = subprocess.run(beside, cwd=ROOT, env=product.environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"already runs on {product.config.state} (process {product.pid})" in second.stdout

    family = psutil.Process(product.pid).children(recursive=True)
    assert len(family) >= 6  # sandbox, worker, and a master and a worker each of API and console
    os.kill(product.pid, signal.SIGKILL)
    assert soon(lambda: gone(family))
    assert soon(lambda: not any(listens(port) for port in (product.config.api_port, product.config.web_port)), 5)


def test_a_lost_terminal_ends_everything_although_the_kernel_tells_only_make(product: Product, tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.symlink_to("/bin/sh")
    leader, terminal = pty.fork()
    if leader == 0:
        os.chdir(ROOT)
        os.execve(
            make, [str(make), "-c", f"trap '' HUP; {sys.executable} -m scripts.run sandbox; true"], product.environment
        )
    try:
        assert soon(lambda: listens(product.config.web_port), 90)
        family = psutil.Process(leader).children(recursive=True)
    finally:
        os.close(terminal)
    assert soon(lambda: gone(family))
    os.waitpid(leader, 0)


def test_killing_make_ends_what_make_started(product: Product, tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.symlink_to("/bin/sh")  # a process is known by the name it was started under
    script = f"{sys.executable} -m scripts.run sandbox > {tmp_path / 'said'} 2>&1; true"
    starter = subprocess.Popen([str(make), "-c", script], cwd=ROOT, env=product.environment, start_new_session=True)
    try:
        assert soon(lambda: listens(product.config.api_port), 90)
        family = psutil.Process(starter.pid).children(recursive=True)
    finally:
        starter.kill()
        starter.wait()
    assert soon(lambda: gone(family))
    assert "Stopping (SIGTERM)" in (tmp_path / "said").read_text()
