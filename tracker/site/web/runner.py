"""The process of `serve`: the service beside the HTTP server, and what a signal makes of both.

A handler only notes a signal; a thread acts on it, so that nothing is done in the middle of
something else. SIGTERM and SIGINT end the process after the running check, while it still
answers; a second one ends it at once. SIGHUP reads the configuration again, SIGUSR1
has every source checked now.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from queue import SimpleQueue
from types import FrameType

from tracker.config import Config, secret
from tracker.scheduler import systemd
from tracker.scheduler.service import Options, Service
from tracker.site.web import server as web
from tracker.site.web.app import Server
from tracker.site.web.app_state import Site
from tracker.site.web.middleware import Token
from tracker.store import open_store

log = logging.getLogger(__name__)

_LEAVING = 1.0  # seconds in which connections that are in use come to their end
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Process:
    """Service and server of one configuration. Raises UsageError for what cannot be used."""

    def __init__(self, options: Options, host: str | None, port: int | None) -> None:
        self.service = Service(options)
        config, place = self.service.config, self.service.loaded.snapshots
        self.site = Site(config, place, open_store(place), self.service.board)
        self.site.next_check = self.service.next_check
        self.site.alive = lambda: self.service.alive
        self.server = Server(self.site)
        self.server.admit(tokens(config))
        self.service.on_reload = self._reloaded
        own = config.serve
        self.socket = web.listen(host or own.host, own.port if port is None else port)
        self.http = web.http(self.server)
        self._heard: SimpleQueue[int] = SimpleQueue()
        self._stopping = False
        self._control = threading.Thread(target=self._acting, name="control", daemon=True)

    def run(self, *, check: bool) -> None:
        """Check, unless somebody else does, and answer until a signal ends it."""
        before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        self._control.start()
        host, port = self.socket.getsockname()[:2]
        log.info("listening on http://%s:%s/", f"[{host}]" if ":" in host else host, port)
        if check:
            self.service.start()
        systemd.tell("READY=1")
        try:
            web.run(self.http, self.socket)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard.put(number)

    def _acting(self) -> None:
        while True:
            number = self._heard.get()
            if number == signal.SIGHUP:
                self.service.reload()
            elif number == signal.SIGUSR1:
                self.service.check_now()
            elif self._stopping:
                log.warning("ending now; the next check finishes what this one began")
                self.service.hurry()
            else:
                self._stopping = True
                threading.Thread(target=self._stop, name="stop", daemon=True).start()

    def _stop(self) -> None:
        log.info("stopping after the running check")
        systemd.tell("STOPPING=1")
        try:
            self.service.stop()
        finally:
            # A request that is on its way when its connection is closed would be lost.
            self.server.leave()
            if self.http.server_state.connections:
                time.sleep(_LEAVING)
                self.socket.listen(0)  # no more in the queue than are taken out of it
                time.sleep(_LEAVING / 5)
            self.http.leave()

    def _reloaded(self) -> None:
        """The new configuration for the answers. Raises UsageError for a missing token."""
        config = self.service.config
        found = tokens(config)
        self.site.config = config
        self.server.admit(found)


def tokens(config: Config) -> list[Token]:
    """The tokens of the configuration, read from where it says. Raises UsageError."""
    return [
        Token(
            access.path,
            secret(access.token_env, access.token_file, f"the token of {access.path}").encode(),
        )
        for access in config.serve.tokens
    ]
