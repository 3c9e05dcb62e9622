"""`python -m network up|down|status`: the Fabric network alone, in the background."""

import contextlib
import sys

from network import config
from network.ca import authorities
from network.config import Config
from network.errors import NetworkError
from network.native import runner

USAGE = "usage: python -m network up|down|status\nLONJA_STATE names the state folder, LONJA_PORT_SHIFT moves all ports."


def main(arguments: list[str]) -> int:
    """Do what is asked; returns the exit code."""
    commands = {"up": _up, "down": _down, "status": _status, "keep": _keep}
    if len(arguments) != 1 or arguments[0] not in commands:
        _say(USAGE)
        return 0 if arguments in (["help"], ["-h"], ["--help"]) else 2
    try:
        return commands[arguments[0]](config.load())
    except NetworkError as error:
        _say(str(error))
        return 1


def _up(settings: Config) -> int:
    runner.up(settings, _say)
    _say("python -m network down stops it")
    return 0


def _down(settings: Config) -> int:
    _say("the network is stopped" if runner.down(settings) else f"no network runs on {settings.state}")
    return 0


def _keep(settings: Config) -> int:
    return runner.keep(settings, _note)


def _status(settings: Config) -> int:
    """One line for each program, then who endorses and whether that suffices. Exit 1 unless nothing is missing."""
    network = runner.found(settings)
    network.check()
    if not network.layout.made.exists():
        raise NetworkError(f"no network has been made on {settings.state}; type: python -m network up")
    certifying = authorities.find(settings.state, settings.topology, settings.shift, wanted=False)
    ports = network.listening() | (certifying.ports() if certifying else {})
    for process in [*(certifying.processes() if certifying else ()), *network.nodes(), *network.chaincodes()]:
        serves = process.ready is not None and process.ready()
        _say(f"{process.name:<30} {ports[process.name]:>5}  {'serves' if serves else 'does not answer'}")
    health = network.health()
    _say(f"Fabric {network.fabric_version}: {health}")
    return 0 if health.is_whole else 1


def _say(text: str) -> None:
    print(text, flush=True)


def _note(text: str) -> None:
    """Into a file, which may find no room: what is kept is kept all the same."""
    with contextlib.suppress(OSError):
        _say(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
