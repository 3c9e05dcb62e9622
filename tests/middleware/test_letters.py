"""Letters: to whoever holds it at that moment, read by them alone, counted for their issuer."""

from dataclasses import dataclass
from typing import Any

import pytest

from middleware import ids
from tests import uploads
from tests.middleware.door import Client, Door, Json, Owner, Share

SUBJECT, TEXT = "A meeting of holders", "Dear holders,\n\nwe meet on the first Monday of May.\n— the board"


@dataclass(frozen=True)
class Circle:
    """An issuer, two who hold its share, and one who does not."""

    share: Share
    holders: tuple[Owner, Owner]
    stranger: Owner

    def write(self, *, key: str = "", **more: str) -> Json:
        """A letter of the issuer."""
        answer = self.post(self.share.issuer.client, key=key, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert answer.json is not None
        return dict(answer.json)

    def post(self, client: Client, *, key: str = "", **more: str) -> Any:
        """A letter as anybody tries to send it."""
        body = {"subject": SUBJECT, "text": TEXT, **more}
        return client.post(f"/instruments/{self.share.code}/letters", body, key=key or ids.new())


@pytest.fixture(scope="module")
def circle(door: Door) -> Circle:
    share, holders, stranger = door.share(), (door.owner(), door.owner()), door.owner()
    for holder in holders:
        share.give(holder, 5)
    return Circle(share, holders, stranger)


def test_a_letter_reaches_whoever_holds_it_now_and_nobody_else(circle: Circle) -> None:
    letter = circle.write()
    assert (letter["holders"], letter["readers"], letter["received"]) == (2, 0, False)
    for holder in circle.holders:
        found = holder.client.get(f"/letters/{letter['id']}").json
        assert found is not None
        assert (found["text"], found["received"], found["read_at"], found["readers"]) == (TEXT, True, None, None)
    assert circle.stranger.client.get(f"/letters/{letter['id']}").status_code == 404
    assert circle.stranger.client.items("/letters") == []


def test_who_comes_later_does_not_read_what_was_written_before(door: Door, circle: Circle) -> None:
    letter, late = circle.write(), door.owner()
    circle.share.give(late, 1)
    assert late.client.get(f"/letters/{letter['id']}").status_code == 404
    later = circle.write(subject="To all of you")
    assert [row["id"] for row in late.client.items("/letters")] == [later["id"]]


def test_the_issuer_learns_how_many_have_read_it(circle: Circle) -> None:
    letter, reader = circle.write(), circle.holders[0].client
    first, again = (reader.post(f"/letters/{letter['id']}/receipt").json for _ in range(2))
    assert first is not None
    assert first["read_at"]
    assert again == first
    mine = circle.share.issuer.client.post(f"/letters/{letter['id']}/receipt").json
    assert mine is not None
    assert (mine["readers"], mine["read_at"]) == (1, None)
    assert circle.stranger.client.post(f"/letters/{letter['id']}/receipt").status_code == 404


def test_a_letter_is_news_to_its_holders(circle: Circle) -> None:
    letter = circle.write(subject="News")
    told = circle.holders[1].client.items("/notifications")[0]
    assert (told["kind"], told["thing"], told["text"]) == ("letter_received", letter["id"], "News")


def test_the_same_letter_is_sent_once(circle: Circle) -> None:
    key = ids.new()
    assert circle.write(key=key) == circle.write(key=key)
    other = circle.post(circle.share.issuer.client, key=key, subject="Another")
    assert (other.status_code, other.json["code"]) == (409, "duplicate")


def test_a_published_document_goes_with_it(circle: Circle) -> None:
    made = circle.share.publish(uploads.pdf(text="Report"), "report")
    assert circle.write(document=made["id"])["document"] == made["id"]


def test_only_its_issuer_writes_and_only_to_somebody(door: Door, circle: Circle) -> None:
    assert circle.post(circle.holders[0].client).status_code == 403
    other = door.owner("issuer")
    assert circle.post(other.client).json["reason"] == "owner"
    lonely = Circle(door.share(), circle.holders, circle.stranger)
    refused = lonely.post(lonely.share.issuer.client)
    assert (refused.status_code, refused.json["reason"]) == (409, "holders")
    assert lonely.share.issuer.client.items("/letters") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "two\nlines"},
        {"subject": "x" * 141},
        {"text": ""},
        {"text": " padded"},
        {"text": "a\x00b"},
        {"text": "x" * 4_001},
        {"document": "no reference"},
        {"more": "x"},
    ],
)
def test_what_is_wrong_is_refused_by_its_field(circle: Circle, wrong: dict[str, str]) -> None:
    answer = circle.post(circle.share.issuer.client, **wrong)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/{next(iter(wrong))}"]


def test_a_document_of_another_does_not_go_with_it(door: Door, circle: Circle) -> None:
    unknown = circle.post(circle.share.issuer.client, document=f"{circle.share.issuer.party}:{ids.new()}")
    assert (unknown.status_code, unknown.json["reason"]) == (404, "publication")
