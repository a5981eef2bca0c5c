"""What a URL asks for, as it goes over the wire: all of it in ASCII. Pure.

Facts: RFC 3986 (which characters stand for themselves), RFC 5891 (names in other letters). A
host is what will be looked up or dialled, so what could be read in two ways is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from tracker.errors import Refused
from tracker.text import clean

_LONGEST = 65536  # characters
_SHOWN = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOTTED = re.compile(r"[0-9]+(\.[0-9]+){3}")
_PLACE = re.compile(r"[^\[\]]*|\[[^\[\]]+\](:[0-9]*)?")  # a name, or an address in brackets
_NAME = re.compile(r"[a-z0-9._-]+")
# What stays as it is behind the host; of "%" the escapes that are there already.
_PLAIN = "!$%&'()*+,/:;=?@[\\]^_|~-."
_OWN_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """The parts of a request. `port` is None for the scheme's own; `host` has no brackets."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@lru_cache(256)
def target(url: str) -> Target:
    """What `url` asks for. Raises Refused for what is no address of a page."""
    try:
        if len(url) > _LONGEST or _CONTROL.search(url):
            raise ValueError("too long, or with control characters")
        parts = urlsplit(url)
        if not _PLACE.fullmatch(parts.netloc.rpartition("@")[2]):
            raise ValueError("a bracket inside its host")
        host, port, own = _host(parts.hostname or ""), parts.port, _OWN_PORTS[parts.scheme]
    except KeyError:
        raise Refused(f"{clean(url)[:_SHOWN]}: this is no address of a page") from None
    except ValueError as error:
        what = clean(str(error))[:_SHOWN]
        raise Refused(f"{clean(url)[:_SHOWN]}: this is no address of a page: {what}") from None
    path = quote(parts.path or "/", safe=_PLAIN)
    query = f"?{quote(parts.query, safe=_PLAIN)}" if parts.query else ""
    return Target(parts.scheme, host, None if port == own else port, path + query)


def _host(name: str) -> str:
    """A name or an address as it will be dialled. Raises ValueError."""
    if ":" in name:
        IPv6Address(name)
        return name
    if not name.isascii():
        import idna  # noqa: PLC0415  only for names in other letters

        name = idna.encode(name).decode("ascii")
    if _DOTTED.fullmatch(name):
        IPv4Address(name)  # takes no octal numbers: others do
    elif not _NAME.fullmatch(name):
        raise ValueError("its host has other characters than a host's")
    return name
