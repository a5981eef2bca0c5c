"""What a page says outside the tables that were read: is anything of it a requirement?

Pure. Addresses, hosts and ports that stand alone on a line or in another table are in an entry
or hold the page, by name and place; those in running sentences are told of.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterable, Iterator, Sequence

import msgspec

from tracker.model import Entry, Finding
from tracker.parse.cells.values import may_name
from tracker.parse.completeness.known_values import Known, unknown
from tracker.parse.completeness.lone_values import LoneTarget, Said, read_line
from tracker.parse.completeness.other_tables import check_columns, check_table
from tracker.parse.completeness.pagers import PageNumbers, counts_more_rows
from tracker.parse.completeness.passing_words import VERSIONS, is_label_of_reader
from tracker.parse.completeness.port_words import names_protocol, says_ports
from tracker.parse.markup.document import Document, Line
from tracker.parse.rows.places import listed, under
from tracker.parse.shapes.grid import Grid, Stack
from tracker.parse.shapes.words import Vocabulary

_MOST_PLACES = 20
_LAST_LINES = 3
_BESIDE = 12  # lines between a table and the words that count its rows
_EXAMPLES = ("example.com", "example.net", "example.org")  # RFC 2606
_EXAMPLE_NETWORKS = tuple(  # RFC 5737, RFC 3849
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


class _Place(msgspec.Struct):
    """What stands alone below one heading, and is in no entry."""

    heading: str | None
    addresses: list[str] = msgspec.field(default_factory=list)
    hosts: list[str] = msgspec.field(default_factory=list)
    ports: list[str] = msgspec.field(default_factory=list)

    @property
    def values(self) -> list[str]:
        """All of it, once each."""
        return list(dict.fromkeys((*self.addresses, *self.hosts, *self.ports)))


def outside(
    document: Document,
    grids: Sequence[Grid | Stack],
    vocabulary: Vocabulary,
    entries: Sequence[Entry],
    url: str,
) -> Iterator[Finding]:
    """Yield holds for what looks like a requirement and is in none of the page's entries.

    What running sentences name is a finding that holds nothing.
    """
    known = Known(entries)
    inside = bytearray(len(document.lines) + 1)
    for grid in grids:
        inside[grid.first : grid.end] = b"\1" * (grid.end - grid.first)
    in_words: list[str] = []
    yield from _other_tables(document, inside, vocabulary, known, url, in_words)
    held = list(_holds(_lone_lines(document, inside, known, in_words), url))
    yield from held or check_columns(document, inside, vocabulary, url)
    if in_words:
        yield Finding(
            name="values-in-text",
            verdict="publish",
            message=f"{url}: sentences name what is in no entry: {listed(in_words)}",
        )
    yield from _rows_not_shown(document, grids, url)


def hidden(document: Document, entries: Sequence[Entry], url: str) -> Iterator[Finding]:
    """Yield a hold for values that the markup hides and no entry has.

    A hidden copy of a table for phones has the same values; a table that a script shows, and
    that nothing in the markup says to be reachable, has others. Hidden sentences stay out.
    """
    if not document.hidden:
        return
    known = Known(entries)
    lost: list[str] = []
    for aside in document.hidden:
        said = read_line(aside.text, is_item=True)
        if aside.tabular or said.is_alone:
            seen = [t for t in said.targets if t.is_address or aside.tabular]
            seen = [target for target in seen if not target.is_link]
            lost += unknown(seen, known)
    if lost := list(dict.fromkeys(lost)):
        yield Finding(
            name="hidden-values",
            verdict="hold",
            message=f"{url}: {'a value is' if len(lost) == 1 else f'{len(lost)} values are'}"
            f" hidden on the page and not read: {listed(lost)}",
        )


def _other_tables(
    document: Document,
    inside: bytearray,
    vocabulary: Vocabulary,
    known: Known,
    url: str,
    in_words: list[str],
) -> Iterator[Finding]:
    """The tables that were not read, each checked; their lines count as seen."""
    headings = _headings_above(document)
    for table in document.tables:
        lines = range(table.first_line, table.end_line)
        if table.holds_tables or not lines or any(inside[at] for at in lines):
            continue
        if any(document.lines[at].in_content for at in lines):
            place = under(url, headings[table.first_line])
            yield from check_table(document, table, vocabulary, known, place, in_words)
        inside[lines.start : lines.stop] = b"\1" * len(lines)


def _headings_above(document: Document) -> list[str | None]:
    """Of each line the nearest heading above it."""
    found: list[str | None] = []
    heading: str | None = None
    for line in document.lines:
        found.append(heading)
        heading = line.text if line.heading else heading
    return [*found, heading]


def _lone_lines(
    document: Document, inside: bytearray, known: Known, in_words: list[str]
) -> Iterator[_Place]:
    """The places with values that stand alone; those in sentences are added to `in_words`."""
    place = _Place(None)
    before = ""  # the line above, if it can be a label
    for at, line in enumerate(document.lines):
        if line.heading:
            yield place
            place = _Place(line.text)
        if inside[at] or not line.in_content:
            before = ""
            continue
        label = before if before.endswith(":") else place.heading if line.bullet else None
        about_ports = label is not None and says_ports(label)
        if may_name(line.text) and line.text in known.values:  # as in a list for copying
            continue
        said = read_line(line.text, is_item=line.bullet, about_ports=about_ports)
        if (said.targets or said.ports) and not is_label_of_reader(before):
            _sort(said, line, place, known, in_words)
        if not (line.bullet and said.is_alone):
            before = line.text
    yield place


def _sort(said: Said, line: Line, place: _Place, known: Known, in_words: list[str]) -> None:
    """Put what no entry has where it belongs."""
    new = [target for target in said.targets if not known.has(target)]
    ports = [ports.text for ports in said.ports if not known.has_ports(ports)]
    if place.heading and VERSIONS.search(place.heading):
        new = [target for target in new if not target.is_address or "/" in target.text]
    if line.linked:  # of a link only what nobody would visit
        held = [target for target in new if target.is_address or target.text[0] == "*"]
        in_words += (target.text for target in new if target not in held)
        new, ports = held, []
    if said.is_alone:
        place.addresses += (target.text for target in new if target.is_address)
        place.hosts += (target.text for target in new if not target.is_address)
        place.ports += ports
    else:
        in_words += (target.text for target in new if not _is_harmless(target))
        in_words += (text for text in ports if names_protocol(text))


def _is_harmless(target: LoneTarget) -> bool:
    """Whether a value of a sentence is a link, or there to explain something."""
    if not target.is_address:
        name = target.text.removeprefix("*.")
        is_example = name in _EXAMPLES or name.endswith(tuple(f".{e}" for e in _EXAMPLES))
        return target.is_link or is_example
    address = ipaddress.ip_interface(target.text).ip
    return any(address in network for network in _EXAMPLE_NETWORKS)


def _holds(places: Iterator[_Place], url: str) -> Iterator[Finding]:
    """One finding a place; those of a page with very many places are one."""
    found = [place for place in places if place.values]
    for place in found[:_MOST_PLACES]:
        yield _hold(place, under(url, place.heading))
    if rest := found[_MOST_PLACES:]:
        lists = ("addresses", "hosts", "ports")
        values = {name: [v for place in rest for v in getattr(place, name)] for name in lists}
        yield _hold(_Place(None, **values), f"{url}, {len(rest)} more places")


def _hold(place: _Place, where: str) -> Finding:
    kinds = {"address": place.addresses, "host": place.hosts, "ports": place.ports}
    kind = next(kind for kind, values in kinds.items() if values)
    values = place.values
    amount = f"{len(values)} values stand" if len(values) > 1 else "a value stands"
    return Finding(
        name=f"{kind}-outside-tables",
        verdict="hold",
        message=f"{where}: {amount} outside the tables and in no entry: {listed(values)}",
    )


def _rows_not_shown(
    document: Document, grids: Sequence[Grid | Stack], url: str
) -> Iterator[Finding]:
    """A hold for words beside a table which say that it has more rows than are shown."""
    pages = PageNumbers()
    said: list[str] = []
    for at in _lines_beside(document, grids):
        text = document.lines[at].text
        if not pages.add(text) and counts_more_rows(text):
            said.append(text)
    if said := [*dict.fromkeys([*said, *pages.missing()])]:
        yield Finding(
            name="rows-not-shown",
            verdict="hold",
            message=f"{url}: beside a table stands that there are more rows: {listed(said)}",
        )


def _lines_beside(document: Document, grids: Sequence[Grid | Stack]) -> Iterator[int]:
    """Lines close to a table that was read, with no heading and no other table between.

    Its last lines are among them: such words can stand in a row of their own.
    """
    owners: dict[int, int] = {}  # of the lines of other tables
    read = {grid.first for grid in grids}
    for number, table in enumerate(document.tables):
        lines = range(table.first_line, table.end_line)
        if not table.holds_tables and read.isdisjoint(lines):
            owners.update(dict.fromkeys(lines, number))
    seen: set[int] = set()
    for grid in grids:
        seen.update(range(max(grid.end - _LAST_LINES, grid.first), grid.end))
        seen.update(_until_heading(document, owners, range(grid.end, grid.end + _BESIDE)))
        before = range(grid.first - 1, grid.first - 1 - _BESIDE, -1)
        seen.update(_until_heading(document, owners, before))
    yield from sorted(seen)


def _until_heading(
    document: Document, owners: Container[int], lines: Iterable[int]
) -> Iterator[int]:
    for at in lines:
        if not 0 <= at < len(document.lines) or document.lines[at].heading or at in owners:
            return
        yield at
