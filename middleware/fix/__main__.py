"""The process `lonja fix`: the gate, the engine behind it, the gateway's loop, and the links to exchanges."""

import contextlib
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

import structlog

from middleware import expiry, ids, measures, operations
from middleware import log as log_settings
from middleware.config import Config, load
from middleware.errors import Error
from middleware.fix import certificates
from middleware.fix.engine import Engine
from middleware.fix.exchanges import Exchanges
from middleware.fix.gate import Gate
from middleware.fix.gateway import Gateway
from middleware.fix.porter import Porter
from middleware.installation import Installation
from middleware.services import ledgers, sessions

log = structlog.get_logger(__name__)
END_SECONDS = 30.0  # goodbyes to brokers take ten at most


def serve(config: Config) -> NoReturn:
    """Run until SIGTERM or SIGINT, and end the process. When the list of sessions has changed, begin anew."""
    log_settings.setup(config, "fix")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    installation = Installation(config)
    measures.FIX.register(measures.Read(expiry.Ends(lambda: certificates.shown(config.state)).numbers))
    operations.open_door("fix", config, lambda: ledgers.checks(installation.reading))
    try:
        outdated = _run(config, installation, stopped)
    except (Error, OSError) as error:
        log.critical("alarm: the FIX process must not go on", problem=str(error))
        _leave(1)
    installation.close()
    if outdated and not stopped.is_set():
        log.info("sessions have changed, beginning anew")
        os.execv(sys.executable, [sys.executable, "-m", "middleware.fix"])  # noqa: S606 - ourselves, anew
    _leave(0)


def _leave(code: int) -> NoReturn:
    """The engine's own thread still runs, and would find what it needs taken apart by an orderly exit."""
    sys.stderr.flush()
    os._exit(code)


def _run(config: Config, installation: Installation, stopped: threading.Event) -> bool:
    """One life; whether another is wanted."""
    with installation.writing() as session:
        sessions.all_down(session)
    with installation.reading() as session:
        known = [one for one in sessions.profiles(session) if one.kind != "exchange"]
    secret, port = ids.token().hex(), _free_port()
    engine = Engine(config.state / "fix", port=port, secret=secret)
    gateway = Gateway(installation, engine, known)
    gate = Gate(
        context=certificates.server_context(config.state),
        port=config.fix_port,
        bind=config.bind,
        engine_port=port,
        secret=secret,
        begin=gateway.begin,
        take_number=engine.take_number,
    )
    porter = Porter(gate)
    exchanges = Exchanges(installation, config.state / "fix" / "exchanges")
    engine.tell, engine.said = gateway.tell, gate.said
    gateway.on_profiles, gateway.cut = porter.admit, porter.cut

    def stop(*_: object) -> None:
        stopped.set()
        gateway.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    porter.start()
    exchanges.start()
    try:
        if not stopped.is_set():
            engine.start(known)
            porter.admit(known)
            log.info("ready", port=config.fix_port, sessions=len(known))
            gateway.run()
    finally:
        with ending():
            exchanges.stop()
            porter.shut()
            engine.goodbye()
            porter.stop()
            gateway.finish()
    return gateway.is_outdated


@contextlib.contextmanager
def ending(seconds: float = END_SECONDS) -> Iterator[None]:
    """An end that does not come is forced, so that whoever keeps the process starts it again."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _free_port() -> int:
    """One that nobody listens on now, for the engine behind the gate."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    serve(load())
