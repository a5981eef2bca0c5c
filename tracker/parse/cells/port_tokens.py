"""A line of a port cell as tokens: each number, range, protocol, name, qualifier and mark.

Every sign of the line is in a token, or the line is refused with the sign quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from tracker.errors import Unreadable
from tracker.model import LAST_PORT, Protocol
from tracker.parse.cells.port_names import BOUNDS, FILLERS, find_service_name
from tracker.text import quote

Kind = Literal[
    "number",
    "range",
    "protocol",
    "name",
    "tls",
    "owner",
    "filler",
    "comma",
    "and",
    "slash",
    "open",
    "close",
    "colon",
    "dash",
    "dots",
    "to",
    "stop",
]
_DASHES = "-‐‑‒–—―−"  # U+2010 to U+2015, and the minus sign
_LEXEME = re.compile(
    r"(?P<tls>\b(?:TLS|SSL)(?:\s*v?\s*[0-9](?:\.[0-9])?\+?(?!\w|\.[0-9]))?"
    r"(?:\s+(?:or|and)\s+(?:higher|later|above|newer|greater)\b)?"
    r"(?:\s+over\s+(?P<over>TCP)\b)?(?![\w-]))"
    r"|(?P<owner>\bproprietary\b(?:\s+by\s+(?!(?-i:TCP|UDP)\b)(?-i:[A-Z])\w+)?)"
    r"|(?P<unclear>[0-9]+(?:\.[0-9]+)+)|(?P<dots>\.{2,3}(?!\.)|…|‥)|(?P<number>[0-9]+)"
    r"|(?P<and>\band\s*/\s*or\b|\b(?:and|or)\b|[&+])|(?P<to>\b(?:to|through|thru)\b)"
    r"|(?P<portsword>\bports?\(s\))|(?P<word>[^\W\d_][\w-]*)|(?P<comma>[,|])"
    r"|(?P<colon>:(?://)?)|(?P<slash>/)|(?P<open>[(\[])|(?P<close>[)\]])"
    rf"|(?P<dash>[{_DASHES}])|(?P<stop>\.)|(?P<odd>\S)",
    re.IGNORECASE,
)
_TLS_TEXT = re.compile(r"(TLS|SSL)\s*v?\s*([0-9](?:\.[0-9])?)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d,])(\d{1,2}),(\d{3})(?![\d,])")
_THOUSANDS_RANGE = re.compile(
    rf"(?<![\d,])(\d{{1,2}}),(\d{{3}})(\s*(?:[{_DASHES}:]|to|through|thru)\s*)"
    r"(\d{1,2}),(\d{3})(?![\d,])",
    re.IGNORECASE,
)
_DIGITS = 5
_LEAST_SPACED = 10  # "1 - 443 TCP" is rather the first of a list
_USUAL_ENDS = frozenset([1023, 1024, LAST_PORT])
# An ellipsis is no range: "80 ... 443" may leave out what the vendor thinks is plain.
_RANGES = frozenset(["dash", "to"])


class PortToken(msgspec.Struct, frozen=True, gc=False):
    """One token: as it stands, what it states, and whether blanks stand around it."""

    kind: Kind
    text: str
    blank_before: bool = False
    blank_after: bool = False
    first: int = 0
    last: int = 0
    protocols: tuple[Protocol, ...] = ()
    name: str | None = None

    def is_word(self, words: frozenset[str]) -> bool:
        """Whether this is one of these filling words."""
        return self.kind == "filler" and self.text.lower() in words


COMMA = PortToken("comma", ",")
NUMERIC: frozenset[Kind] = frozenset(["number", "range"])


def read_tokens(line: str, cell: str) -> list[PortToken]:
    """All tokens of a line. Raises Unreadable for a sign, word or number without a role."""
    plain = _join_thousands(line, cell)
    return [_token_of(match, plain, cell) for match in _LEXEME.finditer(plain)]


def _join_thousands(text: str, cell: str) -> str:
    """`50,000` is one number and `80,443` two; what can be both is refused."""

    def join(match: re.Match[str]) -> str:
        joined = int(match[1] + match[2])
        if match[2].startswith("0"):
            return match[1] + match[2]
        if joined <= LAST_PORT:
            raise Unreadable(f"{quote(match[0])} in {quote(cell)} can be one port or two")
        return match[0]

    # As a list, "10,500-11,000" would hold a range that ends below its start.
    return _THOUSANDS.sub(join, _THOUSANDS_RANGE.sub(r"\1\2\3\4\5", text))


def _token_of(match: re.Match[str], line: str, cell: str) -> PortToken:
    start, end = match.span()
    kind, text = match.lastgroup or "odd", match[0]
    # At the start this is line[-1:0], which is nothing.
    blanks = not line[start - 1 : start].strip(), not line[end : end + 1].strip()
    if match["tls"]:
        over: tuple[Protocol, ...] = ("tcp",) if match["over"] else ()
        return PortToken("tls", text, *blanks, protocols=over, name=_tls_name(text))
    if kind == "number":
        port = _port_of(text, cell)
        return PortToken("number", text, *blanks, first=port, last=port)
    if kind in {"word", "portsword"}:
        return _word(text, blanks, cell)
    if kind in {"odd", "unclear"}:
        raise Unreadable(f"{quote(text)} in {quote(cell)} is not understood")
    return PortToken(_KINDS[kind], text, *blanks)


_KINDS: dict[str, Kind] = {
    "owner": "owner",
    "dots": "dots",
    "and": "and",
    "to": "to",
    "comma": "comma",
    "colon": "colon",
    "slash": "slash",
    "open": "open",
    "close": "close",
    "dash": "dash",
    "stop": "stop",
}


def _tls_name(text: str) -> str:
    match = _TLS_TEXT.match(text)
    return " ".join(filter(None, match.groups())).upper() if match else text


def _word(text: str, blanks: tuple[bool, bool], cell: str) -> PortToken:
    lower = text.lower()
    if lower == "tcp":
        return PortToken("protocol", text, *blanks, protocols=("tcp",))
    if lower == "udp":
        return PortToken("protocol", text, *blanks, protocols=("udp",))
    if lower in FILLERS:
        return PortToken("filler", text, *blanks)
    if name := find_service_name(text):
        return PortToken("name", text, *blanks, name=name)
    raise Unreadable(f"the word {quote(text)} in {quote(cell)} is not understood")


def _port_of(number: str, cell: str) -> int:
    if len(number) > _DIGITS or number.startswith("0") or int(number) > LAST_PORT:
        raise Unreadable(f"{quote(number)} in {quote(cell)} is no port from 1 to 65535")
    return int(number)


def join_ranges(tokens: Sequence[PortToken], cell: str) -> list[PortToken]:
    """The tokens with each range as one. Raises Unreadable for a range that lacks an end."""
    joined: list[PortToken] = []
    at = 0
    while at < len(tokens):
        length = _range_length(tokens, at)
        if length:
            joined.append(_range_of(tokens[at : at + length], cell))
        else:
            joined.append(tokens[at])
        at += length or 1
    for token, after in zip(joined, [*joined[1:], None], strict=True):
        _check_bound(token, after, cell)
    _check_marks(joined, cell)
    return joined


def _range_length(tokens: Sequence[PortToken], at: int) -> int:
    """How many tokens from `at` on make a range: `1 - 2`, `between 1 and 2`; 0 for none."""
    kinds = [token.kind for token in tokens[at : at + 4]]
    if kinds == ["filler", "number", "and", "number"]:
        is_between = tokens[at].text.lower() == "between" and tokens[at + 2].text.isalpha()
        return 4 if is_between else 0
    if kinds[:1] != ["number"] or kinds[2:3] != ["number"]:
        return 0
    middle = tokens[at + 1]
    is_tight = not (middle.blank_before or middle.blank_after)
    return 3 if middle.kind in _RANGES or (middle.text == ":" and is_tight) else 0


def _range_of(tokens: Sequence[PortToken], cell: str) -> PortToken:
    first, middle, last = tokens[-3:]
    text = f"{first.text}{middle.text}{last.text}"
    is_spaced = middle.kind == "dash" and (middle.blank_before or middle.blank_after)
    if is_spaced and first.first < _LEAST_SPACED and last.last not in _USUAL_ENDS:
        raise Unreadable(f"{quote(text)} in {quote(cell)} can be a range or an item's number")
    if first.first > last.last:
        raise Unreadable(f"{quote(text)} in {quote(cell)} is no port from 1 to 65535")
    return PortToken(
        "range", text, tokens[0].blank_before, last.blank_after, first.first, last.last
    )


def _check_bound(token: PortToken, after: PortToken | None, cell: str) -> None:
    """`from 1024` and `between 80, 443` are no range."""
    if token.is_word(BOUNDS) and (after is None or after.kind != "range"):
        raise Unreadable(f"{quote(token.text)} in {quote(cell)} leaves a range open")


def _check_marks(tokens: Sequence[PortToken], cell: str) -> None:
    """Refuse marks of a range that join no range, and a full stop inside the cell."""
    for at, token in enumerate(tokens):
        before, after = kind_at(tokens, at - 1), kind_at(tokens, at + 1)
        if token.kind in {"dots", "to"}:
            is_open = True
        elif token.kind == "dash":
            is_open = _is_open_dash(token, before, after)
        elif token.text == "+":
            is_joined = token.blank_after is False and after in NUMERIC
            is_open = before in NUMERIC and not (token.blank_before or is_joined)
        else:
            is_open = False
        if is_open:
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} leaves a range open")
        if _is_misplaced(token, before, after):
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} is not understood")


def kind_at(tokens: Sequence[PortToken], at: int) -> Kind | None:
    """The kind of the token there; None beyond the ends."""
    return tokens[at].kind if 0 <= at < len(tokens) else None


def _is_open_dash(token: PortToken, before: Kind | None, after: Kind | None) -> bool:
    """`TCP - 443` and `443-TCP` join; `443 TCP -` and `-443` lack an end."""
    joins = {*NUMERIC, "protocol", "name", "tls", "filler", "open", "close"}
    is_even = token.blank_before == token.blank_after
    is_between_ports = before in NUMERIC and after in NUMERIC
    return not (is_even and before in joins and after in joins) or is_between_ports


def _is_misplaced(token: PortToken, before: Kind | None, after: Kind | None) -> bool:
    """A full stop ends the cell; `1: 443` is the number of a list and a port."""
    if token.kind == "stop":
        return after is not None or before is None
    return token.kind == "colon" and before in NUMERIC and after in NUMERIC
