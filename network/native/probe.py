"""Whether the right program answers on a port: a TLS handshake that checks its authority and its name."""

import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

from network.errors import NetworkError
from network.native.layout import Tls
from network.node import HOST

_TIMEOUT_SECONDS = 0.5


def serves(port: int, name: str, authority: Path, client: Tls | None = None, host: str = HOST) -> Callable[[], bool]:
    """A check for `Process.ready`. `client` is shown where the server asks for a certificate."""

    def check() -> bool:
        try:
            context = trusting(authority, client)
            context.set_alpn_protocols(["h2"])
            with (
                socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=name),
            ):
                return True
        except (OSError, ssl.SSLError):
            return False

    return check


def trusting(authority: Path, client: Tls | None = None) -> ssl.SSLContext:
    """A TLS context for clients that trusts one authority and, where `client` is given, shows its certificate."""
    context = ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    return context


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a program could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Return when a program could listen on every port; raises NetworkError naming those that are taken."""
    taken = [f"{port} ({name})" for name, port in ports.items() if not is_free(port)]
    if taken:
        raise NetworkError(f"taken: port {', '.join(taken)}; stop what listens there, or set LONJA_PORT_SHIFT")
