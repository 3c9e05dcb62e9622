"""The Secrets that are printed of a prepared state folder are those that the manifests refer to, entry by entry."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from network.errors import NetworkError
from network.kind import Kind
from network.kubernetes import __main__ as program
from network.kubernetes import base, secrets
from network.native import identities, made, package
from network.native.layout import Layout
from tests.kubernetes.checks import OUTSIDE
from tests.kubernetes.rendered import OVERLAYS, Documents, documents, of_kind, pod, workloads

HASH = hashlib.sha256(b"{}").hexdigest()
Secrets = dict[str, dict[str, bytes]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `prepare` leaves it, but for what Fabric's own programs make, which no Secret holds."""
    state = tmp_path_factory.mktemp("state")
    layout, known = Layout(state / "network"), base.known()
    identities.make(known, layout)
    package.write_builder(layout.builder)
    for each in known.organisations:
        package.write(known, layout, each)
        told = package.told(known, layout.package(each), HASH)
        package.write_told(layout.node(each.chaincode.name), told)
    for node in (*known.ordering.orderers, *(each.peer for each in known.members())):
        layout.node(node.name).mkdir(parents=True, exist_ok=True)
        (layout.node(node.name) / ("core.yaml" if "peer" in node.name else "orderer.yaml")).write_text("peer: {}\n")
    (state / "genesis.json").write_text("{}")
    (state / "key-encryption-key").write_text("secret\n")
    made.write(layout, record(Kind.CONTAINERS))
    return state


def record(kind: Kind) -> made.Made:
    return made.record(base.fabric(), base.known(), 0, HASH, kind.made_for)


@pytest.fixture(scope="module")
def printed(state: Path) -> Secrets:
    return read(secrets.text(state))


def read(text: str) -> Secrets:
    found = list(yaml.safe_load_all(text))
    return {
        one["metadata"]["name"]: {entry: base64.b64decode(value) for entry, value in one["data"].items()}
        for one in found
    }


def referred(told: Documents) -> set[tuple[str, str]]:
    """Every entry of a Secret that a container is told or mounts."""
    entries: set[tuple[str, str]] = set()
    for one in workloads(told):
        for volume in pod(one).get("volumes", ()):
            secret = volume.get("secret", {})
            entries |= {(secret["secretName"], item["key"]) for item in secret.get("items", ())}
        for container in pod(one)["containers"]:
            volumes = {each["name"]: each.get("secret", {}) for each in pod(one).get("volumes", ())}
            for mount in container.get("volumeMounts", ()):
                secret = volumes.get(mount["name"], {})
                if "subPath" in mount and secret and "items" not in secret:
                    entries.add((secret["secretName"], mount["subPath"]))
    return entries


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_entry_that_is_mounted_is_printed_and_nothing_else_is(printed: Secrets, overlay: str) -> None:
    wanted = {(name, entry) for name, entry in referred(documents(overlay)) if name not in OUTSIDE["Secret"]}
    whole = {(name, entry) for name, entries in printed.items() for entry in entries if name != "ledger"}
    assert wanted == whole


def test_they_are_named_without_a_state_folder(printed: Secrets) -> None:
    assert list(printed) == secrets.names()


def test_each_node_has_its_own_key_and_nobody_elses(printed: Secrets) -> None:
    keys = [content for entries in printed.values() for entry, content in entries.items() if entry.endswith("key.pem")]
    assert len(set(keys)) == len(keys) == 2 * 3 + 2 * 3 + 3 + 1  # orderers, peers, chaincodes, the product's client
    for container in base.containers():
        own = printed[container.host]
        certificate = x509.load_pem_x509_certificate(own["tls.certificate.pem"])
        key = load_pem_private_key(own["tls.key.pem"], None)
        assert certificate.public_key() == key.public_key()
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert container.host in names.get_values_for_type(x509.DNSName)


def test_no_administrator_and_no_authority_leaves_the_state_folder(state: Path, printed: Secrets) -> None:
    everything = {content for entries in printed.values() for content in entries.values()}
    for path in (state / "network" / "crypto").rglob("key.pem"):
        if "authorities" in path.parts or "admin" in path.parts:
            assert path.read_bytes() not in everything, path


def files_of(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [path for each in told.values() for path in files_of(each)]
    if isinstance(told, list):
        return [path for each in told for path in files_of(each)]
    return [told] if isinstance(told, str) and told.startswith("/") else []


def test_the_product_finds_every_file_that_its_connection_names(printed: Secrets) -> None:
    ledger = printed["ledger"]
    told = json.loads(ledger.pop("connection-operator.json"))
    assert {Path(path).name for path in files_of(told)} == ledger.keys()
    assert {str(Path(path).parent) for path in files_of(told)} == {"/lonja/network"}
    assert [each["peer"]["address"] for each in told["organisations"]] == [
        "peer0-operator-lonja:7051",
        "peer0-custodian-lonja:7061",
        "peer0-regulator-lonja:7071",
    ]
    assert [each["id"] for each in told["organisations"] if "client" in each] == ["operator"]
    (settings,) = of_kind(documents("prod"), "ConfigMap")
    assert settings["data"]["LONJA_ORGANISATION"] == told["organisation"]


def test_an_organisation_is_handed_its_own(state: Path) -> None:
    assert list(read(secrets.text(state, ["custodian"]))) == ["peer0-custodian-lonja", "chaincode-custodian-lonja"]
    with pytest.raises(NetworkError, match="there is no bolsa; there are ordering, operator"):
        secrets.text(state, ["bolsa"])


def test_what_was_made_for_something_else_is_refused(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["secrets", str(tmp_path)]) == 1
    assert "no network has been made" in capsys.readouterr().err
    layout = Layout(state / "network")
    try:
        made.write(layout, record(Kind.NATIVE))
        with pytest.raises(NetworkError, match="made for programs of this machine"):
            secrets.text(state)
    finally:
        made.write(layout, record(Kind.CONTAINERS))


def test_a_state_folder_that_lacks_a_part_is_refused(state: Path) -> None:
    gone = state / "key-encryption-key"
    content = gone.read_bytes()
    gone.unlink()
    try:
        with pytest.raises(NetworkError, match="key-encryption-key"):
            secrets.text(state)
    finally:
        gone.write_bytes(content)
