"""The Public Suffix List: where one owner's names end and anybody's begin.

Loading it takes 30 ms and more, so it is done on the first question.
"""

from __future__ import annotations

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

from tracker.plugins import read_resource

# As shipped with the package, not fetched: the guard asks nobody.
_DATA = read_resource("publicsuffixlist", "public_suffix_list.dat")


def is_open_to_all(name: str) -> bool:
    """Whether anybody can have a name below `name`: a public suffix, or one is below it.

    *.amazonaws.com is wider than *.s3.amazonaws.com, and not itself on the list.
    """
    below = rf"^[^/\s]*\.{re.escape(name)}\s*$".encode()
    return _list().is_public(name) or bool(re.search(below, _DATA, re.MULTILINE))


def registered(host: str) -> str:
    """The registered domain of a host or wildcard; a public suffix is its own."""
    name = host.removeprefix("*.")
    return _list().privatesuffix(name) or name


@cache
def _list() -> PublicSuffixList:
    """The whole list.

    With its private section: whoever rents a bucket has a name below s3.amazonaws.com, just
    as one below co.uk. A top-level name that is not on the list counts as a suffix, so that
    a wildcard on it is held.
    """
    return PublicSuffixList(_DATA, accept_unknown=True, only_icann=False)
