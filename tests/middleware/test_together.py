"""Group commit: one alone waits for nobody, many go together, each has its own answer."""

import threading
from collections.abc import Sequence

import pytest

from middleware.together import Together


def test_one_alone_is_done_at_once() -> None:
    together: Together[int, int] = Together(lambda numbers: [number * 2 for number in numbers])
    assert [together.do(number) for number in range(5)] == [0, 2, 4, 6, 8]


def test_those_who_wait_go_together_and_each_has_its_answer() -> None:
    first, go = threading.Event(), threading.Event()
    groups: list[int] = []

    def work(numbers: Sequence[int]) -> list[str]:
        groups.append(len(numbers))
        first.set()
        go.wait(10)
        return [f"{number}" for number in numbers]

    together: Together[int, str] = Together(work, most=8)
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = together.do(number)

    leader = threading.Thread(target=ask, args=(0,))
    leader.start()
    first.wait(10)
    others = [threading.Thread(target=ask, args=(number,)) for number in range(1, 21)]
    for thread in others:
        thread.start()
    while len(together._queue) < 20:
        pass
    go.set()
    for thread in (leader, *others):
        thread.join(10)
    assert answers == {number: f"{number}" for number in range(21)}
    assert groups == [1, 8, 8, 4]


def test_what_fails_fails_for_all_of_it_and_for_nobody_after() -> None:
    broken = [True]

    def work(numbers: Sequence[int]) -> Sequence[int]:
        if broken.pop() if broken else False:
            raise RuntimeError("no database")
        return numbers

    together: Together[int, int] = Together(work)
    with pytest.raises(RuntimeError, match="no database"):
        together.do(1)
    assert together.do(2) == 2
