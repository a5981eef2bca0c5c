"""Connections of a fetch: only to addresses that were checked.

The names of a host are looked up once, every answer is checked, and an address is dialled, not
the name: a second look-up could answer differently. TLS still proves the name. How long all of
it may last is held by `tracker.fetch.deadlines`.

Through a proxy, the proxy looks up the page's host; what it may reach is its own business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracker.errors import ForbiddenAddress
from tracker.fetch.addresses import forbidden
from tracker.fetch.deadlines import Bounded, Deadline, LookUp
from tracker.fetch.response_checks import NAME_IT


@dataclass
class Watch(Deadline):
    """The attempt under way: when it has to end, and what has come in for its request."""

    url: str = ""
    received: int = 0
    start: bytes = b""

    def begin(self, url: str) -> None:
        """A new request goes out."""
        self.url, self.received, self.start = url, 0, b""

    def saw(self, data: bytes) -> bytes:
        """Count what has come in, and keep how it begins."""
        self.received += len(data)
        self.start = (self.start + data[:8])[:8]
        return data


class Dialer(Bounded):
    """Connects to hosts that `free` names without a check, to all others only if public."""

    def __init__(
        self, watch: Watch, free: Callable[[str], bool], look_up: LookUp | None = None
    ) -> None:
        super().__init__(watch, look_up)
        self._watch, self._free = watch, free

    def addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """All addresses of a host, if every one of them may be dialled.

        Raises ForbiddenAddress.
        """
        found = super().addresses(host, port, timeout)
        if not self._free(host):
            for address in found:
                if why := forbidden(address):
                    raise ForbiddenAddress(
                        f"{self._watch.url}: {host} is at {address}, which is {why}; {NAME_IT}"
                    )
        return found
