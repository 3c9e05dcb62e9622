"""The way out: only to public addresses, whatever a name says, and only for ten seconds."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from middleware import outward
from middleware.errors import Error
from middleware.outward import Unreachable

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Lets a name lead to these addresses, one list for each time that it is asked."""

    def lead(*answers: list[str]) -> None:
        left = list(answers)
        monkeypatch.setattr(outward, "resolve", lambda *_: left.pop(0) if len(left) > 1 else left[0])

    return lead


@contextmanager
def receiver(*parts: bytes, pause_seconds: float = 0.0, seen: list[bytes] | None = None) -> Iterator[int]:
    """Answers one request with these parts, at its own pace."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                got = b""
                while not got.endswith(b"{}") and (more := connection.recv(65_536)):
                    got += more
                if seen is not None:
                    seen.append(got)
                for part in parts:
                    try:
                        connection.sendall(part)
                    except OSError:
                        return
                    threading.Event().wait(pause_seconds)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def post(port: int) -> int:
    return outward.post(f"http://127.0.0.1:{port}/hook?a=1", {"webhook-id": "R1.0"}, b"{}", allow=LOOPBACK)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_a_name_that_leads_inside_is_refused_when_entered_and_when_called(names: Names, address: str) -> None:
    names([address])
    with pytest.raises(Error, match="not a public address"):
        outward.check("https://innocent.example/", ())
    with pytest.raises(Unreachable, match="not a public address"):
        outward.post("https://innocent.example/", {}, b"", allow=())


def test_one_inner_address_among_public_ones_is_enough_to_refuse(names: Names) -> None:
    names(["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Error, match=r"leads to 127\.0\.0\.1"):
        outward.check("https://mixed.example/", ())


def test_a_name_that_changes_after_it_was_checked_leads_nowhere(names: Names) -> None:
    names(["93.184.216.34"], ["127.0.0.1"])
    outward.check("https://rebinding.example/", ())
    with pytest.raises(Unreachable, match="not a public address"):
        outward.post("https://rebinding.example/", {}, b"", allow=())


def test_the_connection_goes_to_the_address_that_was_checked(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []

    def connect(address: object, *_: object) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    names(["93.184.216.34", "93.184.216.35"])
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unreachable, match="refuses connections"):
        outward.post("https://broker.example:8443/", {}, b"", allow=())
    assert called == [("93.184.216.34", 8443), ("93.184.216.35", 8443)]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_however_loopback_is_written_it_is_refused(host: str) -> None:
    with pytest.raises(Error) as caught:
        outward.check(f"https://{host}/", ())
    assert caught.value.field == "url"


def test_public_addresses_are_taken(names: Names) -> None:
    names(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
    outward.check("https://broker.example/lonja?x=1", ())


def test_plain_http_is_for_development_only(names: Names) -> None:
    names(["93.184.216.34"])
    with pytest.raises(Error, match="is not https"):
        outward.check("http://broker.example/", LOOPBACK)
    names(["127.0.0.1"])
    outward.check("http://broker.example/", LOOPBACK)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker.example",
        "ftp://broker.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@broker.example/",
        "https://broker.example/#x",
        "https://broker.example/\r\nHost: x",
        "https://broker.example/a b",
        "https://broker.example:0/",
        "https://broker.example:99999/",
        "https://bröker.example/",
        "https://-x/",
        "https://broker.example/" + "a" * 500,
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Error) as caught:
        outward.check(url, ())
    assert (caught.value.code, caught.value.field) == ("invalid", "url")


def test_a_name_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Error, match="leads nowhere"):
        outward.check(f"https://{'a' * 70}.invalid/", ())


def test_what_is_sent_arrives_as_it_is() -> None:
    seen: list[bytes] = []
    with receiver(b"HTTP/1.1 204 No Content\r\n\r\n", seen=seen) as port:
        assert post(port) == 204
    assert seen[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    assert b"webhook-id: R1.0\r\n" in seen[0]
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in seen[0]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    target: list[bytes] = []
    with (
        receiver(b"HTTP/1.1 200 OK\r\n\r\n", seen=target) as inner,
        receiver(f"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:{inner}/\r\n\r\n".encode()) as port,
    ):
        assert post(port) == 307
        assert target == []
        socket.create_connection(("127.0.0.1", inner)).close()  # lets the inner receiver end


def test_a_large_answer_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"
    with receiver(head, *[b"x" * 65_536] * 50) as port:
        assert post(port) == 200


@pytest.mark.parametrize("answer", [b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_not_http_is_no_answer(answer: bytes) -> None:
    with receiver(answer) as port, pytest.raises(Unreachable, match="the answer is not HTTP"):
        post(port)


@pytest.mark.parametrize("parts", [[b""] * 2, [b"H"] * 30])
def test_a_slow_receiver_is_cut_off_in_time(monkeypatch: pytest.MonkeyPatch, parts: list[bytes]) -> None:
    monkeypatch.setattr(outward, "SECONDS", 0.3)
    pause_seconds = 1.0 if len(parts) == 2 else 0.1
    with receiver(*parts, pause_seconds=pause_seconds) as port, pytest.raises(Unreachable, match="no answer within"):
        post(port)


def test_an_answer_counts_though_its_body_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "SECONDS", 0.3)
    with receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 10, pause_seconds=0.1) as port:
        assert post(port) == 200


def test_a_receiver_that_is_not_there_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 refuses connections"):
        post(port)
