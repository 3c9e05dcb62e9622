"""What brokers read agrees with FIX 4.4 and with our own table of tags."""

import re
from collections.abc import Iterator

import pytest

from middleware import tags
from tests.house.source import text

TAGS = text("docs/fix/tags.md")
ERRORS = text("docs/fix/errors.md")
_ROW = re.compile(r"\| ([0-9]+) \| (\w+) \| ([^|]*) \| ([^|]*)\|")
KNOWN = tags.fix44()


def sections() -> Iterator[tuple[str, str, dict[int, tuple[str, str]]]]:
    """Each message of the document: type, name, and its rows by tag."""
    for part in TAGS.split("\n### ")[1:]:
        type, name = part.splitlines()[0].split()
        yield type, name, {int(row[1]): (row[2], row[3].strip()) for row in _ROW.finditer(part)}


SECTIONS = {type: (name, rows) for type, name, rows in sections()}


def test_every_message_of_the_door_stands_in_it() -> None:
    assert set(SECTIONS) == {"A", "0", "1", "2", "3", "4", "5", "D", "F", "G", "AU", "8", "9", "j", "AK"}


@pytest.mark.parametrize("type", SECTIONS)
def test_a_message_and_its_tags_have_the_names_that_fix_gives_them(type: str) -> None:
    name, rows = SECTIONS[type]
    assert name == KNOWN.messages[type].name
    for tag, (called, _) in rows.items():
        assert called == KNOWN.tags[tag].name, tag


@pytest.mark.parametrize("type", SECTIONS)
def test_a_tag_that_is_named_belongs_to_its_message(type: str) -> None:
    part = KNOWN.messages[type]
    inner = {tag for group in part.groups.values() for tag in group.fields}
    _, rows = SECTIONS[type]
    assert {tag for tag in rows if tag not in tags.USER_DEFINED} <= part.fields.keys() | inner


@pytest.mark.parametrize("type", SECTIONS)
def test_what_fix_requires_is_said_to_be_required(type: str) -> None:
    _, rows = SECTIONS[type]
    for tag in KNOWN.required(type):
        assert rows.get(tag.number, ("", ""))[1] == "yes", tag.name


def test_each_of_our_own_tags_is_explained() -> None:
    ours = TAGS.partition("## Ours")[2].partition("\n## ")[0]
    rows = {int(row[1]): (row[2], row[4].strip()) for row in _ROW.finditer(ours)}
    assert rows.keys() == {tag.number for tag in tags.OURS}
    for tag in tags.OURS:
        assert rows[tag.number][0] == tag.name


def test_reasons_have_the_numbers_that_fix_gives_them() -> None:
    for heading, tag in (("OrdRejReason (103)", 103), ("CxlRejReason (102)", 102)):
        table = ERRORS.partition(heading)[2].partition("\n\n")[0]
        numbers = re.findall(r"^\| ([0-9]+) ", table, re.MULTILINE)
        assert numbers
        assert set(numbers) <= KNOWN.tags[tag].values.keys()
    assert set(re.findall(r"373=([0-9]+)", ERRORS)) <= KNOWN.tags[373].values.keys()
    assert set(re.findall(r"380=([0-9]+)", ERRORS)) <= KNOWN.tags[380].values.keys()
