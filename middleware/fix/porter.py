"""Runs the gate's event loop on a thread of its own."""

import asyncio
import threading
from collections.abc import Iterable

from middleware.fix.gate import Gate
from middleware.services.sessions import Profile


class Porter:
    """The gate, for whoever lives on other threads."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gate", daemon=True)

    def start(self) -> None:
        """Listen. Raises when the port is taken."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._gate.start(), self._loop).result()

    def admit(self, profiles: Iterable[Profile]) -> None:
        """These may call from now on, and nobody else."""
        self._gate.profiles = {one.comp_id: one for one in profiles}

    def cut(self, comp_id: str) -> None:
        """End a session's connection."""
        self._loop.call_soon_threadsafe(self._gate.cut, comp_id)

    def shut(self) -> None:
        """Let nobody in any more; who is in stays until the engine has said goodbye."""
        self._loop.call_soon_threadsafe(self._gate.shut)

    def stop(self) -> None:
        """End what is still open."""
        asyncio.run_coroutine_threadsafe(self._gate.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
