"""Finds possible requirements on a page outside the tables that were read.

Pure. Addresses, hosts and ports on separate lines or in other tables hold the page unless they
are in an entry; those in sentences are only reported. Words next to a table such as "Showing 1
to 10 of 25 entries" or "Load more rows" hold the page too: a script would add the other rows,
which are not on the fetched page.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterable, Iterator, Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tracker.model import Finding
from tracker.parse.completeness.known_values import (
    KnownValues,
    describe_place,
    list_unknown,
    list_values,
)
from tracker.parse.completeness.line_values import LineValues, read_line
from tracker.parse.completeness.line_words import (
    VERSIONS,
    LoneTarget,
    is_reader_label,
    names_protocol,
    says_ports,
)
from tracker.parse.completeness.other_tables import check_columns, check_table, list_headers
from tracker.parse.grid import ColumnTable, FoundTables, Grid
from tracker.parse.markup.document import Document, PageLine
from tracker.parse.settling import settle_exclusion, settle_list, settle_table
from tracker.parse.values import may_hold_values
from tracker.parse.vocabulary import Vocabulary, extend_vocabulary
from tracker.sources import Source

_MOST_PLACES = 20
_LAST_LINES = 3
_NEAR = 12  # lines before and after a table that may state the number of its rows
_EXAMPLES = ("example.com", "example.net", "example.org")  # RFC 2606
_EXAMPLE_NETWORKS = tuple(  # RFC 5737, RFC 3849
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_NUMBER = r"\d{1,3}(?:[,. ]\d{3})+|\d{1,7}"
_SHOW = (
    r"(?:currently |now )?(?:showing|shown|displaying|viewing|listing|show|results?|rows?"
    r"|entries|records|items|lines)"
)
_ROWS = (
    r"(?:total |matching |available )?(?:entries|entry|rows?|records?|results?|items?|lines?"
    r"|elements?|hosts?|addresses|endpoints?|servers?|ranges?|ips|total|shown|in total|rules?)"
)
_TAIL = (
    rf"(?: {_ROWS}){{0,2}}(?: (?:shown|displayed|listed))?(?: \(?filtered from .{{1,40}})?"
    r"[\W\d]*"
)
_OF = r"(?:of|out of|from|/)(?: (?:about|over|a total of))?"
# "Showing 1 to 10 of 25 entries", also without the words.
_SPAN = re.compile(
    rf"(?:{_SHOW}[: ]*)?(?:{_ROWS}[: ]*)?(?P<first>{_NUMBER}) ?(?:to|-|–|—|through) ?"
    rf"(?P<last>{_NUMBER})(?: {_ROWS})? ?{_OF} ?(?P<all>{_NUMBER})\+?{_TAIL}",
    re.IGNORECASE,
)
# "Showing 10 of 25", "10 of 25 rows": with a verb or a noun.
_COUNT = re.compile(
    rf"(?:{_SHOW}[: ]*(?:the )?(?:first |only )?(?:{_ROWS} )?(?P<some>{_NUMBER})(?: {_ROWS})? "
    rf"{_OF} (?P<all>{_NUMBER})\+?{_TAIL}"
    rf"|(?P<some2>{_NUMBER}) {_OF} (?P<all2>{_NUMBER})\+? {_ROWS}{_TAIL})",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rf"(?:(?:{_SHOW}|you are on|go to|this is)[: ]*)?page:? (?P<page>{_NUMBER}) ?{_OF} ?"
    rf"(?P<all>{_NUMBER})\W*",
    re.IGNORECASE,
)
_PAGES = re.compile(r"pages?:? 1(?: ?\|? ?\d{1,3})+(?: ?(?:next|last|\W+))*", re.IGNORECASE)
_MORE = re.compile(
    rf"(?:(?:load|show|view|see|display)(?: all)?(?: (?:{_NUMBER}))?(?: (?:more|other|remaining"
    rf"|further|hidden))?(?: (?:{_NUMBER}))? {_ROWS}"
    rf"|(?:\+ ?|(?:and|plus) )(?:{_NUMBER}) (?:more|others?)(?: {_ROWS})?)\W*",
    re.IGNORECASE,
)
_MORE_WORDS = re.compile(r"more|other|remaining|further|hidden|all", re.IGNORECASE)
_LONGEST = 120


class _Place(msgspec.Struct):
    """The separate values below one heading that are in no entry."""

    heading: str | None
    addresses: list[str] = msgspec.field(default_factory=list)
    hosts: list[str] = msgspec.field(default_factory=list)
    ports: list[str] = msgspec.field(default_factory=list)

    @property
    def values(self) -> list[str]:
        """All distinct values."""
        return list(dict.fromkeys((*self.addresses, *self.hosts, *self.ports)))


def find_leftovers(
    document: Document,
    found: FoundTables,
    source: Source,
    known: KnownValues,
    url: str,
) -> Iterator[Finding]:
    """Yield holds for text that looks like a requirement but is in no entry.

    Values in sentences become one finding that does not hold the page. If the definition
    selects a part of the page, links in it are not menus and count like other text.
    """
    inside = bytearray(len(document.lines) + 1)
    vocabulary, grids = extend_vocabulary(source.definition.columns), found.grids
    for part in (*grids, *found.ignored):
        inside[part.first : part.end] = b"\1" * (part.end - part.first)
    if source.definition.select:
        document = _read_links_as_text(document)
    in_words: list[str] = []
    yield from _check_other_tables(document, inside, vocabulary, known, url, in_words)
    held = list(_report_places(_find_lone_values(document, inside, known, in_words), url))
    yield from held or check_columns(document, inside, vocabulary, url)
    if in_words:
        yield Finding(
            name="values-in-text",
            verdict="publish",
            message=f"{url}: sentences name what is in no entry: {list_values(in_words)}",
        )
    yield from _find_rows_not_shown(document, grids, url)


def _read_links_as_text(document: Document) -> Document:
    lines = [
        msgspec.structs.replace(line, linked=False) if line.linked else line
        for line in document.lines
    ]
    return msgspec.structs.replace(document, lines=lines)


def find_hidden_values(document: Document, known: KnownValues, url: str) -> Iterator[Finding]:
    """Yield a hold for values that are hidden by the markup and in no entry.

    A hidden copy of a table for phones has known values. A table that only a script can show
    has others. Hidden sentences do not count.
    """
    lost: list[str] = []
    for aside in document.hidden:
        said = read_line(aside.text, is_item=True)
        if aside.tabular or said.is_alone:
            seen = [t for t in said.targets if t.is_address or aside.tabular]
            seen = [target for target in seen if not target.is_link]
            lost += list_unknown(seen, known)
    if lost := list(dict.fromkeys(lost)):
        yield Finding(
            name="hidden-values",
            verdict="hold",
            message=f"{url}: {'a value is' if len(lost) == 1 else f'{len(lost)} values are'}"
            f" hidden on the page and not read: {list_values(lost)}",
            settle=settle_exclusion("what is hidden"),
        )


def _check_other_tables(
    document: Document,
    inside: bytearray,
    vocabulary: Vocabulary,
    known: KnownValues,
    url: str,
    in_words: list[str],
) -> Iterator[Finding]:
    """Yield holds for the tables that were not read, and mark their lines in `inside`."""
    headings = _list_headings_above(document)
    for table in document.tables:
        lines = range(table.first_line, table.end_line)
        if table.holds_tables or not lines or any(inside[at] for at in lines):
            continue
        if any(document.lines[at].in_content for at in lines):
            heading = headings[table.first_line]
            place = describe_place(url, heading)
            for each in check_table(document, table, vocabulary, known, place, in_words):
                header = list_headers(document, table, vocabulary)
                yield replace(each, settle=settle_table(header, heading) or UNSET)
        inside[lines.start : lines.stop] = b"\1" * len(lines)


def _list_headings_above(document: Document) -> list[str | None]:
    """Return for each line the nearest heading above it."""
    found: list[str | None] = []
    heading: str | None = None
    for line in document.lines:
        found.append(heading)
        heading = line.text if line.heading else heading
    return [*found, heading]


def _find_lone_values(
    document: Document, inside: bytearray, known: KnownValues, in_words: list[str]
) -> Iterator[_Place]:
    """Yield the places with separate values; add values in sentences to `in_words`."""
    place = _Place(None)
    before = ""  # the line above, if it may be a label
    for at, line in enumerate(document.lines):
        if line.heading:
            yield place
            place = _Place(line.text)
        if inside[at] or not line.in_content:
            before = ""
            continue
        label = before if before.endswith(":") else place.heading if line.bullet else None
        about_ports = label is not None and says_ports(label)
        if may_hold_values(line.text) and line.text in known.values:  # a list for copying
            continue
        said = read_line(line.text, is_item=line.bullet, about_ports=about_ports)
        if (said.targets or said.ports) and not is_reader_label(before):
            _sort_values(said, line, place, known, in_words)
        if not (line.bullet and said.is_alone):
            before = line.text
    yield place


def _sort_values(
    said: LineValues, line: PageLine, place: _Place, known: KnownValues, in_words: list[str]
) -> None:
    """Add values that are in no entry to their place or, for a sentence, to `in_words`."""
    new = [target for target in said.targets if not known.has(target)]
    ports = [ports.text for ports in said.ports if not known.has_ports(ports)]
    if place.heading and VERSIONS.search(place.heading):
        new = [target for target in new if not target.is_address or "/" in target.text]
    if line.linked:  # a link to a host may be just a link
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
    """Return whether a value in a sentence is a link, or reserved for examples."""
    if not target.is_address:
        name = target.text.removeprefix("*.")
        is_example = name in _EXAMPLES or name.endswith(tuple(f".{e}" for e in _EXAMPLES))
        return target.is_link or is_example
    address = ipaddress.ip_interface(target.text).ip
    return any(address in network for network in _EXAMPLE_NETWORKS)


def _report_places(places: Iterator[_Place], url: str) -> Iterator[Finding]:
    """Yield a finding for each of the first twenty places, and one for all others."""
    found = [place for place in places if place.values]
    for place in found[:_MOST_PLACES]:
        yield _report_place(place, describe_place(url, place.heading))
    if rest := found[_MOST_PLACES:]:
        lists = ("addresses", "hosts", "ports")
        values = {name: [v for place in rest for v in getattr(place, name)] for name in lists}
        yield _report_place(_Place(None, **values), f"{url}, {len(rest)} more places")


def _report_place(place: _Place, where: str) -> Finding:
    kinds = {"address": place.addresses, "host": place.hosts, "ports": place.ports}
    kind = next(kind for kind, values in kinds.items() if values)
    values = place.values
    amount = f"{len(values)} values stand" if len(values) > 1 else "a value stands"
    return Finding(
        name=f"{kind}-outside-tables",
        verdict="hold",
        message=f"{where}: {amount} outside the tables and in no entry: {list_values(values)}",
        settle=settle_list(place.heading) if place.heading else UNSET,
    )


def _find_rows_not_shown(
    document: Document, grids: Sequence[Grid | ColumnTable], url: str
) -> Iterator[Finding]:
    """Yield a hold for words next to a table which say that it has more rows."""
    pages = PagerLines()
    said: list[str] = []
    for at in _find_lines_near(document, grids):
        text = document.lines[at].text
        if not pages.add(text) and says_more_rows(text):
            said.append(text)
    if said := [*dict.fromkeys([*said, *pages.missing()])]:
        yield Finding(
            name="rows-not-shown",
            verdict="hold",
            message=f"{url}: beside a table stands that there are more rows:"
            f" {list_values(said)}",
        )


def _find_lines_near(document: Document, grids: Sequence[Grid | ColumnTable]) -> Iterator[int]:
    """Yield the lines close to a table that was read, up to a heading or another table.

    The table's last lines are included, because its last row may have such words.
    """
    owners: dict[int, int] = {}  # the number of the other table that contains a line
    read = {grid.first for grid in grids}
    for number, table in enumerate(document.tables):
        lines = range(table.first_line, table.end_line)
        if not table.holds_tables and read.isdisjoint(lines):
            owners.update(dict.fromkeys(lines, number))
    seen: set[int] = set()
    for grid in grids:
        seen.update(range(max(grid.end - _LAST_LINES, grid.first), grid.end))
        seen.update(_iter_until_heading(document, owners, range(grid.end, grid.end + _NEAR)))
        before = range(grid.first - 1, grid.first - 1 - _NEAR, -1)
        seen.update(_iter_until_heading(document, owners, before))
    yield from sorted(seen)


def _iter_until_heading(
    document: Document, owners: Container[int], lines: Iterable[int]
) -> Iterator[int]:
    for at in lines:
        if not 0 <= at < len(document.lines) or document.lines[at].heading or at in owners:
            return
        yield at


class PagerLines:
    """The page numbers in lines: if all pages 1, 2 and 3 of 3 are there, none is missing."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, str]] = {}

    def add(self, text: str) -> bool:
        """Add a line such as "Page 1 of 3"; return whether it is one."""
        match = _PAGE.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None or (total := _parse_number(match["all"])) < (
            number := _parse_number(match["page"])
        ):
            return False
        self._lines.setdefault(total, {}).setdefault(number, text)
        return True

    def missing(self) -> list[str]:
        """Return the lines of groups in which pages are missing."""
        return [
            text
            for total, lines in self._lines.items()
            if total > len(lines)
            for text in lines.values()
        ]


def says_more_rows(text: str) -> bool:
    """Return whether the line says that there are more rows than are shown."""
    if len(text) > _LONGEST:
        return False
    if match := _SPAN.fullmatch(text):
        first, last, total = (
            _parse_number(match["first"]),
            _parse_number(match["last"]),
            _parse_number(match["all"]),
        )
        return last < total or first > 1
    if match := _COUNT.fullmatch(text):
        return _parse_number(match["some"] or match["some2"]) < _parse_number(
            match["all"] or match["all2"]
        )
    if _MORE.fullmatch(text):
        return _MORE_WORDS.search(text) is not None
    return _PAGES.fullmatch(text) is not None


def _parse_number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
