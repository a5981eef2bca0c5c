"""Connections: only to addresses that were checked, and no longer than a fetch may last.

Plugs into httpcore, which httpx stands on, as its `network_backend`. The names of a host are
looked up once, every answer is checked, and an address is dialled, not the name: a second
look-up could answer differently. TLS still proves the name.

Through a proxy, the proxy looks up the page's host; what it may reach is its own business.
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Thread, local
from typing import Any

import httpcore

from tracker.errors import ForbiddenAddress
from tracker.fetching.addresses import forbidden
from tracker.fetching.judge import NAME_IT

LookUp = Callable[..., Any]  # as socket.getaddrinfo


@dataclass
class Watch(local):
    """The attempt under way: when it has to end, and what has come in for its request.

    Each thread has its own, and connections that are kept go from one to the other.
    """

    clock: Callable[[], float]
    ends: float = math.inf
    url: str = ""
    received: int = 0
    start: bytes = b""

    def begin(self, url: str) -> None:
        """A new request goes out."""
        self.url, self.received, self.start = url, 0, b""

    def left(self, timeout: float | None) -> float:
        """Seconds until `timeout` or the end, whichever is first. Raises when there is none."""
        left = self.ends - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout("out of time")
        return left if timeout is None else min(left, timeout)

    def saw(self, data: bytes) -> bytes:
        """Count what has come in, and keep how it begins."""
        self.received += len(data)
        self.start = (self.start + data[:8])[:8]
        return data


class Dialer(httpcore.NetworkBackend):
    """Connects to hosts that `free` names without a check, to all others only if public."""

    def __init__(
        self, watch: Watch, free: Callable[[str], bool], look_up: LookUp | None = None
    ) -> None:
        self._watch, self._free, self._look_up = watch, free, look_up or socket.getaddrinfo
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes one. Raises ForbiddenAddress."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port, timeout):
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._watch.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._watch)
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """All addresses of a host, each once, if every one of them may be dialled."""
        answers = self._answers(host, port, self._watch.left(timeout))
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if not self._free(host):
            for address in addresses:
                if why := forbidden(address):
                    raise ForbiddenAddress(
                        f"{self._watch.url}: {host} is at {address}, which is {why}; {NAME_IT}"
                    )
        return addresses

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
        if isinstance(found[0], Exception):
            raise httpcore.ConnectError(str(found[0])) from found[0]
        answers: list[Any] = found[0]
        return answers


def dial_with(client: Any, watch: Watch, named: set[str]) -> None:
    """Have all connections of an `httpx.Client` made here; those to a proxy without a check.

    httpx hands no network backend on to httpcore, hence the private names.
    """
    direct = client._transport  # noqa: SLF001
    for transport in (direct, *client._mounts.values()):  # noqa: SLF001
        if transport is not None:  # None: a host that NO_PROXY excepts
            free = named.__contains__ if transport is direct else _any_host
            transport._pool._network_backend = Dialer(watch, free)  # noqa: SLF001


def _any_host(_: str) -> bool:
    return True


class _Stream(httpcore.NetworkStream):
    """A connection on which no single wait goes past the end of the attempt.

    A time-out of httpx is for one read: a byte now and then would keep it waiting for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, watch: Watch) -> None:
        self._stream, self._watch = stream, watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._watch.saw(self._stream.read(max_bytes, self._watch.left(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._watch.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._watch.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
