"""Settings of one installation. The only module of the middleware that reads the environment."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DRIVERS = ("fabric", "hfc", "sandbox")
DATABASES = ("sqlite:", "postgresql:", "postgresql+psycopg:")
# What each process adds to the operations port; ten apart, so that installations one port apart do not meet.
OPERATIONS = {"api": 0, "worker": 10, "fix": 20, "webhooks": 30}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Config:
    """What a process of the middleware needs to know. Ports already carry the port shift.

    `organisation` is whose installation this is, "" the network's first. `bind` is the address that every door listens
    on; `exchange_host` and `fix_host` are where the cast finds two of them. `web_url` is where people reach the
    console, `time_zone` the market's. `venue` is the party whose orders the worker matches: "first" is the one that the
    genesis file names, "" is nobody. `webhook_allow` are networks that webhooks may reach though they are not public:
    for development.
    """

    state: Path
    organisation: str
    database_url: str
    ledger_driver: str
    sandbox_url: str
    bind: str
    api_port: int
    web_port: int
    exchange_host: str
    exchange_port: int
    fix_host: str
    fix_port: int
    operations_port: int
    affirm_minutes: int
    signups_per_hour: int
    pair_seconds: int
    port_shift: int
    api_url: str
    web_url: str
    time_zone: str
    key_encryption_key_file: Path
    venue: str
    log_level: str
    fabric_bin: str
    webhook_allow: tuple[Network, ...]

    @property
    def database_name(self) -> str:
        """The database as it may be shown: without a name and a password to log in with."""
        kind, _, rest = self.database_url.partition("://")
        return self.database_url if kind == "sqlite" else f"{kind}://{rest.partition('?')[0].rpartition('@')[2]}"

    @property
    def genesis_file(self) -> Path:
        """The ledger's first words; its SHA-256 names the ledger in every signed command."""
        return self.state / "genesis.json"

    @property
    def connection_file(self) -> Path:
        """Written by the network when it is up: where peers and orderers are, and our certificates."""
        ours = f"connection-{self.organisation}.json" if self.organisation else "connection.json"
        return self.state / "network" / ours

    @property
    def documents(self) -> Path:
        """Where uploaded files are stored: nowhere near what is served."""
        return self.state / "documents"

    @property
    def operations_ports(self) -> dict[str, int]:
        """Where each process answers probes and tells its measures."""
        return {process: self.operations_port + more for process, more in OPERATIONS.items()}

    @property
    def here(self) -> str:
        """Where a program of this machine reaches the doors."""
        return "127.0.0.1" if self.bind == "0.0.0.0" else self.bind  # noqa: S104 compared, not bound

    @property
    def worker_socket(self) -> Path:
        """Where the worker is woken."""
        return self.state / "worker.sock"


def load(environment: Mapping[str, str] | None = None) -> Config:
    """Settings from the environment (LONJA_*), each with a default that suits a development machine."""
    values = os.environ if environment is None else environment
    state = Path(values.get("LONJA_STATE") or ".state/run").absolute()
    shift = _number(values, "LONJA_PORT_SHIFT", 0)
    api_port = _number(values, "LONJA_API_PORT", 8000) + shift
    web_port = _number(values, "LONJA_WEB_PORT", 8080) + shift
    driver = values.get("LONJA_LEDGER_DRIVER") or "fabric"
    if driver not in DRIVERS:
        raise ValueError(f"LONJA_LEDGER_DRIVER is {driver!r}; it can be {' or '.join(DRIVERS)}")
    return Config(
        state=state,
        organisation=values.get("LONJA_ORGANISATION") or "",
        database_url=_database(values, state),
        ledger_driver=driver,
        sandbox_url=values.get("LONJA_SANDBOX_URL") or f"http://127.0.0.1:{7080 + shift}",
        bind=_address(values, "LONJA_BIND"),
        api_port=api_port,
        web_port=web_port,
        exchange_host=values.get("LONJA_EXCHANGE_HOST") or "127.0.0.1",
        exchange_port=_number(values, "LONJA_EXCHANGE_PORT", 9890) + shift,
        fix_host=values.get("LONJA_FIX_HOST") or "127.0.0.1",
        fix_port=_number(values, "LONJA_FIX_PORT", 9880) + shift,
        operations_port=_number(values, "LONJA_OPERATIONS_PORT", 9700) + shift,
        affirm_minutes=_number(values, "LONJA_AFFIRM_MINUTES", 60),
        signups_per_hour=_number(values, "LONJA_SIGNUPS_PER_HOUR", 30),
        pair_seconds=_number(values, "LONJA_PAIR_SECONDS", 10),
        port_shift=shift,
        api_url=values.get("LONJA_API_URL") or f"http://127.0.0.1:{api_port}",
        web_url=(values.get("LONJA_WEB_URL") or f"http://127.0.0.1:{web_port}").rstrip("/"),
        time_zone=_zone(values.get("LONJA_TIME_ZONE") or "America/Mexico_City"),
        key_encryption_key_file=Path(values.get("LONJA_KEY_ENCRYPTION_KEY_FILE") or state / "key-encryption-key"),
        venue="" if values.get("LONJA_MATCHER") == "off" else values.get("LONJA_VENUE") or "first",
        log_level=(values.get("LONJA_LOG_LEVEL") or "info").lower(),
        fabric_bin=values.get("FABRIC_BIN") or "",
        webhook_allow=_networks(values, "LONJA_WEBHOOK_ALLOW"),
    )


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError(f"{name} is {text!r}; it must be a number from 0 to 65535")
    return int(text)


def _address(values: Mapping[str, str], name: str) -> str:
    text = values.get(name) or "127.0.0.1"
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(f"{name} is {text!r}; it must be an address of this machine, or 0.0.0.0 for all") from None


def _database(values: Mapping[str, str], state: Path) -> str:
    url = values.get("LONJA_DATABASE_URL") or f"sqlite:///{state / 'lonja.db'}"
    if not url.startswith(DATABASES):
        kind = url.partition("/")[0]  # what follows may hold a password
        raise ValueError(
            f"LONJA_DATABASE_URL begins with {kind!r}; it can be sqlite:///FILE or postgresql://USER@HOST/NAME"
        )
    return url


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"LONJA_TIME_ZONE is {name!r}; it must be a zone such as America/Mexico_City") from None


def _networks(values: Mapping[str, str], name: str) -> tuple[Network, ...]:
    text = values.get(name) or ""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"{name} is {text!r}; it must be networks such as 127.0.0.0/8, with commas between") from None
