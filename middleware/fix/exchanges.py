"""The exchanges that we call: a road to each session that is enabled, begun and ended as the operator says."""

import threading
from pathlib import Path

import structlog

from middleware.errors import Error
from middleware.fix.exchange import Exchange
from middleware.installation import Installation
from middleware.services import sessions
from middleware.services.sessions import Profile

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0


class Exchanges:
    """A thread that looks which exchanges there are; each has two of its own."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._installation = installation
        self._folder = folder
        self._roads: dict[tuple[str, ...], Exchange] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="exchanges", daemon=True)

    def start(self) -> None:
        """Call them, now and whenever one is added."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up everywhere."""
        self._stopping.set()
        self._thread.join()
        for road in self._roads.values():
            road.stop()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._installation.reading() as session:
                    found = sessions.profiles(session)
                self._change([one for one in found if one.kind == "exchange" and one.enabled])
            except Error as error:
                log.warning("cannot look for exchanges now", problem=str(error))
            except Exception:
                log.critical("alarm: cannot call an exchange", exc_info=True)
            self._stopping.wait(LOOK_SECONDS)

    def _change(self, profiles: list[Profile]) -> None:
        wanted = {(one.comp_id, one.party, one.host, str(one.port)): one for one in profiles}
        for key in self._roads.keys() - wanted.keys():
            self._roads.pop(key).stop()
        for key in wanted.keys() - self._roads.keys():
            self._roads[key] = Exchange(self._installation, wanted[key], self._folder)
            self._roads[key].start()
