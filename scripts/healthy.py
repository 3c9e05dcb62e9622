"""Whether the program of this container serves: `python -m scripts.healthy`, every few seconds, so it loads nothing."""

import socket
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

NOTE = Path("/tmp/serves")  # noqa: S108 in a container of its own: where its program is asked
SECONDS = 8.0


def main(note: Path = NOTE) -> int:
    url = note.read_text()
    place = urlsplit(url)
    try:
        if place.scheme == "http":
            urllib.request.urlopen(url, timeout=SECONDS).close()
        else:
            socket.create_connection((place.hostname or "", place.port or 0), SECONDS).close()
    except OSError as error:
        print(f"{url}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
