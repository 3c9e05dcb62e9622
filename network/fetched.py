"""Which official release `make fabric` has put below the tools folder. Standard library only."""

from pathlib import Path

NAME = "fabric-fetched"  # a file that names the release's folder beside it


def bin_folder(tools: Path) -> Path | None:
    """The folder of its programs; None where none was fetched, or it is gone."""
    try:
        folder = tools / (tools / NAME).read_text().strip() / "bin"
    except FileNotFoundError:
        return None
    return folder if (folder / "peer").is_file() else None
