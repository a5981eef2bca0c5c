"""What a DNS filter decides about: host names, whatever their ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.formats import NO_LAN
from tracker.formats._names import called, gathered
from tracker.formats._policy import INBOUND, Allowed, comment, network_of
from tracker.formats._proxied import wider
from tracker.model import LAN, Endpoint

NO_ADDRESSES = "a DNS filter decides by name, and an address has none"


@dataclass(frozen=True, slots=True)
class Name:
    """A host or wildcard, with what the page calls it, and the wildcard that includes it."""

    host: str
    words: str
    wide: str | None

    @property
    def note(self) -> str:
        """What stands above it: `*.example.com: Servers`, `b.x.com: as *.x.com`."""
        said = f"as {self.wide}" if self.wide else self.words
        return f"{self.host}: {said}" if said else self.host


def cannot(endpoint: Endpoint) -> str | None:
    """What DNS filters leave out beside what no format writes."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target):
        return NO_ADDRESSES
    return INBOUND if endpoint.direction == "inbound" else None


def names(allowed: Iterable[Allowed]) -> Iterator[Name]:
    """The names in order, each once; the ports are lost."""
    said = gathered((rule.endpoint.target, rule.words) for rule in allowed)
    for host in sorted(said):
        yield Name(host, comment(called(host, said[host])), wider(host, said))


def hosts(allowed: Iterable[Allowed]) -> frozenset[str]:
    """The names that a file must let through, without those that a wildcard includes."""
    return frozenset(name.host for name in names(allowed) if name.wide is None)
