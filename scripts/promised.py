"""What the cast's instruments promise: the first version of their terms, and the bylaws that their issuers publish."""

from middleware import paper
from scripts.cast import PROMISES, Promise
from scripts.desk import Json, derived_id, path
from scripts.stage import Stage, agree


def promised(stage: Stage) -> None:
    """Terms and bylaws of every instrument of the cast; what has a version, or is published, stays as it is."""
    for promise in PROMISES:
        publish(stage, promise)
        define(stage, promise)


def publish(stage: Stage, promise: Promise) -> None:
    """The issuer's bylaws: uploaded, then signed for by their hash."""
    issuer = stage.desk(promise.issuer)
    if any(issuer.every("/publications", instrument=promise.instrument)):
        return
    file = issuer.upload("/documents", f"{promise.title.rstrip('.')}.pdf", bylaws(promise), "application/pdf")
    body = {"document": file["id"], "kind": "bylaws", "supersedes": ""}
    where = path("instruments", promise.instrument, "publications")
    issuer.command(where, body, derived_id(f"publish the bylaws of {promise.instrument}"))
    stage.say(f"{promise.issuer} publishes its bylaws")


def define(stage: Stage, promise: Promise) -> None:
    """The terms of a plain share, open to everybody."""
    issuer = stage.desk(promise.issuer)
    if issuer.get(path("instruments", promise.instrument))["terms"] != "0":
        return
    terms: Json = {"version": "1", "class": "ordinary", "votes": "1", "face_minor": str(promise.face_minor)}
    agree(
        stage, f"terms of {promise.instrument}", promise.issuer, path("instruments", promise.instrument, "terms"), terms
    )
    stage.say(f"the terms of {promise.instrument} are defined")


def bylaws(promise: Promise) -> bytes:
    """The paper itself: the same bytes whenever it is made."""
    said = {"title": promise.title, "language": "es", "at": "2026-11-20T16:00:00Z"}
    articles = {"title": "", "columns": [{"name": "", "wide": "yes"}], "rows": [[one] for one in promise.articles]}
    return paper.render("sheet", {**said, "sections": [articles]})
