"""As much of `kubectl port-forward` as is asked for: `... port-forward service/NAME LOCAL:REMOTE...`, on loopback."""

import socket
import sys
import threading
from contextlib import suppress

HERE = "127.0.0.1"


def main(words: list[str]) -> None:
    """Forward until killed."""
    assert (words[0], words[2]) == ("--namespace", "port-forward"), words
    for pair in words[4:]:
        local, remote = map(int, pair.split(":"))
        threading.Thread(target=_serve, args=(socket.create_server((HERE, local)), remote)).start()


def _serve(listening: socket.socket, remote: int) -> None:
    while True:
        near, _ = listening.accept()
        try:
            far = socket.create_connection((HERE, remote))
        except OSError:
            near.close()
            continue
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(65536):
            other.sendall(content)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main(sys.argv[1:])
