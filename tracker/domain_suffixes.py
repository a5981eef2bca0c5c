"""The Public Suffix List: top-level domains, and the boundaries between owners of names.

The list is the file in the publicsuffixlist package; it is never fetched. Parsing it takes
30 ms or more, so it is done on first use.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tracker.plugins import read_resource

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_ICANN_END = b"===END ICANN DOMAINS==="
_NOT_IN_DNS = frozenset({"onion"})  # on the list, but never looked up in the DNS (RFC 7686)


def is_open_registry(name: str) -> bool:
    """Return whether anyone can register names below `name`: a public suffix, or above one.

    *.amazonaws.com is wider than *.s3.amazonaws.com, but not on the list itself.
    """
    below = rf"^[^/\s]*\.{re.escape(name)}\s*$".encode()
    return _suffix_list().is_public(name) or bool(re.search(below, _list_data(), re.MULTILINE))


def registered_domain(host: str) -> str:
    """Return the registered domain of a host or wildcard; a public suffix is returned as is."""
    name = host.removeprefix("*.")
    return _suffix_list().privatesuffix(name) or name


@cache
def top_level_domains() -> frozenset[str]:
    """Return all top-level domains of the public DNS, in Unicode."""
    rules = _list_data().partition(_ICANN_END)[0].decode()
    lines = (line.strip() for line in rules.splitlines())
    endings = {line.rpartition(".")[2] for line in lines if line and not line.startswith("//")}
    return frozenset(endings - _NOT_IN_DNS)


@cache
def _suffix_list() -> PublicSuffixList:
    """Parse the whole list, with its private section.

    Anyone can get a bucket's name below s3.amazonaws.com, just as a domain below co.uk. A
    top-level name that is not on the list counts as a suffix, so that its wildcards are held.
    """
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  needed by few checks

    return PublicSuffixList(_list_data(), accept_unknown=True, only_icann=False)


@cache
def _list_data() -> bytes:
    return read_resource("publicsuffixlist", "public_suffix_list.dat")


def is_under_top_level(host: str) -> bool:
    """Return whether the last part of a host name is a top-level domain of the public DNS.

    Names for local use (.local, .internal, .lan) and for examples are not.
    """
    ending = host.rpartition(".")[2]
    if ending.startswith("xn--"):
        try:
            ending = ending.encode().decode("idna")
        except UnicodeError:
            return False
    return ending in top_level_domains()
