"""The process of `serve`: the scheduler service, the HTTP server, and signals to both.

A handler only records a signal; a thread acts on it, so that no other work is interrupted.
SIGTERM and SIGINT end the process after the running check, while it still answers; a second one
ends it at once. SIGHUP reloads the configuration, SIGUSR1 checks every source now.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from types import FrameType

import uvicorn

from tracker.config import Config, load_secret
from tracker.errors import UsageError
from tracker.scheduler.service import SchedulerService, ServeOptions
from tracker.site.web.app import WebApp
from tracker.site.web.app_state import AppState
from tracker.site.web.connections import CAPACITY, LimitedConnection, find_capacity
from tracker.site.web.middleware import AccessToken
from tracker.store import open_store

log = logging.getLogger(__name__)

_LAST_ANSWERS = 1.0  # seconds for connections in use to finish
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class ServeProcess:
    """Service and server of one configuration. Raises UsageError if it cannot be used."""

    def __init__(self, options: ServeOptions, host: str | None, port: int | None) -> None:
        self.service = SchedulerService(options)
        config, place = self.service.config, self.service.loaded.snapshots
        self.state = AppState(config, place, open_store(place), self.service.status)
        self.state.next_check = self.service.next_check
        self.state.alive = lambda: self.service.alive
        self.app = WebApp(self.state)
        self.app.admit(load_tokens(config))
        self.service.on_reload = self._apply_config
        own = config.serve
        self.socket = open_socket(host or own.host, own.port if port is None else port)
        self.server = build_server(self.app)
        self._signals: SimpleQueue[int] = SimpleQueue()
        self._stopping = False
        self._control = threading.Thread(
            target=self._handle_signals, name="control", daemon=True
        )

    def run(self, *, check: bool) -> None:
        """Check, unless another process does, and answer requests until a signal."""
        before = {number: signal.signal(number, self._record_signal) for number in _SIGNALS}
        self._control.start()
        host, port = self.socket.getsockname()[:2]
        log.info("listening on http://%s:%s/", f"[{host}]" if ":" in host else host, port)
        if check:
            self.service.start()
        notify_systemd("READY=1")
        try:
            run_server(self.server, self.socket)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _record_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.put(number)

    def _handle_signals(self) -> None:
        while True:
            number = self._signals.get()
            if number == signal.SIGHUP:
                self.service.reload()
            elif number == signal.SIGUSR1:
                self.service.check_now()
            elif self._stopping:
                log.warning("ending now; the next check finishes what this one began")
                self.service.terminate_children()
            else:
                self._stopping = True
                threading.Thread(target=self._stop, name="stop", daemon=True).start()

    def _stop(self) -> None:
        log.info("stopping after the running check")
        notify_systemd("STOPPING=1")
        try:
            self.service.stop()
        finally:
            # A request in transit when its connection is closed would be lost.
            self.app.leave()
            if self.server.server_state.connections:
                time.sleep(_LAST_ANSWERS)
                self.socket.listen(0)  # the queue must not grow any more
                time.sleep(_LAST_ANSWERS / 5)
            self.server.leave()

    def _apply_config(self) -> None:
        """Apply the new configuration. Raises UsageError for a missing token."""
        config = self.service.config
        found = load_tokens(config)
        self.state.config = config
        self.app.admit(found)


def load_tokens(config: Config) -> list[AccessToken]:
    """Read the tokens from the places in the configuration. Raises UsageError."""
    return [
        AccessToken(
            access.path,
            load_secret(
                access.token_env, access.token_file, f"the token of {access.path}"
            ).encode(),
        )
        for access in config.serve.tokens
    ]


class UvicornServer(uvicorn.Server):
    """uvicorn without its signal handling: it answers until the last check is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals; the name is uvicorn's."""
        yield

    def leave(self) -> None:
        """Answer the requests in progress, then stop."""
        self.should_exit = True


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on that address. Raises UsageError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        dual = family == socket.AF_INET6 and host in {"::", ""} and socket.has_dualstack_ipv6()
        return socket.create_server(
            address[:2], family=family, backlog=CAPACITY, dualstack_ipv6=dual
        )
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose others with --host"
            " and --port"
        ) from None


def build_server(app: WebApp) -> UvicornServer:
    """Return the server, ready to run on a socket of `open_socket`."""

    async def beat() -> None:
        """Notify systemd that the schedule is alive."""
        if app.state.alive():
            notify_systemd("WATCHDOG=1")

    app.connections.capacity = find_capacity()
    config = uvicorn.Config(
        app.app,
        http=type("Connection", (LimitedConnection,), {"table": app.connections}),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="error",  # uvicorn warns of every malformed request
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=16384,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        callback_notify=beat if _is_watched() else None,
        timeout_notify=10,
    )
    return UvicornServer(config)


def run_server(server: UvicornServer, listening: socket.socket) -> None:
    """Answer until `leave` is called."""
    asyncio.run(server.serve([listening]))


def notify_systemd(state: str) -> None:
    """Send `READY=1`, `STOPPING=1` or `WATCHDOG=1` to systemd (sd_notify(3)) if it asked."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
    ):
        channel.sendto(state.encode(), address)


def _is_watched() -> bool:
    """Return whether systemd ends the process if it sends no notifications (WatchdogSec=)."""
    return bool(os.environ.get("WATCHDOG_USEC"))
