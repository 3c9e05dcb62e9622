"""The program that renders the Kubernetes manifests, built once from Go modules at the version we pin.

One on PATH is not asked: whatever a cluster is told comes from the program that the tests have looked at.
Standard library only: it runs before there is an environment.
"""

from pathlib import Path

from scripts.progress import ROOT, TOOLS, run
from scripts.stamps import Step, digest
from scripts.toolchain import environment, get_go

MODULE = "sigs.k8s.io/kustomize/kustomize/v5"
SOURCES = ROOT / "network" / "kubernetes"
PROGRAM = TOOLS / "bin" / "kustomize"


def step() -> Step:
    """Build the program."""
    inputs = digest([SOURCES / "go.mod", SOURCES / "go.sum"])
    return Step("kustomize", "kustomize, built once from Go modules (half a minute)", inputs, [PROGRAM], _build)


def get() -> Path:
    """The program, built if it is not there."""
    if not PROGRAM.exists():
        step().make()
    return PROGRAM


def _build() -> None:
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    go = get_go()
    run(
        "kustomize",
        [str(go), "build", "-v", "-o", str(PROGRAM), MODULE],
        env={**environment(go), "CGO_ENABLED": "0"},
        cwd=SOURCES,
        far=lambda output: f"{output.count(chr(10))} packages and modules",
    )
