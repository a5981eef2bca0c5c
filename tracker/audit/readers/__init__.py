"""The seam of the readers: what goes in, what comes out, how a kind of dump is found.

A module in this package reads one kind. It defines `READER`, a Reader; nothing else has to be
changed to add one. Readers are pure, and raise nothing but DumpError, whatever the text.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.audit.parsed_config import Dump, DumpError, Sets
from tracker.errors import UsageError
from tracker.model import Endpoint
from tracker.plugins import discover_modules

if TYPE_CHECKING:
    from tracker.audit.documented import Needed
    from tracker.audit.results import Stale

_PEEK = 65536  # characters that a reader may look at to know its kind


@dataclass(frozen=True, slots=True)
class Repair:
    """What has to come and to go, and the dump that it is for."""

    missing: tuple[Needed, ...]
    stale: tuple[Stale, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of dump.

    `sniff` tells by the first characters whether a text may be of this kind. `read` is given
    the text and the named sets of the other files. `cannot` says why a file of this kind never
    names an endpoint, or None where it can. `sets_for` is the kind whose rules name the sets of
    this one: beside such a file, the sets alone let nothing through. `export` is how to get
    such a file, for the user. `fix` writes what leads to the documented state: the name of the
    format whose delta does, or a function that gives commands.
    """

    name: str
    about: str
    export: str
    sniff: Callable[[str], bool]
    read: Callable[[str, Sets], Dump]
    cannot: Callable[[Endpoint], str | None]
    sets_for: str | None = None
    fix: str | Callable[[Repair], Iterable[str]] | None = None


def names() -> list[str]:
    """All kinds, by name."""
    return [name.replace("_", "-") for name in discover_modules(__path__[0])]


def load(name: str) -> Reader:
    """The reader with this name. Raises UsageError naming the ones there are."""
    if name not in names():
        raise UsageError(f'no kind of dump is called "{name}"; there are: {", ".join(names())}')
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found = module.READER
    if not isinstance(found, Reader) or found.name != name:
        raise TypeError(f"{module.__name__} must define READER, a Reader named {name!r}")
    return found


def find(text: str, name: str) -> Reader:
    """The one reader that knows this text; `name` of the file is for the error.

    Raises DumpError where none does, or more than one.
    """
    start = text[:_PEEK]
    known = [reader for reader in map(load, names()) if reader.sniff(start)]
    if len(known) == 1:
        return known[0]
    which = ", ".join(reader.name for reader in known or map(load, names()))
    what = "could be of several kinds" if known else "is of no known kind"
    raise DumpError(f"{name}: {what}; say which with --as: {which}")
