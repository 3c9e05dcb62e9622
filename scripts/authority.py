"""Fabric CA's server, built once from Go modules, where a network is to have its certificates from it.

Standard library only: it runs before there is an environment.
"""

import os

from network.ca.program import PROGRAM, VERSION
from scripts.progress import ROOT, run
from scripts.stamps import Step, digest
from scripts.toolchain import check_compiler, environment, get_go

MODULE = "github.com/hyperledger/fabric-ca"
SOURCES = ROOT / "network" / "ca"


def wanted() -> bool:
    """Whether this run asks for it: make run CA=fabric. In containers it is in an image."""
    return os.environ.get("LONJA_CA") == "fabric" and os.environ.get("LONJA_NETWORK") != "docker"


def step() -> Step:
    """Build the server."""
    inputs = digest([SOURCES / "go.mod", SOURCES / "go.sum"])
    title = f"Fabric CA {VERSION}, built once from Go modules (a minute and a half)"
    return Step("fabric-ca", title, inputs, [PROGRAM], _build)


def _build() -> None:
    check_compiler()
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    go = get_go()
    run(
        "Fabric CA",
        [str(go), "build", "-v", "-o", str(PROGRAM), f"{MODULE}/cmd/fabric-ca-server"],
        env={**environment(go), "CGO_ENABLED": "1"},  # its database is SQLite's C code
        cwd=SOURCES,
        far=lambda output: f"{output.count(chr(10))} packages and modules",
    )
