"""Plain lists of addresses or host names, one a line, without ports and direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tracker.audit.parsed_config import (
    Location,
    ParsedConfig,
    Permit,
    Skipped,
    Target,
    locate,
    numbered_lines,
    parse_host,
)

_COMMENT = re.compile(r"\s*(?:#|;|//|!).*$|^\s*$")
_PEEK_LINES = 200
_BOTH = re.compile(r"(?:@@)?\|\|(?:\*\.)?(?P<adguard>[^*^|/]+)\^(?:\|)?|\.(?P<dot>[^.*].*)")
_PLAIN = re.compile(r"\^?(?P<name>[^/^]+)/?")

# Returns the targets of a list's entry; None for anything else.
ParseEntry = Callable[[str], tuple[Target, ...] | None]


def read_list(text: str, entry: ParseEntry, what: str) -> ParsedConfig:
    """Read each line as permits for every port; `what` is what a line should be, in words."""
    config = ParsedConfig(is_fragment=True)
    for at, content in list_entries(text):
        targets = entry(content)
        if targets is None:
            config.skipped.append(Skipped(at, f"is not {what}"))
        for target in targets or ():
            config.permits.append(Permit("outbound", target, None, None, at))
    return config


def list_entries(text: str) -> Iterator[tuple[Location, str]]:
    """Yield the entries with their locations, without comments and text after a space."""
    for number, line in numbered_lines(text):
        content = _COMMENT.sub("", line).strip()
        if content:
            yield locate(number, line), content.split()[0]


def looks_like_list(text: str, entry: ParseEntry) -> bool:
    """Return whether most of the first lines are entries of one word."""
    bodies = [_COMMENT.sub("", line).strip() for line in text.splitlines()[:_PEEK_LINES]]
    bodies = [body for body in bodies if body]
    good = sum(1 for body in bodies if entry(body.split()[0]) and " " not in body)
    return good * 2 > len(bodies) > 0


def hosts_of_entry(text: str) -> tuple[Target, ...] | None:
    """Return the targets of an entry in a list of host names; None for anything else.

    `x` is that name; `*.x` its children (FortiOS and PAN-OS); `.x` both (Squid, Zscaler); `^x`
    exactly that name and `x/`, `*.x/` the same as without the slash (PAN-OS domain and URL
    lists); `||x^` both (AdGuard, also after `@@`).
    """
    if both := _BOTH.fullmatch(text):
        name = parse_host(both["adguard"] or both["dot"])
        return (name, f"*.{name}") if name else None
    plain = _PLAIN.fullmatch(text)
    name = parse_host(plain["name"]) if plain else None
    return (name,) if name and "." in name else None
