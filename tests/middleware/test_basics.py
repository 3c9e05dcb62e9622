"""Amounts, instants, ids, settings: the small things everything else takes for granted."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware import amounts, clock, config, ids
from middleware.errors import Error, from_ledger


@pytest.mark.parametrize("text", ["", "-1", "+1", "01", "1.0", "1e3", " 1", "١", "9223372036854775808", "1" * 30])
def test_what_the_ledger_would_not_read_is_not_a_number(text: str) -> None:
    with pytest.raises(Error) as caught:
        amounts.parse(text, field="quantity")
    assert (caught.value.code, caught.value.reason, caught.value.field) == ("invalid", "quantity", "quantity")


def test_the_largest_number_is_read() -> None:
    assert amounts.parse("9223372036854775807") == amounts.MAXIMUM


def test_a_product_beyond_64_bits_is_refused() -> None:
    assert amounts.multiply(2**31, 2**31) == 2**62
    with pytest.raises(Error):
        amounts.multiply(2**32, 2**31)


@given(st.integers(0, amounts.MAXIMUM), st.integers(0, 4))
def test_money_written_as_a_decimal_reads_back(minor: int, digits: int) -> None:
    assert amounts.to_minor(amounts.to_text(minor, digits), digits) == minor


@pytest.mark.parametrize("text", ["0.001", "-1", "x", "NaN", "Infinity", "1e30"])
def test_an_amount_that_the_currency_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(Error):
        amounts.to_minor(text, 2)


def test_a_fee_is_rounded_down() -> None:
    assert amounts.fee(100_399, 25) == 250


def test_instants_are_utc_with_whole_seconds() -> None:
    there = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone(timedelta(hours=-6)))
    assert clock.text(there) == "2026-11-22T18:00:00Z"
    assert clock.parse("2026-11-22T18:00:00Z") == datetime(2026, 11, 22, 18, tzinfo=UTC)
    for wrong in ("2026-11-22T18:00:00+00:00", "2026-13-22T18:00:00Z", "2026-11-22T18:00:00.1Z", "now"):
        with pytest.raises(Error):
            clock.parse(wrong)


def test_command_ids_are_version_7_and_grow() -> None:
    made = [ids.new() for _ in range(100)]
    assert made == sorted(made)
    assert all(ids.is_command_id(one) for one in made)
    assert not ids.is_command_id(made[0].upper())


def test_the_same_trade_has_the_same_id_and_another_has_another() -> None:
    one = ids.execution_id("ACME", 7, "ALICE:1", "BRUNO:2")
    assert one == ids.execution_id("ACME", 7, "ALICE:1", "BRUNO:2")
    assert one != ids.execution_id("ACME", 7, "ALICE:", "1BRUNO:2")
    assert (one[14], one[19] in "89ab") == ("8", True)


def test_a_reference_splits_into_party_and_id() -> None:
    assert ids.split("CUSTODIA1:0192-x") == ("CUSTODIA1", "0192-x")
    for wrong in ("CUSTODIA1", "alice:1", ":1", "ALICE:"):
        with pytest.raises(Error):
            ids.split(wrong)


def test_the_port_shift_moves_every_port(tmp_path: Path) -> None:
    made = config.load({"LONJA_STATE": str(tmp_path), "LONJA_PORT_SHIFT": "10000"})
    assert (made.api_port, made.web_port, made.api_url) == (18000, 18080, "http://127.0.0.1:18000")
    assert made.database_url == f"sqlite:///{tmp_path}/lonja.db"


def test_doors_are_on_loopback_unless_another_address_is_set(tmp_path: Path) -> None:
    assert config.load({"LONJA_STATE": str(tmp_path)}).bind == "127.0.0.1"
    everywhere = config.load({"LONJA_STATE": str(tmp_path), "LONJA_BIND": "0.0.0.0"})  # noqa: S104 nothing is bound
    assert (everywhere.bind, everywhere.here) == ("0.0.0.0", "127.0.0.1")  # noqa: S104


@pytest.mark.parametrize("wrong", [{"LONJA_LEDGER_DRIVER": "paper"}, {"LONJA_API_PORT": "http"}, {"LONJA_BIND": "all"}])
def test_a_wrong_setting_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        config.load(wrong)


def test_a_code_that_nobody_knows_is_a_defect() -> None:
    assert from_ledger("insufficient", "cash", "no").code == "insufficient"
    assert from_ledger("odd", "", "no").code == "internal"
