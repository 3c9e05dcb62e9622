"""The SDK is written for asyncio, the product for threads: one loop in a thread of its own stands between."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from middleware.ledger import Unavailable

log = structlog.get_logger(__name__)
Value = TypeVar("Value")


class Background:
    """Runs coroutines for any thread that asks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_Threads())
        self._loop.set_exception_handler(_note)
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="hfc", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """What the coroutine returns or raises; Unavailable once this is closed."""
        with self._lock:
            if self._closed:
                work.close()
                raise Unavailable("the driver is closed")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise Unavailable("the driver was closed") from None

    def close(self) -> None:
        """End whatever still runs."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Threads(ThreadPoolExecutor):
    """A thread for each call, which ends with the process.

    The SDK's library lets a thread wait in each open stream. A pool's own threads would be too few for that, and would
    keep a process that ends waiting for the next block.
    """

    def submit(self, fn: Callable[..., Value], /, *args: Any, **kwargs: Any) -> "Future[Value]":
        future: Future[Value] = Future()
        threading.Thread(target=_fulfil, args=(future, fn, args, kwargs), name="hfc call", daemon=True).start()
        return future


def _fulfil(future: "Future[Any]", fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(fn(*args, **kwargs))
    except BaseException as error:
        future.set_exception(error)


async def _end_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the library lets fall while a stream breaks is of no use to anybody."""
    log.debug("asyncio", what=context["message"], problem=repr(context.get("exception")))
