"""The register now and as it was: who held what, narrowed, page by page, and what it adds up to."""

import csv
import io
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest

from middleware import clock, spreadsheet
from middleware.models.holding import Holding, RegisterPart
from middleware.services import lines, register_papers
from middleware.spreadsheet import Sheet
from tests.middleware.door import Door, Json, Owner, Share


@dataclass(frozen=True)
class Story:
    """A share that went from hand to hand, with what its register said after each step."""

    door: Door
    share: Share
    ana: Owner
    bea: Owner
    told: list[Json]
    instants: list[str]

    def register(self, **query: str) -> Json:
        found = self.share.issuer.client.get(f"/instruments/{self.share.code}/register", **query)
        assert found.status_code == 200, found.get_data(as_text=True)
        answer: Json | None = found.json
        assert answer is not None
        return answer

    def refused(self, **query: str) -> tuple[int, str, str]:
        """Status, reason and the field that is wrong."""
        answer = self.share.issuer.client.get(f"/instruments/{self.share.code}/register", **query)
        assert answer.json is not None
        errors = answer.json["errors"]
        return answer.status_code, answer.json["reason"], errors[0]["pointer"] if errors else ""


@pytest.fixture(scope="module")
def story(door: Door) -> Story:
    share, ana, bea = door.share(1_000), door.owner(), door.owner()
    for owner, name in ((ana, "Ángel Núñez 100%"), (bea, "Beatriz Oro")):
        door.party("OPERATOR").send("PATCH", f"/parties/{owner.party}", json={"name": name})
    made = Story(door, share, ana, bea, [], [])
    _note(made)
    for owner, quantity in ((ana, 300), (bea, 300), (ana, 100)):
        time.sleep(1.1)  # the ledger's clock has whole seconds
        share.give(owner, quantity)
        _note(made)
    back = {"instrument": share.code, "from_account": bea.account, "to_account": share.issuer.account}
    time.sleep(1.1)
    bea.client.command("/transfers", {**back, "quantity": "300", "reason": "gift"})
    _note(made)
    return made


def _note(story: Story) -> None:
    story.told.append(story.register())
    story.instants.append(clock.text(clock.now()))


def _held(register: Json) -> list[tuple[str, str]]:
    return [(holder["owner"], holder["quantity"]) for holder in register["holders"]]


PLACES = ("instrument", "as_of_block", "as_of_hash", "as_of", "issued", "total", "accounts", "matching", "custodians")


@pytest.mark.parametrize("n", range(4))
def test_the_register_as_of_a_block_is_what_it_was_then(story: Story, n: int) -> None:
    then = story.told[n]
    again = story.register(block=str(then["as_of_block"]))
    assert again["past"] is True
    assert {name: again[name] for name in PLACES} == {name: then[name] for name in PLACES}
    assert again["holders"] == then["holders"]


@pytest.mark.parametrize("n", range(4))
def test_the_register_as_of_an_instant_is_that_of_the_last_block_before(story: Story, n: int) -> None:
    found = story.register(as_of=story.instants[n])
    assert (found["as_of_block"], found["holders"]) == (story.told[n]["as_of_block"], story.told[n]["holders"])


def test_who_sold_everything_is_off_the_register_but_not_off_the_earlier_one(story: Story) -> None:
    assert story.bea.party not in dict(_held(story.register()))
    assert dict(_held(story.told[3]))[story.bea.party] == "300"
    assert (story.register()["accounts"], story.told[3]["accounts"]) == (2, 3)


def test_as_of_the_last_block_it_is_the_register_of_now(story: Story) -> None:
    now = story.register()
    assert now["past"] is False
    assert len(now["as_of_hash"]) == 64
    assert story.register(block=str(now["as_of_block"]))["holders"] == now["holders"]


def test_before_it_was_issued_nobody_held_it(story: Story) -> None:
    first = story.register(block="0")
    assert (first["holders"], first["issued"], first["total"], first["custodians"]) == ([], "0", "0", [])
    assert first["past"] is True


def test_a_day_that_was_not_is_refused_with_what_would_do(story: Story) -> None:
    assert story.refused(as_of=clock.text(clock.after(60))) == (422, "as_of", "?as_of")
    assert story.refused(as_of="2001-01-01T00:00:00Z") == (422, "as_of", "?as_of")
    assert story.refused(block="9999999") == (422, "block", "?block")
    assert story.refused(block="1", as_of=story.instants[0]) == (422, "as_of", "?as_of")
    answer = story.share.issuer.client.get(f"/instruments/{story.share.code}/register", block="9999999")
    assert answer.json is not None
    assert "the last one is" in answer.json["detail"]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_pages_have_everybody_once_now_and_then(story: Story, n: int) -> None:
    block = str(story.told[n]["as_of_block"])
    for query in ({"block": block}, {}):
        whole = story.register(**query)
        pages, after = [], ""
        while True:
            page = story.register(limit="1", starting_after=after, **query)
            pages += page["holders"]
            assert page["total"] == whole["total"]
            after = page["next"] or ""
            if not after:
                break
        assert pages == whole["holders"]


def test_equal_holders_are_paged_without_gap(story: Story) -> None:
    then = story.told[2]
    assert [quantity for _, quantity in _held(then)] == ["400", "300", "300"]
    second = story.register(block=str(then["as_of_block"]), limit="2")
    third = story.register(block=str(then["as_of_block"]), limit="2", starting_after=second["next"])
    assert second["holders"] + third["holders"] == then["holders"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("beatriz", ["bea"]),
        ("ORO", ["bea"]),
        ("ángel", ["ana"]),
        ("NÚÑEZ", ["ana"]),
        ("100%", ["ana"]),
        ("%", ["ana"]),
        ("_", []),
        ("nobody", []),
    ],
)
def test_an_investor_is_found_by_a_part_of_his_name_now_and_then(story: Story, wanted: str, found: list[str]) -> None:
    parties = {getattr(story, name).party for name in found}
    then = story.register(block=str(story.told[3]["as_of_block"]), investor=wanted)
    assert {owner for owner, _ in _held(then)} == parties
    assert {owner for owner, _ in _held(story.register(investor=wanted))} == parties - {story.bea.party}
    assert then["matching"] == str(sum(int(quantity) for _, quantity in _held(then)))
    assert (then["matching_accounts"], then["total"]) == (len(parties), "1000")


def test_an_investor_is_found_by_his_code(story: Story) -> None:
    for code in (story.ana.party, story.ana.party.lower()):
        assert _held(story.register(investor=code)) == [(story.ana.party, "400")]


def test_custodian_and_kind_narrow_it_now_and_then(story: Story) -> None:
    opened = story.door.party("CUSTODIA1").command("/accounts", {"owner": story.ana.party, "kind": "individual"})
    account = opened["account"]["id"]
    story.share.give(Owner(story.ana.party, account, story.ana.client), 7)
    block = story.register()["as_of_block"]
    story.share.give(story.ana, 1)
    for query in ({}, {"block": str(block)}):
        found = story.register(kind="individual", **query)
        assert [holder["account"] for holder in found["holders"]] == [account]
        assert (found["matching"], found["matching_accounts"], found["total"]) == ("7", 1, "1000")
        assert story.register(kind="own", **query)["holders"] == []
        assert story.register(custodian="CUSTODIA9", **query)["matching"] == "0"
        assert len(story.register(custodian="CUSTODIA1", **query)["holders"]) == 3


@pytest.mark.parametrize(
    "query", [{"block": "-1"}, {"block": "x"}, {"as_of": "2026-11-22"}, {"kind": "nominee"}, {"custodian": "c"}]
)
def test_a_filter_of_another_form_is_refused(story: Story, query: dict[str, str]) -> None:
    assert story.refused(**query)[0] == 422


def test_the_sums_of_the_mirror_are_those_of_its_holdings(story: Story) -> None:
    with story.door.app.extensions["lonja"].reading() as session:
        sums: dict[tuple[str, ...], list[int]] = {}
        for one in session.query(Holding).where(Holding.quantity > 0):
            part = sums.setdefault((one.instrument, one.custodian, one.kind), [0, 0])
            part[0] += one.quantity
            part[1] += 1
        parts = session.query(RegisterPart).where(RegisterPart.accounts > 0)
        kept = {(one.instrument, one.custodian, one.kind): [one.quantity, one.accounts] for one in parts}
    assert kept == sums


def test_the_past_is_kept_for_a_few_registers_only(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "KEPT", 2)
    shelf: Any = lines._Shelf()
    monkeypatch.setattr(lines, "_shelf", shelf)
    for n in (0, 1, 2, 0):
        story.register(block=str(story.told[n]["as_of_block"]))
    blocks = [key[2] for key in shelf._kept]
    assert blocks == [str(story.told[n]["as_of_block"]) for n in (2, 0)]
    monkeypatch.setattr(lines, "MOST_KEPT", 0)
    story.register(block=str(story.told[1]["as_of_block"]))
    assert len(shelf._kept) == 1


def test_an_omnibus_account_shows_the_disclosure_of_then(door: Door) -> None:
    share, nominee = door.share(1_000), door.owner("custodian")
    opened = door.party("CUSTODIA1").command("/accounts", {"owner": nominee.party, "kind": "omnibus"})
    account = opened["account"]["id"]
    share.give(Owner(nominee.party, account, nominee.client), 100)
    path = f"/instruments/{share.code}/register"
    before = share.issuer.client.get(path, kind="omnibus").json
    said = {"instrument": share.code, "as_of": clock.text(clock.now())}
    clients = [{"client": "C-01", "quantity": "60"}]
    door.party("CUSTODIA1").command(f"/accounts/{account}/disclosures", {**said, "clients": clients})
    after = share.issuer.client.get(path, kind="omnibus").json
    assert before is not None
    assert after is not None
    assert [one["undisclosed"] for one in (before["holders"][0], after["holders"][0])] == ["100", "40"]
    door.deposit(nominee.account, 5)
    again = share.issuer.client.get(path, kind="omnibus", block=str(before["as_of_block"])).json
    assert again is not None
    assert again["holders"] == before["holders"]


def _file(story: Story, ending: str, **query: str) -> bytes:
    answer = story.share.issuer.client.get(f"/instruments/{story.share.code}/register.{ending}", **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    block = query.get("block") or str(story.register()["as_of_block"])
    name = f'attachment; filename="register-{story.share.code}-{block}.{ending}"'
    assert answer.headers["Content-Disposition"] == name
    return answer.get_data()


def _csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("n", [3, 4])
def test_the_csv_has_the_lines_of_the_register_as_of_its_block(story: Story, n: int) -> None:
    then = story.told[n]
    rows = _csv(_file(story, "csv", block=str(then["as_of_block"])))
    assert [(row["owner"], row["quantity"]) for row in rows] == _held(then)
    first = rows[0]
    assert (first["as_of"], first["as_of_block"]) == (then["as_of"], str(then["as_of_block"]))
    assert (first["instrument"], first["reserved"], first["kind"]) == (story.share.code, "0", "direct")
    share = int(then["holders"][0]["share_bps"])
    assert first["share_percent"] == f"{share // 100}.{share % 100:02}"


def test_files_are_narrowed_like_the_page(story: Story) -> None:
    rows = _csv(_file(story, "csv", investor="beatriz", block=str(story.told[3]["as_of_block"])))
    assert [row["owner"] for row in rows] == [story.bea.party]
    assert _csv(_file(story, "csv", kind="own")) == []


def test_no_name_becomes_a_formula_in_a_file(story: Story) -> None:
    operator, path = story.door.party("OPERATOR"), f"/parties/{story.ana.party}"
    for name in ('=HYPERLINK("http://x")', "+1+1", "-1+1", "@SUM(A1)", '"=1"', "a,b"):
        operator.send("PATCH", path, json={"name": name})
        safe = f"'{name}" if name[0] in "=+-@" else name
        content = _file(story, "csv")
        assert {row["owner"]: row["name"] for row in _csv(content)}[story.ana.party] == safe
        assert all(line.startswith('"') for line in content.decode("utf-8-sig").splitlines())
        cells = {row[0].value: row[1] for row in _sheets(_file(story, "xlsx"))["Register"].iter_rows()}
        assert (cells[story.ana.party].value, cells[story.ana.party].data_type) == (safe, "s")
    operator.send("PATCH", path, json={"name": "Ángel Núñez 100%"})


def _sheets(content: bytes) -> dict[str, Any]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: sheet for sheet in book.worksheets}


def test_the_workbook_has_numbers_as_numbers_and_says_what_it_is(story: Story) -> None:
    then = story.told[3]
    sheets = _sheets(_file(story, "xlsx", block=str(then["as_of_block"]), language="en"))
    assert list(sheets) == ["Summary", "Register"]
    about = {row[0]: row[1] for row in sheets["Summary"].iter_rows(values_only=True) if row[0]}
    assert about["As of block"] == then["as_of_block"]
    assert about["Hash of the block"] == then["as_of_hash"]
    assert (about["Issued on the ledger"], about["Holders together"]) == (1000, 1000)
    rows = list(sheets["Register"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[5]) for row in rows] == [(owner, int(quantity)) for owner, quantity in _held(then)]
    assert all(isinstance(row[5], int) and isinstance(row[7], int | float) for row in rows)
    assert list(_sheets(_file(story, "xlsx", language="es"))) == ["Resumen", "Registro"]


def test_what_a_spreadsheet_cannot_count_is_text_in_it() -> None:
    largest = 2**63 - 1
    rows = [(largest, 10**15 - 1, Decimal("1234.50"), None)]
    sheet = _sheets(spreadsheet.book([Sheet("S", ("a", "b", "c", "d"), (9, 9, 9, 9), rows)]))["S"]
    assert next(sheet.iter_rows(min_row=2, max_col=3, values_only=True)) == (str(largest), 10**15 - 1, 1234.5)


@pytest.mark.parametrize(("language", "title"), [("en", "Register of"), ("es", "Registro de")])
def test_the_paper_has_everybody_the_block_and_its_hash(story: Story, language: str, title: str) -> None:
    then = story.told[3]
    made = _file(story, "pdf", block=str(then["as_of_block"]), language=language)
    reader = pypdf.PdfReader(io.BytesIO(made))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert f"{title} {story.share.code}" in text
    assert then["as_of_hash"][:20] in text.replace("\n", "")
    for owner, quantity in _held(then):
        assert owner in text
        assert quantity in text
    assert str(reader.trailer["/Root"]["/Lang"]).startswith(language)
    assert made == _file(story, "pdf", block=str(then["as_of_block"]), language=language)


def test_a_long_register_is_a_listing_with_a_head_and_a_number_on_every_page(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("MOST_IN_TABLE", 0), ("LINES", 1), ("PAGES", 2)):
        monkeypatch.setattr(register_papers, name, most)
    then = story.told[3]
    made = _file(story, "pdf", block=str(then["as_of_block"]), language="en")
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages]
    assert len(pages) == 1 + then["accounts"]
    for n, (page, (owner, quantity)) in enumerate(zip(pages[1:], _held(then), strict=True), 2):
        assert f"{n} / {len(pages)}" in page
        assert "Holder" in page
        assert owner in page
        assert quantity in page
    assert then["as_of_hash"] in pages[0].replace("\n", "")


def test_files_are_for_those_who_see_the_register(story: Story) -> None:
    for ending in ("csv", "xlsx", "pdf"):
        path = f"/instruments/{story.share.code}/register.{ending}"
        assert story.ana.client.get(path).status_code == 403
        assert story.door.owner("issuer").client.get(path).status_code == 404
        assert story.share.issuer.client.get(path, block="9999999").status_code == 422
        assert story.share.issuer.client.get(path, as_of="x").status_code == 422


def test_only_a_few_files_are_made_at_once(story: Story) -> None:
    makers = story.door.app.extensions["lonja"].makers
    path = f"/instruments/{story.share.code}/register.xlsx"
    with makers, makers:
        answer = story.share.issuer.client.get(path)
        assert (answer.status_code, answer.json and answer.json["reason"]) == (503, "busy")
        assert story.share.issuer.client.get(path.replace("xlsx", "csv")).status_code == 200
    assert story.share.issuer.client.get(path).status_code == 200
