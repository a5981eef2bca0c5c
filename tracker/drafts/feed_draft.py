"""A first definition for a feed (JSON, CSV or lines), by where its hosts and addresses are.

Pure. The guesses here are for a person to check; the reader does not rely on them.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from tracker.drafts.survey import is_value
from tracker.errors import PageError
from tracker.parse.feeds.json_tree import Node, Place, iter_texts, load_json, spell_list
from tracker.parse.settling import write_key, write_text
from tracker.parse.vocabulary import Field

Kind = Literal["json", "csv", "lines"]

_REGION = re.compile(
    r"^(?:region|location|scope|zone|site|data_?center|country)$", re.IGNORECASE
)
_LABEL = re.compile(r"^(?:service|service_?area\w*|product|name|id|title)$", re.IGNORECASE)
_PORTS: dict[str, Field] = {"tcp": "tcp_ports", "udp": "udp_ports", "": "ports"}
_PORT_KEY = re.compile(r"^(tcp|udp|)_?ports?$", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)(?:#|;|//).*")
_SIBLING = re.compile(r"\.\w+")
_DELIMITERS = (",", ";", "\t")
_SHOWN = 3
_INTRO = """\
# A first definition, made from the feed. Read it beside the feed, then try it:
#     fwtracker source check {name}
# Every key is described in docs/sources.md.
"""
_DEFAULTS = """\
# Who connects: your network (outbound), or the vendor (inbound)? And to which port? "TCP" is
# a port that is not stated: nothing is opened.
"""


class FeedPart(NamedTuple):
    """A place in a feed with values: its path or column, their number, and the first ones."""

    path: str
    number: int
    examples: tuple[str, ...]


class FeedSurvey(NamedTuple):
    """Where hosts and addresses are in a feed. `names` are paths of its keys, or columns."""

    kind: Kind
    parts: tuple[FeedPart, ...]
    names: tuple[str, ...] = ()


def survey_feed(text: str) -> FeedSurvey | None:
    """Return where the values of a feed are; None if it is not a feed, or has no values."""
    text = text.removeprefix("\ufeff")
    start = text.lstrip()[:1]
    if not start or start == "<":
        return None
    if start in "{[":
        try:
            return _survey_json(load_json(text, "the feed"))
        except PageError:
            pass
    return _survey_lines(text)


def _survey_json(data: Any) -> FeedSurvey | None:
    found: dict[str, list[str]] = {}
    names: dict[str, None] = {}
    for text in iter_texts(Node((), data)):
        if text.is_key:
            names[_spell(text.place)] = None
        elif is_value(text.text):
            found.setdefault(_spell(text.place), []).append(text.text)
    parts = tuple(
        FeedPart(path, len(values), tuple(values[:_SHOWN])) for path, values in found.items()
    )
    return FeedSurvey("json", parts, tuple(names)) if parts else None


def _spell(place: Place) -> str:
    """Return the path to all texts in the same place, items of lists included."""
    return spell_list(place) + ("[*]" if isinstance(place[-1], int) else "")


def _survey_lines(text: str) -> FeedSurvey | None:
    lines = [_COMMENT.sub("", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    values = [line for line in lines if is_value(line)]
    if (
        lines
        and len(values) == len(lines)
        and not any(sign in lines[0] for sign in _DELIMITERS)
    ):
        return FeedSurvey("lines", (FeedPart("", len(lines), tuple(lines[:_SHOWN])),))
    return _survey_csv(lines)


def _survey_csv(lines: Sequence[str]) -> FeedSurvey | None:
    delimiter = next((sign for sign in _DELIMITERS if lines and sign in lines[0]), None)
    if delimiter is None:
        return None
    try:
        records = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    width = len(records[0])
    if any(len(record) != width for record in records):
        return None
    names = tuple(str(number) for number in range(1, width + 1))
    if not any(is_value(cell) for cell in records[0]):
        names = tuple(cell.strip() for cell in records.pop(0))
    parts = tuple(_iter_columns(names, records))
    return FeedSurvey("csv", parts, names) if parts else None


def _iter_columns(names: Sequence[str], records: Sequence[Sequence[str]]) -> Iterator[FeedPart]:
    for index, name in enumerate(names):
        values = [record[index] for record in records if is_value(record[index])]
        if values and len(values) * 2 >= len(records):
            yield FeedPart(name, len(values), tuple(values[:_SHOWN]))


def draft_feed(survey: FeedSurvey, name: str, url: str) -> str:
    """Return a definition for the feed at `url`, as TOML."""
    fields: dict[Field, list[str]] = {}
    rest: list[str] = []
    if survey.kind == "json":
        items, fields, rest = _choose_items(survey)
        written = _write_list(items)
    else:
        written = write_text(survey.kind)
        if survey.kind == "csv":
            fields = _choose_fields([part.path for part in survey.parts], survey.names, "")
    lines = [
        _INTRO.format(name=name),
        f"title = {write_text(name)}",
        f"url = {write_text(url)}",
        f"items = {written}",
    ]
    if fields:
        pairs = (f"{write_key(role)} = {_write_list(paths)}" for role, paths in fields.items())
        lines.append(f"fields = {{ {', '.join(pairs)} }}")
    if rest:
        lines.append("# In no item, and left out: read it by `items`, if it is needed.")
        lines.append(f"exclude = {_write_list(rest)}")
    has_ports = any("ports" in role for role in fields)
    ports = "" if has_ports else ', ports = "TCP"'
    lines += [_DEFAULTS.rstrip("\n"), f'defaults = {{ direction = "outbound"{ports} }}', ""]
    return "\n".join(lines)


class _Place(NamedTuple):
    """A path to values in two parts: the item that they are in, and the rest."""

    item: str
    rest: str

    @property
    def kind(self) -> str:
        """Return whether an item is an object of a list, a text of one, or the whole feed."""
        return "feed" if self.item == "$" else "object" if self.rest else "text"


def _choose_items(
    survey: FeedSurvey,
) -> tuple[list[str], dict[Field, list[str]], list[str]]:
    """Return the paths of items, of the fields of each item, and of values outside of items.

    An item is an element of the outermost list; the rest of the path leads to its values. Texts
    in lists are items themselves. The most frequent kind is chosen, and the whole feed as one
    item only if it has no list of values.
    """
    places = [(_split_path(part.path), part) for part in survey.parts]
    counts = Counter[str]()
    for place, part in places:
        counts[place.kind] += part.number
    if len(counts) > 1:
        del counts["feed"]
    kind = counts.most_common(1)[0][0]
    chosen = [place for place, _ in places if place.kind == kind]
    items = list(dict.fromkeys(place.item for place in chosen))
    others = [part.path for place, part in places if place.kind != kind]
    if kind == "text":
        return items, {}, others
    paths = list(dict.fromkeys(f"${place.rest}" for place in chosen))
    beside = [name.removeprefix(item) for item in items for name in survey.names]
    names = [name[1:] for name in dict.fromkeys(beside) if _SIBLING.fullmatch(name)]
    return items, _choose_fields(paths, names, "$."), others


def _split_path(path: str) -> _Place:
    start, star, rest = path.partition("[*]")
    return _Place(start + star, rest) if star else _Place("$", path[1:])


def _choose_fields(
    values: list[str], names: Iterable[str], prefix: str
) -> dict[Field, list[str]]:
    """Return the fields next to the values: regions, ports and labels, by the names of keys."""
    fields: dict[Field, list[str]] = {"resource": values}
    for name in (name for name in names if f"{prefix}{name}" not in values):
        if port := _PORT_KEY.match(name):
            fields[_PORTS[port[1].lower()]] = [f"{prefix}{name}"]
        elif _REGION.match(name):
            fields.setdefault("region", [f"{prefix}{name}"])
        elif _LABEL.match(name):
            fields.setdefault("label", [f"{prefix}{name}"])
    return fields


def _write_list(texts: Sequence[str]) -> str:
    """Return one text or several, as TOML."""
    if len(texts) == 1:
        return write_text(texts[0])
    return json.dumps(list(texts), ensure_ascii=False)
