"""Another organisation's own installation beside the product of the tests, and people who sign in at it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from middleware.config import load
from scripts import member
from scripts.cast import PASSWORD
from scripts.desk import Desk
from scripts.product import Product
from scripts.progress import ROOT

ADMITTED_SECONDS = 30.0
AGREED_SECONDS = 60.0


class Member(Product):
    """`scripts.member` as a child process."""

    module, up = "scripts.member", "is up after"

    def __init__(self, product: Product, organisation: str) -> None:
        super().__init__({})
        self.environment: Mapping[str, str] = member.environment(product.environment, organisation)
        self.config = load(self.environment)
        self.log = self.config.state.with_name(self.config.state.name + ".log")
        self._arguments = (organisation,)
        self._started_in = product.environment

    def desk(self, party: str) -> Desk:
        """A login of a party here, once its admission has come this way, and its desk."""
        username, deadline = party.lower(), time.monotonic() + ADMITTED_SECONDS
        while (added := self._add(username, party)).returncode:
            assert time.monotonic() < deadline, added.stderr
            time.sleep(0.5)
        return Desk(self.url, username, PASSWORD)

    def _add(self, username: str, party: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "middleware.cli", "users", "add", username, party, "--password-stdin"]
        return subprocess.run(
            argv, cwd=ROOT, env=self.environment, input=PASSWORD, text=True, capture_output=True, check=False
        )


def beside(product: Product, organisation: str = "custodian") -> Iterator[Member]:
    """Its installation from nothing, for as long as the tests of a fixture take."""
    member = Member(product, organisation)
    shutil.rmtree(member.config.state, ignore_errors=True)
    yield member.start()
    member.stop()


def agreed(product: Product, member: Member) -> bool:
    """Whether both mirrors come to the same bytes, at the same block."""
    deadline = time.monotonic() + AGREED_SECONDS
    while time.monotonic() < deadline:
        digests = {each.lonja("digest").stdout for each in (product, member)}
        if len(digests) == 1 and "" not in digests:
            return True
        time.sleep(0.5)
    return False
