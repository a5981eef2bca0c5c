"""Numbers and words of a port list that are no ports: refused before the list is read."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.errors import Unreadable
from tracker.parse.cells.port_names import BOUNDS, LOOSE, OVER, PORTS, RANGE, is_port_of
from tracker.parse.cells.port_tokens import NUMERIC, PortToken
from tracker.text import quote

_DEEPEST = 2  # brackets within brackets
_LOW = 100  # below it are versions, footnotes and the numbers of lists
_YEARS = range(1990, 2050)
_DAYS, _MONTHS = 31, 12


def check_numbers(tokens: Sequence[PortToken], cell: str) -> None:
    """Refuse numbers that by their place are notes, dates, versions or counts."""
    _check_notes(tokens, cell)
    _check_dates(tokens, cell)
    _check_versions(tokens, cell)


def check_brackets(tokens: Sequence[PortToken], cell: str) -> None:
    """Refuse brackets that do not pair: `2) 443 TCP` is the number of an item."""
    opened: list[str] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token.text)
        elif token.kind == "close" and (
            not opened or (opened.pop() == "(") != _is_round(token)
        ):
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} is not understood")
        if len(opened) > _DEEPEST:
            raise Unreadable(f"{quote(cell)} has brackets within brackets")
    if opened:
        raise Unreadable(f"{quote(opened[-1])} in {quote(cell)} is not closed")


def _is_round(token: PortToken) -> bool:
    return token.text == ")"


def _check_notes(tokens: Sequence[PortToken], cell: str) -> None:
    """`443 TCP [1]` and `TCP (2027)`: a footnote mark or a year in brackets is no port."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (before.kind, token.kind, after.kind) != ("open", "number", "close"):
            continue
        is_low = token.first < _LOW and (
            before.text == "[" or not is_port_of(token.first, None)
        )
        if is_low or token.first in _YEARS:
            shown = f"{before.text}{token.text}{after.text}"
            raise Unreadable(f"{quote(shown)} in {quote(cell)} is rather a note than a port")


def _check_dates(tokens: Sequence[PortToken], cell: str) -> None:
    """`80/443` is two ports; `1/7` and `7/2027` are dates, and `24/7` is none of both."""
    for one, slash, other in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if slash.kind != "slash" or not one.kind == other.kind == "number":
            continue
        low, high = sorted((one.first, other.first))
        if low <= _MONTHS and (high <= _DAYS or high in _YEARS):
            shown = f"{one.text}/{other.text}"
            raise Unreadable(f"{quote(shown)} in {quote(cell)} is rather a date than two ports")


def _check_versions(tokens: Sequence[PortToken], cell: str) -> None:
    """`445 SMB 3 TCP`: a low number right behind a name is its version."""
    before: PortToken | None = None
    for token in tokens:
        is_behind = before is not None and before.kind in {"name", "tls"}
        if token.kind == "number" and is_behind and before and is_odd(token.first, None):
            raise Unreadable(
                f"{quote(token.text)} in {quote(cell)} is rather a version or a note of"
                f" {before.name} than a port"
            )
        if token.kind not in {"open", "slash", "filler"}:
            before = token


def is_odd(port: int, name: str | None) -> bool:
    """Whether the number is low or a year, and no port that the service is known by."""
    return (port < _LOW or port in _YEARS) and not is_port_of(port, name)


def check_words(tokens: Sequence[PortToken], cell: str) -> None:
    """Filling words must stand where they fill: `over TCP`, `in the range 1-2`."""
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
    """`2 TCP ports`, `1 port`: how many, and not which."""
    is_plural = word.text.lower() == "ports"
    return number.kind == "number" and (is_plural or is_odd(number.first, None))


def lacks_range(tokens: Sequence[PortToken]) -> bool:
    """Whether the words tell of a range and no number has come yet."""
    words = LOOSE | RANGE | BOUNDS
    return any(token.is_word(words) for token in tokens) and not any(
        token.kind in NUMERIC for token in tokens
    )
