"""Notices: what happened to entries, stored in the commit that made it happen."""

from middleware import clock
from middleware.models.entry import Entry, Notice


def of(entry: Entry, kind: str, *, client_id: str = "", code: str = "", reason: str = "", text: str = "") -> Notice:
    """A notice of what has just happened to an entry. `client_id` is the broker's name of the message it answers."""
    return Notice(
        at=clock.now(),
        kind=kind,
        entry=entry.id,
        group=entry.group,
        order=entry.order,
        broker=entry.broker,
        owner=entry.owner,
        session=entry.session,
        client_id=client_id,
        code=code,
        reason=reason,
        text=text,
    )
