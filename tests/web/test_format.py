"""Amounts on their way to people and back, and the drawings made of them."""

from __future__ import annotations

import pytest
from flask import Flask

from web import format, marks


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [
        ("0", 2, "0.00"),
        ("1", 2, "0.01"),
        ("-5", 2, "-0.05"),
        ("100250", 2, "1,002.50"),
        ("1000000", 0, "1,000,000"),
        ("9223372036854775807", 0, "9,223,372,036,854,775,807"),
        ("9223372036854775807", 4, "922,337,203,685,477.5807"),
        ("12", 3, "0.012"),
    ],
)
def test_minor_units_are_written_with_their_decimals(app: Flask, minor: str, digits: int, text: str) -> None:
    for language in ("en", "es"):
        with app.test_request_context(headers={"Accept-Language": language}):
            assert format.decimal(minor, digits) == text


@pytest.mark.parametrize(
    ("text", "digits", "minor"),
    [
        ("25", 2, "2500"),
        ("25.5", 2, "2550"),
        (" 1,002.50 ", 2, "100250"),
        ("1 002.50", 2, "100250"),
        ("007", 0, "7"),
        ("9223372036854775807", 0, "9223372036854775807"),
        ("92233720368547758.07", 2, "9223372036854775807"),
    ],
)
def test_what_people_type_is_read_exactly(app: Flask, text: str, digits: int, minor: str) -> None:
    with app.test_request_context():
        assert format.parse(text, digits) == minor


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [("100250", 2, "1\u202f002,50"), ("1000000", 0, "1\u202f000\u202f000"), ("-5", 2, "-0,05")],
)
def test_french_has_a_decimal_comma_and_reads_what_it_writes(app: Flask, minor: str, digits: int, text: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert format.decimal(minor, digits) == text
        assert format.typed(minor, digits) == text.replace("\u202f", "")
        if not minor.startswith("-"):
            assert format.parse(text, digits) == format.parse(format.typed(minor, digits), digits) == minor


@pytest.mark.parametrize(
    ("text", "digits", "minor"), [("1002,5", 2, "100250"), ("1002.50", 2, "100250"), ("1,000", 4, "10000")]
)
def test_a_comma_or_a_point_begins_the_decimals_in_french(app: Flask, text: str, digits: int, minor: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert format.parse(text, digits) == minor


@pytest.mark.parametrize(("text", "digits"), [("1,000", 2), ("1.000", 0), ("1,000.50", 2), ("1.000,50", 2), (",5", 2)])
def test_french_never_takes_a_comma_for_thousands(app: Flask, text: str, digits: int) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}), pytest.raises(format.Unreadable, match="«"):
        format.parse(text, digits)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", 2),
        ("-1", 2),
        ("+1", 2),
        ("1e3", 0),
        ("0x10", 0),
        ("1,00", 2),
        ("1.000,50", 2),
        ("12,34,567", 0),
        ("1.005", 2),
        ("1.5", 0),
        (".5", 2),
        ("5.", 2),
        ("NaN", 2),
        ("∞", 2),
        ("٣", 0),
        ("9223372036854775808", 0),
        ("9" * 400, 0),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused_with_a_sentence(app: Flask, text: str, digits: int) -> None:
    with app.test_request_context(), pytest.raises(format.Unreadable, match="“"):
        format.parse(text, digits)


def test_times_are_the_markets_with_its_zone(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert format.moment("2026-11-22T18:00:05Z") == "22 Nov, 12:00:05"
        assert format.moment("2026-11-22T18:00:05Z", "long") == "22 Nov 2026, 12:00:05 UTC−6"
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert format.moment("2026-11-22T18:00:05Z", "long") == "22 nov 2026, 12:00:05 UTC−6"
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert format.moment("2026-11-22T18:00:05Z", "long") == "22 nov. 2026, 12:00:05 UTC−6"


def test_identifiers_keep_what_tells_them_apart() -> None:
    assert format.short("ALICE:0192f0c1-0000-7000-8000-000000000105") == "ALICE:…000105"
    assert format.short("ACME") == "ACME"


def level(limit: int, quantity: int) -> dict[str, object]:
    return {"limit_minor": str(limit), "quantity": str(quantity), "orders": "1"}


def test_depth_cumulates_from_the_best_price_outwards() -> None:
    drawn = marks.depth([level(2500, 40), level(2490, 60)], [level(2600, 25)])
    assert drawn is not None
    assert drawn.most == 100
    assert drawn.bids.startswith(f"{(2500 - 2479) * 640 // (2611 - 2479)},180 ")
    assert drawn.bids.endswith("0,8 0,180")
    assert drawn.asks.endswith(" 640,180")


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([level(1, 1)], []),
        ([], [level(1, 1)]),
        ([level(2**62, 2**62)], [level(2**63 - 1, 2**63 - 1)]),
        ([level(5, 1)], [level(5, 1)]),
    ],
)
def test_depth_can_draw_any_book(bids: list[dict[str, object]], asks: list[dict[str, object]]) -> None:
    drawn = marks.depth(bids, asks)
    assert drawn is not None
    for outline in (drawn.bids, drawn.asks):
        for point in outline.split():
            x, y = map(int, point.split(","))
            assert 0 <= x <= 640
            assert 0 <= y <= 180


def test_an_empty_book_has_no_drawing() -> None:
    assert marks.depth([], []) is None


def test_the_bar_of_shares_is_full_and_names_the_largest() -> None:
    holders = [{"owner": f"P{n}", "name": f"Party {n}", "share_bps": "1000"} for n in range(10)]
    parts = marks.shares(holders)
    assert [part["name"] for part in parts] == [f"Party {n}" for n in range(6)] + [""]
    assert sum(part["width"] for part in parts) == 1000
