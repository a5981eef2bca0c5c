"""New host names: whose they are, by the Public Suffix List."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tracker.guard.context import Case, Place, Rule, hold, place_of, some
from tracker.model import Entry, Finding, port_text


def wide_wildcard(case: Case) -> Iterator[Finding]:
    """A wildcard below which anybody can have a name."""
    for place, hosts in case.fresh_hosts.items():
        wildcards = [host for host in hosts if host.startswith("*.")]
        if not wildcards:
            continue
        from tracker.guard.suffixes import is_open_to_all  # noqa: PLC0415  30 ms

        if found := [host for host in wildcards if is_open_to_all(host[2:])]:
            message = (
                f"{place} lists {some(found)}, where anybody can have a name"
                " (Public Suffix List)"
            )
            yield hold("wide-wildcard", message, *place)


def domain_changed(case: Case) -> Iterator[Finding]:
    """A host has taken the place of one, and belongs to another registered domain."""
    for place, before, after in _host_changes(case):
        kept = {*before} & {*after}
        gone = [host for host in before if host not in kept]
        came = [host for host in after if host not in kept]
        if not gone or not came:
            continue
        from tracker.guard.suffixes import registered  # noqa: PLC0415  30 ms

        known = {registered(host) for host in before}
        if moved := [host for host in came if registered(host) not in known]:
            domains = some(list(dict.fromkeys(map(registered, moved))))
            message = (
                f"{place} went from {some(gone)} to {some(moved)}:"
                f" another registered domain, {domains}"
            )
            yield hold("domain-changed", message, *place)


def _host_changes(case: Case) -> Iterator[tuple[Place, Sequence[str], Sequence[str]]]:
    """The hosts before and after, of matched entries and of what else belongs together.

    A cell that is nothing but a host has a new label with a new host, and is not matched;
    what it is for tells that it is the same.
    """
    for before, after in case.matched.pairs:
        yield place_of(after), before.hosts, after.hosts
    removed, added = _by_use(case.matched.removed), _by_use(case.matched.added)
    for use, entries in added.items():
        if use in removed:
            yield place_of(entries[0]), _hosts(removed[use]), _hosts(entries)


def _by_use(entries: Sequence[Entry]) -> dict[object, list[Entry]]:
    found: dict[object, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.purpose:  # without words nothing says that two belong together
            ports = frozenset(map(port_text, entry.services))
            use = entry.region, entry.direction, ports, entry.purpose, entry.components
            found[use].append(entry)
    return found


def _hosts(entries: Sequence[Entry]) -> list[str]:
    return [host for entry in entries for host in entry.hosts]


RULES: tuple[Rule, ...] = (wide_wildcard, domain_changed)
