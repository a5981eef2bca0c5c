"""Builds the rows of a feed, and accounts for the values outside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tracker.errors import NothingRead, Unreadable
from tracker.model import Finding
from tracker.parse.completeness.known_values import list_values
from tracker.parse.grid import Cell, Row
from tracker.parse.markup.document import PageLine
from tracker.parse.values import find_values, may_hold_values
from tracker.parse.vocabulary import Field
from tracker.text import clean, quote

# Places that a rule of a definition cannot select.
IN_COMMENT, IN_KEY = "a comment", "a key of an object"
# Texts about an entry: a value in one of them may be intended as a separate target.
DESCRIBING: frozenset[Field] = frozenset({"purpose", "components", "region"})

_MOST_PLACES = 3  # listed in a message
_LINK = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]*", re.IGNORECASE)
# Text that can only be intended as an address, although it is not a valid one.
_ADDRESS_LIKE = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
    r"|^(?=.*(?:::|/))[\da-f]{1,4}(?::[\da-f]{0,4}){2,7}(?:[/%].*)?$",
    re.IGNORECASE,
)
_PORTS = re.compile(r"[\d\s,;–-]+")


class FeedReading(NamedTuple):
    """The result of reading a feed: a row for each item, in order.

    `places` lists the places of the items, for messages. `removed` lists the values that
    `exclude` removed, in the spelling of entries.
    """

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    removed: tuple[str, ...]
    places: tuple[str, ...]


class Item(NamedTuple):
    """One item: its row, and its place in the feed."""

    row: Row
    place: str


def build_item(texts: Mapping[Field, Sequence[str]], place: str, where: str) -> Item:
    """Return an item as a row, from its texts by role; a role without a text is a blank cell.

    TCP and UDP ports become lines of the ports cell: `TCP 80,443`. Raises Unreadable for an
    item without a resource, and for words among TCP or UDP ports.
    """
    row: Row = {
        role: _build_cell(values, bullet=role == "resource")
        for role, values in texts.items()
        if role not in {"ports", "tcp_ports", "udp_ports", "ignore"}
    }
    if not row["resource"].lines:
        raise Unreadable(f"{where}, {place}: it has no value for `resource`")
    if texts.keys() & {"ports", "tcp_ports", "udp_ports"}:
        try:
            row["ports"] = _build_cell(_iter_ports(texts))
        except ValueError as error:
            raise Unreadable(f"{where}, {place}: {error}") from None
    return Item(row, place)


def _iter_ports(texts: Mapping[Field, Sequence[str]]) -> Iterator[str]:
    """Yield the lines of the ports cell. Raises ValueError for words among TCP or UDP ports."""
    yield from texts.get("ports", ())
    protocols: dict[Field, str] = {"tcp_ports": "TCP", "udp_ports": "UDP"}
    for role, protocol in protocols.items():
        ports = ",".join(text for text in texts.get(role, ()) if text.strip())
        if ports and not _PORTS.fullmatch(ports):
            raise ValueError(f"`{role}` is {quote(ports)}, not ports")
        if ports:
            yield f"{protocol} {' '.join(ports.split())}"


def _build_cell(texts: Iterable[str], *, bullet: bool = False) -> Cell:
    """Return texts as the lines of a cell. A line with a bullet may only be a value."""
    lines = (clean(line) for text in texts for line in text.splitlines())
    return Cell(tuple(PageLine(line, bullet=bullet) for line in lines if line))


class Account:
    """Collects the values of a feed outside its rows, and the findings about them."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._removed: list[str] = []
        self._findings: list[Finding] = []
        self._rest: list[tuple[str, str]] = []  # the place of a value, and the value
        self._links: list[str] = []

    def remove(self, texts: Iterable[str]) -> None:
        """Record the values in texts that a rule removed."""
        self._removed += (value for text in texts for value in list_values_in(text))

    def add(self, text: str, place: str) -> None:
        """Record the values in a text that is in no row."""
        if may_hold_values(text):
            self._rest += ((place, value) for value in list_values_in(text))
            self._links += _LINK.findall(text)

    def add_comment(self, text: str) -> None:
        """Record the values in a comment, but not its links."""
        self.add(_LINK.sub(" ", text), IN_COMMENT)

    def report(self, name: str, message: str) -> None:
        """Record a finding that does not hold the page."""
        self._findings.append(Finding(name, "publish", f"{self.where}: {message}"))

    def finish(self, items: Sequence[Item]) -> FeedReading:
        """Return the reading. Raises NothingRead if there is no item."""
        if not items:
            raise NothingRead(f"{self.where}: the feed has no item; it may have another form")
        known = frozenset(_iter_row_values(items)) if self._rest else frozenset()
        if rest := [pair for pair in self._rest if pair[1] not in known]:
            self._findings.append(self._hold(rest))
        if self._links:
            count = count_in_words(len(set(self._links)), "web address", "web addresses")
            self.report("feed-links-not-read", f"{count} not read: {list_values(self._links)}")
        removed = tuple(dict.fromkeys(self._removed))
        return FeedReading(
            rows=tuple(item.row for item in items),
            findings=tuple(self._findings),
            removed=removed,
            places=tuple(item.place for item in items),
        )

    def _hold(self, rest: Sequence[tuple[str, str]]) -> Finding:
        places = list(dict.fromkeys(place for place, _ in rest))
        values = list(dict.fromkeys(value for _, value in rest))
        shown = places[:_MOST_PLACES]
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        rules = ", ".join(
            _quote_toml(place) for place in shown if place not in {IN_COMMENT, IN_KEY}
        )
        way_out = f"take them by `items`, or exclude = [{rules}]" if rules else "approve it"
        message = (
            f"{self.where}: {count_in_words(len(values), 'value')} in no entry, at"
            f" {', '.join(map(clean, shown))}{more}: {list_values(values)}; {way_out}"
        )
        return Finding("feed-values-not-taken", "hold", message)


def count_in_words(number: int, one: str, many: str = "") -> str:
    """Return a number and its noun: "1 item", "2 items"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def list_values_in(text: str) -> list[str]:
    """Return addresses, networks and hosts in a text, and pieces intended as one.

    URLs are skipped.
    """
    found = find_values(clean(_LINK.sub(" ", text)))
    return [*found.hosts, *found.addresses, *filter(_is_value_like, found.odd)]


def _is_value_like(odd: str) -> bool:
    """Return whether a piece can only be intended as an address or a pattern of hosts."""
    return ("*" in odd and "." in odd) or bool(_ADDRESS_LIKE.search(odd))


def _iter_row_values(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        for line in item.row["resource"].lines:
            yield from list_values_in(line.text)


def _quote_toml(text: str) -> str:
    text = clean(text)
    return json.dumps(text, ensure_ascii=False) if "'" in text else f"'{text}'"


def quote_list(names: Iterable[str], limit: int = 10) -> str:
    """Return the first `limit` names in quotes, for a message."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{', '.join(map(quote, names[:limit]))}{more}"
