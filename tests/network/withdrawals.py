"""Orders far from the market that their owner takes back, one after the other, while something goes on."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import requests

from middleware import clock
from scripts.cast import PASSWORD
from scripts.desk import Desk, Refused, new_id, path
from scripts.stage import Stage

FAR_MINOR = "1000"
JOIN_SECONDS = 90.0


@dataclass
class Withdrawals:
    """An investor who places and cancels, waiting for the ledger's outcome each time; order → its last status."""

    stage: Stage
    outcomes: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def _go_on(self) -> None:
        desk = Desk(self.stage.url, "bruno", PASSWORD)
        account = self.stage.account("BRUNO")
        good_till = clock.text(clock.now() + timedelta(hours=1))
        order = {"account": account, "cash_account": account, "instrument": "ACME", "side": "buy", "quantity": "1"}
        order |= {"limit_minor": FAR_MINOR, "good_till": good_till, "venue": "BOLSA"}
        while not self._stop.is_set():
            try:
                placed = desk.command("/orders", order, new_id())["order"]["id"]
                taken_back = desk.command(path("orders", placed, "cancellation"), {}, new_id())["order"]
                self.outcomes[placed] = taken_back["status"]
            except (requests.RequestException, Refused, TimeoutError) as error:
                self.problems.append(str(error))
