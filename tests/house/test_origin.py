"""Everything committed is ours, readable, and about the market: nothing copied, nothing about how it was made."""

import re
import subprocess
from pathlib import PurePosixPath

from tests.house.source import ROOT, files, text

BINARY = {".png": "docs/screenshots/", ".ico": "web/static/"}
COPIED = re.compile(r"copyright \(c\)|all rights reserved|spdx-license-identifier|licensed under the", re.IGNORECASE)
FOLDERS = {"vendor", "node_modules", "third_party", "thirdparty", "dist", "site-packages"}
LICENCES = ("LICENSE", "tests/house/")
# Words of the place where the work was done, not of the product. Written in halves so that this file may be read too.
MAKING = ["/wo" + "rk/", "FRA" + r"ME(\.md|\b)", "work" + "place", "sub" + "agent", "clau" + "de", "anthro" + "pic"]
MAKING += ["co-auth" + "ored-by", "language mo" + "del", r"\bissues sh" + "ow", r"\bAI (assist" + "ant|generated)"]
MADE = re.compile("|".join(MAKING))


def test_no_third_party_code_is_committed() -> None:
    for path in files():
        pure = PurePosixPath(path)
        assert not FOLDERS & set(pure.parts), path
        assert not pure.name.endswith((".min.js", ".min.css", ".whl", ".jar", ".tar.gz", ".woff2", ".so")), path
        if path.startswith(LICENCES) or not _is_text(path):
            continue
        assert not COPIED.search(text(path)), path


def test_only_pictures_are_binary_and_they_have_their_place() -> None:
    for path in files():
        if not _is_text(path):
            assert path.startswith(BINARY.get(PurePosixPath(path).suffix, "-")), path


def test_the_project_does_not_speak_of_how_it_was_made() -> None:
    found = [path for path in files() if _is_text(path) and MADE.search(text(path))]
    assert found == []


def test_the_history_does_not_speak_of_how_it_was_made() -> None:
    log = subprocess.run(["git", "log", "--format=%B"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert MADE.findall(log) == []


def _is_text(path: str) -> bool:
    return b"\0" not in (ROOT / path).read_bytes()[:8000]
