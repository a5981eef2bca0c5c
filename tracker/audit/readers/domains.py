"""A list of host names, one a line, in the dialects of those who poll one.

`x` is that name; `*.x` its children (FORTINET and PAN-OS); `.x` both (Squid, Zscaler); `^x`
exactly that name and `x/`, `*.x/` the same as without the slash (PAN-OS domain and URL
lists); `||x^` both (AdGuard, also behind `@@`).
"""

from __future__ import annotations

import re

from tracker.audit.parsed_config import Dump, Sets, Target, host_of
from tracker.audit.readers import Reader
from tracker.audit.readers._lists import read as read_list
from tracker.audit.readers._lists import sniff as sniff_list
from tracker.formats.domains import cannot

_BOTH = re.compile(r"(?:@@)?\|\|(?:\*\.)?(?P<adguard>[^*^|/]+)\^(?:\|)?|\.(?P<dot>[^.*].*)")
_PLAIN = re.compile(r"\^?(?P<name>[^/^]+)/?")


def read(text: str, _: Sets) -> Dump:
    """Each line as an opening to every port."""
    return read_list(text, names_of, "host name")


def names_of(text: str) -> tuple[Target, ...] | None:
    """What one entry stands for; None for what is none."""
    if both := _BOTH.fullmatch(text):
        name = host_of(both["adguard"] or both["dot"])
        return (name, f"*.{name}") if name else None
    plain = _PLAIN.fullmatch(text)
    name = host_of(plain["name"]) if plain else None
    return (name,) if name and "." in name else None


READER = Reader(
    name="domains",
    about="a list of host names, one a line, in any dialect (*.x, .x, ^x, x/, ||x^)",
    export="the list that the firewall or filter polls",
    sniff=lambda text: sniff_list(text, names_of),
    read=read,
    cannot=cannot,
    fix="domains",
)
