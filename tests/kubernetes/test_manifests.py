"""Every overlay is rendered by kustomize and holds what must be true of all."""

import pytest

import middleware
from network.fetched import VERSION
from network.kubernetes import base
from tests.kubernetes.checks import CHECKS
from tests.kubernetes.rendered import OVERLAYS, containers, documents, named, of_kind, pod, text, workloads


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("check", CHECKS)
def test_an_overlay_is_as_it_must_be(check: str, overlay: str) -> None:
    assert list(CHECKS[check](documents(overlay))) == []


def test_the_nodes_are_those_that_are_written_from_the_topology() -> None:
    found = {path.name: path.read_text() for path in base.FOLDER.iterdir()}
    assert found == base.texts(), base.COMMAND


def test_no_two_overlays_share_a_namespace() -> None:
    spaces = [one["metadata"]["name"] for overlay in OVERLAYS for one in of_kind(documents(overlay), "Namespace")]
    assert len(set(spaces)) == len(OVERLAYS)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_same_pieces_run_everywhere_but_the_database_of_development(overlay: str) -> None:
    pieces = {named(one) for one in workloads(documents(overlay))}
    assert pieces - {named(one) for one in workloads(documents("prod"))} == (
        {"StatefulSet/postgresql"} if overlay == "dev" else set()
    )
    assert {f"Deployment/{name}" for name in ("api", "console", "worker", "fix", "webhooks")} < pieces
    assert {
        f"StatefulSet/{each.host}" for each in base.containers() if each.image.default != "lonja-chaincode"
    } < pieces


def test_production_has_no_exchange_no_cast_and_no_private_way_out() -> None:
    told = text("prod")
    for word in ("exchange", "seed", "cast", "sandbox", "LONJA_WEBHOOK_ALLOW", "postgres:", "demo"):
        assert word not in told, word


def test_the_images_are_of_this_version_and_of_the_fabric_that_we_pin() -> None:
    wanted = {"lonja": middleware.__version__, "lonja-chaincode": middleware.__version__}
    wanted |= {"fabric-peer": VERSION, "fabric-orderer": VERSION}
    for overlay in OVERLAYS:
        for where, _, spec in containers(documents(overlay)):
            name, _, tag = spec["image"].rpartition("/")[2].partition(":")
            assert tag == wanted.get(name, tag), f"{overlay}: {where}"


def test_production_has_several_doors_and_spreads_them() -> None:
    for one in workloads(documents("prod")):
        spread = pod(one).get("topologySpreadConstraints", [])
        if one["metadata"]["name"] in ("api", "console"):
            assert one["spec"]["replicas"] > 1
        assert bool(spread) is (one["metadata"]["name"] not in ("worker", "fix", "webhooks")), named(one)


def test_production_survives_the_emptying_of_a_machine() -> None:
    budgets = {one["metadata"]["name"] for one in of_kind(documents("prod"), "PodDisruptionBudget")}
    assert budgets == {"endorsers", "orderers", "api", "console"}
