"""Each check can fail: production's manifests with one thing broken are told apart from whole ones."""

from collections.abc import Callable

import pytest

from tests.kubernetes import reach, sources
from tests.kubernetes.checks import CHECKS
from tests.kubernetes.rendered import Document, documents, of_kind

Told = list[Document]
Break = Callable[[Told], object]


def of(told: list[Document], name: str) -> Document:
    kind, _, own = name.partition("/")
    (found,) = (one for one in of_kind(told, kind) if one["metadata"]["name"] == own)
    return found


def pod(told: list[Document], name: str) -> Document:
    found: Document = of(told, name)["spec"]["template"]["spec"]
    return found


def first(told: list[Document], name: str) -> Document:
    found: Document = pod(told, name)["containers"][0]
    return found


def policy(told: Told, name: str) -> Document:
    """The labels that a policy, or a budget, means."""
    found: Document = of(told, name)["spec"].get("podSelector") or of(told, name)["spec"]["selector"]
    return found


def renamed(told: Told, name: str, to: str) -> None:
    of(told, name)["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] = to


def apart(told: Told) -> Document:
    """What the API is kept apart from."""
    found: Document = pod(told, API)["topologySpreadConstraints"][0]
    return found


API, WORKER, PEER = "Deployment/api", "Deployment/worker", "StatefulSet/peer0-operator-lonja"
DOCUMENTS, BUDGET = "PersistentVolumeClaim/documents", "PodDisruptionBudget/api"
ELSE = {"name": "x", "secret": {"secretName": "else"}}
BROKEN: list[tuple[str, str, Break]] = [
    ("asked_how_they_do", "api has no livenessProbe", lambda t: first(t, API).pop("livenessProbe")),
    ("asked_how_they_do", "no port", lambda t: first(t, API)["readinessProbe"]["httpGet"].update(port="rest")),
    ("bounded", "memory", lambda t: first(t, API)["resources"]["limits"].pop("memory")),
    ("bounded", "needs more cpu", lambda t: first(t, API)["resources"]["requests"].update(cpu="9")),
    ("confined", "may be root", lambda t: pod(t, API)["securityContext"].pop("runAsNonRoot")),
    ("confined", "may be root", lambda t: pod(t, API)["securityContext"].update(runAsUser=0)),
    ("confined", "system call", lambda t: pod(t, API)["securityContext"].pop("seccompProfile")),
    ("confined", "token", lambda t: pod(t, API).pop("automountServiceAccountToken")),
    ("confined", "network", lambda t: pod(t, API).update(hostNetwork=True)),
    ("confined", "folder of its machine", lambda t: pod(t, API)["volumes"].append({"name": "x", "hostPath": {}})),
    ("confined", "capabilities", lambda t: first(t, PEER)["securityContext"].pop("capabilities")),
    ("confined", "write to its image", lambda t: first(t, PEER)["securityContext"].pop("readOnlyRootFilesystem")),
    ("confined", "privileges", lambda t: pod(t, WORKER)["initContainers"][0].pop("securityContext")),
    ("pinned", "one version", lambda t: first(t, API).update(image="registry.example/lonja/lonja")),
    ("pinned", "one version", lambda t: first(t, API).update(image="lonja:latest")),
    ("all_there", "Secret else", lambda t: pod(t, API)["volumes"].append(ELSE)),
    ("all_there", "ConfigMap", lambda t: t.remove(of_kind(t, "ConfigMap")[0])),
    ("all_there", "PersistentVolumeClaim", lambda t: t.remove(of(t, "PersistentVolumeClaim/fix"))),
    ("all_there", "ServiceAccount", lambda t: t.remove(of(t, "ServiceAccount/lonja"))),
    ("all_there", "Service console", lambda t: t.remove(of(t, "Service/console"))),
    ("all_there", "StorageClass", lambda t: of(t, DOCUMENTS)["spec"].update(storageClassName="quick")),
    ("mounted", "which it has not", lambda t: pod(t, API)["volumes"].pop(0)),
    ("mounted", "does not mount", lambda t: first(t, API)["volumeMounts"].pop(0)),
    ("mounted", "twice", lambda t: first(t, API)["volumeMounts"].append(first(t, API)["volumeMounts"][0])),
    ("without_secrets", "in the manifests", lambda t: t.append({"kind": "Secret", "metadata": {"name": "x"}})),
    ("without_secrets", "holds a secret", lambda t: of_kind(t, "ConfigMap")[0]["data"].update(A="psql://a:b@c/d")),
    ("without_secrets", "in the open", lambda t: first(t, API)["env"].append({"name": "A_PASSWORD", "value": "b"})),
    ("served", "0 workloads", lambda t: of(t, "Service/api")["spec"]["selector"].update({"x": "y"})),
    ("served", "has the port", lambda t: of(t, "Service/api")["spec"]["ports"][0].update(port=8001)),
    ("served", "has no port", lambda t: of(t, "Service/api")["spec"]["ports"][0].update(name="rest")),
    ("selected", "selects", lambda t: of(t, API)["spec"]["selector"]["matchLabels"].update(x="y")),
    ("covered", "forbids everything", lambda t: t.remove(of(t, "NetworkPolicy/nothing"))),
    ("covered", "talk to", lambda t: renamed(t, "Deployment/console", "chaincode")),
    ("covered", "concerns nobody", lambda t: policy(t, "NetworkPolicy/api")["matchLabels"].update(x="y")),
    ("in_one_namespace", "is not in", lambda t: of(t, API)["metadata"].update(namespace="lonja-qa")),
    ("in_one_namespace", "admits any pod", lambda t: of(t, "Namespace/lonja-prod")["metadata"].pop("labels")),
    ("said_once", "2 times", lambda t: t.append(of(t, API))),
    ("alone", "twice", lambda t: of(t, WORKER)["spec"].update(replicas=2)),
    ("alone", "twice", lambda t: of(t, WORKER)["spec"].pop("strategy")),
    ("alone", "one identity", lambda t: of(t, PEER)["spec"].update(replicas=2)),
    ("shared", "for one", lambda t: of(t, DOCUMENTS)["spec"].update(accessModes=["ReadWriteOnce"])),
    ("spared", "lets nobody go", lambda t: of(t, BUDGET)["spec"].update(minAvailable=3)),
    ("spared", "two budgets", lambda t: policy(t, BUDGET).update(matchLabels={})),
    ("spared", "concerns nobody", lambda t: policy(t, BUDGET)["matchLabels"].update(x="y")),
    ("spread", "twice", lambda t: apart(t)["labelSelector"]["matchLabels"].update({"app.kubernetes.io/name": "api"})),
    ("spread", "among its like", lambda t: apart(t).update(labelSelector={"matchLabels": {"x": "y"}})),
    ("known_settings", "LONJA_STAET", lambda t: of_kind(t, "ConfigMap")[0]["data"].update(LONJA_STAET="/lonja")),
]  # fmt: skip


NAMES = [f"{check} {number}: {said}" for number, (check, said, _) in enumerate(BROKEN, 1)]


@pytest.mark.parametrize(("check", "said", "broken"), BROKEN, ids=NAMES)
def test_a_broken_manifest_is_noticed(check: str, said: str, broken: Break) -> None:
    told = documents("prod")
    broken(told)
    complaints = list(CHECKS[check](told))
    assert any(said in complaint for complaint in complaints), complaints


def test_every_check_is_seen_to_fail() -> None:
    assert {check for check, _, _ in BROKEN} == CHECKS.keys()


def found(told: list[Document]) -> set[tuple[str, str, int]]:
    return set(reach.connections(told, sources.topology().ports().values()))


@pytest.mark.parametrize(
    ("policy", "source", "target"),
    [
        ("chaincode-operator-lonja", "peer0-operator-lonja", "chaincode-operator-lonja"),
        ("peer0-custodian-lonja", "worker", "peer0-custodian-lonja"),
        ("worker", "worker", "orderer0-lonja"),
        ("api", "console", "api"),
        ("console", "console", "api"),
    ],
)
def test_without_its_policy_a_connection_does_not_come_about(policy: str, source: str, target: str) -> None:
    told = documents("prod")
    assert (source, target) in {pair[:2] for pair in found(told)}
    told.remove(of(told, f"NetworkPolicy/{policy}"))
    assert (source, target) not in {pair[:2] for pair in found(told)}


def test_a_policy_that_says_too_much_is_noticed() -> None:
    told = documents("prod")
    before = found(told)
    of(told, "NetworkPolicy/chaincode-operator-lonja")["spec"]["ingress"][0].pop("from")
    of(told, "NetworkPolicy/peer0-custodian-lonja")["spec"]["egress"].append({})
    assert ("peer0-custodian-lonja", "chaincode-operator-lonja", 7053) in found(told) - before
