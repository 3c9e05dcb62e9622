"""One command of a statement, as it goes to the door."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.desk import Json


@dataclass
class Request:
    """Who, where, what, under which id; `learn` takes the answer in when it was done."""

    by: str
    where: str
    body: Json
    id: str = ""
    learn: Callable[[Json], None] = lambda answer: None
    number: tuple[str, int] | None = None  # of an execution: instrument code and number
    entered: bool = False  # it is a broker's entry: a command only where his mandate lets him sign


Requests = Iterator[Request]
