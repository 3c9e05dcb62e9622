"""How far something is: submitted, ordered into a block, or final because two organisations have committed it."""

from __future__ import annotations

from typing import Any

from flask import Flask, g

from .session import api


def ledger() -> dict[str, Any]:
    """The ledger as the API sees it now; once per request."""
    if "ledger" not in g:
        g.ledger = api().get("/ledger")
    found: dict[str, Any] = g.ledger
    return found


def finality(block: int | None) -> str:
    """`submitted` without a block, `final` once as many organisations' peers have committed it as must endorse."""
    if block is None:
        return "submitted"
    if ledger()["sandbox"]:
        return "ordered"  # one process is not two organisations
    committed = [height for height in ledger()["heights"].values() if height is not None and height > block]
    return "final" if len(committed) >= ledger()["endorsements"] else "ordered"


def attach(app: Flask) -> None:
    """Let templates say how far a block is."""
    app.jinja_env.globals["finality"] = finality
