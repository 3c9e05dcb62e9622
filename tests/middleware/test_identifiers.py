"""Identifiers: the vectors of those who assign them, one digit off each, and what only warns."""

from datetime import date

import pytest

from middleware import identifiers

CLABES = ["002010077777777771", "032180000118359719"]
CURP = "BOXW310820HNERXN09"


@pytest.mark.parametrize("clabe", CLABES)
def test_a_clabe_is_checked_by_its_last_digit(clabe: str) -> None:
    assert identifiers.is_clabe(clabe)
    wrong = [clabe[:17] + str(digit) for digit in range(10) if str(digit) != clabe[17]]
    assert [text for text in wrong if identifiers.is_clabe(text)] == []
    # Weights 3, 7 and 1 have no factor in common with 10: any single wrong digit is found.
    for place in range(17):
        changed = clabe[:place] + str((int(clabe[place]) + 1) % 10) + clabe[place + 1 :]
        assert not identifiers.is_clabe(changed), changed


@pytest.mark.parametrize("text", ["", "0", "00201007777777777", "0020100777777777711", "٠" * 18, "00201007777777777a"])
def test_what_is_no_clabe_is_refused(text: str) -> None:
    assert not identifiers.is_clabe(text)


def test_a_curp_is_checked_whole() -> None:
    assert identifiers.is_curp(CURP)
    for wrong in ("BOXW310820HNERXN08", CURP.lower(), f" {CURP}", CURP[:17], "", "BOXW311320HNERXN09", "ñ" * 18):
        assert not identifiers.is_curp(wrong), wrong
    assert identifiers.born_on(CURP) == date(1931, 8, 20)
    assert identifiers.born_on("nothing") is None


def test_the_third_sex_letter_of_a_curp_is_taken_with_its_own_check_digit() -> None:
    passing = [f"BOXW310820XNERXN0{digit}" for digit in range(10)]
    assert len([text for text in passing if identifiers.is_curp(text)]) == 1


def test_a_lei_and_an_iban_are_checked_by_their_digits() -> None:
    assert identifiers.is_lei("213800KUD8LAJWSQ9D15")
    assert identifiers.is_lei("549300SAMIRN1R27UP42")
    assert not identifiers.is_lei("213800KUD8LXJWSQ9D15")
    assert not identifiers.is_lei("213800kud8lajwsq9d15")
    assert identifiers.is_iban("GB82WEST12345698765432")
    assert not identifiers.is_iban("GB82WEST12345698765433")
    assert not identifiers.is_iban("GB82 WEST 1234 5698 7654 32")


@pytest.mark.parametrize(
    ("text", "company", "doubt"),
    [
        ("MAB9307148T4", True, ""),
        ("GODE561231GR8", False, ""),
        ("MAB9307148T4", False, "kind"),
        ("GODE561231GR8", True, "kind"),
        ("VACE460910SX6", False, "check_digit"),  # in use all the same
        ("XAXX010101000", False, "generic"),
        ("gode561231gr8", False, "form"),
        ("GODE-561231-GR8", False, "form"),
        ("GODE561331GR8", False, "form"),
        ("nothing", True, "form"),
        ("é", True, "form"),
    ],
)
def test_an_rfc_only_warns(text: str, company: bool, doubt: str) -> None:
    assert identifiers.doubt_of_rfc(text, company=company) == doubt
