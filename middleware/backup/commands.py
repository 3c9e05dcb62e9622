"""`lonja backup` and `lonja restore`."""

from pathlib import Path

import click

from middleware.asking import secret
from middleware.backup import backup, contents, restore
from middleware.backup.contents import Manifest
from middleware.config import Config

MEGABYTE = 1_000_000
_passphrase = click.option(
    "--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input instead of asking."
)


@click.command(name="backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--ledger/--no-ledger", default=None, help="With the native network's ledger; by itself when it is stopped."
)
@_passphrase
@click.pass_obj
def backup_command(config: Config, target: Path, ledger: bool | None, passphrase_stdin: bool) -> None:
    """Write database, documents, keys, genesis and ledger to one file (or into a folder), under a passphrase.

    The product may run meanwhile; its ledger goes with it only when it is stopped.
    """
    file, manifest = backup(config, target, secret("Passphrase", from_stdin=passphrase_stdin), ledger=ledger)
    click.echo(f"backup: {file}, {file.stat().st_size // MEGABYTE + 1} MB, {_words(manifest)}")
    if not contents.ledgers(config.state).is_dir():
        click.echo("  the ledger is kept elsewhere: this comes back as long as our peer does")
    elif not manifest.has_ledger:
        click.echo("  whoever loses the ledger too cannot come back from this one: stop the network for a whole copy")


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put aside what is in the state folder, and keep it.")
@_passphrase
@click.pass_obj
def restore_command(config: Config, file: Path, replace: bool, passphrase_stdin: bool) -> None:
    """Make this installation what a backup holds. Everything must be stopped; what was there is kept aside."""
    manifest = restore(config, file, secret("Passphrase", from_stdin=passphrase_stdin, again=False), replace=replace)
    click.echo(f"restored: {_words(manifest)}, of {manifest.at}")
    click.echo("  start it, then: lonja reconcile")


def _words(manifest: Manifest) -> str:
    ledger = "with the ledger" if manifest.has_ledger else "without the ledger"
    return f"block {manifest.block}, {ledger} {manifest.ledger[:12]}…"
