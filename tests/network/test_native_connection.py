"""Each organisation has a view of the network, in which it comes first; the first one's is connection.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from middleware import config
from middleware.ledger import Unavailable
from middleware.ledger.fabric.connection import Connection
from network.native import connection, identities
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import NAMED, load


def _written(state: Path, name: str) -> Layout:
    topology, layout = load(NAMED[name]), Layout(state / "network")
    identities.make(topology, layout)
    connection.write(Fabric(state, "3.1.5", (3, 1), state), topology, layout)
    return layout


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_same_network_is_seen_by_each_with_itself_first(tmp_path: Path) -> None:
    layout = _written(tmp_path, "consortium")
    views = {id: _read(layout.connection_of(id)) for id in ("operator", "custodian", "regulator")}
    assert _read(layout.connection) == views["operator"]
    for id, view in views.items():
        assert (view["organisation"], view["organisations"][0]["id"]) == (id, id)
        assert len(view["organisations"]) == len(view["orderers"]) == 3
        assert (view["endorsements"], view["confirmations"]) == (2, 1)


def test_of_byzantine_orderers_two_must_confirm(tmp_path: Path) -> None:
    view = _read(_written(tmp_path, "byzantine").connection)
    assert (len(view["orderers"]), view["confirmations"]) == (4, 2)


@pytest.mark.parametrize("organisation", ["", "custodian"])
def test_an_installation_reads_its_own_organisations_view(tmp_path: Path, organisation: str) -> None:
    _written(tmp_path, "consortium")
    ours = config.load({"LONJA_STATE": str(tmp_path), "LONJA_ORGANISATION": organisation})
    made = Connection(ours.connection_file)
    assert (made.organisation, next(iter(made.peers))) == (organisation or "operator",) * 2
    made.close()


def test_an_organisation_without_a_view_is_told_which_file_is_missing(tmp_path: Path) -> None:
    ours = config.load({"LONJA_STATE": str(tmp_path), "LONJA_ORGANISATION": "nobody"})
    with pytest.raises(Unavailable, match=r"connection-nobody\.json"):
        Connection(ours.connection_file)
