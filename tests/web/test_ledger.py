"""The ledger's page: who answers, whether enough do, and when a block is final."""

from __future__ import annotations

import pytest

from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import LEDGER

CONSORTIUM = [{"id": id, "msp_id": f"{id.title()}MSP"} for id in ("operator", "custodian", "regulator")]
STANDS = "Too few organisations answer: 2 must agree."


@pytest.mark.parametrize(
    ("heights", "stands"),
    [
        ({"operator": 123, "custodian": 123, "regulator": 122}, False),
        ({"operator": 123, "regulator": 123}, False),
        ({"operator": 123}, True),
    ],
)
def test_who_does_not_answer_is_named_and_too_few_are_a_warning(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, heights: dict[str, int], stands: bool
) -> None:
    monkeypatch.setitem(LEDGER, "organisations", CONSORTIUM)
    monkeypatch.setitem(LEDGER, "heights", heights)
    browser.sign_in("alice")
    seen = browser.see("/ledger/")
    page.check(seen)
    assert (STANDS in seen.main()) is stands
    assert seen.main().count("no answer") == 3 - len(heights)


@pytest.mark.parametrize(
    ("heights", "final"),
    [
        ({"operator": 200, "custodian": 120, "regulator": 200}, True),
        ({"operator": 200, "custodian": 120, "regulator": 120}, False),
        ({"operator": 200}, False),
    ],
)
def test_a_block_is_final_when_as_many_have_it_as_must_endorse(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, heights: dict[str, int], final: bool
) -> None:
    monkeypatch.setitem(LEDGER, "heights", heights)
    browser.sign_in("alice")
    assert ("Nobody can take it back." in browser.see("/trades/").main()) is final
