"""A network is started again only as it was made; what a kill left half done is mended or explained."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from network.errors import NetworkError
from network.native import certificates, identities, made, recovery
from network.native.layout import Layout
from network.native.made import Made
from network.native.programs import Fabric
from network.topology import load

MADE = Made(fabric="3.1", shift=0, genesis="ab" * 32, members="cd" * 32)
OLD = Fabric(Path("bin"), "2.1.1", (2, 1), Path("config"))
NEW = Fabric(Path("bin"), "3.1.5", (3, 1), Path("config"))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "network")
    layout.folder.mkdir()
    return layout


def test_what_fits_is_accepted(layout: Layout) -> None:
    made.write(layout, MADE)
    made.check(layout, MADE)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Made("2.1", 0, MADE.genesis, MADE.members), "runs Fabric 3.1, the programs found are 2.1"),
        (Made("3.1", 100, MADE.genesis, MADE.members), "set LONJA_PORT_SHIFT=0"),
        (Made("3.1", 0, "00" * 32, MADE.members), "genesis.json is now 000000000000"),
        (Made("3.1", 0, MADE.genesis, "00" * 32), "the topology is not the one"),
    ],
)
def test_what_the_ledger_fixed_cannot_change(layout: Layout, other: Made, words: str) -> None:
    made.write(layout, MADE)
    with pytest.raises(NetworkError, match=words):
        made.check(layout, other)


def test_a_patch_release_is_no_other_release() -> None:
    later = Fabric(Path("bin"), "3.1.9", (3, 1), Path("config"))
    assert made.record(NEW, load(), 0, "x") == made.record(later, load(), 0, "x")


def test_a_record_that_cannot_be_read_is_named(layout: Layout) -> None:
    layout.made.write_text(json.dumps({"fabric": "3.1"}))
    with pytest.raises(NetworkError, match="made.json cannot be read"):
        made.check(layout, MADE)


def test_ledgers_without_a_record_are_not_touched(layout: Layout) -> None:
    (layout.node("peer0") / "production").mkdir(parents=True)
    with pytest.raises(NetworkError, match="holds ledgers but not the record"):
        made.check(layout, MADE)


@pytest.mark.parametrize("days", [1, 10_000])
def test_a_clock_outside_the_certificates_is_told(layout: Layout, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    class Elsewhen(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.now(UTC) + timedelta(days=days if days > 1 else -days)

    identities.make(load(), layout)
    made.write(layout, MADE)
    made.check(layout, MADE)
    monkeypatch.setattr(made, "datetime", Elsewhen)
    with pytest.raises(NetworkError, match="the clock says"):
        made.check(layout, MADE)


def _ledgers(layout: Layout, *names: str) -> None:
    for name in names:
        ledger = layout.orderer_ledger if name.startswith("orderer") else layout.peer_ledger
        ledger(name, "lonja").mkdir(parents=True)


def test_an_orderer_without_its_ledger_is_refused(layout: Layout) -> None:
    _ledgers(layout, "peer0.operator.lonja")
    with pytest.raises(NetworkError, match=r"the ledger of orderer0\.lonja is gone"):
        recovery.recover(NEW, load(), layout)


def test_a_peer_without_its_ledger_is_refused_once_the_network_was_complete(layout: Layout) -> None:
    _ledgers(layout, "orderer0.lonja", "peer0.operator.lonja")
    layout.connection.touch()
    with pytest.raises(NetworkError, match=r"the ledger of peer0\.custodian\.lonja is gone"):
        recovery.recover(NEW, load(), layout)


def test_before_that_a_node_without_a_ledger_begins_again(layout: Layout) -> None:
    _ledgers(layout, "orderer0.lonja", "peer0.operator.lonja")
    half = layout.node("peer0.custodian.lonja") / "production" / "transientStoreFileLock" / "MANIFEST-000000"
    half.parent.mkdir(parents=True)
    half.touch()
    recovery.recover(NEW, load(shift=15_000), layout)
    assert not half.exists()
    assert layout.peer_ledger("peer0.operator.lonja", "lonja").exists()
    assert layout.orderer_ledger("orderer0.lonja", "lonja").exists()


@pytest.mark.parametrize(("fabric", "kept"), [(OLD, False), (NEW, True)])
def test_with_no_peer_joined_the_orderer_begins_again(layout: Layout, fabric: Fabric, kept: bool) -> None:
    """On 2.1 the first block is the orderer's work and goes with it; from 2.3 on it was made before."""
    _ledgers(layout, "orderer0.lonja")
    layout.channel.mkdir()
    block = layout.channel / "lonja.block"
    block.touch()
    recovery.recover(fabric, load(shift=15_000), layout)
    assert not layout.node("orderer0.lonja").exists()
    assert block.exists() is kept


@pytest.mark.parametrize("content", [None, "", "{"])
def test_a_package_half_built_is_forgotten(layout: Layout, content: str | None) -> None:
    _ledgers(layout, "orderer0.lonja", "peer0.operator.lonja", "peer0.custodian.lonja")
    layout.connection.touch()
    half, whole = (layout.builds("peer0.operator.lonja") / name for name in ("half", "whole"))
    for build, connection in ((half, content), (whole, "{}")):
        told = build / "release" / "chaincode" / "server" / "connection.json"
        told.parent.mkdir(parents=True)
        (build / "build-info.json").write_text("{}")
        if connection is not None:
            told.write_text(connection)
    recovery.recover(NEW, load(), layout)
    assert not half.exists()
    assert whole.exists()


def test_certificates_outlive_a_year() -> None:
    authority = certificates.authority("signing authority", "operator")
    leaf = certificates.member(authority, "peer0", "operator", "peer").certificate
    assert leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=365)
    assert authority.certificate.not_valid_after_utc > leaf.not_valid_after_utc
