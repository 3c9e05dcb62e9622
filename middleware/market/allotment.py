"""Who gets how much of an offering: pro rata by largest remainder, in whole lots, the same for whoever computes it.

A pure function of the book as the ledger has closed it, the price and the quantity that issuer and custodian sign, so
that every organisation comes to the same parts and the same root. Tiers go first, in their order: each is shared
among the subscribers of its investor type alone; what a tier leaves over, and all that no tier has, is then shared
among everybody by what he has not got yet. Nobody gets more than he wants or than the cap, and who bid less than the
price gets nothing. Where remainders are equal, the subscriber whose code comes first has the lot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from middleware.errors import Error

PART = 25  # subscribers that the ledger settles in one command
_FINER_THAN_ANY_RATIO = 128  # bits: two different ratios of int64 differ by more than 2^-126


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one subscriber wants, and the most he pays for a unit."""

    subscriber: str
    quantity: int
    limit_minor: int
    investor_type: str = ""


@dataclass(frozen=True, slots=True)
class Tier:
    """So much of the offering is for subscribers of this type first."""

    investor_type: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offering says of sharing it. `cap` is the most that one subscriber gets, 0 for none."""

    lot: int
    tiers: tuple[Tier, ...] = ()
    cap: int = 0


@dataclass(frozen=True, slots=True)
class Allotted:
    """One subscriber's part; 0 is told too, because what he reserved must be freed."""

    subscriber: str
    quantity: int


@dataclass(slots=True)
class _Wish:
    """In lots: what he wants, the most he may have, what he has got."""

    subscription: Subscription
    wants: int
    most: int
    got: int = 0

    @property
    def open(self) -> int:
        return self.wants - self.got

    @property
    def room(self) -> int:
        return self.most - self.got


def allot(book: Iterable[Subscription], terms: Terms, *, price_minor: int, quantity: int) -> list[Allotted]:
    """Everybody's part of `quantity`, by subscriber. Refuses a quantity that cannot be given away to the last unit."""
    everybody = sorted(book, key=lambda one: one.subscriber)
    wishes = [_wish(one, terms) for one in everybody if one.limit_minor >= price_minor]
    _check(quantity, terms.lot, sum(wish.most for wish in wishes) * terms.lot, price_minor)
    left = quantity // terms.lot
    for tier in terms.tiers:
        members = [wish for wish in wishes if wish.subscription.investor_type == tier.investor_type]
        left -= _share(members, min(tier.quantity // terms.lot, left))
    _share(wishes, left)
    got = {wish.subscription.subscriber: wish.got * terms.lot for wish in wishes}
    return [Allotted(one.subscriber, got.get(one.subscriber, 0)) for one in everybody]


def parts(allotted: Sequence[Allotted]) -> list[Sequence[Allotted]]:
    """The allotment as the ledger settles it: so many subscribers at a time, by subscriber."""
    return [allotted[at : at + PART] for at in range(0, len(allotted), PART)]


def demand(book: Iterable[Subscription], terms: Terms, price_minor: int) -> int:
    """How much could be given away at a price."""
    return sum(_wish(one, terms).most for one in book if one.limit_minor >= price_minor) * terms.lot


def clearing_price(book: Iterable[Subscription], terms: Terms, *, lowest: int, quantity: int) -> int:
    """The highest price at which `quantity` can be given away; where it never can, the highest that serves everybody.

    `lowest` is the offering's lowest price: the answer when nobody has subscribed.
    """
    price, wanted = lowest, 0
    by_limit = sorted(book, key=lambda one: one.limit_minor, reverse=True)
    for limit, at_limit in groupby(by_limit, key=lambda one: one.limit_minor):
        price = limit
        wanted += sum(_wish(one, terms).most for one in at_limit) * terms.lot
        if wanted >= quantity:
            break
    return price


def _wish(one: Subscription, terms: Terms) -> _Wish:
    wants = one.quantity // terms.lot
    return _Wish(one, wants, min(wants, terms.cap // terms.lot) if terms.cap else wants)


def _check(quantity: int, lot: int, most: int, price_minor: int) -> None:
    if quantity % lot:
        message = f"{quantity} is not a multiple of the lot {lot}; {quantity - quantity % lot} is"
        raise Error("invalid", message, reason="allotted", field="allotted")
    if not 0 < quantity <= most:
        message = f"{quantity} cannot be allotted: at {price_minor} the book takes 1 to {most}"
        raise Error("invalid", message, reason="allotted", field="allotted")


def _share(wishes: Sequence[_Wish], lots: int) -> int:
    """Give lots in proportion to what everybody still wants, within his room; how many were given.

    Whoever has least room for what he wants is served first: if his share is more than his room he gets his room, and
    the others share the rest; from the first whose share fits on, all fit.
    """
    given = left = min(lots, sum(wish.room for wish in wishes))
    weight = sum(wish.open for wish in wishes if wish.room)
    by_room = sorted((wish for wish in wishes if wish.room), key=_tightness)
    tight = 0
    for wish in by_room:
        if left * wish.open < wish.room * weight:
            break
        left, weight, tight = left - wish.room, weight - wish.open, tight + 1
        wish.got = wish.most
    if left:
        _by_remainder(by_room[tight:], left, weight)
    return given


def _tightness(wish: _Wish) -> int:
    return (wish.room << _FINER_THAN_ANY_RATIO) // wish.open


def _by_remainder(wishes: Sequence[_Wish], lots: int, weight: int) -> None:
    """Everybody's whole share, then a lot each to the largest remainders."""
    remainders = [(-(lots * wish.open % weight), wish.subscription.subscriber, wish) for wish in wishes]
    shares = [lots * wish.open // weight for wish in wishes]
    for wish, share in zip(wishes, shares, strict=True):
        wish.got += share
    remainders.sort(key=lambda one: one[:2])
    for _, _, wish in remainders[: lots - sum(shares)]:
        wish.got += 1
