"""The event stream: one connection to the API per token, many tabs, and threads that come back."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterator

from flask import Flask

from tests.web.conftest import Browser
from web import live
from web.client import Problem

EVENT = ["id: 120.3", "event: order", 'data: {"noun":"order","id":"ALICE:1"}', ""]


class Api:
    """An API whose stream says what the test puts in, until it puts None."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.opened = 0

    def say(self, lines: list[str]) -> None:
        for line in lines:
            self.lines.put(line)

    def events(self) -> Iterator[str]:
        self.opened += 1
        while (line := self.lines.get(timeout=5)) is not None:
            yield line
        raise Problem(503, "unavailable", "The event stream ended.")


def test_two_tabs_share_one_connection_and_hear_the_same() -> None:
    hub, api = live.Hub(5), Api()
    first, second = hub.join("token", api), hub.join("token", api)  # type: ignore[arg-type]
    assert first is not None
    assert second is not None
    api.say([": heartbeat", "", *EVENT])
    for tab in (first, second):
        assert tab.get(timeout=5) == "\n".join(EVENT[:-1]) + "\n\n"
    assert api.opened == 1
    api.lines.put(None)
    assert first.get(timeout=5) == ""


def test_a_tab_too_many_is_told_to_ask_now_and_then() -> None:
    hub, api = live.Hub(1), Api()
    tab = hub.join("token", api)  # type: ignore[arg-type]
    assert tab is not None
    assert hub.join("token", api) is None  # type: ignore[arg-type]
    hub.leave("token", tab)
    assert hub.join("token", api) is not None  # type: ignore[arg-type]
    api.lines.put(None)


def test_nobody_left_ends_the_connection_and_a_later_tab_opens_another() -> None:
    hub, api = live.Hub(5), Api()
    tab = hub.join("token", api)  # type: ignore[arg-type]
    assert tab is not None
    hub.leave("token", tab)
    api.say([": heartbeat", ""])
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "events"])
    again = hub.join("token", api)  # type: ignore[arg-type]
    assert again is not None
    api.say(EVENT)
    assert again.get(timeout=5)
    assert api.opened == 2
    api.lines.put(None)


def test_a_tab_that_does_not_listen_loses_events_and_blocks_nobody() -> None:
    stream = live.Stream()
    slow: queue.Queue[str] = queue.Queue(maxsize=1)
    quick: queue.Queue[str] = queue.Queue()
    stream.tabs = {slow, quick}
    for number in range(3):
        stream.tell(str(number))
    assert slow.qsize() == 1
    assert quick.qsize() == 3


def test_a_browser_that_went_away_gives_its_thread_back() -> None:
    hub, api = live.Hub(1), Api()
    tab = hub.join("token", api)  # type: ignore[arg-type]
    assert tab is not None
    here, there = socket.socketpair()
    said = live.relay(hub, "token", tab, {"gunicorn.socket": here})
    assert next(said).startswith("retry:")
    there.close()
    assert list(said) == []
    here.close()
    assert hub.join("token", api) is not None  # type: ignore[arg-type]
    api.lines.put(None)


def test_the_stream_ends_for_the_browser_when_it_ends_at_the_api() -> None:
    hub, api = live.Hub(1), Api()
    tab = hub.join("token", api)  # type: ignore[arg-type]
    assert tab is not None
    api.say(EVENT)
    api.lines.put(None)
    said = list(live.relay(hub, "token", tab, {}))
    assert [part.splitlines()[0] for part in said] == ["retry: 3000", "id: 120.3"]


def test_when_the_console_has_no_stream_to_give_it_says_so(app: Flask, browser: Browser) -> None:
    browser.sign_in("alice")
    app.extensions["lonja-live"], kept = live.Hub(0), app.extensions["lonja-live"]
    try:
        assert browser.get("/events").status_code == 204
    finally:
        app.extensions["lonja-live"] = kept


def until(done: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)
