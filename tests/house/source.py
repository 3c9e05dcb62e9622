"""The project's own source as data: which files there are, what they import and what they name."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("middleware", "web", "network", "scripts")


class Place(NamedTuple):
    """Where something stands, so that a failing test says where to go."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@cache
def files() -> tuple[str, ...]:
    """Every file of the work tree that is or may be committed, as paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return tuple(sorted(path for path in set(listed) if (ROOT / path).is_file()))


def under(*folders: str, suffix: str) -> list[str]:
    """Files of some folders with a suffix."""
    return [path for path in files() if path.endswith(suffix) and any(path.startswith(f"{f}/") for f in folders)]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(text(path), path)


def imports(path: str) -> Iterator[Place]:
    """Every module that a Python file imports, also inside functions; `from a import b` counts as `a.b`."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Place(path, node.lineno, name.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for name in node.names:
                yield Place(path, node.lineno, f"{module}.{name.name}")


def within(place: Place, *modules: str) -> bool:
    """Whether an import is of one of these modules or of something in them."""
    return any(place.text == module or place.text.startswith(f"{module}.") for module in modules)


def names(path: str) -> Iterator[Place]:
    """Every dotted name a Python file uses, as written: `datetime.now`, `os.environ`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute | ast.Name) and (dotted := _dotted(node)):
            yield Place(path, node.lineno, dotted)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value)
        return f"{above}.{node.attr}" if above else ""
    return ""


def strings(path: str) -> Iterator[Place]:
    """Every text constant of a Python file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Place(path, node.lineno, node.value)


def go_imports(path: str) -> list[str]:
    """The packages that a Go file imports."""
    found: list[str] = []
    inside = False
    for line in text(path).splitlines():
        stripped = line.strip()
        if stripped.startswith("import ("):
            inside = True
        elif inside and stripped == ")":
            inside = False
        elif inside or stripped.startswith("import "):
            parts = stripped.split('"')
            if len(parts) == 3:
                found.append(parts[1])
        elif stripped.startswith("func "):
            break
    return found


def go_code(path: str) -> Iterator[Place]:
    """The lines of a Go file without its comments."""
    for number, line in enumerate(text(path).splitlines(), 1):
        code = line.split("//")[0].strip()
        if code:
            yield Place(path, number, code)
