"""How blocks are told to people; whole blocks of a real network are told in tests/network/test_hfc.py."""

import json

from middleware.ledger.hfc import explorer


def test_composite_keys_are_shown_with_slashes() -> None:
    space = {
        "namespace": "lonja",
        "rwset": {
            "reads": [{}],
            "writes": [{"key": "\0lane\0operator\0", "is_delete": False}, {"key": "plain", "is_delete": True}],
        },
    }
    told = list(explorer._written(space))
    assert told == ["    lonja: 1 keys read, 2 written", "      + lane/operator", "      - plain"]


def test_bytes_are_text_where_they_are_text() -> None:
    read = json.loads(explorer.document({"a": b"text", "b": b"\xff\x00"}))
    assert read == {"a": "text", "b": "ff00"}
