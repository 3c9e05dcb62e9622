"""How gunicorn serves the API and the console: one process, threads, nothing left behind.

One process each, since gRPC channels and the relay's wake-up belong to a process, and threads are enough for what the
ledger lets through. Address and number of threads are given on the command line.
"""

import os
from typing import Any

from network.supervisor import die_with_parent

worker_class = "gthread"
workers = 1
timeout = 60
graceful_timeout = 2
keepalive = 15
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 heartbeats must not wait for a disk


def post_fork(server: Any, worker: Any) -> None:
    """A worker whose master was killed ends at once, so that the port is free for the next start."""
    die_with_parent(server.pid)
