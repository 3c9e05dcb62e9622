"""`lonja upgrade`: another chaincode program takes over from the one that runs, while everybody goes on trading."""

import time

import click

from middleware.config import Config
from middleware.errors import Error
from middleware.ledger import Refused, Unavailable
from network import config as network_settings
from network.errors import NetworkError
from network.native import Network, package, runner, upgrade
from network.native.deployment import Deployed
from network.native.identities import CHAINCODE_CLIENT, CLIENT
from network.topology import Organisation

LOOK_SECONDS = 0.1


@click.command(name="upgrade")
@click.option("--check", is_flag=True, help="Only say what would be done.")
@click.pass_obj
def upgrade_command(config: Config, *, check: bool) -> None:
    """Deploy the chaincode that was built (or LONJA_CHAINCODE) to the running network. Run again, it goes on."""
    if config.ledger_driver == "sandbox":
        raise Error("invalid", "the sandbox runs what was built when it started: start it anew", reason="driver")
    try:
        network = runner.found(network_settings.load())
        upgrade.refuse_containers(network)
        network.check()
        starter = _starter(config)
        if check:
            click.echo(str(upgrade.look(network)))
            return
        upgrade.run(network, click.echo, _trial, lambda: _wait(config, starter))
    except NetworkError as error:
        raise Error("wrong_status", str(error), reason="network") from error
    except OSError as error:
        told = f"{error.strerror}: {error.filename}; once that is mended, type again: lonja upgrade"
        raise Error("unavailable", told, reason="disk") from error


def _starter(config: Config) -> int:
    """Who runs the programs: the new ones are to be its children as well."""
    found = runner.holder(config.state)
    if found is None:
        raise NetworkError(f"nothing runs on {config.state}; `make run` starts it, with what was built")
    return found


def _wait(config: Config, starter: int) -> None:
    if runner.holder(config.state) != starter:
        raise NetworkError("the product has ended; start it, and then go on with: lonja upgrade")
    time.sleep(LOOK_SECONDS)


def _trial(network: Network, organisation: Organisation, deployed: Deployed) -> str:
    """Have a process that no peer uses yet say which rules it has, and for which ledger."""
    from middleware.ledger.fabric import trial
    from middleware.ledger.fabric.identity import Identity

    ours, node = network.layout.identities(organisation.id), organisation.chaincode
    tls, peer, client = ours.tls(node.name), ours.tls(CHAINCODE_CLIENT), ours.member(CLIENT)
    address = f"{node.host}:{node.ports[deployed.slot]}"
    line = trial.Line(address, node.name, tls.authority, peer.certificate, peer.key)
    known = network.layout.package(organisation, deployed.package)
    id = package.package_id(network.topology, known, deployed.package)
    identity = Identity(organisation.msp_id, client.certificate, client.key)
    try:
        said = trial.ask(line, id, identity, network.topology.channel, "version")
    except (Refused, Unavailable) as error:
        raise NetworkError(str(error)) from error
    if not isinstance(said, dict) or said.get("ledger") != network.genesis_hash:
        raise NetworkError(f"it is not for this ledger ({network.genesis_hash[:12]}…): {said}")
    return f"the new program has version {said.get('version')}"
