"""Reports what a definition's rules did on the pages, and rules without effect.

Pure. Each decision of the operator becomes a finding of the version. Removed values are listed,
so that a new one among them is noticed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tracker.errors import Unreadable
from tracker.model import Entry, Finding
from tracker.parse.completeness.known_values import list_values as show_values
from tracker.parse.grid import ColumnTable, FoundTables, Grid, IgnoredPart, Removed
from tracker.parse.markup.document import Document, find_heading
from tracker.parse.markup.page_rules import normalize_cell
from tracker.parse.value_rules import list_values
from tracker.sources.definition import Definition, Expect, as_texts
from tracker.text import quote


def list_removed(document: Document, found: FoundTables) -> Iterator[Removed]:
    """Yield each value of a page that the definition removed, in no particular order."""
    for text in document.excluded:
        yield from (Removed("exclude", value) for value in list_values(text))
    for part in found.ignored:
        for line in document.lines[part.first : part.end]:
            yield from (Removed(part.rule, value) for value in list_values(line.text))
    for cell in document.replaced:
        kept = {value for line in cell.reading.split("\n") for value in list_values(line)}
        yield from (Removed("reads", v) for v in list_values(cell.text) if v not in kept)
    for grid in found.grids:
        yield from grid.removed


def report_removed(removed: Sequence[Removed], url: str) -> Iterator[Finding]:
    """Yield one finding for each kind of rule that removed values."""
    by_rule: defaultdict[str, list[str]] = defaultdict(list)
    for one in removed:
        by_rule[one.how].append(one.value)
    for how, values in by_rule.items():
        once = list(dict.fromkeys(values))
        amount = f"{len(once)} values" if len(once) > 1 else "a value"
        yield Finding(
            name="values-taken-away",
            verdict="publish",
            message=f"{url}: {how} of the definition takes away {amount}: {show_values(once)}",
        )


def report_new(removed: Iterable[str]) -> Iterator[Finding]:
    """Yield a hold for values that the definition did not remove before."""
    if values := list(removed):
        yield Finding(
            name="value-taken-away-new",
            verdict="hold",
            message="the definition takes away what it did not the last time:"
            f" {show_values(values)}",
        )


def report_ignored(
    document: Document, parts: Sequence[IgnoredPart], url: str
) -> Iterator[Finding]:
    """Yield a finding for each table or list that the definition ignores."""
    for rule, heading in dict.fromkeys(
        (part.rule, find_heading(document, part.first)) for part in parts
    ):
        kind = "table" if rule.startswith("tables") else "list"
        place = f"under {quote(heading, 60)}" if heading else "above the first heading"
        yield Finding(
            name=f"{kind}-ignored",
            verdict="publish",
            message=f"{url}, {place}: {rule} of the definition ignores it",
        )


def report_replaced(document: Document, url: str) -> Iterator[Finding]:
    """Yield a finding for each distinct cell that the definition replaces."""
    for text, reading in dict.fromkeys((cell.text, cell.reading) for cell in document.replaced):
        yield Finding(
            name="cell-read-as",
            verdict="publish",
            message=f"{url}: the cell {quote(text)} is read as {quote(reading)}",
        )


def report_defaults(
    grid: Grid | ColumnTable, entries: Sequence[Entry], where: str, heading: str
) -> Iterator[Finding]:
    """Yield a hold for a table that is a firewall table only by the defaults.

    The first version by a definition may have such tables; later, each new one is held.
    """
    if not grid.is_certain:
        header = ", ".join(quote(name, 40) for name in grid.header if name)
        yield Finding(
            name="table-read-by-defaults",
            verdict="hold",
            message=f"{where}, under {quote(heading, 60)}: a table with the header {header}"
            " says neither direction nor ports; it is read with the defaults: "
            + show_values(target for entry in entries for target in entry.targets),
        )


def check_rules_used(
    definition: Definition, documents: Sequence[Document], used: set[str], url: str
) -> Iterator[Finding]:
    """Yield a finding for each rule that has no match on any page of the source.

    Raises Unreadable for a selector of `exclude` without a match.
    """
    for selector in as_texts(definition.exclude) if not definition.is_feed else ():
        if all(selector in document.unmatched for document in documents):
            raise Unreadable(f"{url}: exclude: {quote(selector)} matches nothing on the page")
    replaced = {cell.text for document in documents for cell in document.replaced}
    names = [f"tables[{number}]" for number in range(len(definition.tables))]
    names += [f"lists[{number}]" for number in range(len(definition.lists))]
    unused = [name for name in names if name not in used]
    unused += [
        f"reads {quote(each.cell)}"
        for each in definition.reads
        if normalize_cell(each.cell) not in replaced
    ]
    for name in unused:
        yield Finding(
            name="rule-without-match",
            verdict="publish",
            message=f"{url}: {name} of the definition matches nothing on the page",
        )


def check_expectations(expect: Expect, entries: Sequence[Entry], url: str) -> Iterator[Finding]:
    """Yield a hold for each of the operator's expectations that the entries do not meet."""
    if len(entries) < expect.at_least:
        yield _report_unexpected(f"{len(entries)} entries, fewer than {expect.at_least}", url)
    targets = {target for entry in entries for target in entry.targets}
    if missing := [value for value in expect.contains if value.lower() not in targets]:
        yield _report_unexpected(f"no entry with {show_values(missing)}", url)


def _report_unexpected(what: str, url: str) -> Finding:
    return Finding(
        name="expectation-failed",
        verdict="hold",
        message=f"{url}: `expect` of the definition is not met: {what}",
    )
