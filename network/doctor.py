"""What is wrong with the network, and the next command to type. `lonja doctor` asks here."""

import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from network import config, room
from network.config import Config
from network.containers import engine
from network.errors import NetworkError
from network.kind import Kind
from network.native import Network, lifecycle, programs, runner
from network.native.probe import is_free
from network.process import Process

DISK_PROBLEM_MB, DISK_NOTE_MB = 500, 2_000
EXPIRY_DAYS = (7, 30, 60)  # a problem below the first, a note below the others
CLOCK_SECONDS = 10.0  # the ledger refuses what is further off
ATTEMPTS = 3
MADE_IN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing. A problem is to be cured now; a note is not urgent. `next` is the command to type."""

    what: str
    next: str = ""
    is_problem: bool = True


def findings(state: Path) -> list[Finding]:
    """Everything found, the causes before what follows from them. Starts and changes nothing."""
    try:
        settings = config.load()
    except NetworkError as error:
        return [Finding(str(error))]
    settings = replace(settings, state=state.absolute())
    missing = [*_programs(settings), *_engine(settings)]
    folder = state / "network"
    found = [*missing, *_clock(state), *_disk(state), *_certificates(folder / "crypto")]
    if missing or not folder.is_dir():
        return found  # nothing more can be said, or nothing was ever started here
    try:
        network = runner.found(settings)
        network.check()
        if not network.layout.made.exists():
            return [*found, Finding("the network was never finished: its first start was broken off", "make run")]
        return found + list(_network(network))
    except NetworkError as error:
        return [*found, Finding(str(error))]
    except FileNotFoundError as error:
        return [*found, Finding(f"a part of the network is gone: {error.filename}; put it back from a backup")]


def main() -> int:
    """Print what is found; exit code 1 on a problem."""
    try:
        found = findings(config.load().state)
    except NetworkError as error:
        found = [Finding(str(error))]
    for one in found:
        grade = "" if one.is_problem else "note: "
        print(grade + one.what + (f"\n    {one.next}" if one.next else ""))
    if not found:
        print("network: nothing wrong")
    return 1 if any(one.is_problem for one in found) else 0


def _programs(settings: Config) -> Iterator[Finding]:
    try:
        programs.look_at(settings.fabric_bin)
    except NetworkError as error:
        yield Finding(str(error), "make setup")
        for name, package in (("cc", "gcc libc6-dev"), ("go", "")):
            if shutil.which(name) is None:
                cure = f"apt-get install {package}" if package else "make setup"
                yield Finding(f"there is no program {name}, with which Fabric's are built", cure)
    if shutil.which(settings.chaincode) is None:
        yield Finding(f"there is no chaincode program {settings.chaincode}", "make setup")


def _engine(settings: Config) -> Iterator[Finding]:
    """Where the network's programs are containers, somebody must run them."""
    if settings.kind is Kind.DOCKER:
        try:
            engine.refuse_silent()
        except NetworkError as error:
            yield Finding(str(error), "docker version")


def _clock(state: Path) -> Iterator[Finding]:
    """A clock that was set back makes the ledger refuse everything until it has caught up."""
    now = time.time()
    if now < MADE_IN.timestamp():
        yield Finding(f"the clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "date -u; timedatectl set-ntp true")
        return
    newest = max((path.stat().st_mtime for path in (state / "network" / "logs").glob("*.log")), default=0.0)
    if newest > now + CLOCK_SECONDS:
        late = f"the clock was set back: the network last wrote {newest - now:.0f} s in what is now the future"
        yield Finding(late, "date -u; timedatectl set-ntp true")


def _disk(state: Path) -> Iterator[Finding]:
    """A node may have a disk of its own."""
    for folder, free in room.disks(state):
        if free < room.FULL_MB:
            what = f"the disk of {folder} is full ({free} MB are left): what has to write there has stopped or will"
            yield Finding(f"{what}, unharmed, and goes on when there is room; if not, make run", f"du -sh {folder}/*")
        elif free < DISK_NOTE_MB:
            what = f"{free} MB of disk are left for {folder}; peers and orderers stop when it is full"
            yield Finding(what, f"du -sh {folder}/*", is_problem=free < DISK_PROBLEM_MB)


def _certificates(folder: Path) -> Iterator[Finding]:
    """The one that ends first stands for all: they were made together. `lonja identities list` shows every one."""
    ends = [
        (x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc, path)
        for path in folder.rglob("certificate.pem")
    ]
    if not ends:
        return
    end, path = min(ends)
    left = (end - datetime.now(UTC)).days
    if left < max(EXPIRY_DAYS):
        within = min(days for days in EXPIRY_DAYS if left < days)
        what = f"certificates end within {within} days, the first ({path}) on {end:%Y-%m-%d}; nodes stop working then"
        certified = (folder.parent / "authorities").is_dir()
        cure = "lonja identities renew" if certified else "make clean (a development network: it forgets the ledger)"
        yield Finding(what, cure, is_problem=within == min(EXPIRY_DAYS))


def _network(network: Network) -> Iterator[Finding]:
    """Up, down, or half of it."""
    everyone = [*network.nodes(), *network.chaincodes()]
    silent = [process for process in everyone if not _serves(process)]
    if silent:
        yield from _silent(network, silent, all_of_them=len(silent) == len(everyone))
        return
    health = network.health()
    if not health.is_whole:
        cure = "lonja upgrade" if any(map(lifecycle.missed, health.silent.values())) else "make run"
        yield Finding(f"all programs of the network serve, but together they do not: {health}", cure)
    if len(network.deployment()) > 1:
        yield Finding("an upgrade of the chaincode was begun and not finished", "lonja upgrade", is_problem=False)


def _serves(process: Process) -> bool:
    """Asked more than once: on a machine with much to do an answer may be late."""
    ready = process.ready
    return ready is not None and any(ready() for _ in range(ATTEMPTS))


def _silent(network: Network, silent: list[Process], *, all_of_them: bool) -> Iterator[Finding]:
    ports = network.listening()
    foreign = [process for process in silent if not is_free(ports[process.name])]
    for process in foreign:
        what = f"something else than {process.name} listens on its port {ports[process.name]}, or it hangs"
        yield Finding(what, f"ss -ltnp 'sport = :{ports[process.name]}'")
    if all_of_them and not foreign:
        yield Finding("the network is not running", "make run")
        return
    for process in silent:
        if process not in foreign:
            yield Finding(f"the network is half up: {process.name} is down", f"tail -n 20 {_log(network, process)}")
    if network.topology.endorsements < len(network.topology.organisations):
        yield Finding(f"meanwhile {network.health()}", is_problem=False)


def _log(network: Network, process: Process) -> Path:
    return network.layout.log(Path(engine.FILE).stem) if network.kind is Kind.DOCKER else process.log


if __name__ == "__main__":
    sys.exit(main())
