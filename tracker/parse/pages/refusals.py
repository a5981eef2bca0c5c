"""Writes the lines by which an operator can settle a page that is refused or held. Pure.

For a refused cell a reading is proposed, for the operator to check; it is never applied
automatically. It is the cell without footnote marks, brackets or unknown words: the first such
text that the parser accepts, with a list of the values that it omits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.errors import NothingRead, PageError, Unreadable
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.resource import read_resource
from tracker.parse.cells.text_cells import read_components, read_purpose
from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine
from tracker.parse.page import ParsedPage, Reading
from tracker.parse.settling import (
    comment_out,
    name_source,
    settle_cell,
    settle_columns,
    settle_exclusion,
    settle_list,
    settle_rows,
    settle_table,
    write_pattern,
)
from tracker.parse.values import find_values
from tracker.parse.vocabulary import direction_of
from tracker.sources import Source
from tracker.sources.definition import Definition

if TYPE_CHECKING:
    from tracker.drafts.survey import Survey

_IGNORED = "# Rules of the definition ignore what could be read; take one of them away: {}"
_ONE_VALUE = "# Compare it with the page: is it one value there?"
_FEED_KEYS = ("items", "fields", "defaults")
_MOST_PARTS = 5  # tables or lists proposed for a page on which nothing was read
_NOTHING_THERE = (
    "# No table and no list of the page has hosts or addresses: it may be drawn by a script,\n"
    "# or have moved. Name what is to be read instead:\n"
    '# url = "https://..."'
)
_UNSTATED = (
    '# "TCP" is a port that is not stated: nothing is opened. Compare all of it with the page.'
)
# An example by column, for cells for which there is no proposal.
EXAMPLES: Mapping[str, str] = {
    "ports": "443 TCP",
    "protocol": "TCP",
    "resource": "Servers: server.example.com, 203.0.113.7",
    "direction": "Outbound",
    "purpose": "(Required) What it is for",
    "components": "Agents, Console",
    "action": "Allow",
    "region": "Europe",
    "requirement": "Required",
}
_LONGEST = 2000  # characters; there is no proposal for a longer cell
_MOST_CUTS = 40
_BEFORE_COMMA = re.compile(r"[^\S\n]+(?=[,;])")
_LOOSE_SIGN = re.compile(r"(?<!\S)[/,;](?!\S)|^[/,;]+|[/,;]+$|[,;](?=[,;])")
_FOOTNOTES = re.compile(r"\[\w{1,2}\]|\(\d\)|[*†‡§]+|[²³¹⁰-₎①-⓿]+")
_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_DOTS = re.compile(r"(?<=\d)\s*(?:…|\.{2,3})\s*(?=\d)")
_ITEM_NUMBER = re.compile(r"^\d{1,2}[.)]\s+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_PORT_WORDS = frozenset(
    "tcp udp http https tls ssl and or to over via using port ports".split()
)
_LEVEL = re.compile(r"^\(\s*(required|mandatory|recommended|optional)\b", re.IGNORECASE)
_FILL_IN = re.compile(r"(?:\$?\{[^{}\s]+\}|<[^<>\s]+>|\[[a-z][\w-]+\]|%\w+%|\$\w+)(?=\.)")
_NUMBER = re.compile(r"\d+")
_LAST_NUMBER = re.compile(r"[\s,;]+\d+$")


def name_settling(reading: Reading, source: Source) -> Reading:
    """Return the reading with the name of the source in the lines of its findings."""
    findings = tuple(
        replace(each, settle=name_source(each.settle, source)) if each.settle else each
        for each in reading.findings
    )
    return replace(reading, findings=findings)


def settle_refusal(
    error: PageError, pages: Sequence[ParsedPage] = (), definition: Definition | None = None
) -> str:
    """Return the lines that settle the refusal of these pages; "" if there are none."""
    if error.settle:
        return error.settle
    if isinstance(error, NothingRead):
        ignoring = _list_ignoring(definition) if definition else ()
        return _IGNORED.format(", ".join(ignoring)) if ignoring else _settle_unread(pages)
    return _settle_unreadable(error) if isinstance(error, Unreadable) else ""


def _settle_unreadable(error: Unreadable) -> str:
    if not "".join(error.cell).strip():
        return _settle_part(error) or settle_exclusion("that part of the page")
    reading = suggest_reading(error.field, error.cell, error.beside)
    if reading is not None:
        lines = settle_cell(error.cell, reading, list_left_out(error.cell, reading))
        return f"{_ONE_VALUE}\n{lines}" if error.field == "joined" else lines
    written = comment_out(settle_cell(error.cell, EXAMPLES.get(error.field, "")))
    parts = [f"# Write in `as` what the cell is to be read as:\n{written}"]
    if error.header and error.rule:  # a second rule for the table would have no effect
        rows = write_pattern(" ".join(error.cell))
        parts.append(
            f"# Or leave out each row that has such a cell, by a line in {error.rule}:\n"
            f"# skip_rows = {rows}"
        )
    elif error.header:
        rows = settle_rows(error.header, error.heading, " ".join(error.cell), is_whole=True)
        parts.append(f"# Or leave out each row that has such a cell:\n{rows}")
    elif part := _settle_part(error):
        parts.append(f"# Or leave out that part of the page:\n{part}")
    return "\n".join(parts)


def _settle_part(error: Unreadable) -> str:
    """Return lines that ignore the table; other layouts are ignored as lists."""
    if error.header and error.rule:
        return f'# In {error.rule}, to leave the table out:\n# action = "ignore"'
    if error.header:
        return settle_table(error.header, error.heading)
    return settle_list(error.heading) if error.heading else ""


def _list_ignoring(definition: Definition) -> list[str]:
    """Return the names of the rules that ignore a part of the page."""
    tables = [rule.action for rule in definition.tables]
    lists = [rule.action for rule in definition.lists]
    return [
        f"{key}[{number}]"
        for key, actions in (("tables", tables), ("lists", lists))
        for number, action in enumerate(actions)
        if action == "ignore"
    ]


def _settle_unread(pages: Sequence[ParsedPage]) -> str:
    """Return lines that read the tables and lists with hosts or addresses, or a feed."""
    from tracker.drafts.survey import survey_page  # noqa: PLC0415  only for such a page

    if feed := _settle_feed(pages):
        return feed
    rules = (rule for page in pages for rule in _iter_rules(survey_page(page.document)))
    found = list(islice(dict.fromkeys(rules), _MOST_PARTS))
    if not found:
        return _NOTHING_THERE if pages else ""
    return "\n".join((_UNSTATED, *found) if any('"TCP"' in each for each in found) else found)


def _settle_feed(pages: Sequence[ParsedPage]) -> str:
    """Return the keys of a definition that reads the text as a feed; "" if it is a page."""
    from tracker.drafts.feed_draft import draft_feed, survey_feed  # noqa: PLC0415

    survey = survey_feed(pages[0].text) if pages else None
    if survey is None:
        return ""
    lines = draft_feed(survey, "", pages[0].url).splitlines()
    keys = [line for line in lines if line.startswith(_FEED_KEYS)]
    return "\n".join(["# It is a feed, and no page. In the source's own table:", *keys])


def _iter_rules(survey: Survey) -> Iterator[str]:
    from tracker.drafts.page_draft import guess_columns  # noqa: PLC0415  only for such a page

    for table in survey.tables:
        columns = guess_columns(table)
        roles = set(columns.values())
        if "resource" in roles:
            missing = {"direction": "outbound", "ports": "TCP"}
            defaults = {field: text for field, text in missing.items() if field not in roles}
            yield settle_columns(table.header, table.heading, columns, defaults)
    for each in survey.lists:
        if each.heading and each.values and not each.items:
            yield settle_list(each.heading, {"direction": "outbound", "ports": "TCP"})


def suggest_reading(field: str, lines: Sequence[str], beside: str = "") -> str | None:
    """Return a reading of the cell that the parser accepts, or None.

    `beside` is the protocol cell of the same row.
    """
    text = "\n".join(lines)
    if not text or len(text) > _LONGEST or field not in _CANDIDATES:
        return None
    for candidate in _CANDIDATES[field](text):
        plain = _tidy(candidate)
        if plain and (plain != text or field == "joined") and _is_read(field, plain, beside):
            return plain
    return None


def _tidy(text: str) -> str:
    """Return text without blank lines, double spaces and superfluous commas."""
    closed = _BEFORE_COMMA.sub("", text).split("\n")
    lines = (" ".join(_LOOSE_SIGN.sub("", line.strip()).split()) for line in closed)
    return "\n".join(filter(None, lines))


def list_left_out(lines: Sequence[str], reading: str) -> list[str]:
    """Return the addresses and hosts, or else the numbers, that the reading omits."""
    before, after = find_values(" ".join(lines)), find_values(reading)
    values = (*before.hosts, *before.addresses)
    if values:
        return [value for value in values if value not in {*after.hosts, *after.addresses}]
    kept = _NUMBER.findall(reading)
    return [number for number in _NUMBER.findall(" ".join(lines)) if number not in kept]


def _is_read(field: str, text: str, beside: str) -> bool:
    try:
        if field == "ports":
            read_ports(text, "", protocol=beside)
        elif field == "protocol":
            read_ports("", "", protocol=text)
        elif field == "joined":
            return _is_read("resource", text, beside) or _is_read("ports", text, beside)
        elif field == "resource":
            read_resource(Cell(tuple(map(PageLine, text.split("\n")))), "")
        elif field == "components":
            read_components(text, "")
        elif field == "purpose":
            read_purpose(text, "")
    except Unreadable:
        return False
    return field != "direction" or direction_of(text) is not None


def _iter_port_texts(text: str) -> Iterator[str]:
    """Yield port cells with less and less text; a port before an odd word is dropped, too."""
    for pattern in (_FOOTNOTES, _BRACKETS, _ITEM_NUMBER):
        yield pattern.sub(" ", text)
    yield _DOTS.sub("-", text)
    plain = _BRACKETS.sub(" ", _FOOTNOTES.sub(" ", text))
    if len(_NUMBER.findall(plain)) == 1:
        yield _WORD.sub(lambda m: m[0] if m[0].lower() in _PORT_WORDS else " ", plain)
    odd = (m for m in _WORD.finditer(plain) if m[0].lower() not in _PORT_WORDS)
    for word in islice(odd, _MOST_CUTS):
        head = plain[: word.start()].rstrip(" ,;\n")
        yield _LAST_NUMBER.sub("", head)
        yield head
    if "\n" in text:
        yield from _iter_port_texts(text.replace("\n", ", "))


def _iter_resources(text: str) -> Iterator[str]:
    """Yield resource cells with less and less text, down to the first words."""
    yield _FOOTNOTES.sub(" ", text)
    yield _BRACKETS.sub(" ", text)
    yield _FILL_IN.sub("*", text)
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1)[:_MOST_CUTS]:
        last = find_values(lines[count - 1])
        if last.hosts or last.addresses:  # otherwise it may be a caption for the rest
            yield "\n".join(lines[:count])
    words = lines[0].split()
    for count in range(len(words) - 1, 0, -1)[:_MOST_CUTS]:
        yield " ".join(words[:count])


def _iter_directions(text: str) -> Iterator[str]:
    """Yield the only direction among the words of a cell."""
    words = [word for word in _WORD.findall(text) if direction_of(word)]
    if len({direction_of(word) for word in words}) == 1:
        yield words[0]


def _iter_purposes(text: str) -> Iterator[str]:
    level = _LEVEL.match(text)
    yield _BRACKETS.sub(f"({level[1]})" if level else " ", text, count=1)
    yield _BRACKETS.sub(" ", text)


def _iter_components(text: str) -> Iterator[str]:
    text = text.replace("\n", ", ")
    yield _FOOTNOTES.sub(" ", text)
    yield _BRACKETS.sub(" ", text)
    yield re.sub(r"[^\w &+/'’,-]", " ", text)


def _iter_joined(text: str) -> Iterator[str]:
    """Yield the cell unchanged: the operator confirms that its joined parts are one value."""
    yield text


_CANDIDATES: Mapping[str, Callable[[str], Iterator[str]]] = {
    "ports": _iter_port_texts,
    "protocol": _iter_port_texts,
    "resource": _iter_resources,
    "joined": _iter_joined,
    "direction": _iter_directions,
    "purpose": _iter_purposes,
    "components": _iter_components,
}
