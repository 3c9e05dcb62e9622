"""`python -m scripts.exchange`: run the exchange until it is told to stop. Its folder is LONJA_STATE/exchange.

It listens at LONJA_EXCHANGE_PORT of LONJA_BIND and finds its book and its sequence numbers again after any end.
"""

import argparse
import signal
import sys
import threading

from middleware.config import load
from scripts.exchange import control
from scripts.exchange.exchange import Exchange
from scripts.exchange.floor import Floor
from scripts.exchange.journal import Journal
from scripts.exchange.session import Session


def main() -> int:
    options = _options()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    config = load()
    folder = config.state / "exchange"
    journal = Journal(folder)
    session = Session(folder, config.bind, config.exchange_port, _say)
    exchange = Exchange(Floor(reports=options.reports, slices=options.slices), journal, session.send)
    session.start(exchange.receive)
    exchange.start()
    door = control.serve(control.path(config), exchange.command)
    _say(f"the exchange listens on {config.bind}:{config.exchange_port}")
    stopped.wait()
    door.shutdown()
    exchange.stop()
    session.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.exchange", description=__doc__)
    parser.add_argument("--reports", action="store_true", help="tell executions as two reports, not a capture report")
    parser.add_argument("--slices", type=int, default=0, help="execute at most so many units at once")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"exchange: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
