"""A FIX process that cannot end is ended."""

import subprocess
import sys

from scripts.progress import ROOT

HANGS = """
import threading
from middleware.fix.__main__ import ending
with ending(0.2):
    threading.Event().wait(60)
"""


def test_an_engine_that_never_returns_does_not_keep_the_process() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr
