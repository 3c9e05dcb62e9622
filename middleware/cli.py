"""`lonja`: the commands of one installation."""

import importlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from middleware import asking, digests, genesis, log, vault
from middleware import config as settings
from middleware import rebuild as rebuilding
from middleware import reconcile as reconciling
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import Lease
from middleware.ledger import Ledger, Refused, Unavailable, connect
from middleware.wording import LANGUAGES

ASK_FOR_LEASE_SECONDS = 30.0
DIFFERENCES_SHOWN = 50
ELSEWHERE = {
    "backup": ("middleware.backup.commands", "backup_command"),
    "blocks": ("middleware.cli_blocks", "blocks"),
    "identities": ("middleware.cli_identities", "identities"),
    "restore": ("middleware.backup.commands", "restore_command"),
    "upgrade": ("middleware.cli_upgrade", "upgrade_command"),
}


class _Commands(click.Group):
    """Commands with modules of their own are imported when they are wanted: none waits for what only others need."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *ELSEWHERE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in ELSEWHERE:
            return super().get_command(context, name)
        module, command = ELSEWHERE[name]
        found: click.Command = getattr(importlib.import_module(module), command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """Lonja's middleware. Settings come from LONJA_* variables; LONJA_STATE names the folder with everything."""
    try:
        context.obj = settings.load()
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def main() -> None:
    """The console script. A refusal is one line and exit 1, never a traceback."""
    with _told():
        cli()


@cli.command()
@click.pass_obj
def setup(config: Config) -> None:
    """Make the state folder and the key-encryption key."""
    _setup(config)


@cli.command()
@click.pass_obj
def migrate(config: Config) -> None:
    """Bring the database's tables up to date."""
    from middleware.migrations.run import upgrade

    _setup(config)
    upgrade(config)
    click.echo("migrations: up to date")


@cli.command()
@click.argument("name")
@click.pass_obj
def forget(config: Config, name: str) -> None:
    """Drop all tables of the database NAME, when its ledger is gone. It must be the one that the settings name."""
    from middleware.migrations.run import forget as drop

    if name != config.database_name:
        raise click.ClickException(f"forget: the settings name {config.database_name}, not {name}; nothing is dropped")
    drop(config)
    click.echo(f"forgot what {name} held")


@cli.command(name="genesis")
@click.option("--submit", is_flag=True, help="Also give the file to the running ledger, and wait until it has it.")
@click.pass_obj
def make_genesis(config: Config, submit: bool) -> None:
    """Make the first parties' keys and genesis.json; prints the hash to start every chaincode process with."""
    _setup(config)
    with _database(config) as database:
        click.echo(genesis.write(database))
        if submit:
            with _ledger(config) as ledger:
                click.echo("genesis: given" if genesis.submit(database, ledger) else "genesis: there already")


@cli.command()
@click.pass_obj
def worker(config: Config) -> None:
    """Run relay, mirror and matcher; waits while another worker runs."""
    from middleware.worker import serve

    sys.exit(serve(config))


@cli.command()
@click.pass_obj
def webhooks(config: Config) -> None:
    """Send webhooks; waits while another sender runs."""
    from middleware import webhooks as sender

    sys.exit(sender.serve(config))


@cli.command()
@click.pass_obj
def fix(config: Config) -> None:
    """Run the FIX door: brokers' sessions, drop copies, and the links to exchanges."""
    from middleware.fix.__main__ import serve as serve_fix

    serve_fix(config)


@cli.command()
@click.pass_obj
def rebuild(config: Config) -> None:
    """Drop the mirror and replay the ledger; prints the digests. A running worker steps aside meanwhile."""
    log.setup(config, "rebuild")
    with _database(config) as database, _ledger(config) as ledger, _lease(database, ledger) as lease:
        found = rebuilding.rebuild(database, ledger, lease=lease, tell=_Progress())
    click.echo(f"before {found.before}\nafter  {found.after}\nblock  {found.block}")
    if found.different:
        raise click.ClickException(f"rebuild: different: {', '.join(found.different)}")
    click.echo("rebuild: same")


@cli.command()
@click.pass_obj
def digest(config: Config) -> None:
    """Print the digest of the mirror, as rebuild does."""
    with _database(config) as database, database.reading() as session:
        click.echo(digests.digest(session.connection()))


@cli.command()
@click.pass_obj
def reconcile(config: Config) -> None:
    """Compare SQL with the ledger key by key; names any difference and exits 1 on one."""
    log.setup(config, "reconcile")
    with _database(config) as database, _ledger(config) as ledger:
        found = reconciling.reconcile(database, ledger)
    counts = " ".join(f"{name}={count}" for name, count in found.counts.items())
    click.echo(f"reconcile: block {found.block} {counts}")
    for line in found.differences[:DIFFERENCES_SHOWN]:
        click.echo(f"  {line}")
    if found.differences:
        raise click.ClickException(f"reconcile: {len(found.differences)} differences")
    click.echo("reconcile: clean")


@cli.command(name="doctor")
@click.pass_obj
def run_doctor(config: Config) -> None:
    """Say what is wrong, and what to type next."""
    from middleware import doctor

    findings = doctor.findings(config)
    for finding in findings:
        click.echo(f"{finding.what}\n    {finding.next}" if finding.next else finding.what)
    problems = [finding for finding in findings if finding.is_problem]
    if problems:
        raise click.ClickException(f"doctor: {len(problems)} found")
    click.echo("doctor: nothing wrong")


@cli.group()
def keys() -> None:
    """The keys that the platform keeps."""


@keys.command(name="rotate")
@click.pass_obj
def rotate_keys(config: Config) -> None:
    """Make a new key-encryption key and encrypt every secret under it. The secrets themselves do not change."""
    with _database(config) as database, database.writing() as session:
        click.echo(f"{vault.rotate(session)} secrets encrypted anew")


@cli.group()
def users() -> None:
    """Logins."""


@users.command(name="add")
@click.argument("username")
@click.argument("party")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en")
@click.pass_obj
def add_user(config: Config, username: str, party: str, password_stdin: bool, language: str) -> None:
    """Add a login of a party; one that is there already stays as it is."""
    from middleware.services import users as services

    with _database(config) as database, database.writing() as session:
        password = asking.secret("Password", from_stdin=password_stdin)
        services.add(session, username=username, party=party, password=password, language=language)
    click.echo(f"{username} acts for {party}")


@users.command(name="password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def set_password(config: Config, username: str, password_stdin: bool) -> None:
    """Set a new password."""
    from middleware.services import users as services

    with _database(config) as database, database.writing() as session:
        services.set_password(session, username, asking.secret("Password", from_stdin=password_stdin))
    click.echo(f"{username} has a new password")


@users.command(name="list")
@click.pass_obj
def list_users(config: Config) -> None:
    """Show every login and its party."""
    from middleware.services import users as services

    with _database(config) as database, database.reading() as session:
        for user in services.list_all(session):
            click.echo(f"{user.username}\t{user.party}")


@cli.group()
def sessions() -> None:
    """FIX sessions of brokers, drop copies and exchanges."""


@sessions.command(name="add")
@click.argument("comp_id")
@click.argument("party")
@click.option("--kind", type=click.Choice(["broker", "drop_copy", "exchange"]), default="broker")
@click.option("--host", default="", help="Where an exchange is called.")
@click.option("--port", type=click.IntRange(0, 65535), default=0)
@click.option("--address", "addresses", multiple=True, help="A network that it may call from; all when none is given.")
@click.option("--may-reset", is_flag=True, help="Its Logon may set both numbers back to 1.")
@click.option("--cancel-on-disconnect", is_flag=True, help="Its open orders end when it is gone for 10 seconds.")
@click.option("--throttle", type=click.IntRange(1, 10_000), default=500, help="Messages a second.")
@click.pass_obj
def add_session(config: Config, /, comp_id: str, party: str, kind: str, **profile: Any) -> None:
    """Let a party have a session; makes its key and certificate, once. One that is there gets this profile."""
    from middleware.fix import certificates
    from middleware.services import sessions as services

    with _database(config) as database, database.writing() as session:
        if kind != "exchange":
            files = certificates.client(config.state, comp_id)
            profile["certificate"] = files.fingerprint
            click.echo(f"certificate {files.certificate}\nkey         {files.key}")
        services.add(session, comp_id=comp_id, party=party, kind=kind, **profile)
    click.echo(f"{comp_id} is the {kind} session of {party}")


@sessions.command(name="list")
@click.pass_obj
def list_sessions(config: Config) -> None:
    """Show every session and how it stands."""
    from middleware.services import sessions as services

    with _database(config) as database, database.reading() as session:
        for one in services.profiles(session):
            enabled = "enabled" if one.enabled else "disabled"
            click.echo(f"{one.comp_id}\t{one.kind}\t{one.party}\t{enabled}\tin {one.next_in}\tout {one.next_out}")


class _Progress:
    """A bar of blocks on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar = click.progressbar(length=1, label="blocks", file=sys.stderr, hidden=not sys.stderr.isatty())

    def __call__(self, done: int, of: int) -> None:
        self._bar.length = of
        self._bar.update(done - self._bar.pos)
        if done == of:
            self._bar.render_finish()


def _setup(config: Config) -> None:
    from middleware.backup import refuse_unfinished

    refuse_unfinished(config)
    config.state.mkdir(parents=True, exist_ok=True)
    if vault.setup(config):
        click.echo(f"made {config.key_encryption_key_file}: keep a copy, away from the database's")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (Error, Refused, Unavailable) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OperationalError as error:
        first = str(error.orig).strip().splitlines()[0]
        click.echo(f"Error: the database does not answer, or is not to be used like this: {first}", err=True)
        sys.exit(1)


@contextmanager
def _database(config: Config) -> Iterator[Database]:
    database = Database(config)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _ledger(config: Config) -> Iterator[Ledger]:
    ledger = connect(config)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def _lease(database: Database, ledger: Ledger) -> Iterator[Lease]:
    """The worker's lease, for which a running worker steps aside."""
    lease = Lease(database, f"worker/{ledger.organisation}")
    if not lease.take_within(ASK_FOR_LEASE_SECONDS, ask="rebuild"):
        raise Error("unavailable", "the worker did not step aside; stop it and try again", reason="lease")
    try:
        yield lease
    finally:
        lease.release()


def _terminate(*_: Any) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminate)
    main()
