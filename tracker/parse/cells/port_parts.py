"""Splits a port list into parts at its separators, and refuses ambiguous ones.

A part is a port with its protocol and name. `443 TCP 53 UDP` has two parts without a separator:
the kind of token that begins the first part also begins the next. A cell with a number that is
a footnote, a date, a version or a count is refused before its parts are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.errors import Unreadable
from tracker.model import Protocol
from tracker.parse.cells.port_tokens import (
    LINKS,
    LOOSE,
    NUMERIC,
    OVER,
    PORTS,
    RANGE,
    Kind,
    PortToken,
    find_kind,
    is_port_of,
    join_ranges,
)
from tracker.text import quote

_LETTERS: dict[Kind, str] = {
    "number": "N",
    "range": "N",
    "protocol": "P",
    "name": "S",
    "tls": "T",
}
_SEPARATORS = frozenset(["comma", "and"])
_PAIR_LINKS = frozenset(["comma", "and", "slash"])
_PROTOCOLS = 2  # TCP and UDP
_DEEPEST = 2  # brackets within brackets
_LOW = 100  # lower numbers may be versions, footnotes or item numbers
_YEARS = range(1990, 2050)
_DAYS, _MONTHS = 31, 12


class PortPart(msgspec.Struct):
    """One part of a list; `order` is the order of its tokens, as letters of `_LETTERS`."""

    ports: tuple[int, int] | None = None
    protocols: tuple[Protocol, ...] = ()
    name: str | None = None
    tls: str | None = None
    is_implied: bool = False  # its protocol is only implied by a name or a number
    is_inferred: bool = False  # ... and not by its name
    shown: str = ""  # its number or range as written
    order: str = ""

    @property
    def is_target(self) -> bool:
        """Return whether the part has a port, by number or by name."""
        return self.ports is not None or self.name is not None

    @property
    def is_before(self) -> bool:
        """Return whether its protocol precedes the port: `TCP 80, 443` applies to the right."""
        return "P" in self.order.partition(self._target)[0]

    @property
    def is_after(self) -> bool:
        """Return whether its protocol follows the port: `80, 443 TCP` applies to the left."""
        return "P" in self.order.partition(self._target)[2]

    @property
    def _target(self) -> str:
        return "N" if self.ports else "S"


def read_parts(tokens: Sequence[PortToken], cell: str) -> list[PortPart]:
    """Return all parts of one list. Raises Unreadable for a misplaced token."""
    check_brackets(tokens, cell)
    joined = join_ranges(tokens, cell)
    check_numbers(joined, cell)
    check_words(joined, cell)
    plain = _merge_protocols(list(_drop_inner_separators(joined)), cell)
    parts = [part for item in _split(plain, cell) for part in _read_item(item, joined, cell)]
    for part in parts:
        _check_low(part, cell)
    return parts


def _drop_inner_separators(tokens: Sequence[PortToken]) -> Iterator[PortToken]:
    """Yield the tokens without separators in brackets without a port: `443 (TCP, UDP)`."""
    depth = 0
    inside: list[PortToken] = []
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        inside.append(token)
        if depth == 0:
            has_ports = any(one.kind in NUMERIC for one in inside)
            is_bracket = inside[0].kind == "open" and not has_ports
            yield from (t for t in inside if not (is_bracket and t.kind in _SEPARATORS))
            inside = []


def _merge_protocols(tokens: Sequence[PortToken], cell: str) -> list[PortToken]:
    """Return the tokens, with `TCP/UDP` or `TCP and UDP` for the same ports as one token."""
    _check_runs(tokens, cell)
    merged: list[PortToken] = []
    at = 0
    is_start = True
    while at < len(tokens):
        token = tokens[at]
        length = _pair_length(tokens, at, cell, is_start=is_start)
        if length:
            last = tokens[at + length - 1]
            both = tuple(dict.fromkeys(token.protocols + last.protocols))
            text = f"{token.text}/{last.text}"
            merged.append(PortToken("protocol", text, token.blank_before, protocols=both))
        else:
            merged.append(token)
        is_start = is_start and token.kind in {"filler", "open", "colon"}
        at += length or 1
    return merged


def _check_runs(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for three protocols in a row: `53 TCP and UDP / TCP 80`."""
    run = 0
    for at, token in enumerate(tokens):
        is_link = token.kind in _PAIR_LINKS and find_kind(tokens, at - 1) == "protocol"
        run = run + 1 if token.kind == "protocol" else run if is_link else 0
        if run > _PROTOCOLS:
            raise Unreadable(f"{quote(cell)} does not say which port each protocol is for")


def _pair_length(tokens: Sequence[PortToken], at: int, cell: str, *, is_start: bool) -> int:
    """Return the length of a pair of protocols for the same ports at `at`, in tokens, or 0.

    Raises Unreadable for `443 TCP and UDP 53`: UDP may apply to both ports.
    """
    if tokens[at].kind != "protocol":
        return 0
    link = find_kind(tokens, at + 1)
    end = at + 2 if link in _PAIR_LINKS else at + 1
    if find_kind(tokens, end) != "protocol":
        return 0
    length = end + 1 - at
    if is_start or link == "slash":
        return length
    if link == "comma":  # in "443 TCP, UDP 53" each has its own port
        return length if _find_kind_after(tokens, end, {"close", "stop"}) is None else 0
    after = _find_kind_after(tokens, end, {"filler", "open", "colon"})
    if after in NUMERIC or after == "slash":
        raise Unreadable(f"{quote(cell)} does not say which port each protocol is for")
    return length


def _find_kind_after(tokens: Sequence[PortToken], at: int, passed: set[str]) -> Kind | None:
    """Return the kind of the next token that is not one of `passed`."""
    kinds = (tokens[index].kind for index in range(at + 1, len(tokens)))
    return next((kind for kind in kinds if kind not in passed), None)


def _split(tokens: Sequence[PortToken], cell: str) -> Iterator[list[PortToken]]:
    """Yield the tokens between separators. Raises Unreadable for an empty item."""
    item: list[PortToken] = []
    separator: PortToken | None = None
    for at, token in enumerate(tokens):
        if not _separates(tokens, at):
            item.append(token)
            continue
        if not item and not _is_same_separator(separator, token):
            raise Unreadable(f"nothing stands before {quote(token.text)} in {quote(cell)}")
        if item:
            yield item
        item, separator = [], token
    if any(token.kind not in {"close", "stop"} for token in item):
        yield item
    elif separator and separator.kind != "comma":
        raise Unreadable(f"nothing stands behind {quote(separator.text)} in {quote(cell)}")


def _is_same_separator(before: PortToken | None, token: PortToken) -> bool:
    """Return whether two separators form one: `80, and 443`."""
    return before is not None and before.kind == "comma" and token.text.isalpha()


def _separates(tokens: Sequence[PortToken], at: int) -> bool:
    """Return whether the token is a separator: comma, "and", or slash between like tokens."""
    if tokens[at].kind in _SEPARATORS:
        return True
    if tokens[at].kind != "slash" or not 0 < at < len(tokens) - 1:
        return False
    before, after = (_LETTERS.get(tokens[at + step].kind) for step in (-1, 1))
    return before == after and before in {"N", "S"}


def _read_item(
    item: Sequence[PortToken], whole: Sequence[PortToken], cell: str
) -> list[PortPart]:
    """Return the parts between two separators; none if there are only filling words."""
    parts: list[PortPart] = []
    link: PortToken | None = None
    for token in item:
        letter = _LETTERS.get(token.kind)
        if letter is None:
            link = token if token.kind == "dash" or token.is_word(LINKS) else link
            continue
        if not parts or _begins_next(parts[-1], letter):
            if parts and link:
                raise Unreadable(f"{quote(link.text)} in {quote(cell)} is not understood")
            parts.append(PortPart())
        _add_token(parts[-1], token, letter, cell)
        link = None
    _drop_repeated(parts)
    _check_complete(parts, cell)
    _check_loose(item, whole, cell)
    return parts


def _begins_next(part: PortPart, letter: str) -> bool:
    shape = part.order.replace("T", "")
    return len(shape) > 1 and shape[0] == letter != shape[1]


def _add_token(part: PortPart, token: PortToken, letter: str, cell: str) -> None:
    part.order += letter
    if letter == "N":
        if part.ports is not None:
            raise Unreadable(
                f"{quote(f'{part.shown} {token.text}')} in {quote(cell)} can be one number or"
                " two"
            )
        part.ports, part.shown = (token.first, token.last), token.text
    elif letter == "S":
        if part.name not in {None, token.name}:
            raise Unreadable(f"{quote(cell)} names two services for the same port")
        part.name = token.name
    elif letter == "T":
        part.tls = part.tls or token.name
    if token.protocols:
        _add_protocols(part, token, cell)


def _add_protocols(part: PortPart, token: PortToken, cell: str) -> None:
    stated = token.protocols
    if not part.protocols:
        part.protocols = stated
        part.order += "P" if token.kind == "tls" else ""
    elif not (
        set(stated) <= set(part.protocols)
        if token.kind == "tls"
        else has_protocols(part, stated)
    ):
        raise Unreadable(f"{quote(cell)} does not say which port {quote(token.text)} is for")


def has_protocols(part: PortPart, protocols: Sequence[Protocol]) -> bool:
    """Return whether the part has exactly these protocols, in any order."""
    return set(part.protocols) == set(protocols)


def _drop_repeated(parts: list[PortPart]) -> None:
    """Drop a last part that only repeats the protocol: `TCP ports 1-2 TCP`."""
    if (
        len(parts) > 1
        and parts[-1].order == "P"
        and has_protocols(parts[-2], parts[-1].protocols)
    ):
        parts.pop()
        parts[-1].order += "P"


def _check_complete(parts: Sequence[PortPart], cell: str) -> None:
    """Raise Unreadable for unseparated parts without protocol and name: `443 TCP 1`."""
    if len(parts) == 1:
        return
    for part in parts:
        if part.ports and not (part.protocols or part.name):
            raise Unreadable(f"{quote(part.shown)} in {quote(cell)} is not understood")


def _check_loose(item: Sequence[PortToken], whole: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for dynamic ports without a range: `135 TCP, dynamic TCP ports`."""
    loose = next((token for token in item if token.is_word(LOOSE)), None)
    has_range = any(token.kind == "range" for token in item)
    if loose and not has_range and any(token.kind in NUMERIC for token in whole):
        raise Unreadable(f"{quote(loose.text)} in {quote(cell)} leaves a range open")


def _check_low(part: PortPart, cell: str) -> None:
    """Raise Unreadable for versions, item numbers, years: `SMB 3`, `1 HTTPS`, `HTTPS 2027`."""
    if not part.ports or not (part.name or part.tls):
        return
    first, last = part.ports
    is_next_to_name = "SN" in part.order or "TN" in part.order or not part.protocols
    if first == last and is_next_to_name and is_odd(first, part.name):
        raise Unreadable(
            f"{quote(part.shown)} in {quote(cell)} looks like a version or a note of"
            f" {part.name or part.tls}, not like a port"
        )


def check_numbers(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for numbers that look like notes, dates or versions."""
    _check_notes(tokens, cell)
    _check_dates(tokens, cell)
    _check_versions(tokens, cell)


def check_brackets(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for unpaired brackets: `2) 443 TCP` begins with an item number."""
    opened: list[str] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token.text)
        elif token.kind == "close" and (
            not opened or (opened.pop() == "(") != (token.text == ")")
        ):
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} is not understood")
        if len(opened) > _DEEPEST:
            raise Unreadable(f"{quote(cell)} has brackets within brackets")
    if opened:
        raise Unreadable(f"{quote(opened[-1])} in {quote(cell)} is not closed")


def _check_notes(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for a footnote mark or a year: `443 TCP [1]`, `TCP (2027)`."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (before.kind, token.kind, after.kind) != ("open", "number", "close"):
            continue
        is_low = token.first < _LOW and (
            before.text == "[" or not is_port_of(token.first, None)
        )
        if is_low or token.first in _YEARS:
            shown = f"{before.text}{token.text}{after.text}"
            raise Unreadable(
                f"{quote(shown)} in {quote(cell)} looks like a note, not like a port"
            )


def _check_dates(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for `1/7`, `7/2027` and `24/7`; `80/443` is two ports."""
    for one, slash, other in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if slash.kind != "slash" or not one.kind == other.kind == "number":
            continue
        low, high = sorted((one.first, other.first))
        if low <= _MONTHS and (high <= _DAYS or high in _YEARS):
            shown = f"{one.text}/{other.text}"
            raise Unreadable(
                f"{quote(shown)} in {quote(cell)} looks like a date, not like two ports"
            )


def _check_versions(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for a low number after a name, such as a version: `445 SMB 3 TCP`."""
    before: PortToken | None = None
    for token in tokens:
        is_after_name = before is not None and before.kind in {"name", "tls"}
        if token.kind == "number" and is_after_name and before and is_odd(token.first, None):
            raise Unreadable(
                f"{quote(token.text)} in {quote(cell)} looks like a version or a note of"
                f" {before.name}, not like a port"
            )
        if token.kind not in {"open", "slash", "filler"}:
            before = token


def is_odd(port: int, name: str | None) -> bool:
    """Return whether the number is low or a year, but not a known port of the service."""
    return (port < _LOW or port in _YEARS) and not is_port_of(port, name)


def check_words(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for misplaced filling words; `over TCP`, `in the range 1-2` are fine."""
    numeric = [at for at, token in enumerate(tokens) if token.kind in NUMERIC]
    single = tokens[numeric[0]] if len(numeric) == 1 else None
    has_range = any(token.kind == "range" for token in tokens)
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.is_word(OVER):
            fits = after is not None and after.kind in {"protocol", "name", "tls"}
        elif token.text.lower() == "in":
            fits = after is not None and after.is_word(RANGE | {"the"})
        elif token.is_word(RANGE):
            fits = has_range
        elif token.is_word(PORTS):
            fits = single is None or at < numeric[0] or not _is_count(single, token)
        else:
            fits = True
        if not fits:
            raise Unreadable(f"the word {quote(token.text)} in {quote(cell)} is not understood")


def _is_count(number: PortToken, word: PortToken) -> bool:
    """Return whether the number is a count, not a port: `2 TCP ports`, `1 port`."""
    is_plural = word.text.lower() == "ports"
    return number.kind == "number" and (is_plural or is_odd(number.first, None))
