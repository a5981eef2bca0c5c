"""One of several services on a store checks; the others stand by and take over.

Whoever holds the lock leads. It is the store's own: freed by the kernel when a process dies, or
by the end of a lease where machines share a bucket.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tracker.errors import FwtrackerError, Locked
from tracker.store import open_store

log = logging.getLogger(__name__)

LOCK = ".state/serve/lock"
_LOOK = 2.0  # seconds between two looks, of the standby and of the leader, and
_REMOTE_LOOK = 15.0  # where each look is a request that somebody pays for


class Leader:
    """Waits for the lead in a thread; `on_change` is called there when it comes or goes."""

    def __init__(self, place: str, on_change: Callable[[bool], None]) -> None:
        self.place, self.on_change = place, on_change
        self.leads = False
        self.waits_for = ""
        self._look = _REMOTE_LOOK if "://" in place else _LOOK
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._waiting, name="leader", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still waits or leads."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Give the lead back; what it started must have ended."""
        self._stopped.set()
        self._thread.join()

    def _waiting(self) -> None:
        while not self._stopped.is_set():
            try:
                with open_store(self.place).exclusive(LOCK, 0) as held:
                    self._leading(held)
            except FwtrackerError as error:
                self._standing_by(error)
            self._stopped.wait(self._look)

    def _standing_by(self, error: FwtrackerError) -> None:
        said = str(error)
        if said != self.waits_for:
            why = "standing by" if isinstance(error, Locked) else "cannot check"
            log.warning("%s: %s", why, said)
        self.waits_for = said

    def _leading(self, held: Callable[[], bool]) -> None:
        self.leads, self.waits_for = True, ""
        self.on_change(True)  # noqa: FBT003  it leads
        while held() and not self._stopped.wait(self._look):
            pass
        self.leads = False
        if not self._stopped.is_set():
            log.warning("the lead was lost; standing by")
            self.on_change(False)  # noqa: FBT003  it no longer leads
