"""The network itself: from nothing, resumed, killed, broken off. No product runs on it."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from network.errors import NetworkError
from network.native import Network, prepare
from network.native.command import Administrator, patiently, together
from network.native.identities import CHAINCODE_CLIENT
from network.native.probe import serves, trusting
from network.supervisor import Supervisor
from network.topology import Orderer, Peer
from scripts import programs
from scripts.progress import ROOT, TOOLS

pytestmark = [
    pytest.mark.network,
    # Python itself leaves a socket behind when the other side dies between connecting and the handshake.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

SHIFT = 11_000
GENESIS = ROOT / "tests" / "vectors" / "genesis.json"


class Running:
    """A network under watch in its own state folder."""

    def __init__(self, state: Path) -> None:
        found = programs.fabric() if os.environ.get("FABRIC_BIN") else programs.built()
        file = _genesis()
        chaincode = TOOLS / "bin" / "chaincode"
        self.network = prepare(state, found.bin, chaincode, sha256(file.encode()).hexdigest(), SHIFT)
        self.supervisor = Supervisor(lambda _text: None)

    def up(self) -> "Running":
        self.supervisor.start(*self.network.nodes(), *self.network.chaincodes())
        self.supervisor.wait_ready(60)
        self.network.deploy(lambda _text: None)
        self.network.write_connection()
        return self

    def down(self) -> None:
        self.supervisor.stop()

    def kill(self, *names: str) -> None:
        """SIGKILL, at once."""
        for name in names:
            pid = self.supervisor.pid(name)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

    def settle(self) -> None:
        """Let the supervisor start again what was killed, until all serve."""
        deadline = time.monotonic() + 30
        self.supervisor.look()
        while not all(each.ready and each.ready() for each in [*self.network.nodes(), *self.network.chaincodes()]):
            assert time.monotonic() < deadline
            self.supervisor.look()
            time.sleep(0.05)

    def administrators(self) -> list[Administrator]:
        network = self.network
        organisations = network.topology.organisations
        return [Administrator(network.fabric, network.layout, network.topology, each) for each in organisations]

    def write(self) -> None:
        """A transaction that both organisations endorse: the ledger's genesis."""
        patiently(partial(_call, self.administrators()[0], "invoke", "genesis", _genesis()), timeout_seconds=30)

    def read(self) -> list[str]:
        """The same from each peer."""
        read = (partial(_call, each, "query", "get", "genesis") for each in self.administrators())
        return patiently(lambda: together(list(read)), timeout_seconds=30)

    def heights(self) -> list[int]:
        words = ["channel", "getinfo", "-c", self.network.topology.channel]
        told = (each.peer(*words) for each in self.administrators())
        return [int(json.loads(text[text.index("{") :])["height"]) for text in told]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    shutil.rmtree(tmp_path / "state", ignore_errors=True)  # ledgers are large


@pytest.fixture
def running(state: Path) -> Iterator[Running]:
    running = Running(state)
    try:
        yield running.up()
    finally:
        running.down()


def test_from_nothing_to_both_organisations_endorsing_and_back(state: Path) -> None:
    began = time.monotonic()
    first = Running(state)
    first.up()
    from_nothing = time.monotonic() - began
    first.write()
    heights = first.heights()
    first.down()
    began = time.monotonic()
    second = Running(state)
    try:
        second.up()
        resumed = time.monotonic() - began
        assert second.heights() == heights, "a resumed network writes nothing to be ready"
        assert len(set(second.read())) == 1
    finally:
        second.down()
    print(f"Fabric {second.network.fabric_version}: {from_nothing:.2f} s from nothing, {resumed:.2f} s to resume")
    assert from_nothing < 30
    assert resumed < 10


def test_the_connection_leads_every_client_to_peers_and_orderers(running: Running) -> None:
    connection = json.loads(running.network.layout.connection.read_text())
    assert (connection["channel"], connection["chaincode"]) == ("lonja", "lonja")
    assert connection["fabric_version"] == running.network.fabric_version
    assert [each["id"] for each in connection["organisations"]] == ["operator", "custodian"]
    nodes = [each["peer"] for each in connection["organisations"]] + connection["orderers"]
    for node in nodes:
        host, port = node["address"].split(":")
        assert host == "127.0.0.1"
        assert serves(int(port), node["name"], Path(node["tls_ca"]))()
    for each in connection["organisations"]:
        assert Path(each["client"]["certificate"]).is_file()
        assert Path(each["client"]["key"]).stat().st_mode & 0o077 == 0


def test_the_chaincode_admits_its_own_peer_only(running: Running) -> None:
    topology, layout = running.network.topology, running.network.layout
    operator, custodian = topology.organisations
    port, name = operator.chaincode.port, operator.chaincode.name
    authority = layout.identities(operator.id).tls(name).authority
    own = layout.identities(operator.id).tls(CHAINCODE_CLIENT)
    assert _is_admitted(port, name, trusting(authority, own))
    assert not _is_admitted(port, name, trusting(authority))
    assert not _is_admitted(port, name, trusting(authority, layout.identities(operator.id).tls(operator.peer.name)))
    assert not _is_admitted(port, name, trusting(authority, layout.identities(custodian.id).tls(CHAINCODE_CLIENT)))


def test_a_node_tells_its_measures_to_its_own_organisation_only(running: Running) -> None:
    topology, layout = running.network.topology, running.network.layout
    nodes: list[tuple[str, Peer | Orderer, str]] = [(each.id, each.peer, "ledger_") for each in topology.organisations]
    nodes += [(topology.ordering.id, each, "consensus_etcdraft_is_leader") for each in topology.ordering.orderers]
    for (id, node, measure), (stranger_id, stranger, _) in zip(nodes, nodes[1:] + nodes[:1], strict=True):
        own = layout.identities(id).tls(node.name)
        status, told = _measures(node, trusting(own.authority, own))
        assert (status, measure in told) == (200, True), node.name
        assert _measures(node, trusting(own.authority))[0] == 401
        foreign = layout.identities(stranger_id).tls(stranger.name)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _measures(node, trusting(own.authority, foreign))


def test_one_organisation_alone_writes_nothing(running: Running) -> None:
    alone = running.administrators()[0]
    own = alone.peers()[:4]
    call = json.dumps({"Args": ["genesis", _genesis()]})
    words = ["-C", "lonja", "-n", "lonja", "--waitForEvent", "-c", call]
    with pytest.raises(NetworkError, match="ENDORSEMENT_POLICY_FAILURE"):
        alone.peer("chaincode", "invoke", *alone.orderer(), *own, *words)
    assert all('"value":null' in told for told in running.read())


def test_kill_9_of_any_program_loses_nothing(running: Running) -> None:
    running.write()
    before = running.read()
    network = running.network
    names = [each.name for each in [*network.nodes(), *network.chaincodes()]]
    for victims in [*([name] for name in names), names]:
        running.kill(*victims)
        running.settle()
        patiently(partial(_agreed, network), timeout_seconds=30)
        assert running.read() == before


@pytest.mark.parametrize("after_seconds", [0.3, 0.6, 0.9, 1.2, 1.6])
def test_a_first_start_broken_off_is_taken_up(state: Path, after_seconds: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            Running(state).up()
            time.sleep(60)
        finally:
            os._exit(1)
    time.sleep(after_seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(0.3)  # until the kernel has ended the child's children
    again = Running(state)
    try:
        again.up()
        again.write()
    finally:
        again.down()


def _agreed(network: Network) -> None:
    if not (health := network.health()).is_whole:
        raise NetworkError(str(health))


def _call(administrator: Administrator, verb: str, *args: str) -> str:
    words = ["-C", "lonja", "-n", "lonja", "-c", json.dumps({"Args": args})]
    if verb == "invoke":
        words += [*administrator.orderer(), *administrator.peers(), "--waitForEvent"]
    return administrator.peer("chaincode", verb, *words)


def _genesis() -> str:
    return str(json.loads(GENESIS.read_text())["file"])


def _measures(node: Peer | Orderer, context: ssl.SSLContext) -> tuple[int, str]:
    line = http.client.HTTPSConnection("127.0.0.1", node.operations_port, timeout=5, context=context)
    try:
        line.request("GET", "/metrics")
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def _is_admitted(port: int, name: str, context: ssl.SSLContext) -> bool:
    """In TLS 1.3 a server's refusal of our certificate arrives only with the first bytes it sends."""
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            return bool(secured.recv(1))  # an HTTP/2 server speaks first: its settings
    except OSError:
        return False
