"""The register in the console: as of a day, narrowed, and as a file."""

from __future__ import annotations

from tests.web.conftest import Browser
from tests.web.fake_api import Fake

REGISTER = "/instruments/ACME/register"


def asked(fake: Fake) -> dict[str, str]:
    """How the console asked for the register last."""
    return next(query for path, query in reversed(fake.asked) if path.endswith("/register"))


def test_a_day_that_is_over_is_asked_for_as_its_last_moment(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("acme").see(f"{REGISTER}?as_of=2026-01-15&kind=direct&investor=bruno")
    assert asked(fake)["as_of"] == "2026-01-16T05:59:59Z"
    assert (asked(fake)["kind"], asked(fake)["investor"]) == ("direct", "bruno")
    assert "As it was" in seen.main()


def test_a_day_that_is_not_over_is_the_register_of_now(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    for day in ("2199-12-31", "no day"):
        seen = browser.see(f"{REGISTER}?as_of={day}")
        assert "as_of" not in asked(fake)
        assert "Who holds it now" in seen.main()


def test_a_day_before_the_first_block_is_refused_beside_its_field(browser: Browser) -> None:
    seen = browser.sign_in("acme").see(f"{REGISTER}?as_of=2001-01-01")
    assert "there was no block" in seen.text(seen.by_class("is-wrong")[0])
    assert "Who holds it now" in seen.main()


def test_it_is_kept_as_a_file_with_what_narrows_it(browser: Browser) -> None:
    seen = browser.sign_in("acme").see(f"{REGISTER}?as_of=2026-01-15&custodian=CUSTODIA1")
    links = [link.get("href") or "" for link in seen.all("a") if "/register." in (link.get("href") or "")]
    assert [link.partition("?")[0].rpartition(".")[2] for link in links] == ["pdf", "xlsx", "csv"]
    answer = browser.get(links[2])
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="register-ACME-100.csv"'
    assert "as_of=2026-01-15" in links[2]
    assert browser.get(f"{REGISTER}.exe").status_code == 404
