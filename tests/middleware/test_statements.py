"""A statement: opens with what was, closes with what is, says what caused each line, and shows one's own alone."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from middleware import clock, spreadsheet
from middleware.errors import Error
from middleware.services import statements
from tests.middleware.door import CURRENCY, Door, Owner, Share, eventually

ZONE = "America/Mexico_City"


@pytest.fixture(scope="module")
def traded(door: Door) -> tuple[Share, Owner, Owner]:
    """The buyer had 1,000.00 credited and bought 20 at 10.00; the seller had got 50 as a gift."""
    share, buyer, seller = door.share(), door.owner(cash=100_000), door.owner()
    share.give(seller, 50)
    seller.client.command("/orders", seller.order("sell", share.code, 20, 1_000))
    bought = buyer.client.command("/orders", buyer.order("buy", share.code, 20, 1_000))["order"]
    eventually(lambda: buyer.client.items("/trades", order=bought["id"]))
    return share, buyer, seller


def now(owner: Owner) -> str:
    found = owner.client.get("/statements").json
    assert found is not None
    return str(found["months"][0])


def statement(owner: Owner, **query: str) -> dict[str, Any]:
    found = owner.client.get(f"/statements/{now(owner)}", **query).json
    assert found is not None
    return found


def test_a_month_is_one_of_the_markets_zone() -> None:
    found = statements.month("2026-02", ZONE)
    assert found.begin == datetime(2026, 2, 1, 6, tzinfo=UTC)
    assert found.end == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert statements.month("2025-12", ZONE).end == datetime(2026, 1, 1, 6, tzinfo=UTC)
    with pytest.raises(Error, match="has not begun"):
        statements.month("2099-01", ZONE)


def test_it_opens_moves_and_closes(traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, _ = traded
    found = statement(buyer)
    assert (found["owner"], found["account"], found["complete"]) == (buyer.party, "", False)
    balances = {row["instrument"]: row for row in found["balances"]}
    cash, units = balances[CURRENCY], balances[share.code]
    assert (cash["opening"], cash["incoming"], cash["outgoing"], cash["closing"]) == ("0", "100000", "20050", "79950")
    assert (units["opening"], units["incoming"], units["outgoing"], units["closing"]) == ("0", "20", "0", "20")
    for row in balances.values():
        assert int(row["opening"]) + int(row["incoming"]) - int(row["outgoing"]) == int(row["closing"])


def test_every_line_says_what_caused_it(traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, seller = traded
    lines = buyer.client.items(f"/statements/{now(buyer)}/lines", limit="2")
    assert [line["what"] for line in lines] == ["deposit", "buy", "buy"]
    assert lines[0]["noun"] == "deposit"
    assert buyer.client.get(f"/deposits/{lines[0]['id']}").json["reference"] == lines[0]["detail"]  # type: ignore[index]
    for line in lines[1:]:
        assert (line["of"], line["units"], line["price_minor"], line["fee_minor"]) == (share.code, "20", "1000", "50")
        assert buyer.client.get(f"/trades/{line['id']}").status_code == 200
    got, *sold = seller.client.items(f"/statements/{now(seller)}/lines")
    assert (got["what"], got["detail"], got["change"]) == ("receipt", "gift", "50")
    assert {(line["what"], line["change"]) for line in sold} == {("sell", "-20"), ("sell", "19950")}


def test_an_issuers_statement_tells_of_its_issue(traded: tuple[Share, Owner, Owner]) -> None:
    issuer = traded[0].issuer
    lines = issuer.client.items(f"/statements/{now(issuer)}/lines")
    assert [(line["what"], line["change"]) for line in lines] == [("issue", "100000"), ("delivery", "-50")]
    assert lines[0]["noun"] == "act"


def test_the_month_before_is_empty_and_a_month_to_come_is_not_there(traded: tuple[Share, Owner, Owner]) -> None:
    _, buyer, _ = traded
    found = buyer.client.get("/statements/2020-01").json
    assert found is not None
    assert (found["complete"], found["balances"]) == (True, [])
    assert buyer.client.get("/statements/2099-01").status_code == 404
    for month in ("2026-13", "2026-1", "1999-01", "now"):
        assert buyer.client.get(f"/statements/{month}").status_code == 404


def test_a_custodian_takes_the_statement_of_an_account_it_keeps(door: Door, traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, seller = traded
    custodian = door.party("CUSTODIA1")
    month = now(buyer)
    found = custodian.get(f"/statements/{month}", account=buyer.account).json
    assert found is not None
    assert (found["owner"], found["account"]) == (buyer.party, buyer.account)
    assert share.code in {row["instrument"] for row in found["balances"]}
    for path in (f"/statements/{month}", f"/statements/{month}/lines", f"/statements/{month}/csv"):
        assert seller.client.get(path, account=buyer.account).status_code == 404
        assert door.nobody.get(path, account=buyer.account).status_code == 401
        assert buyer.client.get(path, account="x").status_code == 422
    assert seller.client.get(f"/statements/{month}/pdf", account=buyer.account).status_code == 404
    assert buyer.client.get(f"/statements/{month}/pdf", language="tlh").status_code == 422


def test_the_spreadsheet_has_every_line_in_plain_decimals(traded: tuple[Share, Owner, Owner]) -> None:
    buyer = traded[1]
    answer = buyer.client.get(f"/statements/{now(buyer)}/csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [(row["what"], row["change"], row["price"], row["fee"]) for row in rows] == [
        ("deposit", "1000.00", "", ""),
        ("buy", "-200.50", "10.00", "0.50"),
        ("buy", "20", "10.00", "0.50"),
    ]
    assert {row["account"] for row in rows} == {buyer.account}
    assert all(clock.parse(row["at"]) for row in rows)


def test_the_paper_says_the_same_in_the_readers_language(traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, _ = traded
    for language, words in (
        ("en", ("Statement,", f"Bought 20 {share.code} at 10.00, fee 0.50", "Opening", "1,000.00")),
        ("es", ("Estado de cuenta,", f"Compra de 20 {share.code} a 10.00, comisión 0.50", "Inicial", "799.50")),
        ("fr", ("Relevé de compte,", f"Achat de 20 {share.code} à 10,00, commission 0,50", "Initial", "799,50")),
    ):
        answer = buyer.client.get(f"/statements/{now(buyer)}/pdf", language=language)
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        reader = PdfReader(io.BytesIO(answer.get_data()))
        told = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
        for text in words:
            assert text in told
        assert reader.trailer["/Root"]["/Lang"] == language


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("|calc", "'|calc"),
        ("-12.50", "-12.50"),
        ("plain; text", "plain; text"),
    ],
)
def test_no_cell_of_a_spreadsheet_can_be_run(typed: str, written: str) -> None:
    assert spreadsheet.cell(typed) == written


def test_amounts_below_zero_are_written_right() -> None:
    assert [spreadsheet.amount(minor, 2) for minor in (-5, -250, 0, 100)] == ["-0.05", "-2.50", "0.00", "1.00"]
    assert spreadsheet.amount(-7, 0) == "-7"
