"""Turns one row of a table into an entry by parsing its cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.errors import Unreadable
from tracker.model import Entry, Requirement
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.text_cells import read_components_cell, read_region
from tracker.parse.grid import Row
from tracker.parse.rows.region_names import find_region_in_title, normalize_name
from tracker.parse.rows.rows import EMPTY, TypedRow
from tracker.parse.vocabulary import Field
from tracker.sources import Source
from tracker.sources.definition import Defaults
from tracker.text import quote

NO_DEFAULTS = Defaults()
_UNSTATED = frozenset({"", "-", "–", "—", "n/a"})
_REQUIREMENTS: dict[str, Requirement] = {
    **dict.fromkeys(("required", "yes", "true", "mandatory", "must", "y"), "required"),
    **dict.fromkeys(("recommended", "should"), "recommended"),
    **dict.fromkeys(("optional", "no", "false", "not required", "may", "n"), "optional"),
}


def build_entry(
    row: TypedRow, region: str | None, source: Source, defaults: Defaults = NO_DEFAULTS
) -> Entry:
    """Return the entry of one row. Raises Unreadable for an ambiguous cell.

    `region` is that of the table; `defaults` replace columns that the table lacks.
    """
    resource, purpose, cells = row.resource, row.purpose, row.cells
    if "region" in cells:
        name = read_region(cells["region"], row.where)
        region = _name_region(name, source)
    label = cells["label"].text if "label" in cells else ""
    return Entry(
        region=region or defaults.region,
        resource=label or resource.label,
        hosts=resource.hosts,
        addresses=resource.addresses,
        scope=resource.scope,
        direction=row.direction,
        services=read_ports(
            _join_lines(cells, "ports"),
            row.where,
            protocol=_join_lines(cells, "protocol"),
            row_words=_iter_row_words(row),
        ),
        requirement=_read_requirement(row) or defaults.requirement,
        only_for=purpose.only_for,
        components=read_components_cell(cells.get("components", EMPTY), row.where),
        purpose=purpose.text,
    )


def _name_region(name: str, source: Source) -> str:
    """Return a region by the source's name for it; unchanged if the source has no regions."""
    if not source.region_titles:
        return name
    return find_region_in_title(name, source) or normalize_name(name)


def _join_lines(row: Row, field: Field) -> str:
    """Return the lines of the row's cell in that column; "" if there is no such column."""
    return "\n".join(line.text for line in row.get(field, EMPTY).lines)


def _iter_row_words(row: TypedRow) -> Iterator[str]:
    """Yield the row's text outside its ports and targets: it may name another protocol."""
    yield row.resource.label
    others: tuple[Field, ...] = ("purpose", "components", "action")
    for field in others:
        yield row.cells.get(field, EMPTY).text


def _read_requirement(row: TypedRow) -> Requirement | None:
    """Return whether the row is required, by its own column or by the words of its purpose."""
    cell = row.cells.get("requirement", EMPTY)
    word = cell.text.strip(" .:*").lower()
    if word in _UNSTATED:
        return row.purpose.requirement
    if found := _REQUIREMENTS.get(word):
        return found
    raise Unreadable(
        f"{row.where}: {quote(cell.text)} does not say whether the row is required",
        cell=tuple(line.text for line in cell.lines),
        field="requirement",
    )
