"""`python -m network.kubernetes`: make a network for a cluster, print its Secrets, deploy to it. See README.md."""

import sys
from dataclasses import replace
from pathlib import Path

from network import config
from network.config import Config
from network.errors import NetworkError
from network.kubernetes import base, deploying, secrets

USAGE = """usage: python -m network.kubernetes base
           write base/network anew from the consortium's topology
       python -m network.kubernetes prepare STATE
           make certificates, first block and packages in a state folder that has a genesis.json
       python -m network.kubernetes secrets STATE [ORGANISATION...]
           print its Secrets, all keys among them: pipe it to kubectl, and keep it nowhere
       python -m network.kubernetes deploy STATE NAMESPACE
           make the channel and put the chaincode on it, through ports that kubectl forwards
FABRIC_BIN names Fabric's programs; LONJA_PORT_SHIFT moves the ports that are forwarded to this machine."""


def main(arguments: list[str]) -> int:
    """Do what is asked; returns the exit code."""
    try:
        return _do(arguments)
    except NetworkError as error:
        print(error, file=sys.stderr)
        return 1


def _do(arguments: list[str]) -> int:
    match arguments:
        case ["base"]:
            base.write()
        case ["prepare", state]:
            deploying.make(_settings(state))
        case ["secrets", state, *organisations]:
            sys.stdout.write(secrets.text(Path(state), organisations))
        case ["deploy", state, namespace]:
            deploying.deploy(_settings(state), namespace, print)
        case _:
            print(USAGE)
            return 0 if arguments in (["help"], ["-h"], ["--help"]) else 2
    return 0


def _settings(state: str) -> Config:
    return replace(config.load(), state=Path(state).absolute())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
