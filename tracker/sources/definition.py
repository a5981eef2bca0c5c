"""How a page is to be read: the keys of `[sources.NAME]`, as types.

A definition selects what the reader reads and adds missing values; it is not a second way of
reading. docs/sources.md describes each key. CSS selectors and paths of feeds, which libraries
parse, are checked when a page is read (`parse/pages/selectors.py`), as most checks read none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from tracker.errors import UsageError
from tracker.model import Direction, Requirement

# The meaning of a column. `label` names the entry, `tcp_ports` and `udp_ports` are ports of
# that protocol, `ignore` is counted but not read.
ColumnRole = Literal[
    "resource",
    "direction",
    "ports",
    "tcp_ports",
    "udp_ports",
    "protocol",
    "purpose",
    "components",
    "region",
    "action",
    "requirement",
    "label",
    "ignore",
]
Action = Literal["read", "ignore"]
RegionFrom = Literal["heading"]
TextList = tuple[str, ...] | str


class DefinitionTable(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A table of a definition; unknown keys are errors."""


class Defaults(DefinitionTable, frozen=True):
    """Values for columns that a table lacks; never for an empty cell of a column that it has.

    `ports` is read like a cell: "443 TCP", or "TCP" if the page states no port.
    """

    direction: Direction | None = None
    ports: str | None = None
    region: str | None = None
    requirement: Requirement | None = None
    components: tuple[str, ...] | None = None

    def over(self, base: Defaults) -> Defaults:
        """Return these defaults, with those of `base` for values that are not set here."""
        own = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        return msgspec.structs.replace(base, **own)


class ValueRules(DefinitionTable, frozen=True):
    """How the text of a cell becomes values, in this order.

    `replace` texts; `drop` what patterns match; remove `footnotes` from the end of a line; and,
    for resources only, fill in `placeholders`, split at `split`, and use the host of `urls`.
    """

    split: str | None = None
    drop: tuple[str, ...] = ()
    replace: dict[str, str] = {}
    footnotes: tuple[str, ...] = ()
    urls: Literal["host"] | None = None
    placeholders: dict[str, str] = {}


class Expect(DefinitionTable, frozen=True):
    """The operator's check of a reading: the minimum number of entries, and expected values."""

    at_least: Annotated[int, msgspec.Meta(ge=0)] = 0
    contains: tuple[str, ...] = ()


class TableRule(DefinitionTable, frozen=True):
    """`[[sources.NAME.tables]]`: the first rule whose conditions all match a table applies."""

    header: tuple[str, ...] = ()
    heading: str | None = None
    css: str | None = None
    action: Action = "read"
    columns: dict[str, ColumnRole] = {}
    defaults: Defaults = Defaults()
    region: RegionFrom | None = None
    skip_rows: str | None = None

    @property
    def conditions(self) -> tuple[object, ...]:
        """The conditions by which it matches a table."""
        return self.header, self.heading, self.css


class ListRule(DefinitionTable, frozen=True):
    """`[[sources.NAME.lists]]`: a list, preformatted text or lines, with one value each."""

    heading: str | None = None
    css: str | None = None
    action: Action = "read"
    defaults: Defaults = Defaults()
    region: RegionFrom | None = None

    @property
    def conditions(self) -> tuple[object, ...]:
        """The conditions by which it matches a list."""
        return self.heading, self.css


class CellReading(DefinitionTable, frozen=True):
    """`[[sources.NAME.reads]]`: a cell with exactly this text is read as another text."""

    cell: str
    text: str = msgspec.field(name="as")

    @property
    def conditions(self) -> tuple[object, ...]:
        """The cell that it matches."""
        return (self.cell,)


class Definition(DefinitionTable, frozen=True, dict=True):  # dict: for cached_property
    """All keys of `[sources.NAME]`, as they were written.

    `regions` are those that rule files, alerts and the page show; `items` and `fields` are for
    feeds.
    """

    title: str | None = None
    url: TextList | None = None
    use: str | None = None
    enabled: bool = True
    regions: tuple[str, ...] | None = None
    follow: TextList = ()
    select: TextList = ()
    exclude: TextList = ()
    region_titles: TextList = ()
    defaults: Defaults = Defaults()
    columns: dict[str, ColumnRole] = {}
    values: ValueRules = ValueRules()
    label_prefix: str = ""
    expect: Expect = Expect()
    tables: tuple[TableRule, ...] = ()
    lists: tuple[ListRule, ...] = ()
    reads: tuple[CellReading, ...] = ()
    items: TextList = ()
    fields: dict[ColumnRole, TextList] = {}

    @property
    def is_feed(self) -> bool:
        """Return whether it reads data (JSON, CSV, lines) instead of markup."""
        return bool(self.items)

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of its pages."""
        return as_texts(self.url or ())

    @cached_property
    def digest(self) -> str:
        """A hash of all keys that decide which pages are read, and how."""
        return self._hash_reading(None)

    def has_digest(self, digest: str, choices: Iterable[tuple[str, ...] | None] = ()) -> bool:
        """Return whether a version with this digest was read by this definition.

        Older programs hashed the chosen regions too: the current ones and `choices` are tried.
        """
        older = (self._hash_reading(regions) for regions in (self.regions, *choices))
        return digest == self.digest or digest in older

    def _hash_reading(self, regions: tuple[str, ...] | None) -> str:
        reading = msgspec.structs.replace(
            self,
            title=None,
            url=self.urls,
            use=None,
            enabled=True,
            expect=Expect(),
            regions=regions,
        )
        return hashlib.sha256(msgspec.json.encode(reading, order="sorted")).hexdigest()

    def over(self, base: Definition, keys: Collection[str]) -> Definition:
        """Return this definition on top of `base`; `keys` are those that were set in it.

        Its rules precede those of `base`, from which rules with the same conditions are
        removed; tables of keys are merged; other keys replace those of `base`.
        """
        own: dict[str, Any] = {name: getattr(self, name) for name in keys}
        for name in own.keys() & {"tables", "lists", "reads"}:
            mine = own[name]
            taken = {rule.conditions for rule in mine}
            own[name] = (*mine, *(r for r in getattr(base, name) if r.conditions not in taken))
        for name in own.keys() & {"columns", "fields"}:
            own[name] = {**getattr(base, name), **own[name]}
        if "exclude" in own:
            own["exclude"] = (*as_texts(base.exclude), *as_texts(self.exclude))
        own["defaults"] = self.defaults.over(base.defaults)
        own["values"] = _join_tables(self.values, base.values)
        own["expect"] = _join_tables(self.expect, base.expect)
        return msgspec.structs.replace(base, **own)


def _join_tables(table: Any, base: Any) -> Any:
    """Return a table of keys with those of `base` for keys that it does not set."""
    said = {name: value for name, value in msgspec.structs.asdict(table).items() if value}
    return msgspec.structs.replace(base, **said)


def as_texts(value: TextList) -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def check_definition(definition: Definition, where: str) -> None:
    """Check for values that cannot be right for any page; `check_selectors` does selectors.

    `where` is the table's name, "[sources.chime]". Raises UsageError with the key and the
    reason.
    """
    if definition.regions == ():
        raise UsageError(f"{where} regions: it names none; leave the key out for all regions")
    for key, pattern in _iter_patterns(definition):
        try:
            compiled = re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f'{where} {key}: "{pattern}" is not a regular expression: {error}'
            ) from None
        if key == "region_titles" and "name" not in compiled.groupindex:
            raise UsageError(
                f'{where} region_titles: "{pattern}" has no group (?P<name>...) for the region'
            )
    check_repeats(definition, where)
    _check_feed(definition, where)


def check_repeats(definition: Definition, where: str) -> None:
    """Check that each rule has conditions, and that no two rules have the same ones."""
    _check_rules(definition.tables, "tables", where)
    _check_rules(definition.lists, "lists", where)
    cells = [reading.cell for reading in definition.reads]
    if twice := next((cell for cell in cells if cells.count(cell) > 1), None):
        raise UsageError(f'{where} reads: the cell "{twice}" is given twice')


def _check_rules(rules: Sequence[TableRule | ListRule], key: str, where: str) -> None:
    seen: list[tuple[object, ...]] = []
    for number, rule in enumerate(rules):
        place = f"{where} {key}[{number}]"
        if not any(rule.conditions):
            choice = "a header, heading or css" if key == "tables" else "a heading or css"
            raise UsageError(f"{place}: it takes nothing; give it {choice}")
        if rule.conditions in seen:
            first = f"{key}[{seen.index(rule.conditions)}]"
            raise UsageError(f"{place}: {first} takes the same; keep one of them")
        seen.append(rule.conditions)


def _check_feed(definition: Definition, where: str) -> None:
    if not definition.items:
        if definition.fields:
            raise UsageError(f"{where} fields: they belong to a feed; say by `items` which one")
        return
    page_keys = ("follow", "tables", "lists", "columns", "region_titles")
    for key in page_keys:
        if getattr(definition, key):
            raise UsageError(f"{where} {key}: it is for pages, and `items` is for feeds")
    if definition.items == "lines":
        if set(definition.fields) - {"resource"}:
            raise UsageError(f"{where} fields: a line has no parts; a line is the resource")
    elif definition.items == "csv" and "resource" not in definition.fields:
        raise UsageError(f"{where} fields: say which column is the resource")


def _iter_patterns(definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield the key and text of each regular expression of a definition."""
    yield from (("region_titles", pattern) for pattern in as_texts(definition.region_titles))
    yield from (("values.drop", pattern) for pattern in definition.values.drop)
    for number, table in enumerate(definition.tables):
        for key, pattern in (("heading", table.heading), ("skip_rows", table.skip_rows)):
            if pattern is not None:
                yield f"tables[{number}].{key}", pattern
    for number, rule in enumerate(definition.lists):
        if rule.heading is not None:
            yield f"lists[{number}].heading", rule.heading
