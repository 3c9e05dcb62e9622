"""Every check of the house: `python -m scripts.check [fast|lint]`, for `make test`, `make test-fast` and `make lint`.

All layers run, also after one failed; what failed is named at the end and the exit code is 1. Skips are named with
their reasons where they happen. The last layer is pytest's, so its summary is the last thing printed.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts import chromium, programs
from scripts.progress import LOGS, ROOT, Failed, say
from scripts.toolchain import environment, get_go

PYTEST = (sys.executable, "-m", "pytest", "-q")
OUR_PYTHON = ("middleware", "web", "network", "scripts", "tests")
PROPERTY_RUNS = "20000"  # random stories of 40 commands each
GO_MODULES = ("chaincode", "tests/bench/raw")
HERE = {"quick": "not network and not browser and not bench", "real": "(network or browser) and not bench"}


class Checks:
    """Runs layers and remembers which failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.env = {**environment(get_go()), "PYTHONUNBUFFERED": "1"}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{self.env['PATH']}"

    def layer(
        self, name: str, argv: Sequence[str], *, folder: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> None:
        """Run one command with its output shown."""
        began = time.monotonic()
        say(f"\n== {name}: {' '.join(argv).replace(sys.executable, 'python')}")
        done = subprocess.run(argv, cwd=folder, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, check=False)
        self._note(name, done.returncode == 0, began)

    def quiet_layer(
        self, name: str, argv: Sequence[str], tell: Callable[[str], str], *, folder: Path, env: Mapping[str, str]
    ) -> None:
        """Run one command with its output in a log; `tell` picks what is shown. All of it is shown when it fails."""
        began, log = time.monotonic(), LOGS / f"{name.replace(' ', '-').replace('/', '-')}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        say(f"\n== {name}: {' '.join(argv)}")
        with log.open("wb") as output:
            done = subprocess.run(
                argv,
                cwd=folder,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        text = log.read_text(errors="replace")
        say(tell(text) if done.returncode == 0 else _without_successes(text))
        self._note(name, done.returncode == 0, began)

    def _note(self, name: str, passed: bool, began: float) -> None:
        say(f"== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s")
        if not passed:
            self.failed.append(name)

    def close(self) -> int:
        """Name what failed. Says nothing when all is well, so that pytest's summary stays the last line."""
        if self.failed:
            say(f"\nFAILED: {', '.join(self.failed)}")
        return 1 if self.failed else 0


def lint(checks: Checks) -> None:
    """Style, types and floors of Python; format, vet and staticcheck of Go; templates."""
    present = [folder for folder in OUR_PYTHON if (ROOT / folder).is_dir()]
    checks.layer("ruff", ("ruff", "check", "--quiet", *present))
    checks.layer("ruff format", ("ruff", "format", "--check", "--quiet", *present))
    checks.layer("mypy", ("mypy", "--no-error-summary"))
    if (ROOT / "web" / "templates").is_dir():
        checks.layer("djlint", ("djlint", "--quiet", "--lint", "web/templates"))
    for module in GO_MODULES:
        folder = ROOT / module
        if (folder / "go.mod").exists():
            checks.layer(
                f"gofmt {module}", ("sh", "-c", 'out=$(gofmt -l .); echo "$out"; [ -z "$out" ]'), folder=folder
            )
            checks.layer(f"go vet {module}", ("go", "vet", "./..."), folder=folder)
            checks.layer(f"staticcheck {module}", _staticcheck(folder), folder=folder)


def _staticcheck(folder: Path) -> tuple[str, ...]:
    """The version that the chaincode's module pins, for every module."""
    pinned = ROOT / "chaincode"
    if folder == pinned:
        return ("go", "tool", "staticcheck", "./...")
    return ("go", "tool", f"-modfile={pinned / 'go.mod'}", "staticcheck", "./...")


def go_tests(checks: Checks, *, short: bool) -> None:
    """The rules' own tests, in every Go module."""
    argv = ("go", "test", "-v", *(("-short",) if short else ("-timeout", "20m")), "./...")
    env = {} if short else {"LONJA_PROPERTY_RUNS": PROPERTY_RUNS}
    for module in GO_MODULES:
        if (ROOT / module / "go.mod").exists():
            checks.quiet_layer(f"go test {module}", argv, packages_and_skips, folder=ROOT / module, env=env)


def packages_and_skips(output: str) -> str:
    """From `go test -v`: a line per package, and each skipped test with its reason."""
    kept, previous = [], ""
    for line in output.splitlines():
        if re.match(r"(ok|FAIL|\?)\s", line):
            kept.append(line)
        elif line.lstrip().startswith("--- SKIP"):
            kept.append(f"SKIPPED {line.split()[2]}: {previous.strip()}")
        previous = line
    return "\n".join(kept)


def _without_successes(output: str) -> str:
    """What `go test -v` says about everything that did not pass."""
    success = re.compile(r"\s*(=== (RUN|PAUSE|CONT|NAME)|--- PASS)\b")
    return "\n".join(line for line in output.splitlines() if not success.match(line))


def python_tests(checks: Checks) -> None:
    """All of pytest: what can share the machine on both cores, then the real network and the browser, one at a time."""
    second_driver(checks)
    checks.layer("pytest without network", (*PYTEST, "-n", "2", "-m", HERE["quick"]))
    again = (*PYTEST, "-n", "2", "-m", HERE["quick"], "tests/middleware")
    checks.layer("pytest on PostgreSQL", again, env={"LONJA_TEST_DATABASE": "postgresql"})
    real = {"FABRIC_BIN": str(programs.built().bin), **_browser()}
    second = _second_fabric()
    if second:
        checks.layer(
            f"pytest on Fabric {second.version}",
            (*PYTEST, "-m", "network and not bench"),
            env={"FABRIC_BIN": str(second.bin)},
        )
    checks.layer(f"pytest on Fabric {programs.BUILT_VERSION}", (*PYTEST, "-m", HERE["real"]), env=real)


def second_driver(checks: Checks) -> None:
    """The hfc driver's own tests: its messages clash with the other driver's, so they have a process of their own."""
    checks.layer("pytest of the hfc driver", (*PYTEST, "tests/hfc"))


def _second_fabric() -> programs.Fabric | None:
    """The Fabric that FABRIC_BIN names, or that was fetched; the network tests run on it too."""
    found = programs.fabric()
    if found.bin == programs.built().bin:
        say("\nSKIPPED the network tests on a second Fabric: FABRIC_BIN names none, and none was fetched (make fabric)")
        return None
    return found


def _browser() -> dict[str, str]:
    try:
        return {chromium.VARIABLE: str(chromium.get())}
    except Failed as error:
        say(f"\nSKIPPED the browser tests: {error}")
        return {}


def main() -> int:
    kind = sys.argv[1] if len(sys.argv) > 1 else "all"
    try:
        checks = Checks()
        if kind in ("all", "lint"):
            lint(checks)
        if kind in ("all", "fast"):
            go_tests(checks, short=kind == "fast")
        if kind == "fast":
            second_driver(checks)
            checks.layer("pytest", (*PYTEST, "-n", "2", "-m", f"{HERE['quick']} and not product"))
        if kind == "all":
            python_tests(checks)
    except Failed as error:
        say(str(error))
        return 1
    return checks.close()


if __name__ == "__main__":
    sys.exit(main())
