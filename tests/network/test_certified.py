"""A consortium whose certificates come from each organisation's Fabric CA: made, worked with, renewed, revoked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from middleware.ledger import Unavailable
from middleware.ledger.fabric import Fabric
from network.ca import authorities
from network.ca.layout import PURPOSES, SIGNING, home
from network.errors import NetworkError
from network.native.layout import Layout
from network.topology import TOPOLOGY
from scripts.product import Product
from scripts.progress import ROOT
from scripts.stage import Stage
from tests.network.agreement import reconciles

pytestmark = pytest.mark.network
CONSORTIUM = TOPOLOGY.with_name("consortium.yaml")


@pytest.fixture
def layout(certified: Product) -> Layout:
    return Layout(certified.config.state / "network")


def found(product: Product) -> authorities.Authorities:
    there = authorities.find(product.config.state, CONSORTIUM, product.config.port_shift, wanted=False)
    assert there is not None
    return there


def test_the_cast_trades_a_day(certified: Product, certified_stage: Stage) -> None:
    argv = [sys.executable, "-m", "scripts.demo"]
    ended = subprocess.run(argv, cwd=ROOT, env=certified.environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.strip().splitlines()[-1] == "reconcile: clean"


def test_every_signer_and_every_node_is_certified_by_its_organisations_authority(
    certified: Product, layout: Layout
) -> None:
    listed = certified.lonja("identities", "list").stdout.splitlines()
    assert len(listed) == 26, "13 who sign, 7 TLS certificates, both ends of three lines to a chaincode"
    for organisation in ("operator", "custodian", "regulator", "ordering"):
        roots = {purpose: home(certified.config.state, organisation).root(purpose) for purpose in PURPOSES}
        root = x509.load_pem_x509_certificate(roots[SIGNING].certificate.read_bytes())
        for path in (layout.crypto / organisation / "members").glob("*/signcerts/certificate.pem"):
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            certificate.verify_directly_issued_by(root)
            assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days <= 366
        assert not (layout.crypto / organisation / "authorities" / SIGNING).exists(), (
            "the root's key stays at its server"
        )


def test_a_client_is_enrolled_works_and_is_revoked_everywhere(
    certified: Product, certified_stage: Stage, layout: Layout, tmp_path: Path
) -> None:
    enrolled = certified.lonja("identities", "enrol", "clerk")
    assert "clerk of operator is enrolled as client" in enrolled.stdout, enrolled.stderr
    again = certified.lonja("identities", "enrol", "clerk")
    assert "has an identity clerk already" in again.stderr
    with ledger_of("clerk", certified, layout, tmp_path) as ledger:
        assert ledger.query("version")["ledger"]
    revoked = certified.lonja("identities", "revoke", "clerk")
    assert "clerk of operator is revoked; every peer knows it" in revoked.stdout, revoked.stdout + revoked.stderr
    with ledger_of("clerk", certified, layout, tmp_path) as ledger:
        with pytest.raises(Unavailable):
            ledger.query("version")
        assert ledger.tips() == {}, "no peer answers whom the channel says is revoked"
    with ledger_of("client", certified, layout, tmp_path) as ledger:
        assert ledger.query("version")["ledger"], "the others are as they were"
    assert "revoked" in next(
        line for line in certified.lonja("identities", "list").stdout.splitlines() if "clerk" in line
    )
    assert "every peer knows it" in certified.lonja("identities", "revoke", "clerk").stdout, "done twice it is the same"


@contextmanager
def ledger_of(name: str, product: Product, layout: Layout, folder: Path) -> Iterator[Fabric]:
    """The ledger as an identity of the operator's reaches it."""
    said = json.loads(product.config.connection_file.read_text())
    member = layout.identities("operator").member(name)
    said["organisations"][0]["client"] = {"certificate": str(member.certificate), "key": str(member.key)}
    file = folder / "connection.json"
    file.write_text(json.dumps(said))
    ledger = Fabric(file)
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("revoke", "client"), "it can be renewed, not revoked"),
        (("revoke", "nobody"), "operator has no identity nobody"),
        (("renew", "nobody"), "there is no identity nobody"),
        (("renew", "orderer0.lonja", "--organisation", "custodian"), "none is due"),
        (("enrol", "clerk", "--organisation", "elsewhere"), "elsewhere is none of operator, custodian, regulator"),
    ],
)
def test_what_cannot_be_is_said(certified: Product, command: tuple[str, ...], told: str) -> None:
    said = certified.lonja("identities", *command)
    assert told in said.stdout + said.stderr


def test_a_wrong_secret_is_refused(certified: Product) -> None:
    with pytest.raises(NetworkError, match="signing authority of operator refuses: .*Authentication failure"):
        found(certified).issuer("operator").enrol("clerk", "client", "not the secret")


def test_what_ends_soon_is_told_and_renewed_at_the_next_start(certified: Product, layout: Layout) -> None:
    certified.stop()
    assert "does not answer on port" in certified.lonja("identities", "enrol", "late").stderr
    expiry(certified, "24h")
    certified.start()
    names = ("client", "peer0.operator.lonja")
    renewed = certified.lonja("identities", "renew", *names, "--organisation", "operator")
    assert "3 renewed" in renewed.stdout, renewed.stdout + renewed.stderr
    doctor = certified.lonja("doctor")
    assert "certificates end within 7 days" in doctor.stdout
    assert "lonja identities renew" in doctor.stdout
    certified.stop()
    expiry(certified, "8760h")
    before = layout.identities("operator").member("client").key.read_bytes()
    certified.start()
    for name in names:
        assert f"renewed {name} of operator (signing): good until" in certified.said()
    assert layout.identities("operator").member("client").key.read_bytes() == before, "the key is the same"
    reconciles(certified)
    assert "certificates end" not in certified.lonja("doctor").stdout


def expiry(product: Product, wanted: str) -> None:
    """How long the operator's authority makes certificates good for, from its next start on."""
    there = home(product.config.state, "operator")
    for file in (there.config, there.second):
        document = yaml.safe_load(file.read_text())
        for profile in (document["signing"]["default"], *document["signing"]["profiles"].values()):
            profile["expiry"] = wanted
        file.write_text(yaml.safe_dump(document))
