"""When certificates end is told by holder: ours from their files, a node's by what it shows at its door."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from middleware import clock, expiry
from middleware.config import Config, load
from middleware.fix import certificates
from tests.middleware.test_lane import time

__all__ = ["time"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load({"LONJA_STATE": str(tmp_path)})


@pytest.fixture
def node(tmp_path: Path) -> Iterator[int]:
    """The port of a node that shows the FIX gate's certificate to whoever calls."""
    pair = certificates.gate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_show, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _show(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):  # until the listener is shut
        while True:
            caller, _ = listener.accept()
            with context.wrap_socket(caller, server_side=True) as line:
                line.recv(1)


def end(path: Path) -> float:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp()


def told(read: Any) -> dict[str, float]:
    (number,) = expiry.Ends(read).numbers()
    return dict(number.values)


def test_the_client_and_every_node_that_answers_are_told(config: Config, node: int, tmp_path: Path) -> None:
    client, gate = certificates.client(tmp_path, "CASA1"), certificates.gate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gone = silent.getsockname()[1]
    peer = {"name": "peer0", "address": f"127.0.0.1:{node}"}
    network = {
        "organisation": "operator",
        "organisations": [{"id": "operator", "peer": peer, "client": {"certificate": str(client.certificate)}}],
        "orderers": [{"name": "orderer0", "address": f"127.0.0.1:{gone}"}],
    }
    config.connection_file.parent.mkdir(parents=True)
    config.connection_file.write_text(json.dumps(network))
    assert told(lambda: expiry.of_network(config)) == {
        "client of operator": end(client.certificate),
        "peer0": end(gate.certificate),
    }


def test_without_a_network_nothing_is_told(config: Config) -> None:
    assert told(lambda: expiry.of_network(config)) == {}


def test_every_fix_certificate_is_told_and_no_key_is_read(tmp_path: Path) -> None:
    gate, client = certificates.gate(tmp_path), certificates.client(tmp_path, "CASA1")
    found = told(lambda: certificates.shown(tmp_path))
    assert found == {
        "FIX gate": end(gate.certificate),
        "FIX CASA1": end(client.certificate),
        "FIX authority": end(certificates.authority(tmp_path).certificate),
    }
    assert found["FIX gate"] == pytest.approx((clock.now() + certificates.VALID).timestamp(), abs=60)


def test_what_was_seen_is_kept_for_an_hour_and_while_a_node_is_away(tmp_path: Path, time: Any) -> None:
    pem = certificates.gate(tmp_path).certificate.read_text()
    shown = [("peer0", pem)]
    asked = []

    def read() -> Iterator[tuple[str, str]]:
        asked.append(time.now)
        yield from shown

    ends = expiry.Ends(read)
    first = dict(ends.numbers()[0].values)
    ends.numbers()
    assert len(asked) == 1
    shown.clear()
    time.now += timedelta(hours=1).total_seconds()
    assert dict(ends.numbers()[0].values) == first
    assert len(asked) == 2
