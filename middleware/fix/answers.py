"""What the exchange's words do: a route is accepted or refused, an order ends or changes, an execution is reported."""

from collections.abc import Callable

import structlog

from middleware import amounts
from middleware.auth import Principal
from middleware.database import Session
from middleware.errors import Error
from middleware.fix import hearing
from middleware.fix.hearing import Heard
from middleware.services import executions, routes
from middleware.services.routes import Route

log = structlog.get_logger(__name__)
DUPLICATE = "6"  # 102, 103
Answer = Callable[[Session, Principal, Heard, Route], None]


def take(session: Session, principal: Principal, heard: Heard) -> None:
    """Do what a message of the exchange calls for. Executions become commands signed for the exchange."""
    if (execution := hearing.execution(heard)) is not None:
        _report(session, principal, heard, execution)
        return
    answer = _ANSWERS.get((heard.type, heard[150] if heard.type == "8" else ""))
    if answer is None:
        log.info("nothing follows", venue=principal.party, type=heard.type, kind=heard[150], raw=heard.raw)
        return
    name = heard[379] if heard.type == "j" else heard[11]
    route = routes.find(session, principal.party, name) or routes.find(session, principal.party, heard[41])
    if route is None:
        log.error("alarm: the exchange speaks of what we never sent", venue=principal.party, raw=heard.raw)
        return
    answer(session, principal, heard, route)


def _accepted(session: Session, _principal: Principal, heard: Heard, route: Route) -> None:
    routes.accept(session, route, heard[37])


def _rejected(session: Session, principal: Principal, heard: Heard, route: Route) -> None:
    """An order that the exchange never took is over. That it has the order already says nothing new."""
    if heard[103] == DUPLICATE or route.status == "accepted":
        log.warning("the exchange has this order already", venue=principal.party, client_id=route.client_id)
        routes.accept(session, route, heard[37])
        return
    _refused(session, principal, heard, route)


def _refused(session: Session, principal: Principal, heard: Heard, route: Route) -> None:
    """What was sent is not done: an order is over, a replacement is dropped, a cancel changes nothing."""
    if heard[102] == DUPLICATE:
        log.warning("the exchange has this message already", venue=principal.party, client_id=route.client_id)
        return
    repeated = route.status == "rejected"
    text = heard[58] or f"refused by the exchange ({heard[103] or heard[102] or heard[380]})"
    routes.reject(session, route, text)
    if repeated:
        return
    if route.kind == "new":
        named = {"client_id": route.client_id, "reference": _reference(heard)}
        executions.release(session, principal, status="rejected", reason=text, **named)
    elif route.kind == "replace":
        named = {"client_id": route.client_id, "reference": _reference(heard)}
        executions.amend(session, principal, outcome="refused", reason=text, **named)


def _cancelled(session: Session, principal: Principal, heard: Heard, route: Route) -> None:
    _end(session, principal, heard, route, "cancelled")


def _expired(session: Session, principal: Principal, heard: Heard, route: Route) -> None:
    _end(session, principal, heard, route, "expired")


def _end(session: Session, principal: Principal, heard: Heard, route: Route, status: str) -> None:
    routes.accept(session, route, heard[37])
    named = {"client_id": route.client_id, "reference": _reference(heard)}
    executions.release(session, principal, status=status, reason=heard[58], **named)


def _replaced(session: Session, principal: Principal, heard: Heard, route: Route) -> None:
    routes.accept(session, route, heard[37])
    named = {"client_id": route.client_id, "reference": _reference(heard)}
    executions.amend(session, principal, outcome="replaced", reason="", **named)


def _report(session: Session, principal: Principal, heard: Heard, said: hearing.Execution) -> None:
    price, problem = _price(session, principal, heard, said)
    executions.receive(
        session,
        principal,
        kind=said.kind,
        reference=said.reference,
        match=said.match,
        side=said.side,
        buy=said.names.get("buy", ""),
        sell=said.names.get("sell", ""),
        instrument=heard[55],
        quantity=said.quantity,
        price_minor=price,
        refers_to=said.refers_to,
        raw=heard.raw,
        problem=said.problem or problem,
    )


def _price(session: Session, principal: Principal, heard: Heard, said: hearing.Execution) -> tuple[int | None, str]:
    """In minor units of what the instrument is paid in; None, and why, for what is no price there."""
    if not said.price and said.kind == "bust":
        return 0, ""
    orders = [routes.order_of(session, principal.party, name) for name in said.names.values()]
    order = next(filter(None, orders), "")
    digits = routes.minor_digits(session, order=order, isin=heard[48], instrument=heard[55])
    if digits is None:
        return None, "an instrument that is not known here"
    try:
        return amounts.to_minor(said.price, digits, field="31"), ""
    except Error as error:
        return None, error.message


def _reference(heard: Heard) -> str:
    return heard[17] or f"{heard.type}-{heard[11]}"


_ANSWERS: dict[tuple[str, str], Answer] = {
    ("8", "0"): _accepted,
    ("8", "8"): _rejected,
    ("8", "4"): _cancelled,
    ("8", "C"): _expired,
    ("8", "5"): _replaced,
    ("9", ""): _refused,
    ("j", ""): _refused,
}
