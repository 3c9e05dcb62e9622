"""Each program of the network as a container: on a host of its own, with what is its own and nothing else."""

from pathlib import Path

import pytest
from cryptography import x509

from network import config, hosts
from network.containers.container import LAYOUT, Container, describe
from network.errors import NetworkError
from network.kind import Kind
from network.native import connection, identities, made, package, profile
from network.native.layout import Layout
from network.native.network import Network
from network.native.programs import Fabric
from network.node import EVERYWHERE
from network.topology import NAMED, Topology, load

SHIFT = 300
OLD, NEW = Fabric(Path("bin"), "2.1.1", (2, 1), Path("config")), Fabric(Path("bin"), "3.1.5", (3, 1), Path("config"))


@pytest.fixture(params=NAMED)
def topology(request: pytest.FixtureRequest) -> Topology:
    return hosts.inside(load(NAMED[request.param], SHIFT), SHIFT)


def network(kind: Kind, state: Path, genesis: str = "") -> Network:
    topology = load(shift=SHIFT)
    return Network(NEW, topology, Layout(state / "network"), Path("chaincode"), genesis, SHIFT, kind)


def named(containers: list[Container], name: str) -> Container:
    return next(each for each in containers if each.name == name)


def test_inside_every_node_has_a_host_of_its_own_and_the_topologys_own_port() -> None:
    inside = hosts.inside(load(shift=SHIFT), SHIFT)
    assert [each.peer.address for each in inside.organisations] == [
        "peer0-operator-lonja:7051",
        "peer0-custodian-lonja:7061",
    ]
    assert inside.organisations[0].chaincode.address == "chaincode-operator-lonja:7053"
    assert [each.address for each in inside.ordering.orderers] == ["orderer0-lonja:7050"]
    assert inside.ports() == load().ports()


def test_the_blocks_name_hosts_and_no_loopback(tmp_path: Path, topology: Topology) -> None:
    told = str(profile.profiles(NEW, topology, Layout(tmp_path)))
    assert "127.0.0.1" not in told
    for node in (*topology.ordering.orderers, *(each.peer for each in topology.members())):
        assert f"'Host': '{node.host}', 'Port': {node.port}" in told


def test_each_is_told_to_listen_for_others_and_where_others_are(topology: Topology) -> None:
    for container in describe(NEW, topology):
        listeners = [v for k, v in container.environment.items() if k.endswith(("LISTENADDRESS", "SERVER_ADDRESS"))]
        assert listeners
        assert {each.partition(":")[0] for each in listeners} == {EVERYWHERE}
        assert "127.0.0.1" not in str(container.environment)
        assert container.host == container.name.replace(".", "-")


@pytest.mark.parametrize("fabric", [OLD, NEW], ids=["2.1", "3.1"])
def test_each_sees_its_own_secrets_and_writes_to_its_own_folder_only(fabric: Fabric, topology: Topology) -> None:
    crypto, nodes = "network/crypto/", "network/nodes/"
    for container in describe(fabric, topology):
        paths = [str(each.path) for each in container.mounts]
        secrets = [path for path in paths if path.startswith(crypto)]
        assert secrets
        assert all(path.endswith(f"/{container.name}") for path in secrets)
        assert all(path.startswith(f"{crypto}{container.organisation}/") for path in secrets)
        writable = [str(each.path) for each in container.mounts if each.writable]
        assert writable == ([] if container.image.default == "lonja-chaincode" else [f"{nodes}{container.name}"])


def test_every_file_it_is_told_of_is_one_that_it_sees(topology: Topology) -> None:
    for container in describe(OLD, topology):
        told = [word.strip("[]") for word in container.environment.values() if "/lonja/" in word]
        assert told
        for path in told:
            assert any(Path(path).is_relative_to(each.target) for each in container.mounts), (container.name, path)


def test_what_is_known_only_when_the_network_is_made_is_read_from_files(tmp_path: Path) -> None:
    chaincode = named(describe(NEW, hosts.inside(load(), 0)), "chaincode.operator.lonja")
    assert chaincode.environment["CHAINCODE_ID_FILE"] == str(LAYOUT.node(chaincode.name) / "CHAINCODE_ID")
    package.write_told(tmp_path, {"CHAINCODE_ID": "lonja:1", "LONJA_GENESIS_HASH": "0a"})
    assert (tmp_path / "CHAINCODE_ID").read_text() == "lonja:1\n"
    assert set(package.told_by_files(tmp_path)) < set(chaincode.environment)


def test_a_certificate_is_good_for_the_containers_host(tmp_path: Path) -> None:
    layout, topology = Layout(tmp_path), hosts.inside(load(), 0)
    identities.make(topology, layout)
    for organisation in topology.organisations:
        for node in (organisation.peer, organisation.chaincode):
            file = layout.identities(organisation.id).tls(node.name).certificate
            made = x509.load_pem_x509_certificate(file.read_bytes()).extensions
            names = made.get_extension_for_class(x509.SubjectAlternativeName).value
            assert node.host in names.get_values_for_type(x509.DNSName)


def test_outside_clients_find_published_ports_and_inside_they_find_hosts(tmp_path: Path) -> None:
    outside = network(Kind.DOCKER, tmp_path)
    assert outside.topology.organisations[0].peer.address == "127.0.0.1:7351"
    assert outside.inside.organisations[0].peer.address == "peer0-operator-lonja:7051"
    assert outside.seen == LAYOUT
    inside = hosts.inside(load(), 0)
    layout = Layout(tmp_path / "network")
    layout.folder.mkdir()
    connection.write(NEW, inside, layout)
    assert '"address": "peer0-operator-lonja:7051"' in layout.connection.read_text()


def test_a_network_made_for_one_is_not_started_as_the_other(tmp_path: Path) -> None:
    native, docker = network(Kind.NATIVE, tmp_path), network(Kind.DOCKER, tmp_path)
    native.layout.folder.mkdir()
    made.write(native.layout, native.as_made())
    with pytest.raises(NetworkError, match="made for programs of this machine: leave LONJA_NETWORK unset"):
        docker.check()
    made.write(native.layout, docker.as_made())
    with pytest.raises(NetworkError, match="made for containers: type make run NETWORK=docker"):
        native.check()


def test_published_ports_may_move(tmp_path: Path) -> None:
    here, elsewhere = network(Kind.DOCKER, tmp_path), load(shift=500)
    moved = Network(NEW, elsewhere, here.layout, here.chaincode, "", 500, Kind.DOCKER)
    assert moved.as_made() == here.as_made()
    within = Network(NEW, hosts.inside(load(), 0), here.layout, here.chaincode, "", 0, Kind.CONTAINERS)
    assert within.as_made() == here.as_made()


def test_a_kind_of_network_that_there_is_not_is_named() -> None:
    assert config.kind({}) is Kind.NATIVE
    assert config.kind({"LONJA_NETWORK": "docker"}) is Kind.DOCKER
    with pytest.raises(NetworkError, match="LONJA_NETWORK is 'podman'; it can be native, docker, containers"):
        config.kind({"LONJA_NETWORK": "podman"})
