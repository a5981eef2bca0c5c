"""Connections that take no longer than they may, for a client without an event loop.

Plugs into httpcore, which httpx stands on, as its `network_backend`. A time-out of httpx is for
one wait: a byte now and then would keep it waiting for ever, and the system's resolver has none
at all. Here every wait ends when all of it has to end. Which hosts may be reached is not known
here: that is `tracker.fetch.dial`.
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Thread
from threading import local as of_thread
from typing import Any

import httpcore

LookUp = Callable[..., Any]  # as socket.getaddrinfo
_PIECE = 16384  # bytes that are sent between two looks at the clock


@dataclass
class Deadline(of_thread):
    """When the request under way has to end, by a clock of seconds.

    Each thread has its own, and connections that are kept go from one to the other. `aside` is
    entered for each wait, and only for that: checks that work in turn go on meanwhile.
    """

    clock: Callable[[], float]
    ends: float = math.inf
    aside: Callable[[], AbstractContextManager[object]] = nullcontext

    def left(self, timeout: float | None) -> float:
        """Seconds until `timeout` or the end, whichever is first. Raises when there is none."""
        left = self.ends - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout("out of time")
        return left if timeout is None else min(left, timeout)

    def saw(self, data: bytes) -> bytes:
        """What has come in, for whoever wants to look at it."""
        return data


class Bounded(httpcore.NetworkBackend):
    """Connects to any host, until the deadline."""

    def __init__(self, deadline: Deadline, look_up: LookUp | None = None) -> None:
        self._deadline, self._look_up = deadline, look_up or socket.getaddrinfo
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes one."""
        with self._deadline.aside():
            return self._connected(host, port, timeout, local_address, socket_options)

    def _connected(
        self, host: str, port: int, timeout: float | None, local: Any, options: Any
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self.addresses(host, port, timeout):
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._deadline.left(timeout), local, options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure

    def addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """All addresses of a host, each once."""
        answers = self._answers(host, port, self._deadline.left(timeout))
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

    def _answers(self, host: str, port: int, timeout: float) -> list[Any]:
        """What the system's resolver says, which has no time-out of its own: on a thread.

        One that is still waiting is left behind, and ends with the process.
        """
        found: list[Any] = []

        def look_up() -> None:
            try:
                found.append(self._look_up(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:  # UnicodeError: part of the name too long
                found.append(error)

        thread = Thread(target=look_up, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left for us
            raise httpcore.ConnectError(f"{host} cannot be looked up: {error}") from None
        thread.join(None if timeout == math.inf else timeout)
        if not found:
            raise httpcore.ConnectTimeout(f"{host} was not looked up in time")
        answers = found[0]
        if isinstance(answers, list):
            return answers
        try:  # raised where it is caught: httpcore drops a cause, and keeps a context
            raise answers
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error


def connect_by(
    client: Any, direct: httpcore.NetworkBackend, proxied: httpcore.NetworkBackend
) -> None:
    """Have all connections of an `httpx.Client` made by these: to hosts, and to proxies.

    httpx hands no network backend on to httpcore, hence the private names.
    """
    own = client._transport  # noqa: SLF001
    for transport in (own, *client._mounts.values()):  # noqa: SLF001
        if transport is not None:  # None: a host that NO_PROXY excepts
            backend = direct if transport is own else proxied
            transport._pool._network_backend = backend  # noqa: SLF001


class _Stream(httpcore.NetworkStream):
    """A connection on which no single wait goes past the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left(timeout)
        with self._deadline.aside():
            data = self._stream.read(max_bytes, left)
        return self._deadline.saw(data)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """In pieces: the time-out would begin anew whenever the other side takes a little.

        The first piece fits into the system's buffer, and is not waited for.
        """
        for start in range(0, len(buffer), _PIECE):
            piece, left = buffer[start : start + _PIECE], self._deadline.left(timeout)
            with self._deadline.aside() if start else nullcontext():
                self._stream.write(piece, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        with self._deadline.aside():
            secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
