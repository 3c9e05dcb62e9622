"""The primary market's part of the seed: a public offering with a book that has begun, and a private placement.

As in the rest of the seed, each step looks first whether it is done; what is past its day is left as it ended.
"""

from datetime import UTC, datetime, timedelta

from scripts.cast import CURRENCY, OFFERS, Offer
from scripts.desk import Json, derived_id, money, path
from scripts.stage import Stage, digest

OPEN_DAYS, ALLOT_DAYS = 30, 33


def offered(stage: Stage) -> None:
    """Every offering of the cast, whom it is for, and who has subscribed."""
    for offer in OFFERS:
        open_offering(stage, offer)
        row = stage.desk(offer.issuer).get(_path(offer))
        if row["status"] == "open":
            invite(stage, offer)
            subscribe(stage, offer, row)


def open_offering(stage: Stage, offer: Offer) -> None:
    """The issuer's terms, from now on for a month."""
    issuer = stage.desk(offer.issuer)
    if issuer.find(_path(offer)):
        return
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    times = {"opens_at": 0, "closes_at": OPEN_DAYS, "allot_by": ALLOT_DAYS}
    terms: Json = {name: f"{begun + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for name, days in times.items()}
    terms |= {"instrument": offer.instrument, "cash_account": stage.account(offer.issuer), "kind": offer.kind}
    terms |= {"price_min_minor": str(offer.prices_minor[0]), "price_max_minor": str(offer.prices_minor[1])}
    terms |= {"minimum": str(offer.minimum), "maximum": str(offer.maximum), "ticket_minimum": str(offer.ticket)}
    terms |= {"tiers": [{"investor_type": kind, "quantity": str(units)} for kind, units in offer.tiers.items()]}
    issuer.command("/offerings", {**terms, "document": digest(offer.prospectus)}, derived_id(offer.label))
    stage.say(f"{offer.issuer} offers {offer.maximum:,} {offer.instrument} ({offer.kind})")


def invite(stage: Stage, offer: Offer) -> None:
    """Those who may subscribe to a private offering; nobody else learns of it."""
    issuer, where = stage.desk(offer.issuer), f"{_path(offer)}/invitations"
    if offer.kind == "private" and not list(issuer.every(where)):
        issuer.command(where, {"parties": list(offer.invited)}, derived_id(f"invite to {offer.label}"))
        stage.say(f"{offer.issuer} invites {', '.join(offer.invited)}")


def subscribe(stage: Stage, offer: Offer, row: Json) -> None:
    """Who wants how much, at most at which price; once withdrawn it is not made again."""
    for party, (quantity, limit) in offer.subscriptions.items():
        desk, account = stage.desk(party), stage.account(party)
        if desk.find(f"{_path(offer)}/subscriptions/{party}"):
            continue
        wish = {"account": account, "cash_account": account, "quantity": str(quantity), "limit_minor": str(limit)}
        desk.command(f"{_path(offer)}/subscriptions", wish, derived_id(f"{party} subscribes to {offer.label}"))
        stage.say(f"{party} subscribes to {quantity:,} {row['instrument']} at {money(limit)} {CURRENCY} or less")


def _path(offer: Offer) -> str:
    return path("offerings", f"{offer.issuer}:{derived_id(offer.label)}")
