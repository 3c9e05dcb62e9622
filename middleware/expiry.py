"""When certificates end: those this installation shows, and those that the nodes it reaches show to it.

A node's own is asked for at its door, since it lies on another organisation's machine; once an hour: it rarely changes.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from cryptography import x509

from middleware import clock
from middleware.config import Config
from middleware.measures import Number

log = structlog.get_logger(__name__)
AGAIN_SECONDS = 3600.0
ANSWER_SECONDS = 2.0


class Ends:
    """What monitoring is told of the ends of certificates, read anew when what is known is an hour old."""

    def __init__(self, read: Callable[[], Iterator[tuple[str, str]]]) -> None:
        """`read` answers each certificate as PEM text, with its holder's name."""
        self._read = read
        self._known: dict[str, float] = {}
        self._due = 0.0

    def numbers(self) -> list[Number]:
        """One gauge; a holder whose certificate could not be had keeps the end that was seen last."""
        if clock.monotonic() >= self._due:
            self._known |= {holder: _end(pem) for holder, pem in self._read()}
            self._due = clock.monotonic() + AGAIN_SECONDS
        return [Number("certificate_end_timestamp_seconds", "When a certificate ends", self._known, "holder")]


def of_network(config: Config) -> Iterator[tuple[str, str]]:
    """Our client's certificate, and what each peer and orderer shows. Nothing where there is no network."""
    if not config.connection_file.exists():
        return
    network = json.loads(config.connection_file.read_text())
    own = next(one for one in network["organisations"] if one["id"] == network["organisation"])
    yield f"client of {own['id']}", Path(own["client"]["certificate"]).read_text()
    for node in [*(one["peer"] for one in network["organisations"]), *network["orderers"]]:
        host, _, port = node["address"].rpartition(":")
        try:
            yield node["name"], ssl.get_server_certificate((host, int(port)), timeout=ANSWER_SECONDS)
        except OSError as error:
            log.info("a node does not show its certificate", node=node["name"], problem=str(error))


def _end(pem: str) -> float:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc.timestamp()
