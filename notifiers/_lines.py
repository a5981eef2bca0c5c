"""Endpoints and changed entries as the lines of a message.

Here endpoints are grouped, so that six new addresses of one row are one line. Order of
the sections, headings and counts: `_words`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from notifiers._text import clip, listed, packed, plain
from tracker.model import LAN, Change, Endpoint, Entry, FieldChange, flatten, port_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VALUES_BUDGET = 200  # characters of addresses and hosts in one line
PORTS_BUDGET = 200
NAME_LIMIT = 100  # a resource's label
REGION_LIMIT = 60
TEXT_LIMIT = 140  # a purpose, a field's value
SENTENCE_END = re.compile(r"(?<=[a-z)])\.(?:\s+(?=[A-Z])|\s*$)")  # the first one is enough
FIELDS_BUDGET = 280  # characters of one row's changed fields
ENDPOINT_FIELDS = frozenset({"hosts", "addresses", "services"})
NEEDS = ("required", None, "recommended", "optional")  # what to do first


class Line(msgspec.Struct, frozen=True):
    """One thing to do or to know, for a channel to lay out.

    `values` are to be copied as they are: addresses, hosts, paths. `label` stands
    before them; `text` says what they are, `note` why. `weight` is the number of things
    that the line tells of. A line without a note fits in one row.
    """

    values: tuple[str, ...] = ()
    text: str = ""
    label: str = ""
    note: str = ""
    weight: int = 1


class _Place(msgspec.Struct, frozen=True, order=True):
    """What the endpoints of a group have in common; it sorts by what to do first."""

    need: int
    region: str
    note: str
    direction: str
    when: str


def endpoint_lines(
    endpoints: Iterable[Endpoint],
    entries: Iterable[Entry],
    dates: Mapping[Endpoint, str] | None = None,
) -> tuple[Line, ...]:
    """Endpoints by region, row, dates and ports; required ones first.

    Args:
        endpoints: What to show, each once.
        entries: The rows that they may come from.
        dates: What to say of their dates, beside what the heading says.
    """
    owners: dict[Endpoint, list[Entry]] = defaultdict(list)
    for entry in entries:
        for endpoint in flatten(entry):
            owners[endpoint].append(entry)
    targets: dict[_Place, dict[str, list[str]]] = defaultdict(dict)
    for endpoint in endpoints:
        when = dates.get(endpoint, "") if dates else ""
        place = _place(endpoint, owners.get(endpoint, []), when)
        targets[place].setdefault(endpoint.target, []).append(_ports(endpoint))
    return tuple(line for place in sorted(targets) for line in _group(place, targets[place]))


def change_line(change: Change, before: str = "") -> Line:
    """One row that differs: where, which, field by field how, and what of `before` to say."""
    where = f"{clip(change.region, REGION_LIMIT)}: " if change.region else ""
    after = clip(change.resource, NAME_LIMIT)
    if change.kind in ("added", "removed"):
        fate = "new row" if change.kind == "added" else "row gone"
        return Line(text=f"{where}{after}", note=f"{fate}, its endpoints are unchanged")
    fields, text = change.fields, f"{where}{after}"
    if change.kind == "relabelled" and change.before:
        old = clip(change.before.resource, NAME_LIMIT)
        text = f'{where}"{old}" is now "{after}"'
        fields = tuple(field for field in fields if field.field != "resource")
    # Whole fields only: an address that is cut short would be another address.
    note = listed([*map(_field, fields)], FIELDS_BUDGET, "; ")
    return Line(text=text, note="; ".join(filter(None, (note, before))))


def only_endpoints(change: Change, listed_endpoints: set[Endpoint]) -> bool:
    """Whether the lists of endpoints already tell all that a firewall needs to know."""
    if change.kind == "changed" and any(
        field.field not in ENDPOINT_FIELDS for field in change.fields
    ):
        return False
    entries = (entry for entry in (change.before, change.after) if entry)
    return any(found in listed_endpoints for e in entries for found in flatten(e))


def _place(endpoint: Endpoint, entries: list[Entry], when: str) -> _Place:
    need = min((NEEDS.index(entry.requirement) for entry in entries), default=1)
    notes = dict.fromkeys(_note(entry) for entry in entries)
    region = clip(endpoint.region or "", REGION_LIMIT)
    return _Place(need, region, clip("; ".join(notes), 300), endpoint.direction, when)


def _note(entry: Entry) -> str:
    """`Relay servers: remote desktop (required, only for Europe)`."""
    said = [entry.requirement or "", clip(entry.only_for or "", REGION_LIMIT)]
    if said[1]:
        said[1] = f"only for {said[1]}"
    manner = ", ".join(filter(None, said))
    purpose = clip(SENTENCE_END.split(entry.purpose, 1)[0], TEXT_LIMIT)
    # A row that is named by its host is not named twice.
    name = "" if entry.resource in entry.hosts else clip(entry.resource, NAME_LIMIT)
    about = ": ".join(filter(None, (name, purpose)))
    return f"{about} ({manner})".strip() if manner else about


def _group(place: _Place, targets: dict[str, list[str]]) -> Iterator[Line]:
    """The targets of one place, those with the same ports together."""
    by_ports: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for target, ports in targets.items():
        by_ports[tuple(ports)].append(_target(target))
    for same_ports, same in by_ports.items():
        what = f"{listed(same_ports, PORTS_BUDGET)} {place.direction}"
        text = f"{what}, {place.region}{place.when}" if place.region else what + place.when
        for row in packed(same, VALUES_BUDGET):
            yield Line(row, text, note=place.note, weight=len(row) * len(same_ports))


def _target(target: str) -> str:
    return "LAN (local network)" if target == LAN else plain(target)


def _ports(endpoint: Endpoint) -> str:
    if endpoint.from_port is None:
        return f"{endpoint.protocol} (port not stated)"
    return port_text(endpoint)


def _field(field: FieldChange) -> str:
    """`components + Agents - Deployer`, or `purpose: "old" -> "new"`."""
    name = plain(field.field).replace("_", " ")
    came = [f"+ {clip(value, TEXT_LIMIT)}" for value in field.added]
    went = [f"- {clip(value, TEXT_LIMIT)}" for value in field.removed]
    if came or went:
        return f"{name} {listed([*came, *went], TEXT_LIMIT, ' ')}"
    before, after = (
        f'"{clip(value, TEXT_LIMIT)}"' if value else "nothing"
        for value in (field.before, field.after)
    )
    return f"{name}: {before} -> {after}"
