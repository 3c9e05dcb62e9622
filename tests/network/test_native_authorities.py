"""When a network has Fabric CA and what its servers are told; what they do is seen in test_certified.py."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from network import config
from network.ca import authorities, contained, register, server
from network.ca.layout import SIGNING, TLS, home
from network.errors import NetworkError
from network.kind import Kind
from network.native import identities
from network.native.layout import Layout
from network.node import EVERYWHERE
from network.topology import NAMED, TOPOLOGY, load
from scripts import authority


@pytest.fixture
def found(tmp_path: Path) -> authorities.Authorities:
    program = tmp_path / "fabric-ca-server"
    program.touch()
    return authorities.Authorities(tmp_path, load(), 0, program)


def test_a_network_has_it_when_it_was_asked_for_at_the_beginning(tmp_path: Path) -> None:
    assert authorities.find(tmp_path, TOPOLOGY, 0, wanted=False) is None
    assert authorities.find(tmp_path, TOPOLOGY, 0, wanted=True) is not None
    (tmp_path / "network" / "authorities").mkdir(parents=True)
    assert authorities.find(tmp_path, TOPOLOGY, 0, wanted=False) is not None, "it stays with the network"


def test_asked_for_later_it_is_refused(tmp_path: Path) -> None:
    Layout(tmp_path / "network").folder.mkdir()
    Layout(tmp_path / "network").made.touch()
    with pytest.raises(NetworkError, match="made without Fabric CA.*make clean"):
        authorities.find(tmp_path, TOPOLOGY, 0, wanted=True)


@pytest.mark.parametrize(("told", "wanted"), [("", False), ("fabric", True)])
def test_the_setting_is_fabric_or_nothing(told: str, wanted: bool) -> None:
    assert config.certified({"LONJA_CA": told}) is wanted
    with pytest.raises(NetworkError, match="'vault'; it can be fabric"):
        config.certified({"LONJA_CA": "vault"})


def test_without_the_program_the_message_says_what_builds_it(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="make setup CA=fabric"):
        authorities.Authorities(tmp_path, load(), 0, tmp_path / "none").prepare()


def test_a_server_knows_from_its_beginning_whom_it_will_enrol(found: authorities.Authorities) -> None:
    found.prepare()
    there = home(found.state, "operator")
    signing, tls = (yaml.safe_load(file.read_text()) for file in (there.config, there.second))
    names = [each["name"] for each in signing["registry"]["identities"]]
    assert names == ["registrar", "peer0.operator.lonja", "admin@operator", "client@operator"]
    assert [each["name"] for each in tls["registry"]["identities"]] == ["registrar", "peer0.operator.lonja"]
    assert server.secret(there, SIGNING, "client@operator") != server.secret(there, SIGNING, "admin@operator")
    assert there.config.stat().st_mode & 0o077 == 0, "secrets are for their owner's eyes"
    assert there.root(TLS).key.stat().st_mode & 0o077 == 0


def test_what_was_written_stays_at_the_next_start(found: authorities.Authorities) -> None:
    found.prepare()
    before = home(found.state, "operator").config.read_text()
    found.prepare()
    assert home(found.state, "operator").config.read_text() == before


def test_every_server_has_ports_of_its_own(found: authorities.Authorities) -> None:
    ports = [*found.ports().values(), *found.topology.ports().values()]
    assert len(found.ports()) == 6
    assert len(set(ports)) == len(ports)


def test_certificates_are_listed_whoever_made_them(tmp_path: Path) -> None:
    topology, layout = load(), Layout(tmp_path / "network")
    identities.make(topology, layout)
    listed = register.listed(topology, layout)
    assert [each.ends for each in listed] == sorted(each.ends for each in listed)
    assert {each.role for each in listed if each.purpose == SIGNING} == {"peer", "admin", "client", "orderer"}
    assert min(each.days for each in listed) > 700
    assert listed[0].ends < datetime.now(UTC) + timedelta(days=731)


@pytest.mark.parametrize("topology", ["market", "byzantine"])
def test_only_what_stands_nowhere_else_is_renewed(tmp_path: Path, topology: str) -> None:
    """Where orderers may lie the channel knows them by both of their certificates."""
    named, layout = load(NAMED[topology]), Layout(tmp_path / "network")
    identities.make(named, layout)
    fixed = [one for one in register.listed(named, layout) if not register.renewable(named, one)]
    orderers = {each.name for each in named.ordering.orderers}
    lines = {each.chaincode.name for each in named.organisations} | {"chaincode-client"}
    assert {one.name for one in fixed if one.purpose == TLS} == orderers | lines
    assert {one.name for one in fixed if one.purpose == SIGNING} == (orderers if topology == "byzantine" else set())


def test_the_server_is_where_set_up_builds_it() -> None:
    assert (authorities.PROGRAM, server.VERSION) == (authority.PROGRAM, authority.VERSION)


def test_in_a_container_a_server_sees_its_own_folder_at_the_path_that_its_settings_name(tmp_path: Path) -> None:
    found = authorities.Authorities(tmp_path, load(shift=300), 300)
    found.prepare(Kind.DOCKER)
    service = contained.service(found, "custodian", "1000:1000")
    folder = str(found.home("custodian").folder)
    assert service["volumes"] == [f"{folder}:{folder}"]
    assert service["ports"] == ["127.0.0.1:7503:7503"]
    assert service["entrypoint"] == ["fabric-ca-server", "start", "--home", folder, "--address", EVERYWHERE]
    assert service["environment"]["FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS"] == f"{EVERYWHERE}:7504"
    assert (service["user"], service["read_only"]) == ("1000:1000", True)
