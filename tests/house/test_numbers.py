"""Integers only: a float in a quantity or an amount is money lost without a warning."""

import ast
import re

from tests.house.source import Place, go_code, imports, tree, under, within

AMOUNTS = ("middleware/models", "middleware/services", "middleware/market", "middleware/ledger")
SINGLE = ("middleware/amounts.py", "middleware/rows.py", "middleware/relay.py", "middleware/mirror.py")
FLOATING_COLUMNS = {"Float", "Numeric", "Double", "REAL", "DOUBLE", "DECIMAL", "FLOAT", "NUMERIC"}
SECONDS = re.compile(
    r"second|timeout|pause|wait|interval|delay|poll|elapsed|age|until|deadline|beat|lease|period", re.I
)


def test_no_column_holds_a_floating_number() -> None:
    found = [place for path in under("middleware/models", suffix=".py") for place in imports(path)]
    assert [str(p) for p in found if p.text.rpartition(".")[2] in FLOATING_COLUMNS and within(p, "sqlalchemy")] == []


def test_no_float_touches_a_quantity_or_an_amount() -> None:
    """Floats exist for durations in seconds only, and say so in their name."""
    wrong: list[Place] = []
    for path in [*under(*AMOUNTS, suffix=".py"), *SINGLE]:
        for node in ast.walk(tree(path)):
            wrong += _floats(path, node)
    assert [str(place) for place in wrong] == []


def _floats(path: str, node: ast.AST) -> list[Place]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node):
        return [Place(path, node.lineno, f"/ in {ast.unparse(node)}")]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "round"):
        return [Place(path, node.lineno, ast.unparse(node))]
    if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation and ast.unparse(node.annotation) == "float":
        name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
        return [] if SECONDS.search(name) else [Place(path, node.lineno, f"{name}: float")]
    return []


def _is_path(node: ast.BinOp) -> bool:
    """`folder / "file"`: pathlib's division."""
    return any(isinstance(side, ast.Constant | ast.JoinedStr) and not _number(side) for side in (node.left, node.right))


def _number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def test_the_rules_know_no_float() -> None:
    sources = [path for path in under("chaincode/ledger", suffix=".go") if not path.endswith("_test.go")]
    places = [place for path in sources for place in go_code(path)]
    assert places
    assert [str(p) for p in places if re.search(r"\bfloat(32|64)\b|ParseFloat|math\.(Floor|Round|Ceil)", p.text)] == []
