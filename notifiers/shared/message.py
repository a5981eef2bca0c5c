"""The parts of a message, for a channel to lay out: lines, sections and the whole. Pure.

Endpoints are grouped here, so that six new addresses of one row are one line. Headings, counts
and the order of sections are in `message_text.py` and `notice_text.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from notifiers.shared.text import (
    clip,
    count_fitting,
    count_noun,
    list_within,
    pack_rows,
    to_line,
)
from tracker.change_set import Change, FieldChange
from tracker.model import (
    LAN,
    Endpoint,
    Entry,
    flatten,
    port_text,
)
from tracker.notifications import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tracker.model import Finding
    from tracker.notifications import Message

SUBJECT_LIMIT = 150
NAME_IN_SUBJECT = 40
LEAST_ROOM = 200  # characters for a section, even if hardly any room is left
REST_BUDGET = 80  # characters of regions in the line that counts what was left out
VALUES_BUDGET = 200  # characters of addresses and hosts in one line
PORTS_BUDGET = 200
NAME_LIMIT = 100  # a resource's label
REGION_LIMIT = 60
TEXT_LIMIT = 140  # a purpose, a field's value
SENTENCE_END = re.compile(r"(?<=[a-z)])\.(?:\s+(?=[A-Z])|\s*$)")  # the first one is enough
FIELDS_BUDGET = 280  # characters of one row's changed fields
REASON_LIMIT = 600  # characters
NAMES_LIMIT = 80
HOUR, DAY = 3600, 86_400
ENDPOINT_FIELDS = frozenset({"hosts", "addresses", "services"})
NEEDS = ("required", None, "recommended", "optional")  # what to do first


class Line(msgspec.Struct, frozen=True):
    """One thing to do or to know, for a channel to lay out.

    `values` are to be copied as they are: addresses, hosts, paths. `label` comes before them;
    `text` says what they are, `note` why. `weight` is the number of things on the line, in
    `unit` and `region`, which are counted if the line does not fit. A line without a note fits
    in one row.
    """

    values: tuple[str, ...] = ()
    text: str = ""
    label: str = ""
    note: str = ""
    weight: int = 1
    unit: str = ""
    region: str = ""


class Section(msgspec.Struct, frozen=True):
    """Lines under one heading, in order of importance."""

    heading: str
    lines: tuple[Line, ...]


class MessageText(msgspec.Struct, frozen=True):
    """A message: `sections` by importance, then `facts`, under the heading `more`.

    The subject says the worst first; the lead can be read without the rest.
    """

    subject: str
    lead: str
    sections: tuple[Section, ...]
    facts: tuple[Line, ...]
    more: str = "Rule files and more"

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """The sections, and the facts as the last of them."""
        return (*self.sections, Section(self.more, self.facts))


def format_subject(message: Message, verdict: str, text: str, where: str = "") -> str:
    """Return `BREAKING Action1 Europe: allow 192.0.2.1 tcp/443`; phones show 40 characters."""
    name = clip(name_source(message), NAME_IN_SUBJECT)
    return clip(f"{verdict} {name}{f' {where}' if where else ''}: {text}", SUBJECT_LIMIT)


def advise(command: str) -> str:
    """Return the end of a subject that names the command to run."""
    return f' - run "{command}"'


def name_source(message: Message) -> str:
    """Return the source's title, or its name if it has none."""
    return to_line(message.title or message.source)


def fit_lines(lines: Sequence[Line], render: Callable[[Line], str], budget: int) -> list[str]:
    """Return the first rendered lines within `budget` characters, and a count of the rest."""
    rendered: list[str] = []

    def sizes() -> Iterator[int]:
        """Render one line after the other, and yield the length of each."""
        for line in lines:
            rendered.append(render(line))
            yield len(rendered[-1])

    fitting = count_fitting(sizes(), len(lines), budget)
    left = lines[fitting:]
    return [*rendered[:fitting], describe_rest(left)] if left else rendered


def fit_sections(
    sections: Sequence[Section], render: Callable[[Line], str], room: int
) -> list[tuple[str, list[str]]]:
    """Return headings with lines, within `room` characters in all; urgent sections come first.

    The first section gets what it needs, less a little that is reserved for each of the others,
    and so on. The last line of a section counts the lines that were cut.
    """
    shown: list[tuple[str, list[str]]] = []
    for section in sections:
        kept = LEAST_ROOM * (len(sections) - len(shown) - 1)
        budget = max(room - kept - len(section.heading), LEAST_ROOM)
        lines = fit_lines(section.lines, render, budget)
        shown.append((section.heading, lines))
        room -= len(section.heading) + sum(len(line) + 1 for line in lines)
    return shown


def describe_rest(lines: Sequence[Line]) -> str:
    """Return `... and 35 more endpoints: 20 in Europe, 15 in Canada` for lines without room."""
    by_region: dict[str, int] = defaultdict(int)
    for line in lines:
        by_region[line.region] += line.weight
    number, unit = sum(by_region.values()), lines[0].unit
    what = f" {unit}{'' if number == 1 else 's'}" if unit else ""
    named = [f"{count:,} in {name}" for name, count in by_region.items() if name]
    where = f": {list_within(named, REST_BUDGET)}" if named else ""
    return f"... and {number:,} more{what}{where}"


def format_minute(time: str) -> str:
    """Return a time as `2024-11-05 06:17 UTC`; another form stays as it is."""
    text = to_line(time)
    if text.endswith("Z") and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]} UTC"
    return text


def format_duration(since: str, until: str) -> str:
    """Return the time between two times: `26 hours`, `3 days`."""
    from datetime import datetime  # noqa: PLC0415

    try:
        between = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    except ValueError:
        return "some time"
    seconds = max(between.total_seconds(), 0)
    if seconds >= 2 * DAY:
        return count_noun(round(seconds / DAY), "day")
    if seconds >= HOUR:
        return count_noun(round(seconds / HOUR), "hour")
    return count_noun(round(seconds / 60), "minute")


def derive_delivery_id(message: Message) -> str:
    """Return 32 hex digits that are the same for each repeat of a message, and only for those.

    They depend on the version and on the changes that the channel is sent: two channels that
    send one receiver different regions send two messages. A notice has the same id in all
    channels, even if the change of a held page is a different one by now.
    """
    if isinstance(message, Notice):
        content: tuple[object, ...] = (message.as_stored(),)
    else:
        content = (message.source, message.version, message.digest, message.change_set)
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:32]


def build_command(command: str, label: str) -> Line:
    """Return a command to type, with its purpose as the label."""
    return Line((command,), label=label)


def build_reason(text: str) -> Section:
    """Return a section with the reason; without lines if that is not known."""
    reason = clip(text, REASON_LIMIT)
    return Section("Why", (Line(text=reason),) if reason else ())


def list_findings(heading: str, findings: Iterable[Finding]) -> Section:
    """Return a line for each finding."""
    found = tuple(
        Line(label=f"{to_line(each.name)}:", text=clip(each.message, REASON_LIMIT))
        for each in findings
    )
    return Section(heading, found)


class _LinePlace(msgspec.Struct, frozen=True, order=True):
    """What the endpoints of a group have in common; sorted by what to do first."""

    need: int
    region: str
    note: str
    direction: str
    when: str


def build_endpoint_lines(
    endpoints: Iterable[Endpoint],
    entries: Iterable[Entry],
    dates: Mapping[Endpoint, str] | None = None,
) -> tuple[Line, ...]:
    """Return endpoints by region, row, dates and ports; required ones first.

    `entries` are the rows that they may come from; `dates` are texts for their lines, about
    dates that the heading does not state.
    """
    owners: dict[Endpoint, list[Entry]] = defaultdict(list)
    for entry in entries:
        for endpoint in flatten(entry):
            owners[endpoint].append(entry)
    targets: dict[_LinePlace, dict[str, list[str]]] = defaultdict(dict)
    for endpoint in endpoints:
        when = dates.get(endpoint, "") if dates else ""
        place = _find_place(endpoint, owners.get(endpoint, []), when)
        targets[place].setdefault(endpoint.target, []).append(_show_ports(endpoint))
    return tuple(
        line for place in sorted(targets) for line in _build_group(place, targets[place])
    )


def build_change_line(change: Change, before: str = "") -> Line:
    """Return a line for a changed row: its region, name and changed fields, and `before`."""
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
    # Whole fields only: a truncated address would be another address.
    note = list_within([*map(_describe_field, fields)], FIELDS_BUDGET, "; ")
    return Line(text=text, note="; ".join(filter(None, (note, before))))


def is_endpoints_only(change: Change, listed_endpoints: set[Endpoint]) -> bool:
    """Return whether the listed endpoints fully describe the change for a firewall."""
    if change.kind == "changed" and any(
        field.field not in ENDPOINT_FIELDS for field in change.fields
    ):
        return False
    entries = (entry for entry in (change.before, change.after) if entry)
    return any(found in listed_endpoints for e in entries for found in flatten(e))


def _find_place(endpoint: Endpoint, entries: list[Entry], when: str) -> _LinePlace:
    need = min((NEEDS.index(entry.requirement) for entry in entries), default=1)
    notes = dict.fromkeys(_describe_rows(entry) for entry in entries)
    region = clip(endpoint.region or "", REGION_LIMIT)
    return _LinePlace(need, region, clip("; ".join(notes), 300), endpoint.direction, when)


def _describe_rows(entry: Entry) -> str:
    """Return `Relay servers: remote desktop (required, only for Europe)`."""
    limits = [entry.requirement or "", clip(entry.only_for or "", REGION_LIMIT)]
    if limits[1]:
        limits[1] = f"only for {limits[1]}"
    manner = ", ".join(filter(None, limits))
    purpose = clip(SENTENCE_END.split(entry.purpose, 1)[0], TEXT_LIMIT)
    # If a row's name is its host, the line already shows it.
    name = "" if entry.resource in entry.hosts else clip(entry.resource, NAME_LIMIT)
    about = ": ".join(filter(None, (name, purpose)))
    return f"{about} ({manner})".strip() if manner else about


def _build_group(place: _LinePlace, targets: dict[str, list[str]]) -> Iterator[Line]:
    """Yield lines for the targets of one place; those with the same ports share lines."""
    by_ports: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for target, ports in targets.items():
        by_ports[tuple(ports)].append(_show_target(target))
    for same_ports, same in by_ports.items():
        what = f"{list_within(same_ports, PORTS_BUDGET)} {place.direction}"
        text = f"{what}, {place.region}{place.when}" if place.region else what + place.when
        for row in pack_rows(same, VALUES_BUDGET):
            count = len(row) * len(same_ports)
            yield Line(row, text, "", place.note, count, "endpoint", place.region)


def _show_target(target: str) -> str:
    return "LAN (local network)" if target == LAN else to_line(target)


def _show_ports(endpoint: Endpoint) -> str:
    if endpoint.from_port is None:
        return f"{endpoint.protocol} (port not stated)"
    return port_text(endpoint)


def _describe_field(field: FieldChange) -> str:
    """Return `components + Agents - Deployer`, or `purpose: "old" -> "new"`."""
    name = to_line(field.field).replace("_", " ")
    came = [f"+ {clip(value, TEXT_LIMIT)}" for value in field.added]
    went = [f"- {clip(value, TEXT_LIMIT)}" for value in field.removed]
    if came or went:
        return f"{name} {list_within([*came, *went], TEXT_LIMIT, ' ')}"
    before, after = (
        f'"{clip(value, TEXT_LIMIT)}"' if value else "nothing"
        for value in (field.before, field.after)
    )
    return f"{name}: {before} -> {after}"
