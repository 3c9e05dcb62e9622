"""The way out to webhooks: the only place that calls addresses which others have named, and the rules for that.

The name is resolved once for each call and every address behind it checked; the connection goes to a checked address,
so that a name that changes in between leads nowhere else. Redirects are answers like any other, and not followed.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from middleware.config import Network
from middleware.errors import Error

SECONDS = 10.0
MOST_BYTES = 16 * 1024
LONGEST = 500
PATTERN = (
    r"(https?)://([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?"
)
_FORM = re.compile(PATTERN, re.ASCII)
_PORTS = {"https": 443, "http": 80}
# Public by their numbers, but they lead on to addresses that need not be.
_TUNNELS = tuple(ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))


class Unreachable(Exception):
    """Nothing was answered, or nothing was sent; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an address leads."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """The host without the brackets of an IPv6 address."""
        return self.host.strip("[]")


def check(url: str, allow: Sequence[Network]) -> None:
    """Refuse an address that webhooks may not have: its form, and where it leads now."""
    try:
        _addresses(parse(url), allow)
    except Unreachable as problem:
        raise Error("invalid", f"{url[:80]!r} {problem}", reason="url", field="url") from None


def parse(url: str) -> Target:
    """An address in its parts. Raises Unreachable for what is none."""
    found = _FORM.fullmatch(url)
    if found is None or len(url) > LONGEST:
        raise Unreachable("is not an address such as https://broker.example/lonja")
    scheme, host, port, path = found.groups()
    number = int(port[1:]) if port else _PORTS[scheme]
    if not 0 < number < 65536:
        raise Unreachable(f"has the port {number}; a port is a number from 1 to 65535")
    return Target(scheme, host, number, path or "/")


def post(url: str, headers: Mapping[str, str], body: bytes, allow: Sequence[Network]) -> int:
    """Send a body and answer the HTTP status. Raises Unreachable when there is none within ten seconds."""
    target = parse(url)
    problem = ""
    for address in _addresses(target, allow):
        try:
            return _send(target, address, headers, body)
        except ConnectionRefusedError:
            problem = f"{address} refuses connections"
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(_sentence(error)) from error
    raise Unreachable(problem)


def resolve(host: str, port: int) -> list[str]:
    """The addresses behind a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"leads nowhere: the name {host[:80]} is not known") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _addresses(target: Target, allow: Sequence[Network]) -> list[str]:
    """The addresses behind a name, when every one of them may be reached."""
    found = resolve(target.name, target.port)
    for address in found:
        allowed = _is_in(address, allow)
        if target.scheme == "http" and not allowed:
            raise Unreachable("is not https")
        if not allowed and not is_public(address):
            raise Unreachable(f"leads to {address}, which is not a public address")
    return found


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet, and not to us, to a local network, or to a group of receivers."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast and not _is_in(str(ip), _TUNNELS)


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return any(ip.version == network.version and ip in network for network in networks)


@cache
def tls() -> ssl.SSLContext:
    """Certificates are verified against those that the machine trusts."""
    return ssl.create_default_context()


class _Connection(http.client.HTTPConnection):
    """A connection to one address, whatever the name means by now; the name is what the certificate must be for."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.name, target.port, timeout=SECONDS)
        self.late = False
        self._target = target
        self._address = address

    def connect(self) -> None:
        """Connect, and shake hands where it is https."""
        self.sock = socket.create_connection((self._address, self._target.port), SECONDS)
        if self._target.scheme == "https":
            self.sock = tls().wrap_socket(self.sock, server_hostname=self._target.name, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def cut(self) -> None:
        """The time is up, however steadily something still comes."""
        self.late = True
        with suppress(OSError):
            if self.sock is not None:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _send(target: Target, address: str, headers: Mapping[str, str], body: bytes) -> int:
    connection = _Connection(target, address)
    watch = threading.Timer(SECONDS, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", target.path, body, dict(headers))
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
        return answer.status
    except (OSError, http.client.HTTPException) as error:
        raise TimeoutError if connection.late else error from None
    finally:
        watch.cancel()
        connection.close()


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} s"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {getattr(error, 'verify_message', '') or error.reason or 'the handshake failed'}"
    if isinstance(error, http.client.HTTPException):
        return "the answer is not HTTP"
    return getattr(error, "strerror", "") or type(error).__name__
