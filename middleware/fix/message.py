"""FIX messages as plain Python: read from what came over the line, written as what the engine sends."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SOH = "\x01"
Fields = dict[int, str]
PARTIES, ALLOCATIONS = 453, 78
# Repeating groups that we read: the count's tag → the tags of one entry, the first of which begins it.
GROUPS: dict[int, tuple[int, ...]] = {
    PARTIES: (448, 447, 452),
    ALLOCATIONS: (79, 661, 736, 467, 80),
}
DELIMITERS = {**{count: tags[0] for count, tags in GROUPS.items()}, 73: 11, 862: 528}  # those that we only write too
_MOMENTS = ("%Y%m%d-%H:%M:%S.%f", "%Y%m%d-%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Message:
    """One message that came: its text, the first value of each tag, and the entries of the groups that we know."""

    raw: str
    fields: Fields
    groups: Mapping[int, list[Fields]]

    @property
    def type(self) -> str:
        return self.fields.get(35, "")

    @property
    def seq(self) -> int:
        return int(self.fields.get(34, "0"))

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent for the first time."""
        return moment(self.fields.get(122) or self.fields.get(52, ""))

    def __getitem__(self, tag: int) -> str:
        """A field's text, "" where there is none."""
        return self.fields.get(tag, "")

    def __contains__(self, tag: int) -> bool:
        return tag in self.fields


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send. `again`: it may have been sent before (97=Y)."""

    type: str
    fields: Mapping[int, str]
    groups: tuple[tuple[int, tuple[Mapping[int, str], ...]], ...] = ()
    again: bool = False


def read(raw: str) -> Message:
    """A message as it came."""
    fields: Fields = {}
    groups: dict[int, list[Fields]] = {}
    group = 0
    for tag, value in pairs(raw):
        if tag in GROUPS:
            group = tag
            groups[tag] = []
        elif group and tag in GROUPS[group]:
            _add(groups[group], tag, value, begins=tag == GROUPS[group][0])
            continue
        elif group:
            group = 0
        fields.setdefault(tag, value)
    return Message(raw, fields, groups)


def _add(entries: list[Fields], tag: int, value: str, *, begins: bool) -> None:
    if begins or not entries:
        entries.append({})
    entries[-1].setdefault(tag, value)


def pairs(raw: str) -> Iterator[tuple[int, str]]:
    """Every field in order."""
    for part in raw.split(SOH):
        tag, equals, value = part.partition("=")
        if equals and tag.isascii() and tag.isdigit():
            yield int(tag), value


def moment(text: str) -> datetime | None:
    """A UTCTimestamp; None for what is none."""
    for form in _MOMENTS:
        try:
            return datetime.strptime(text[:24], form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def stamp(instant: datetime) -> str:
    """An instant as FIX writes it."""
    return instant.astimezone(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def seal(begin: str, body: Iterable[tuple[int, str]]) -> bytes:
    """A whole message of these fields, with its length and checksum."""
    inner = "".join(f"{tag}={value}{SOH}" for tag, value in body).encode()
    head = f"8={begin}{SOH}9={len(inner)}{SOH}".encode() + inner
    return head + f"10={sum(head) % 256:03d}{SOH}".encode()


def built(outgoing: Outgoing) -> Any:
    """The engine's own form of it."""
    import quickfix as fix

    message = fix.Message()
    header = message.getHeader()
    header.setField(fix.StringField(35, outgoing.type))
    if outgoing.again:
        header.setField(fix.StringField(97, "Y"))
    for tag, value in outgoing.fields.items():
        message.setField(fix.StringField(tag, value))
    for count, entries in outgoing.groups:
        for entry in entries:
            group = fix.Group(count, DELIMITERS[count])
            for tag, value in entry.items():
                group.setField(fix.StringField(tag, value))
            message.addGroup(group)
    return message
