"""The seam of the rule formats: what goes in, what comes out, how a format is found.

A module in this package is a format. It defines `FORMAT`, a Format; nothing else has to be
changed to add one. Formats are pure: a rule set in, text out; no clock, file or network.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

import msgspec

from tracker.errors import UsageError
from tracker.model import Endpoint, Entry
from tracker.plugins import list_formats

# Left out, and why. Shown in the rule file where comments are allowed, in manifest.json and
# in the report of a run.
WITHHELD = (
    "the Deployer's Windows services are for the local network, never for a public address"
)
AS_LAN_RULE = (
    "these are services of the local network: allowed there, never to a public address"
)
NO_PORT = "the page states no port, and the configuration assumes none"
NO_LAN = "this format cannot say the local network"


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """An endpoint that a format cannot or must not express."""

    endpoint: Endpoint
    reason: str


# Told apart by identity, so that what is made of one can be remembered.
class RuleSet(msgspec.Struct, frozen=True, eq=False):
    """What one rule file is made from: the chosen entries of one version.

    `name` is a region's slug or the name of a `[[rules]]` table; `captured_at` is the UTC
    time of the version, so the same version renders to the same bytes at any time. Among the
    entries are those that left the page lately; `until` says when such an endpoint goes.
    """

    source: str
    name: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    entries: tuple[Entry, ...]
    until: Mapping[Endpoint, str] = msgspec.field(default_factory=dict)
    assumed: frozenset[Endpoint] = frozenset()


class Rendered(msgspec.Struct, frozen=True):
    """A rule file's text, or None where the format can express nothing of the set.

    Then no file is written: an empty list may mean "any" or "none" to a firewall.
    """

    text: str | None
    left_out: tuple[LeftOut, ...] = ()


# What leads a firewall that holds the first rule set to the second: commands, or the lines
# that come and go. The way back is the same function with its arguments swapped. None where
# nothing that the format expresses has changed. Either rule set may have no entries at all.
Delta = Callable[[RuleSet, RuleSet], str | None]


def line_count(text: str) -> int:
    """How many lines a file has."""
    return text.count("\n")


class Limit(msgspec.Struct, frozen=True):
    """The most that a platform takes: `most` of `what`, says `source`, a vendor's page.

    `count` tells how many a file has. A file with more is not written; one with nearly as
    many is, and a finding says so.
    """

    most: int
    what: str
    source: str
    count: Callable[[str], int] = line_count


class Format(msgspec.Struct, frozen=True):
    """One rule format.

    `read_back` gives the targets or endpoints that a file of this format names, as a set of
    strings that `expressed` gives for the rule set: the format's own proof of each file.
    `delta` is None for a format that is always loaded whole.
    """

    name: str
    file: str
    about: str
    render: Callable[[RuleSet], Rendered]
    read_back: Callable[[str], frozenset[str]]
    expressed: Callable[[RuleSet], frozenset[str]]
    delta: Delta | None = None
    limit: Limit | None = None


def names() -> list[str]:
    """All formats, by name."""
    return list_formats()


def load(name: str) -> Format:
    """The format with this name. Raises UsageError naming the ones there are."""
    if name not in names():
        raise UsageError(f'no format is called "{name}"; there are: {", ".join(names())}')
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found = module.FORMAT
    if not isinstance(found, Format) or found.name != name:
        raise TypeError(f"{module.__name__} must define FORMAT, a Format named {name!r}")
    return found
