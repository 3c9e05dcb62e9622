"""Files near 100 lines and functions near 8, seldom past 300 and 40: the bound is on how many are longer."""

import ast

from tests.house.source import PACKAGES, Place, files, text, tree, under

FILE, FILE_NEVER = 300, 500
FUNCTION, FUNCTION_NEVER = 40, 90
SELDOM = 20  # one in


def test_files_are_seldom_long() -> None:
    counted = [
        p for p in files() if p.endswith((".py", ".go")) and not p.startswith(("tests/", "middleware/migrations/"))
    ]
    counted = [p for p in counted if not p.endswith("_test.go")]
    long = [Place(path, lines, "lines") for path in counted if (lines := text(path).count("\n")) > FILE]
    assert [str(place) for place in long if place.line > FILE_NEVER] == []
    assert len(long) * SELDOM <= len(counted), "\n".join(map(str, long))


def test_functions_are_seldom_long() -> None:
    functions = [place for path in under(*PACKAGES, suffix=".py") for place in _functions(path)]
    long = [(place, length) for place, length in functions if length > FUNCTION]
    assert [str(place) for place, length in long if length > FUNCTION_NEVER] == []
    assert len(long) * SELDOM <= len(functions), "\n".join(f"{place} ({length} lines)" for place, length in long)


def _functions(path: str) -> list[tuple[Place, int]]:
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            found.append((Place(path, node.lineno, node.name), length))
    return found
