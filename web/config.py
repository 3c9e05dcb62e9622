"""What the console is told by its environment, read here and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import ids


@dataclass(frozen=True, slots=True)
class Config:
    """Where the API is, under which address people reach the console, and the key of its cookies."""

    api_url: str
    url: str
    secret: bytes
    time_zone: str = "America/Mexico_City"
    streams: int = 20
    proxies: int = 0

    @property
    def tls(self) -> bool:
        """Whether people reach the console over TLS."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie.

        Over TLS the browser itself enforces `__Host-` (this host, whole site, Secure). On plain loopback that prefix
        would be refused, and cookies do not tell ports apart: the port in the name keeps a console on another port of
        the same machine from signing people out of this one.
        """
        return "__Host-lonja" if self.tls else f"lonja-{urlsplit(self.url).port or 80}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names the console answers to; anything else is a page that points its own name at us (DNS rebinding)."""
        return ("127.0.0.1", "localhost", "[::1]", urlsplit(self.url).hostname or "localhost")


def load() -> Config:
    """Read the environment; make the console's key on the first start."""
    env = os.environ
    shift = int(env.get("LONJA_PORT_SHIFT", "0"))
    api_port = int(env.get("LONJA_API_PORT", "8000")) + shift
    web_port = int(env.get("LONJA_WEB_PORT", "8080")) + shift
    return Config(
        api_url=env.get("LONJA_API_URL", f"http://127.0.0.1:{api_port}").rstrip("/"),
        url=env.get("LONJA_WEB_URL", f"http://127.0.0.1:{web_port}").rstrip("/"),
        secret=_key(Path(env.get("LONJA_STATE", ".state/run")) / "console-key"),
        time_zone=env.get("LONJA_TIME_ZONE", "America/Mexico_City"),
        streams=int(env.get("LONJA_WEB_STREAMS", "20")),
        proxies=int(env.get("LONJA_WEB_PROXIES", "0")),
    )


def _key(path: Path) -> bytes:
    """Read the key that encrypts session cookies, or make it: whole or not at all, for several processes at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{ids.request_number()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(ids.key())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first; its key stands
        finally:
            fresh.unlink()
    return path.read_bytes().strip()
