"""uvicorn around the application: the socket, the time limits of connections, the signals.

Nothing is decided here about checks; a signal is handed to who decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tracker.errors import UsageError
from tracker.scheduler import systemd
from tracker.site.web.app import Server

_PATIENCE = 15.0  # seconds for a client to send a request, or to take an answer
_LAST = 0.5  # seconds for the request of a new connection when the server ends
_MOST = 512  # connections at once
_BACKLOG = 512


class Bounded(H11Protocol):
    """A connection with an end: uvicorn only bounds the time between requests."""

    def connection_made(self, transport: Any) -> None:
        """The signature is of asyncio."""
        super().connection_made(transport)
        self._asked = 0
        self._watch = self.loop.call_later(_PATIENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """The signature is of asyncio."""
        self._watch.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """One more was served: the next one has its own time."""
        self._asked += 1
        super().on_response_complete()

    def shutdown(self) -> None:
        """Wait a little for the request of a connection that was only just made."""
        if self._asked == 0 and self.cycle is None:
            self.loop.call_later(_LAST, super().shutdown)
        else:
            super().shutdown()

    def _look(self, before: int = -1) -> None:
        """End a connection on which nothing was finished since the last look."""
        idle = self.timeout_keep_alive_task is not None  # uvicorn's own time limit runs
        if self._asked == before and not idle:
            self.transport.abort()
            return
        self._watch = self.loop.call_later(_PATIENCE, self._look, self._asked)


class Http(uvicorn.Server):
    """uvicorn without its signals: it answers until the last check is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The name is of uvicorn."""
        yield

    def leave(self) -> None:
        """Answer what has been asked, then end."""
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address. Raises UsageError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        dual = family == socket.AF_INET6 and host in {"::", ""} and socket.has_dualstack_ipv6()
        return socket.create_server(
            address[:2], family=family, backlog=_BACKLOG, dualstack_ipv6=dual
        )
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose others with --host"
            " and --port"
        ) from None


def http(server: Server) -> Http:
    """The server, ready to run on a socket of `listen`."""

    async def beat() -> None:
        if server.site.alive():
            systemd.tell("WATCHDOG=1")

    config = uvicorn.Config(
        server.app,
        http=Bounded,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="error",  # what strangers send is no warning of ours
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST,
        h11_max_incomplete_event_size=16384,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        callback_notify=beat if systemd.watched() else None,
        timeout_notify=10,
    )
    return Http(config)


def run(made: Http, listening: socket.socket) -> None:
    """Answer until told to leave."""
    asyncio.run(made.serve([listening]))
