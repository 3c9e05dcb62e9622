"""`lonja blocks`: the ledger's blocks for people, decoded by the SDK, which this process alone loads."""

from collections.abc import Iterator

import click

from middleware.config import Config
from middleware.errors import Error

NEWEST = 10


@click.command()
@click.argument("first", type=click.IntRange(min=0), required=False)
@click.argument("last", type=click.IntRange(min=0), required=False)
@click.option("--json", "as_json", is_flag=True, help="Everything that is in them, not only what matters most.")
@click.pass_obj
def blocks(config: Config, first: int | None, last: int | None, as_json: bool) -> None:
    """Print blocks as our own peer has them: the newest ten, one (FIRST), or FIRST to LAST."""
    if config.ledger_driver == "sandbox":
        raise Error("invalid", "the sandbox has no blocks of Fabric's", reason="driver")
    for text in _told(config, first, last, as_json=as_json):
        click.echo(text)


def _told(config: Config, first: int | None, last: int | None, *, as_json: bool) -> Iterator[str]:
    from middleware.ledger.hfc import explorer

    reader = explorer.Explorer(config.connection_file)
    try:
        for number in _numbers(reader.height(), first, last):
            block = reader.block(number)
            yield explorer.document(block) if as_json else "\n".join(explorer.told(block))
    finally:
        reader.close()


def _numbers(height: int, first: int | None, last: int | None) -> range:
    if first is None:
        return range(max(0, height - NEWEST), height)
    last = first if last is None else last
    if not first <= last < height:
        raise Error("invalid", f"there are blocks 0 to {height - 1}, not {first} to {last}", reason="block")
    return range(first, last + 1)
