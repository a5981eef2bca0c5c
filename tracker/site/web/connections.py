"""Connections: how long one may take, and how many there may be, in all and per client.

If a client exceeds its share, or all together exceed the server's capacity, the connection that
was idle for longest is closed. If none is idle, the new one is surplus: it may request only
`/healthz`, and is closed after the answer.
"""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from tracker.site.web.clients import ClientAddresses

log = logging.getLogger(__name__)

CAPACITY = 512  # connections at once, unless the system allows fewer
SURPLUS = "fwtracker.surplus"  # in the state of a request: its connection is one too many
_PATIENCE = 15.0  # seconds for a client to send a request, or to read a part of an answer
_LEAST_READ = 16384  # bytes of an answer that a client must read in that time
_LAST_REQUEST = 0.5  # seconds for the request on a new connection when the server stops


def find_capacity() -> int:
    """Return how many connections there may be; each is an open file, as much else is."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= 2 * CAPACITY:
        return CAPACITY
    log.warning(
        "this process may open %d files only, so it takes %d connections in place of %d;"
        " raise the limit: LimitNOFILE= of systemd, or ulimit -n",
        files,
        files // 2,
        CAPACITY,
    )
    return files // 2


@dataclass
class ConnectionTable:
    """The open connections of one server by client, those that were used last at the end.

    `share` is the maximum per client, out of CAPACITY; it does not apply to a trusted proxy,
    which serves many clients. Only the server's thread may call the methods.
    """

    share: int
    capacity: int = CAPACITY
    clients: ClientAddresses = field(default_factory=ClientAddresses)
    _open: dict[str, dict[LimitedConnection, None]] = field(default_factory=dict)

    def admit(self, connection: LimitedConnection) -> bool:
        """Add a connection and make room for it; return whether there is room."""
        own = self._open.setdefault(connection.peer, {})
        share = max(1, self.share * self.capacity // CAPACITY)
        if full := len(own) >= share and not self.clients.is_proxy(connection.peer):
            _close_idle([own])
            full = len(own) >= share
        if self._count() >= self.capacity:
            _close_idle(self._by_size())
            full = full or self._count() >= self.capacity
        own[connection] = None
        return not full

    def touch(self, connection: LimitedConnection) -> None:
        """Record that a connection was just used."""
        own = self._open.get(connection.peer, {})
        if connection in own:
            own[connection] = own.pop(connection)

    def remove(self, connection: LimitedConnection) -> None:
        """Forget a connection that was closed."""
        own = self._open.get(connection.peer, {})
        own.pop(connection, None)
        if not own:
            self._open.pop(connection.peer, None)

    def _count(self) -> int:
        return sum(map(len, self._open.values()))

    def _by_size(self) -> list[dict[LimitedConnection, None]]:
        """Return the connections of each client, proxies last, those with many first."""
        clients = sorted(
            self._open, key=lambda each: (self.clients.is_proxy(each), -len(self._open[each]))
        )
        return [self._open[client] for client in clients]


def _close_idle(groups: Iterable[dict[LimitedConnection, None]]) -> bool:
    """Close the first connection that is idle; return whether there was one."""
    found = next(((group, each) for group in groups for each in group if each.is_idle), None)
    if found is None:
        return False
    group, connection = found
    del group[connection]
    connection.transport.close()
    return True


class LimitedConnection(H11Protocol):
    """A connection with a time limit: uvicorn only limits the time between requests."""

    table: ConnectionTable

    @property
    def peer(self) -> str:
        """The client by which this connection is counted."""
        return self._peer

    @property
    def is_idle(self) -> bool:
        """Return whether all requests on it are answered, and the answers sent."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: Any) -> None:
        """Start to watch the connection; the signature is asyncio's."""
        super().connection_made(transport)
        self._served = 0
        self._watch = self.loop.call_later(_PATIENCE, self._end_if_stuck)
        self._peer = self.table.clients.find_client(self.client[0] if self.client else "")
        if not self.table.admit(self):
            self.app_state = {**self.app_state, SURPLUS: True}

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching the connection; the signature is asyncio's."""
        self._watch.cancel()
        self.table.remove(self)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Start the time limit of the next request."""
        self._served += 1
        self.table.touch(self)
        super().on_response_complete()

    def shutdown(self) -> None:
        """Wait a little for the request if the connection was only just opened."""
        if self._served == 0 and self.cycle is None:
            self.loop.call_later(_LAST_REQUEST, super().shutdown)
        else:
            super().shutdown()

    def _end_if_stuck(self, served: int = -1, unsent: int = 0) -> None:
        """Close the connection if it made no progress since the last call."""
        left = self.transport.get_write_buffer_size()
        idle = self.timeout_keep_alive_task is not None  # uvicorn's own time limit runs
        went_on = self._served != served or unsent - left >= _LEAST_READ
        if not went_on and (left or not idle):
            self.transport.abort()
            return
        self._watch = self.loop.call_later(_PATIENCE, self._end_if_stuck, self._served, left)
