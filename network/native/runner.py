"""A network by itself, in the background: started, kept and stopped by `python -m network`.

One starter holds a state folder, whether it is this one or the product's: whoever holds the claim on the file `starter`
runs the programs there, and the claim ends with its process, however that ends.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from network import claim, room, starting
from network.ca import authorities, serving
from network.config import Config, certified
from network.errors import NetworkError
from network.native.layout import Layout
from network.native.network import Network, find, prepare
from network.native.probe import refuse_taken
from network.supervisor import NotStarted, Stopped, Supervisor, raise_on_signals

UP, FAILED = "the network is up", "not started"
_KEEP = ("-m", "network", "keep")
_UP_SECONDS = 180.0
_DOWN_SECONDS = 40.0
_LOOK_SECONDS = 0.05
Say = Callable[[str], None]


def up(config: Config, say: Say) -> None:
    """Start the network in the background and return once it is ready; raises NetworkError when it cannot be."""
    if holder(config.state):
        raise NetworkError(f"something runs on {config.state} already; see: python -m network status")
    room.refuse_full(config.state)
    log = Layout(config.state / "network").log("keeper")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, log.open() as told:
        keeper = subprocess.Popen(
            [sys.executable, *_KEEP],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        deadline = time.monotonic() + _UP_SECONDS
        while time.monotonic() < deadline:
            ended = keeper.poll() is not None
            for line in told:
                say(line.rstrip())
                if line.startswith(UP):
                    return
            if ended:
                raise NetworkError(f"the network did not start; its words are above and in {log}")
            time.sleep(_LOOK_SECONDS)
    keeper.terminate()
    raise NetworkError(f"the network is not ready after {_UP_SECONDS:g} s; see {log}")


def keep(config: Config, say: Say) -> int:
    """Run the network until told to stop; what `up` starts in the background."""
    supervisor = Supervisor(say)
    raise_on_signals()
    with claimed(config.state):
        try:
            network = start(config, supervisor, say)
            say(f"{UP}: Fabric {network.fabric_version}, {network.layout.connection}")
            supervisor.watch()
        except (NetworkError, NotStarted) as error:
            say(f"{FAILED}: {error}")
            return 1
        except Stopped as stopped:
            say(f"stopping ({stopped})")
        finally:
            supervisor.stop()
    return 0


def found(config: Config) -> Network:
    """The network that the settings mean, as it is."""
    genesis = config.genesis_hash()
    return find(config.state, config.fabric_bin, config.chaincode, genesis, config.shift, config.topology, config.kind)


def start(config: Config, supervisor: Supervisor, say: Say) -> Network:
    """Start and deploy; returns once every organisation endorses."""
    genesis = config.genesis_hash()
    starting.sweep(config.state, config.kind)
    certifying = authorities.find(config.state, config.topology, config.shift, wanted=certified())
    serving.begin(certifying, supervisor, say, config.kind)
    issuers = certifying.issuer if certifying else None
    network = prepare(
        config.state, config.fabric_bin, config.chaincode, genesis, config.shift, config.topology, issuers, config.kind
    )
    refuse_taken(network.ports())
    starting.begin(network, supervisor, say)
    if network.is_upgrade_due():
        say("the chaincode that was built is not the one that the ledger runs; lonja upgrade deploys it")
    return network


def down(config: Config) -> bool:
    """Stop the network that `up` started; False where none runs; raises NetworkError when it is the product's."""
    pid = holder(config.state)
    if pid is None:
        return False
    if " ".join(_KEEP) not in _words(pid):
        raise NetworkError(f"the network on {config.state} belongs to process {pid} ({_words(pid)[:60]}): stop that")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS
    while holder(config.state):
        if time.monotonic() > deadline:
            raise NetworkError(f"process {pid} does not stop after {_DOWN_SECONDS:g} s; type: kill -9 {pid}")
        time.sleep(_LOOK_SECONDS)
    return True


def holder(state: Path) -> int | None:
    """The process that runs the programs on a state folder."""
    with contextlib.suppress(FileNotFoundError), (state / "starter").open() as starter:
        try:
            fcntl.flock(starter, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(starter.read().strip() or 0)
    return None


@contextlib.contextmanager
def claimed(state: Path) -> Iterator[None]:
    """Hold the state folder against every other starter."""
    state.mkdir(parents=True, exist_ok=True)
    with claim.held(state / "starter", lambda pid: NetworkError(f"something runs on {state} already (process {pid})")):
        yield


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
