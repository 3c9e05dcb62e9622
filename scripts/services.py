"""The product's own programs, described for the supervisor: worker, API, console, senders, exchange and sandbox."""

import os
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from middleware.config import Config
from network.native.probe import is_free
from network.node import HOST
from network.process import Process
from scripts.exchange import control
from scripts.progress import ROOT, TOOLS

API_THREADS = 24
CONSOLE_THREADS = 48
ANSWER_SECONDS = 1.0
# By default each thread has memory of its own and keeps what a password once needed there: 160 MB in all.
FEW_ARENAS = "2"
LOOPBACK = "127.0.0.0/8,::1/128"  # webhooks of a product on one machine may go to programs beside it


def environment(config: Config) -> dict[str, str]:
    """What each of our programs is told: where the state is, which ledger, and where the others are."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        "PYTHONPYCACHEPREFIX": str(TOOLS / "pycache"),
        "MALLOC_ARENA_MAX": FEW_ARENAS,
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "LONJA_STATE": str(config.state),
        "LONJA_DATABASE_URL": config.database_url,
        "LONJA_LEDGER_DRIVER": config.ledger_driver,
        "LONJA_SANDBOX_URL": config.sandbox_url,
        "LONJA_API_URL": config.api_url,
        "LONJA_KEY_ENCRYPTION_KEY_FILE": str(config.key_encryption_key_file),
        "LONJA_WEBHOOK_ALLOW": ",".join(map(str, config.webhook_allow)) or _beside(config),
    }


def _beside(config: Config) -> str:
    """Which networks webhooks may reach though nobody said so: none where the product is not on one machine."""
    return LOOPBACK if config.bind == HOST else ""


def worker(config: Config) -> Process:
    """Relay, mirror and matcher: the only writer to the ledger."""
    return _python("worker", ("-m", "middleware.worker"), config)


def api(config: Config) -> Process:
    """The REST door."""
    ready = answers(f"http://{config.here}:{config.api_port}/readyz")
    return _gunicorn("api", "middleware.wsgi:app", config.api_port, API_THREADS, config, ready)


def console(config: Config) -> Process:
    """The console. It answers for itself, even while the API is away."""
    ready = answers(f"http://{config.here}:{config.web_port}/sign-in")
    return _gunicorn("console", "web.wsgi:app", config.web_port, CONSOLE_THREADS, config, ready)


def webhooks(config: Config) -> Process:
    """The sender of webhooks."""
    return _python("webhooks", ("-m", "middleware.webhooks"), config)


def fix(config: Config) -> Process:
    """The FIX door."""
    return _python("fix", ("-m", "middleware.fix"), config, lambda: not is_free(config.fix_port, config.here))


def exchange(config: Config) -> Process:
    """An exchange to trade at: not part of the product, but without one there is nowhere to send orders."""
    return _python("exchange", ("-m", "scripts.exchange"), config, lambda: control.answers(control.path(config)))


def sandbox(config: Config) -> Process:
    """The ledger's rules over memory. Its ledger ends with it, so it is not restarted."""
    address = config.sandbox_url.removeprefix("http://")
    argv = (str(TOOLS / "bin" / "sandbox"), "-listen", address, "-genesis", str(config.genesis_file))
    log = config.state / "logs" / "sandbox.log"
    return Process("sandbox", argv, {}, ROOT, log, answers(f"{config.sandbox_url}/healthz"), restart=False)


def answers(url: str) -> Callable[[], bool]:
    """A probe: whether the address answers 200."""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    return probe


def _gunicorn(name: str, app: str, port: int, threads: int, config: Config, ready: Callable[[], bool]) -> Process:
    bind = ("--bind", f"{config.bind}:{port}", "--threads", str(threads))
    argv = ("-m", "gunicorn", "--config", "python:scripts.gunicorn_settings", *bind, app)
    return _python(name, argv, config, ready)


def _python(name: str, arguments: tuple[str, ...], config: Config, ready: Callable[[], bool] | None = None) -> Process:
    env: Mapping[str, str] = environment(config)
    log: Path = config.state / "logs" / f"{name}.log"
    return Process(name, (sys.executable, *arguments), env, ROOT, log, ready)
