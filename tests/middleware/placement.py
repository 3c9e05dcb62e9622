"""An offering of a test: its issuer, who subscribes, and how it comes to its end."""

from dataclasses import dataclass
from typing import Any

from middleware import clock, ids
from tests.middleware.door import Door, Json, Owner, Share, eventually

CASH = 10_000_000
DAY = 86_400


def terms(share: Share, *, closes_in: float = DAY, opens_in: float = -60, **more: Any) -> Json:
    """The body of an offering of a share: 100 to 1,000 units at 2,000 to 2,500."""
    base: Json = {"instrument": share.code, "cash_account": share.issuer.account, "kind": "public"}
    base |= {"price_min_minor": "2000", "price_max_minor": "2500", "minimum": "100", "maximum": "1000"}
    base |= {"ticket_minimum": "10", "ticket_maximum": "800"}
    times = {"opens_at": opens_in, "closes_at": closes_in, "allot_by": closes_in + DAY}
    return {**base, **{name: clock.text(clock.after(seconds)) for name, seconds in times.items()}, **more}


@dataclass
class Placement:
    """One offering through the door."""

    door: Door
    share: Share
    id: str

    @property
    def path(self) -> str:
        return f"/offerings/{self.id}"

    def seen(self, owner: Owner | None = None) -> Json:
        """The offering as somebody sees it; its issuer, if nobody is named."""
        answer = (owner or self.share.issuer).client.get(self.path)
        assert isinstance(answer.json, dict), answer.get_data(as_text=True)
        return answer.json

    def invite(self, *owners: Owner) -> Json:
        return self.share.issuer.client.command(f"{self.path}/invitations", {"parties": [one.party for one in owners]})

    def wish(self, owner: Owner, quantity: int, limit_minor: int = 2_400, **more: str) -> Json:
        accounts = {"account": owner.account, "cash_account": owner.account}
        return {**accounts, "quantity": str(quantity), "limit_minor": str(limit_minor), **more}

    def subscribe(self, owner: Owner, quantity: int, limit_minor: int = 2_400) -> Json:
        body = self.wish(owner, quantity, limit_minor)
        found: Json = owner.client.command(f"{self.path}/subscriptions", body)["subscription"]
        return found

    def refused(self, owner: Owner, path: str, body: Any) -> Json:
        """What the door says of a command that is not taken."""
        answer = owner.client.post(f"{self.path}{path}", body, key=ids.new(), wait=20)
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        assert answer.json is not None
        problem: Json = answer.json
        return problem

    def wait(self, *statuses: str) -> Json:
        """The offering once it has come to one of these."""
        found: Json = eventually(lambda: (row := self.seen())["status"] in statuses and row, 30)
        return found

    def allot(self, **body: str) -> Json:
        """The issuer proposes, the custodian approves."""
        proposed = self.share.issuer.client.command(f"{self.path}/allotment", {"price_minor": "2400", **body})
        self.door.agree(proposed)
        act: Json = proposed["act"]
        return act


def placement(door: Door, share: Share | None = None, **more: Any) -> Placement:
    """A new offering of a share of its own."""
    share = share or door.share(issued=1_000)
    made = share.issuer.client.command("/offerings", terms(share, **more))["offering"]
    return Placement(door, share, made["id"])
