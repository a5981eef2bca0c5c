"""The interface of the rule formats: their input, their output, and how a format is found.

Each module or package in this package is a format and defines `FORMAT`, a Format; nothing else
has to be changed to add one. Formats are pure: a rule set in, text out; no clock, file or
network. `shared` has what several of them use.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import msgspec

from tracker.errors import UsageError
from tracker.formats.shared.policy import (
    AS_LAN_RULE,
    NO_LAN,
    NO_PORT,
    WITHHELD,
    LeftOut,
    RuleSet,
)
from tracker.plugins import list_formats

__all__ = [
    "AS_LAN_RULE",
    "NO_LAN",
    "NO_PORT",
    "WITHHELD",
    "Delta",
    "Format",
    "LeftOut",
    "Limit",
    "Rendered",
    "RuleSet",
    "SerialField",
    "count_lines",
    "load",
    "measure_longest_line",
    "names",
]


class Rendered(msgspec.Struct, frozen=True):
    """A rule file's text; None if the format cannot express any endpoint of the set.

    Then no file is written: an empty list may mean "any" or "none" to a firewall.
    """

    text: str | None
    left_out: tuple[LeftOut, ...] = ()


# Returns what takes a firewall from the first rule set to the second: commands, or the lines
# that are added and removed. The way back is the same function with its arguments swapped. None
# if nothing that the format expresses has changed. Either rule set may have no entries at all.
Delta = Callable[[RuleSet, RuleSet], str | None]


def count_lines(text: str) -> int:
    """Return the number of lines of a file."""
    return text.count("\n")


def measure_longest_line(text: str) -> int:
    """Return the length of a file's longest line, in bytes."""
    return max(len(line.encode()) for line in text.split("\n"))


class Limit(msgspec.Struct, frozen=True):
    """A platform's limit: at most `most` of `what`, according to `source`, a vendor's page.

    `count` returns how many a file has. A file with more is not written; one with nearly as
    many is, with a finding. So is one beyond `default`, the limit that applies unless the
    platform's user has it raised.
    """

    most: int
    what: str
    source: str
    count: Callable[[str], int] = count_lines
    default: int | None = None


class SerialField(msgspec.Struct, frozen=True):
    """Access to a zone file's serial: `read` returns it, `write` the text with another one.

    `read` raises RuleError if there is none.
    """

    read: Callable[[str], int]
    write: Callable[[str, int], str]


class Format(msgspec.Struct, frozen=True):
    """One rule format.

    `about` describes a file, `loaded` how a firewall loads it: a line each of at most 70
    characters. `read_back` returns the targets or endpoints that a file of this format opens,
    as proof lines. They must equal those that `expected_lines` returns for the rule set: this
    proves each file. `delta` is None for a format that is always loaded as a whole.
    """

    name: str
    file: str
    about: str
    loaded: str
    render: Callable[[RuleSet], Rendered]
    read_back: Callable[[str], frozenset[str]]
    expected_lines: Callable[[RuleSet], frozenset[str]]
    delta: Delta | None = None
    limit: Limit | None = None
    serial: SerialField | None = None


def names() -> list[str]:
    """Return the names of all formats. Raises Incomplete if they cannot be listed."""
    return list_formats()


def load(name: str) -> Format:
    """Return the format with this name. Raises UsageError, which lists the existing ones."""
    if name not in names():
        raise UsageError(f'no format is called "{name}"; there are: {", ".join(names())}')
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found = module.FORMAT
    if not isinstance(found, Format) or found.name != name:
        raise TypeError(f"{module.__name__} must define FORMAT, a Format named {name!r}")
    return found
