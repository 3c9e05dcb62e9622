"""What Go says and what Python says are one list: errors, facts and functions."""

import ast
import re

from middleware import errors
from tests.house.source import strings, text, tree, under

# Facts that change no table of the mirror, and why.
IGNORED = {
    "GenesisAccepted": "tells the ledger's name and organisations, which the ledger itself is asked for",
}
SYNTHETIC = {"CommandRefused", "CommandDone"}  # the mirror's own words for a command's outcome
FUNCTION = re.compile(
    r"(act|party|key|account|instrument|instruction|holding|cash|mandate|order|trade|claim|offering|document|disclosure)"
    r":[a-z]+"
)


def test_the_list_of_error_codes_is_one() -> None:
    go = re.findall(r'Code\s*=\s*"([a-z_]+)"', text("chaincode/ledger/error.go"))
    assert sorted(go) == sorted(errors.CODES)


def test_every_fact_of_the_ledger_is_mirrored_or_ignored_on_purpose() -> None:
    told = _go_facts()
    handled = _handled()
    assert told - handled - IGNORED.keys() == set()
    assert handled - told - SYNTHETIC == set(), "handlers of facts that no rule tells"
    assert IGNORED.keys() - told == set()
    assert IGNORED.keys() & handled == set()


def test_every_function_has_the_same_name_in_go_and_python() -> None:
    go = {name.group() for name in FUNCTION.finditer(text("chaincode/ledger/functions.go"))}
    python = {p.text for path in under("middleware", suffix=".py") for p in strings(path) if FUNCTION.fullmatch(p.text)}
    assert len(go) == 50
    assert python - go == set(), "names that the ledger does not know"
    assert go - python == set(), "functions that no use case reaches"


def test_every_function_stands_in_the_chaincodes_readme() -> None:
    go = {name.group() for name in FUNCTION.finditer(text("chaincode/ledger/functions.go"))}
    readme = text("chaincode/README.md")
    assert [name for name in sorted(go) if name not in readme] == []


def test_every_fact_stands_in_the_chaincodes_readme() -> None:
    readme = text("chaincode/README.md")
    assert [name for name in sorted(_go_facts()) if name not in readme] == []


def _go_facts() -> set[str]:
    source = "\n".join(text(path) for path in under("chaincode/ledger", suffix=".go"))
    found = set(re.findall(r"func \((?:\w+ )?\*?(\w+)\) fact\(\)", source))
    assert found, "no facts found in the rules"
    return found


def _handled() -> set[str]:
    """The names in every `@on("...")` of the middleware."""
    found: set[str] = set()
    for path in under("middleware", suffix=".py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                found |= {name for decorator in node.decorator_list for name in _on(decorator)}
    return found


def _on(decorator: ast.expr) -> set[str]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) not in ("on", "mirror.on"):
        return set()
    return {arg.value for arg in decorator.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
