"""Which official release is ours, and which one `make fabric` has put below the tools folder. Standard library only."""

from pathlib import Path

VERSION = "3.1.5"  # the release that this version of Lonja is tested with: of the archive, and of the images
NAME = "fabric-fetched"  # a file that names the release's folder beside it


def bin_folder(tools: Path) -> Path | None:
    """The folder of its programs; None where none was fetched, or it is gone."""
    try:
        folder = tools / (tools / NAME).read_text().strip() / "bin"
    except FileNotFoundError:
        return None
    return folder if (folder / "peer").is_file() else None
