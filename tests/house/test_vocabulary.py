"""One vocabulary: names that say nothing are not used, and every word has one spelling."""

import re
from pathlib import PurePosixPath

from tests.house.source import Place, files, text

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "data", "info", "misc", "shared"}
# wrong spelling → ours; a line may hold the other spelling only inside what others have named
SPELLINGS = {
    r"\bcancel(?:ed|ing)\b": "cancelled",
    r"\bset+lment\b": "settlement",
    r"\breciept\b": "receipt",
    r"\bauthoriz": "authoris",
    r"\borganiz": "organis",
    r"\bcolour\w*(?=\s*:)": "color (CSS)",
}
OTHERS_NAMES = re.compile(
    r"Authorization|authorization|organizations?[/A-Z:]|OrganizationalUnit|Organizations:|ORGANIZATION"
)
PROSE = (".py", ".go", ".md", ".jinja", ".html", ".css", ".js", ".txt", ".yaml", ".cfg", ".toml")


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    parts = {part.split(".")[0].lower(): path for path in files() for part in PurePosixPath(path).parts}
    assert {word: parts[word] for word in EMPTY_NAMES & parts.keys()} == {}


def test_words_have_one_spelling() -> None:
    wrong = []
    for path in files():
        if not path.endswith(PROSE) or path.startswith("tests/house/"):
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            ours = OTHERS_NAMES.sub("", line)
            wrong += [Place(path, number, f"{word}") for word in SPELLINGS if re.search(word, ours)]
    assert [str(place) for place in wrong] == []


def test_python_modules_of_a_noun_are_named_alike() -> None:
    """The API's file of a noun has its use cases in services under the same name."""
    api = {PurePosixPath(p).stem for p in files() if re.fullmatch(r"middleware/api/[a-z]+\.py", p)}
    services = {PurePosixPath(p).stem for p in files() if re.fullmatch(r"middleware/services/[a-z]+\.py", p)}
    nouns = {"parties", "keys", "users", "tokens", "accounts", "instruments", "holdings", "acts", "orders", "trades"}
    assert nouns <= api
    assert nouns <= services
