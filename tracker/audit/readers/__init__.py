"""Readers of firewall configurations: their interface, and the detection of a file's kind.

A module in this package reads one kind of file. It defines `READER`, a Reader; nothing else
has to be changed to add one. `shared/` is for code that several readers use. Readers are pure,
and raise only ConfigParseError for any text.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.audit.parsed_config import ConfigParseError, Option, ParsedConfig, ReadOptions
from tracker.errors import UsageError
from tracker.formats.shared.addresses import network_of
from tracker.model import LAN, Endpoint
from tracker.plugins import discover_modules

if TYPE_CHECKING:
    from tracker.audit.compare import Stale
    from tracker.audit.documented import DocumentedEndpoint

NO_HOSTS = "it filters by address: a host name stands in none of its rules"
_PLAIN_LISTS = {"ips", "domains", "csv"}  # texts of other products may resemble them
_PEEK = 65536  # characters that a reader may use to detect its kind
# Products whose files are not read, each with lines that only this product writes (from its
# command reference).
_PRODUCTS = {
    name: re.compile(pattern, re.MULTILINE)
    for name, pattern in {
        "Cisco ASA": r"^ASA Version \d|^access-group \S+ (?:in|out) interface ",
        "Cisco IOS": r"^version 1[25]\.\d+$|^ip access-list (?:extended|standard) ",
        "Juniper Junos": r"^set security (?:policies|zones) |^## Last commit: ",
        "MikroTik RouterOS": r"^# .* by RouterOS \d|^/ip firewall (?:filter|address-list)",
        "OPNsense (a backup)": r"\A\s*(?:<\?xml[^>]*>\s*)?<opnsense>",
        "pfSense (a backup)": r"\A\s*(?:<\?xml[^>]*>\s*)?<pfsense>",
        "pf": r"^(?:block|pass) (?:in|out|all|quick|log)\b|^set skip on ",
        "VyOS": r"^set firewall (?:ipv4|ipv6|name) ",
        "Sophos": r"\A\s*(?:<\?xml[^>]*>\s*)?<Configuration APIVersion=",
        "a registry export of Windows": r"\AWindows Registry Editor Version ",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Repair:
    """The rules to add and to remove, and the text of the file to repair.

    `into` is the chain or group for new outbound rules, if the reader knows it.
    """

    missing: tuple[DocumentedEndpoint, ...]
    stale: tuple[Stale, ...]
    text: str
    into: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of file.

    `sniff` decides by the first characters whether a text may be of this kind, and of no other
    product. `read` parses the text by the options. `unsupported` returns why a file of this
    kind can never contain an endpoint, or None if it can. `sets_for` is the kind whose rules
    refer to the sets in this one: audited with such a file, sets allow nothing by themselves.
    `export` tells how to get such a file. `fix` is the name of the format whose delta leads to
    the documented state, or a function that yields commands. `takes` are the options that
    choose a part of such a file; `scopes_are` is the product's word for its scopes, in plural.
    """

    name: str
    about: str
    export: str
    sniff: Callable[[str], bool]
    read: Callable[[str, ReadOptions], ParsedConfig]
    unsupported: Callable[[Endpoint], str | None]
    sets_for: str | None = None
    fix: str | Callable[[Repair], Iterable[str]] | None = None
    takes: tuple[Option, ...] = ()
    scopes_are: str = "firewalls"


def list_readers() -> list[str]:
    """Return the names of all kinds, sorted."""
    return [name.replace("_", "-") for name in discover_modules(__path__[0])]


def load_reader(name: str) -> Reader:
    """Return the reader with this name. Raises UsageError, which lists the names."""
    if name not in list_readers():
        raise UsageError(
            f'no kind of dump is called "{name}"; there are: {", ".join(list_readers())}'
        )
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    found = module.READER
    if not isinstance(found, Reader) or found.name != name:
        raise TypeError(f"{module.__name__} must define READER, a Reader named {name!r}")
    return found


def load_reader_for(name: str, text: str, file: str) -> Reader:
    """Return the reader with this name, unless the text is of another product.

    Raises UsageError for an unknown name, ConfigParseError, which names the other product.
    """
    reader = load_reader(name)
    start = text[:_PEEK]
    if reader.sniff(start):
        return reader
    others = [load_reader(each) for each in list_readers() if each not in {name, *_PLAIN_LISTS}]
    whose = [other.name for other in others if other.sniff(start)] or [name_product(start)]
    if whose[0]:
        raise ConfigParseError(f"{file}: looks like {' or '.join(whose)}, not {name}")
    return reader


def detect_reader(text: str, name: str) -> Reader:
    """Return the one reader that recognizes this text; `name` is the file's, for errors.

    Raises ConfigParseError if none does, or more than one.
    """
    start = text[:_PEEK]
    known = [reader for reader in map(load_reader, list_readers()) if reader.sniff(start)]
    if len(known) == 1:
        return known[0]
    which = ", ".join(reader.name for reader in known or map(load_reader, list_readers()))
    what = "could be of several kinds" if known else "is of no known kind"
    if not known and (product := name_product(start)):
        raise ConfigParseError(f"{name}: looks like {product}, which is not read; no kind fits")
    raise ConfigParseError(f"{name}: {what}; say which with --as: {which}")


def hosts_unsupported(endpoint: Endpoint) -> str | None:
    """Return why a filter by address cannot contain an endpoint; None if it can."""
    return NO_HOSTS if endpoint.target != LAN and network_of(endpoint.target) is None else None


def name_product(start: str) -> str:
    """Return the product that wrote a text, by its beginning; empty if it is unknown."""
    return next((name for name, line in _PRODUCTS.items() if line.search(start)), "")
