"""What may be published of a damaged page, known from facts and never from the reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from tracker.model import Entry, Service, canonical


@dataclass(frozen=True)
class Bounds:
    """One way to read a page: what has to be in it, and what may be."""

    must: frozenset[Entry]
    allowed: frozenset[Entry]


@dataclass(frozen=True)
class Oracle:
    """The ways in which a careful person may read a page; none: nothing may be published.

    Without `words` only that of an entry counts which a firewall rule is made of.
    """

    readings: tuple[Bounds, ...]
    words: bool = True

    def accepts(self, entries: Iterable[Entry]) -> bool:
        """Whether publishing these, or finding that they are in force, is right."""
        found = self._plain(entries)
        return any(
            self._plain(way.must) <= found <= self._plain(way.allowed) for way in self.readings
        )

    def also(self, others: Iterable[Entry]) -> Oracle:
        """The same, with the entries of undamaged pages."""
        more = frozenset(others)
        ways = (Bounds(way.must | more, way.allowed | more) for way in self.readings)
        return Oracle(tuple(ways), self.words)

    def unread(self, entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
        """Of the first way: what is missing, and what no reader would find there."""
        found = {self._as_compared(entry): entry for entry in entries}
        must, allowed = (self._plain(part) for part in vars(self.readings[0]).values())
        extra = [entry for key, entry in found.items() if key not in allowed]
        return sorted(must - set(found), key=repr), extra

    def _plain(self, entries: Iterable[Entry]) -> frozenset[Entry]:
        return frozenset(map(self._as_compared, entries))

    def _as_compared(self, entry: Entry) -> Entry:
        return canonical(entry if self.words else wordless(entry))


NOTHING: Final = Oracle(())


def exactly(*ways: Iterable[Entry], words: bool = True) -> Oracle:
    """All of one of these lists, and nothing else."""
    whole = [frozenset(way) for way in ways]
    return Oracle(tuple(Bounds(way, way) for way in whole), words)


def between(must: Iterable[Entry], allowed: Iterable[Entry], *, words: bool = False) -> Oracle:
    """Some entries at least, and others at most."""
    least, most = frozenset(must), frozenset(allowed)
    return Oracle((Bounds(least, least | most),), words)


def with_less(entries: Iterable[Entry], lost: str) -> list[Entry]:
    """The entries as they are without the values and ports that the lost text names."""
    return [
        replace(
            entry,
            hosts=tuple(value for value in entry.hosts if value not in lost),
            addresses=tuple(value for value in entry.addresses if value not in lost),
            services=tuple(s for s in entry.services if str(s.from_port) not in lost),
        )
        for entry in entries
    ]


def wordless(entry: Entry) -> Entry:
    """What a firewall rule is made of."""
    services = tuple(Service(s.protocol, s.from_port, s.to_port) for s in entry.services)
    return replace(
        entry,
        resource="",
        services=services,
        requirement=None,
        only_for=None,
        components=(),
        purpose="",
    )
