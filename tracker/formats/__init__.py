"""The seam of the rule formats: what goes in, what comes out, how a format is found.

A module in this package is a format. It defines `FORMAT`, a Format; nothing else has to be
changed to add one. Formats are pure: a rule set in, text out; no clock, file or network.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from tracker.errors import UsageError
from tracker.model import Endpoint, Entry

# Left out, and why. Shown in the rule file where comments are allowed, in manifest.json and
# in the report of a run.
WITHHELD = (
    "the Deployer's Windows services are for the local network, never for a public address"
)
NO_PORT = "the page states no port"


class LeftOut(msgspec.Struct, frozen=True):
    """An endpoint that a format cannot or must not express."""

    endpoint: Endpoint
    reason: str


@dataclass(frozen=True, slots=True)
class RuleSet:
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
    until: Mapping[Endpoint, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rule file's text, or None where the format can express nothing of the set.

    Then no file is written: an empty list may mean "any" or "none" to a firewall.
    """

    text: str | None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One rule format.

    `read_back` gives the targets or endpoints that a file of this format names, as a set of
    strings that `expressed` gives for the rule set: the format's own proof of each file.
    """

    name: str
    file: str
    about: str
    render: Callable[[RuleSet], Rendered]
    read_back: Callable[[str], frozenset[str]]
    expressed: Callable[[RuleSet], frozenset[str]]


def names() -> list[str]:
    """All formats, by name."""
    return sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    )


def load(name: str) -> Format:
    """The format with this name. Raises UsageError naming the ones there are."""
    if name not in names():
        raise UsageError(f'no format is called "{name}"; there are: {", ".join(names())}')
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found = module.FORMAT
    if not isinstance(found, Format) or found.name != name:
        raise TypeError(f"{module.__name__} must define FORMAT, a Format named {name!r}")
    return found
