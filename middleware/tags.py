"""What FIX 4.4 calls things, from the dictionary that comes with the engine; the engine itself is not loaded.

Our user-defined tags are named here too, once for every door and document.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from middleware.errors import Error

USER_DEFINED = range(20_000, 40_000)  # what FIX leaves to two parties to agree on
_FILE = Path("share", "quickfix", "FIX44.xml")


@dataclass(frozen=True, slots=True)
class Tag:
    """A field: its number, name and type, what each of its values means, and what it is for where it is ours."""

    number: int
    name: str
    type: str
    values: Mapping[str, str]
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What may stand in a message, or in one entry of a repeating group: tag → whether it must, and groups by count."""

    name: str
    fields: Mapping[int, bool]
    groups: Mapping[int, "Part"]

    @property
    def first(self) -> int:
        """The tag with which an entry of this group begins."""
        return next(iter(self.fields))


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Tags by number, and messages by type: each with header and trailer. `frame` is what every message has."""

    tags: Mapping[int, Tag]
    messages: Mapping[str, Part]
    frame: Part

    def required(self, type: str) -> list[Tag]:
        """What a message of this type must have beside header and trailer."""
        fields = self.messages[type].fields
        return [self.tags[tag] for tag, needed in fields.items() if needed and tag not in self.frame.fields]


OURS = (
    Tag(20880, "LonjaTradeID", "STRING", {}, "the trade on the ledger, the same for both of its sides"),
    Tag(20881, "LonjaBlock", "INT", {}, "the block of the ledger that says so"),
    Tag(20882, "LonjaTransactionID", "STRING", {}, "the transaction of the ledger that says so"),
    Tag(20883, "LonjaReason", "STRING", {}, "why it was refused: the ledger's code and reason"),
    Tag(20884, "LonjaCashAccount", "STRING", {}, "the cash account that pays or is paid, where it is not Account(1)"),
)


def fix44(prefix: str = sys.prefix) -> Dictionary:
    """The dictionary of FIX 4.4, read once."""
    return _read(Path(prefix) / _FILE)


@lru_cache(maxsize=4)
def _read(path: Path) -> Dictionary:
    if not path.is_file():
        message = f"there is no {path}: it comes with the FIX engine. Install quickfix_py (the extra `fix`): make setup"
        raise Error("unavailable", message, reason="tags")
    root = ElementTree.parse(path).getroot()  # noqa: S314 - installed with the engine, not sent by anybody
    tags = {tag.name: tag for tag in map(_tag, root.iterfind("fields/field"))}
    parts = _Parts(tags, {node.attrib["name"]: node for node in root.iterfind("components/component")})
    header, trailer = (parts.of(node, name) for name in ("header", "trailer") for node in root.iterfind(name))
    frame = _joined("", header, trailer)
    messages = {
        node.attrib["msgtype"]: _joined(node.attrib["name"], header, parts.of(node, node.attrib["name"]), trailer)
        for node in root.iterfind("messages/message")
    }
    return Dictionary({tag.number: tag for tag in (*tags.values(), *OURS)}, messages, frame)


def _tag(node: ElementTree.Element) -> Tag:
    said = node.attrib
    values = {value.attrib["enum"]: _words(value.attrib["description"]) for value in node.iterfind("value")}
    return Tag(int(said["number"]), said["name"], said["type"], values)


def _words(description: str) -> str:
    return re.sub(r"cancel(?=ed|ing)", "cancell", description.replace("_", " ").lower())  # our spelling


@dataclass(frozen=True, slots=True)
class _Parts:
    """Messages and groups with their components unfolded."""

    tags: Mapping[str, Tag]
    components: Mapping[str, ElementTree.Element]

    def of(self, node: ElementTree.Element, name: str, needed: bool = True) -> Part:
        """What stands in a node. Nothing is required of a component that is not required itself."""
        fields: dict[int, bool] = {}
        groups: dict[int, Part] = {}
        for child in node:
            must = needed and child.get("required") == "Y"
            called = child.attrib["name"]
            if child.tag == "component":
                inner = self.of(self.components[called], called, must)
                fields |= inner.fields
                groups |= inner.groups
                continue
            fields[self.tags[called].number] = must
            if child.tag == "group":
                groups[self.tags[called].number] = self.of(child, called)
        return Part(name, fields, groups)


def _joined(name: str, *parts: Part) -> Part:
    fields: dict[int, bool] = {}
    groups: dict[int, Part] = {}
    for part in parts:
        fields |= part.fields
        groups |= part.groups
    return Part(name, fields, groups)
