"""What an operator can do about a page that is refused or held, in lines to paste. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tracker.errors import PageError, Unreadable
from tracker.parse.cells.suggestions import EXAMPLES, list_left_out, suggest_reading
from tracker.parse.page import Reading
from tracker.parse.settling import comment_out, name_source, settle_cell, settle_table
from tracker.sources import Source


def name_settling(reading: Reading, source: Source) -> Reading:
    """Return the reading with the name of the source in the lines of its findings."""
    findings = tuple(
        replace(each, settle=name_source(each.settle, source)) if each.settle else each
        for each in reading.findings
    )
    return replace(reading, findings=findings)


def settle_refusal(error: PageError) -> str:
    """Return what settles the refusal of a page; nothing where no line does."""
    if error.settle or not isinstance(error, Unreadable):
        return error.settle
    whole_table = settle_table(error.header, error.heading)
    if not error.cell or not "".join(error.cell).strip():
        return whole_table
    reading = suggest_reading(error.field, error.cell, error.beside)
    if reading is not None:
        return settle_cell(error.cell, reading, list_left_out(error.cell, reading))
    written = comment_out(settle_cell(error.cell, EXAMPLES.get(error.field, "")))
    parts = [f"# Write in `as` what the cell is to be read as:\n{written}"]
    if whole_table:
        parts.append(f"# Or, where its table is not needed, leave that out:\n{whole_table}")
    return "\n".join(parts)
