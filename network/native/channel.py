"""Creates the channel at the orderers and joins the peers to it. Every step asks first whether it is done."""

import contextlib
import http.client
import json
import os
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from network.errors import NetworkError
from network.native.command import Administrator, patiently, together
from network.native.identities import ADMIN
from network.native.layout import Layout
from network.native.probe import trusting
from network.topology import Orderer, Topology

_SETTLE_SECONDS = 20.0
_TIMEOUT_SECONDS = 10.0
_PATH = "/participation/v1/channels"


def create(administrator: Administrator) -> None:
    """Have every orderer serve the channel; afterwards its first block lies in the layout's channel folder."""
    topology, layout = administrator.topology, administrator.layout
    if administrator.fabric.has_participation:
        joining = [partial(_participate, topology, layout, each) for each in topology.ordering.orderers]
        together(partial(patiently, one, timeout_seconds=_SETTLE_SECONDS) for one in joining)
        return
    patiently(lambda: _request(administrator), timeout_seconds=_SETTLE_SECONDS)
    for number in range(len(topology.ordering.orderers)):
        patiently(partial(_newest, administrator, number), timeout_seconds=_SETTLE_SECONDS)


def join(administrator: Administrator) -> None:
    """Join the organisation's peer, unless it is a member already."""
    if not joined(administrator):
        channel = administrator.topology.channel
        administrator.peer("channel", "join", "-b", str(first_block(administrator.layout, channel)))


def joined(administrator: Administrator) -> bool:
    """Whether the organisation's peer is a member of the channel."""
    return administrator.topology.channel in administrator.peer("channel", "list").split()


def ordered(administrator: Administrator) -> str:
    """Ask the orderers, until one answers, for the newest block, which they refuse while they have no leader.

    Byzantine ones give it without one, too.
    """
    *others, last = range(len(administrator.topology.ordering.orderers))
    for number in others:
        with contextlib.suppress(NetworkError):
            return _newest(administrator, number)
    return _newest(administrator, last)


def first_block(layout: Layout, channel: str) -> Path:
    return layout.channel / f"{channel}.block"


def _newest(administrator: Administrator, number: int) -> str:
    options = ["-c", administrator.topology.channel, *administrator.orderer(number)]
    return administrator.peer("channel", "fetch", "newest", os.devnull, *options)


def _request(administrator: Administrator) -> None:
    """Before Fabric 2.3: a member asks the system channel for a new one. Its block may be there from an earlier try."""
    channel, layout = administrator.topology.channel, administrator.layout
    block = first_block(layout, channel)
    if block.exists():
        return
    coming = block.with_suffix(".coming")
    fetch = ["channel", "fetch", "0", str(coming), "-c", channel, *administrator.orderer()]
    try:
        administrator.peer(*fetch)
    except NetworkError:
        request = str(layout.channel / f"{channel}.tx")
        create = ["channel", "create", "-c", channel, "-f", request, "--outputBlock", str(coming)]
        administrator.peer(*create, *administrator.orderer())
    coming.rename(block)


def _participate(topology: Topology, layout: Layout, orderer: Orderer) -> None:
    """From Fabric 2.3 on: give the orderer the first block through its own administration port."""
    status, answer = _ask(topology, layout, orderer, "GET", f"{_PATH}/{quote(topology.channel)}")
    if status == http.client.OK:
        return
    boundary = uuid4().hex
    block = first_block(layout, topology.channel).read_bytes()
    body = b"".join(
        [
            f"--{boundary}\r\n".encode(),
            b'Content-Disposition: form-data; name="config-block"; filename="config.block"\r\n',
            b"Content-Type: application/octet-stream\r\n\r\n",
            block,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
    )
    status, answer = _ask(topology, layout, orderer, "POST", _PATH, body, f"multipart/form-data; boundary={boundary}")
    if status != http.client.CREATED:
        raise NetworkError(f"{orderer.name} does not take the channel {topology.channel}: {status} {answer}")


def _ask(
    topology: Topology, layout: Layout, orderer: Orderer, method: str, path: str, body: bytes = b"", kind: str = ""
) -> tuple[int, str]:
    identities = layout.identities(topology.ordering.id)
    context = trusting(identities.tls(orderer.name).authority, client=identities.tls(ADMIN))
    connection = http.client.HTTPSConnection(
        orderer.host, orderer.admin_port, timeout=_TIMEOUT_SECONDS, context=context
    )
    try:
        connection.request(method, path, body=body or None, headers={"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return response.status, _reason(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise NetworkError(f"{orderer.name} does not answer on its administration port: {error}") from error
    finally:
        connection.close()


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body).get("error", ""))
    except (ValueError, AttributeError):
        return body[:200].decode(errors="replace")
