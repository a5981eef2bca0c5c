"""What an operator can do about a page that is refused or held, in lines to paste. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.errors import NothingRead, PageError, Unreadable
from tracker.parse.cells.suggestions import EXAMPLES, list_left_out, suggest_reading
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
from tracker.sources import Source
from tracker.sources.definition import Definition

if TYPE_CHECKING:
    from tracker.drafts.survey import Survey

_IGNORED = "# Rules of the definition ignore what could be read; take one of them away: {}"
_ONE_VALUE = "# Compare it with the page: is it one value there?"
_FEED_KEYS = ("items", "fields", "defaults")
_MOST_PARTS = 5  # tables or lists of a page on which nothing is read
_NOTHING_THERE = (
    "# No table and no list of the page has hosts or addresses: it may be drawn by a script,\n"
    "# or have moved. Name what is to be read instead:\n"
    '# url = "https://..."'
)
_UNSTATED = (
    '# "TCP" is a port that is not stated: nothing is opened. Compare all of it with the page.'
)


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
    """Return what settles the refusal of these pages; nothing where no line does."""
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
    if error.header and error.rule:  # a second rule for the table would come too late
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
    """Return lines that ignore the table in question; what is no <table> is lines to rules."""
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
    """Return lines that read the tables and lists which name hosts or addresses, or a feed."""
    from tracker.drafts.survey import survey_page  # noqa: PLC0415  only for such a page

    if feed := _settle_feed(pages):
        return feed
    rules = (rule for page in pages for rule in _iter_rules(survey_page(page.document)))
    found = list(islice(dict.fromkeys(rules), _MOST_PARTS))
    if not found:
        return _NOTHING_THERE if pages else ""
    return "\n".join((_UNSTATED, *found) if any('"TCP"' in each for each in found) else found)


def _settle_feed(pages: Sequence[ParsedPage]) -> str:
    """Return the keys that read data in place of a page; nothing where it is a page."""
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
