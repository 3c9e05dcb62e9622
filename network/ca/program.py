"""Which Fabric CA server runs, and where it stands once it is built. Standard library only."""

from pathlib import Path

VERSION = "1.5.15"
PROGRAM = Path(__file__).resolve().parents[2] / ".tools" / f"fabric-ca-{VERSION}" / "bin" / "fabric-ca-server"
