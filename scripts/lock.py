"""Resolve setup.cfg anew into the hashed locks: `make lock`. What a lock already pins stays unless it has to move.

One package asks for what cannot be had; requirements-overrides.txt puts that right, and so the locks are installed
without asking again what packages need.

For a newer version of everything: make lock UPGRADE=--upgrade
"""

import os
import shutil
import sys

from scripts.environment import UV
from scripts.progress import ROOT, Failed, run, say

OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "--quiet")
INPUTS = ("setup.cfg", "--override", "requirements-overrides.txt", "--extra", "fix", "--extra", "hfc")


def main() -> int:
    upgrade = os.environ.get("UPGRADE", "").split()
    resolve = [str(UV), "pip", "compile", *OPTIONS, *upgrade, *INPUTS]
    try:
        run("Product lock", [*resolve, "-o", "requirements.lock"])
        run("Test lock", [*resolve, "--extra", "test", "-c", "requirements.lock", "-o", "requirements-test.lock"])
    except Failed as error:
        say(str(error))
        return 1
    shutil.rmtree(ROOT / "lonja.egg-info", ignore_errors=True)
    say("Locked. `make setup` installs it; commit setup.cfg with both locks.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
