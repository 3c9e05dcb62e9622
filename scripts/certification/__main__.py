"""`python -m scripts.certification`: a broker's FIX session, step by step, and its score. Exit code 0: all passed.

Needs an account of an investor whose mandate names the broker, and an instrument. Places one order and one block order
at the limit given, a limit that nobody will meet, and cancels both.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from middleware.config import load
from scripts.certification import order_steps as orders
from scripts.certification import session_steps as session
from scripts.certification.run import Result, Run, Terms
from scripts.fix_client import Line

STEPS: tuple[Callable[[Run], None], ...] = (
    *(session.logon, session.test_request, session.heartbeat, session.gap, session.possible_duplicate),
    *(session.bad_checksum, session.missing_tag, session.wrong_value, session.wrong_format, session.unknown_tag),
    *(session.unknown_type, session.another_comp_id, session.drop_copy_logon, session.drop_copy_reads_only),
    *(orders.unknown_account, orders.unknown_instrument, orders.off_lot, orders.off_tick, orders.market_order),
    *(orders.until_cancelled, orders.new_order, orders.duplicate, orders.possible_resend, orders.replace),
    *(orders.cancel, orders.cancel_unknown, orders.block_order),
    *(session.resend, session.drop_copy, session.logout),
)


def main() -> int:
    run = made(_options(sys.argv[1:]))
    for result in certify(run):
        _print(len(run.results), result)
    passed = sum(one.outcome == "passed" for one in run.results)
    taken = sum(one.outcome != "skipped" for one in run.results)
    skipped = len(run.results) - taken
    print(f"certification: {passed} of {taken} passed{f', {skipped} skipped' if skipped else ''}")
    return 0 if passed == taken else 1


def certify(run: Run) -> Iterator[Result]:
    """Take every step, in order; without a session there is nothing to take."""
    for step in STEPS:
        result = run.take((step.__doc__ or step.__name__).rstrip("."), step)
        yield result
        if step is session.logon and result.outcome == "failed":
            return


def made(options: argparse.Namespace) -> Run:
    """A run as the command line says."""
    line = Line(
        options.host,
        options.port,
        options.comp_id,
        options.target,
        *_files(options, options.comp_id, options.certificate, options.key),
    )
    copy = None
    if name := options.drop_copy_comp_id:
        files = _files(options, name, options.drop_copy_certificate, options.drop_copy_key)
        copy = Line(options.host, options.port, name, options.target, *files)
    terms = Terms(
        account=options.account,
        instrument=options.instrument,
        cash_account=options.cash_account,
        second_account=options.second_account,
        venue=options.venue,
        limit=options.limit,
        tick=options.tick,
        lot=options.lot,
        is_affirmed=options.affirmation == "each",
    )
    return Run(line, terms, copy)


def _files(options: argparse.Namespace, comp_id: str, certificate: str, key: str) -> tuple[Path, Path, Path]:
    """Certificate, key and authority: those named, or those that an installation here has made for the session."""
    here = load().state / "fix" / "tls"
    own = Path(certificate) if certificate else here / f"{comp_id}.pem"
    private = Path(key) if key else here / f"{comp_id}.key.pem"
    return own, private, Path(options.authority) if options.authority else here / "authority.pem"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.certification", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9880)
    parser.add_argument("--comp-id", required=True, help="SenderCompID (49) of your session")
    parser.add_argument("--target", default="LONJA", help="TargetCompID (56)")
    parser.add_argument("--certificate", default="", help="PEM file; default: LONJA_STATE/fix/tls/COMP_ID.pem")
    parser.add_argument("--key", default="", help="PEM file; default: LONJA_STATE/fix/tls/COMP_ID.key.pem")
    parser.add_argument("--authority", default="", help="PEM file that our certificate is checked against")
    parser.add_argument("--account", required=True, help="an investor's account, PARTY:uuid")
    parser.add_argument("--cash-account", default="", help="where it is not the account")
    parser.add_argument("--second-account", default="", help="another investor's, for the block order")
    parser.add_argument("--instrument", required=True, help="Symbol (55)")
    parser.add_argument("--venue", default="", help="ExDestination (100)")
    parser.add_argument("--limit", type=_decimal, default=Decimal("1.00"), help="far from the market: nothing trades")
    parser.add_argument("--tick", type=_decimal, default=Decimal("0.01"))
    parser.add_argument("--lot", type=int, default=1)
    parser.add_argument("--affirmation", choices=("each", "none"), default="each", help="what the mandate says")
    parser.add_argument("--drop-copy-comp-id", default="", help="also check the drop copy session")
    parser.add_argument("--drop-copy-certificate", default="")
    parser.add_argument("--drop-copy-key", default="")
    return parser.parse_args(arguments)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a decimal number") from None


def _print(number: int, result: Result) -> None:
    print(f"{number:3}  {result.outcome:7}  {result.name}", flush=True)
    if result.outcome == "skipped":
        print(f"              {result.expected}")
    if result.outcome == "failed":
        for sent in result.sent:
            print(f"              sent      {sent}")
        print(f"              expected  {result.expected}")
        print(f"              received  {result.received or 'nothing'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
