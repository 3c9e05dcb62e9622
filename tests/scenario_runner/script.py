"""A scenario as it is written: statements, words, options, expectations. The grammar: tests/scenarios/README.md."""

import re
from dataclasses import dataclass, field
from pathlib import Path

SCENARIOS = Path(__file__).parents[1] / "scenarios"
# What a verb says for success, beside `done`.
ENDS = {"place": "new", "cancel": "cancelled", "expire": "expired", "execute": "settled", "replace": "replaced"}
_OPTION = re.compile(r"([a-z_]+)=(.*)")


class Mistake(Exception):
    """The scenario itself is wrong: an unknown verb, word or alias."""


@dataclass(frozen=True)
class Expectation:
    """`code` "" is success; `reason` "" is any."""

    code: str = ""
    reason: str = ""


@dataclass
class Statement:
    """One line that does or looks at something."""

    line: int
    text: str
    verb: str
    words: list[str]
    options: dict[str, str]
    expected: Expectation

    def option(self, name: str, otherwise: str = "") -> str:
        return self.options.get(name, otherwise)

    def pairs(self, first: int) -> dict[str, str]:
        """`available 40 reserved 0` behind the first words."""
        rest = self.words[first:]
        if len(rest) % 2:
            raise Mistake(f"{self.verb} with {len(self.words)} words")
        return dict(zip(rest[::2], rest[1::2], strict=True))

    def inner(self) -> "Statement":
        """The statement that a `propose` proposes."""
        return Statement(self.line, self.text, self.words[2], self.words[3:], self.options, self.expected)


@dataclass
class Script:
    """One file."""

    name: str
    only_rules: bool = False
    match: bool = False
    statements: list[Statement] = field(default_factory=list)


def read(path: Path) -> Script:
    script = Script(path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = _without_comment(line).split()
        match words:
            case [] | ["batch"] | ["end"]:
                pass
            case ["only", "rules"]:
                script.only_rules = True
            case ["match"]:
                script.match = True
            case _:
                script.statements.append(statement(number, words))
    return script


def statement(number: int, words: list[str]) -> Statement:
    said, expected = words, Expectation()
    if "->" in words:
        arrow = words.index("->")
        said, expected = words[:arrow], _expectation(words[0], words[arrow + 1 :])
    options = {m[1]: m[2] for word in said[1:] if (m := _OPTION.fullmatch(word))}
    plain = [word for word in said[1:] if not _OPTION.fullmatch(word)]
    return Statement(number, " ".join(words), said[0], plain, options, expected)


def _expectation(verb: str, words: list[str]) -> Expectation:
    """Over REST the one behind the slash counts."""
    if "/" in words:
        words = words[words.index("/") + 1 :]
    if words in (["done"], [ENDS.get(verb)]) or (verb == "again" and words[0] in ENDS.values()):
        return Expectation()
    if len(words) not in (1, 2):
        raise Mistake("an expectation is one or two words")
    return Expectation(*words)


def _without_comment(line: str) -> str:
    return "" if line.startswith("#") else re.split(r"\s#", line)[0]


def over_rest() -> list[Path]:
    """The files that a door can play."""
    return [path for path in sorted(SCENARIOS.glob("*.txt")) if not read(path).only_rules]
