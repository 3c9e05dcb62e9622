"""Make what the product needs on this machine: `python3 -m scripts.bootstrap [product|sandbox|test|fast]`.

Standard library only, run by the system's Python. Each step is done once and again only when its inputs change;
when nothing did, this ends in a fraction of a second.
"""

import contextlib
import fcntl
import sys
import time
from collections.abc import Iterator

from scripts import authority, environment, fetch_assets, kustomize
from scripts.programs import BUILT, chaincode_step, fabric, fabric_step
from scripts.progress import ROOT, TOOLS, Failed, run, say
from scripts.stamps import Step, digest

TRANSLATIONS = ROOT / "web" / "translations"
COMPILER = ("-m", "babel.messages.frontend", "compile")
PURPOSES = ("product", "sandbox", "test", "fast")


def steps(purpose: str) -> list[Step]:
    """What `purpose` needs, in order."""
    kind = "test" if purpose in ("test", "fast") else "product"
    needed = [environment.step(kind), assets_step(), translations_step()]
    if purpose == "test" or (purpose == "product" and fabric().bin == BUILT / "bin"):
        needed.append(fabric_step())
    if purpose == "test" or (purpose == "product" and authority.wanted()):
        needed.append(authority.step())
    if kind == "test":
        needed.append(kustomize.step())
    return [*needed, chaincode_step()]


def assets_step() -> Step:
    """Fetch what the pages load."""
    inputs = digest([fetch_assets.MANIFEST, fetch_assets.LOCK])
    return Step("assets", "Style, script and fonts of the console", inputs, fetch_assets.products(), _fetch_assets)


def _fetch_assets() -> None:
    run(
        "Assets", [sys.executable, "-m", "scripts.fetch_assets"], far=lambda output: f"{output.count(chr(10))} packages"
    )


def translations_step() -> Step:
    """Compile the console's message catalogues."""
    catalogues = sorted(TRANSLATIONS.rglob("*.po"))
    compiled = [path.with_suffix(".mo") for path in catalogues]
    return Step("translations", "Translations of the console", digest(catalogues), compiled, _compile_translations)


def _compile_translations() -> None:
    if any(TRANSLATIONS.rglob("*.po")):
        run("Translations", [str(environment.PYTHON), *COMPILER, "-d", str(TRANSLATIONS)])


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one set-up work at a time in this checkout."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this checkout; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(purpose: str) -> None:
    """Do every step that is due, and say so."""
    environment.check_python()
    began = time.monotonic()
    with alone():
        due = [step for step in steps(purpose) if step.due()]
        for number, step in enumerate(due, 1):
            say(f"[{number}/{len(due)}] {step.title}")
            step.make()
    if due:
        say(f"Set up in {time.monotonic() - began:.0f} s.")


def main() -> int:
    purpose = sys.argv[1] if len(sys.argv) > 1 else "product"
    if purpose not in PURPOSES:
        say(f"usage: python3 -m scripts.bootstrap [{'|'.join(PURPOSES)}]")
        return 2
    try:
        make(purpose)
    except Failed as error:
        say(f"\nNot set up: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. What is finished stays; the next run goes on from there.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
