"""`lonja identities`: who has certificates in this network and until when; enrolled, renewed, revoked at Fabric CA."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import click

from middleware.config import Config
from middleware.errors import Error
from network import config as network_settings
from network.ca import authorities, register
from network.errors import NetworkError
from network.native.identities import ADMIN
from network.native.layout import Layout
from network.topology import Topology, load

ROLES = ("client", "admin", "peer", "orderer")
Value = TypeVar("Value")
_organisation = click.option("--organisation", default="", help="Whose; the topology's first when none is named.")


@click.group()
def identities() -> None:
    """Certificates of the network's nodes and clients."""


@identities.command(name="list")
@click.pass_obj
def list_all(config: Config) -> None:
    """Show every certificate, the first to end first."""
    every = _refusing(lambda: register.listed(_topology(config), _layout(config)))
    if not every:
        raise Error("not_found", f"no network has been made on {config.state}: make run", reason="network")
    for one in every:
        state = "revoked" if one.revoked else f"{one.days} days"
        role = one.role or "-"
        click.echo(f"{one.ends:%Y-%m-%d}  {state:>9}  {one.organisation:<10} {one.purpose:<8} {role:<8} {one.name}")


@identities.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="client")
@_organisation
@click.pass_obj
def enrol(config: Config, name: str, role: str, organisation: str) -> None:
    """Register a new identity at its organisation's authority, and enrol it."""
    whose = _whose(config, organisation)
    folder = _refusing(lambda: register.enrol(_certified(config), whose, name, role))
    click.echo(f"{name} of {whose} is enrolled as {role}: {folder}")


@identities.command()
@click.argument("names", nargs=-1)
@_organisation
@click.pass_obj
def renew(config: Config, names: tuple[str, ...], organisation: str) -> None:
    """Renew the certificates of these names; of all whose certificates end within 60 days when none is given."""
    found = _certified(config)
    whose = _whose(config, organisation) if organisation else ""
    entries = _refusing(lambda: _named(found, names) if names else register.due(found))
    entries = [one for one in entries if whose in ("", one.organisation)]
    for one in entries:
        ends = _refusing(partial(register.renew, found, one))
        click.echo(f"{one.name} of {one.organisation} ({one.purpose}) is good until {ends:%Y-%m-%d}")
    click.echo(
        f"{len(entries)} renewed; programs read their certificates when they start" if entries else "none is due"
    )


@identities.command()
@click.argument("name")
@_organisation
@click.pass_obj
def revoke(config: Config, name: str, organisation: str) -> None:
    """End an identity: at its authority, and for every peer and orderer through the channel's configuration."""
    from middleware.ledger.hfc import revocation

    whose = _whose(config, organisation)
    revoked = _refusing(lambda: register.revoke(_certified(config), whose, name))
    admin = _layout(config).identities(whose).member(ADMIN)
    sequence = revocation.publish(config.connection_file, whose, admin.certificate, admin.key, revoked)
    click.echo(f"{name} of {whose} is revoked; every peer knows it since configuration {sequence} of the channel")


def _named(found: authorities.Authorities, names: tuple[str, ...]) -> list[register.Entry]:
    every = register.listed(found.topology, found.layout)
    unknown = set(names) - {one.name for one in every}
    if unknown:
        raise NetworkError(f"there is no identity {', '.join(sorted(unknown))}; see: lonja identities list")
    wanted = [one for one in every if one.name in names]
    return [one for one in wanted if register.renewable(found.topology, one)] or wanted


def _certified(config: Config) -> authorities.Authorities:
    found = _refusing(
        lambda: authorities.find(config.state, network_settings.topology(), config.port_shift, wanted=False)
    )
    if found is None:
        raise Error("wrong_status", register.SELF_MADE, reason="authority")
    return found


def _whose(config: Config, organisation: str) -> str:
    ids = [each.id for each in _topology(config).organisations]
    if organisation and organisation not in ids:
        raise Error("not_found", f"{organisation} is none of {', '.join(ids)}", reason="organisation")
    return organisation or ids[0]


def _topology(config: Config) -> Topology:
    return _refusing(lambda: load(network_settings.topology(), config.port_shift))


def _layout(config: Config) -> Layout:
    return Layout(config.state / "network")


def _refusing(ask: Callable[[], Value]) -> Value:
    """What the network's side refuses is told as every refusal of a command is."""
    try:
        return ask()
    except NetworkError as error:
        raise Error("wrong_status", str(error), reason="network") from error
