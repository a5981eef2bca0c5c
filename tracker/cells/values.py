"""Addresses and host names in text: what is one, what looks like one and is none.

A piece of text with an inner dot or several colons must be an address, a host name or a
known word; anything else is refused, never repaired.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from tracker.text import remembered

# Letters of any script count, so that a look-alike letter is seen instead of skipped.
_PIECE = re.compile(r"(?:https?://|::/?)?[\w*][\w.*:/\-]*", re.IGNORECASE)
# What may touch a value. Another sign beside it says that the value is longer than it seems.
_BEFORE = frozenset(" \t\n,;:()[]{}<>\"'“‘«„|•=")
_AFTER = frozenset(" \t\n,;:()[]{}<>\"'”’»|•")
_SENTENCE_END = re.compile(r"[!?…]+(?:\s|$)")
_GOES_ON = re.compile(r"\s+[-–—/]\s*\d")  # "10.0.0.0 / 8", "10.0.0.1 - 9"
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"^(?:\*\.)?(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})$")
_JOINED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # an address that lost its separator
# "end.Next" is the end of a sentence and the start of another, however much like a host.
_SENTENCES = re.compile(r"[a-z]\.[A-Z][a-z]+$")
# Endings of files. Of the few that are top-level domains, too, a firewall page means the file.
_FILE_ENDINGS = (
    "7z apk appx asp aspx avi bak bat bin bmp cab cer cfg cgi cmd conf crt csr css csv dat db"
    " deb dll dmg doc docx drv exe gif gz htm html ico inf ini ipa iso jar jpeg jpg js json jsp"
    " key lnk log mpg msi msix msp msu ocx odt pdf pem pfx php pkg png ppt pptx rar reg rpm rtf"
    " sql svg sys tar tgz tif tiff tmp toml ttf txt vbs vhd vmdk war wav webp woff wsf xls xlsx"
    " xml xsd xz yaml yml zip"
)
_FILES = frozenset(_FILE_ENDINGS.split())
_HOST_LENGTH = 253  # RFC 1035, section 2.3.4, as text
_DOTTED = re.compile(r"[\w-]\.+[\w*]|^\*\.")
_ABBREVIATION = re.compile(r"^(e\.g|i\.e|a\.k\.a|u\.s|v?\d{1,3}\.\d{1,3})$", re.IGNORECASE)
_RANGE = re.compile(
    r"(?<!\d)(\d+\.\d+\.\d+\.\d+)\s*(?:[-–—]|\bto\b|\bthrough\b)\s*(?=\d+\.\d+\.\d+\.\d+)",
    re.IGNORECASE,
)


_ONE_ADDRESS = re.compile(r"[\d.]{7,15}\Z", re.ASCII)


class Values(NamedTuple):
    """What a piece of text names, in its order, and the words that are no value."""

    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    odd: tuple[str, ...]
    words: str


def may_name(text: str) -> bool:
    """Whether anything in `text` can look like a value: in most cells nothing does."""
    return "." in text or ":" in text or "*" in text


def find_values(text: str) -> Values:
    """All values in `text`; `odd` are pieces that look like a value and are none."""
    if not may_name(text):
        return Values((), (), (), text)
    if _ONE_ADDRESS.match(text) and (found := addresses_of(text)):  # as most items of a list
        return Values((), found, (), "")
    return _found(text)


@remembered
def _found(text: str) -> Values:
    hosts: list[str] = []
    addresses: list[str] = []
    odd: list[str] = []
    words: list[str] = []
    end = 0
    text = _RANGE.sub(r"\1-", text)
    for match in _PIECE.finditer(text):
        raw = match.group()
        if raw.isalnum():  # a word
            continue
        ended = raw[-1] in ".:" and not addresses_of(raw)
        piece = raw.rstrip(".:") or raw if ended else raw
        if not looks_like_value(piece):
            continue
        if not _is_free(text, match):
            odd.append(raw)
        elif found := addresses_of(piece):
            addresses += found
        elif host := host_of(piece):
            hosts.append(host)
        else:
            odd.append(raw)
        words.append(text[end : match.start()])
        end = match.end()
    words.append(text[end:])
    return Values(tuple(hosts), tuple(addresses), tuple(odd), "".join(words))


def _is_free(text: str, match: re.Match[str]) -> bool:
    """Whether nothing touches the piece that can be part of it."""
    start, end = match.span()
    return (
        (start == 0 or text[start - 1] in _BEFORE)
        and (end == len(text) or text[end] in _AFTER or bool(_SENTENCE_END.match(text, end)))
        and not _GOES_ON.match(text, end)
    )


def looks_like_value(piece: str) -> bool:
    """Whether this can only be an address or a host: an inner dot, or several colons."""
    if "." not in piece:
        return piece.count(":") > 1 or piece == "*"
    if _ABBREVIATION.match(piece):
        return False
    return bool(_DOTTED.search(piece)) or piece.count(":") > 1 or piece == "*"


def addresses_of(piece: str) -> tuple[str, ...]:
    """The address or networks that `piece` spells; a range as the networks that cover it.

    Host bits below a prefix are an error of the page, not ours to mend: no address then.
    """
    if not piece.isascii() or not (piece[:1].isdigit() or ":" in piece):
        return ()
    try:
        if "-" in piece:
            first, _, last = piece.partition("-")
            networks = ipaddress.summarize_address_range(
                ipaddress.ip_address(first),
                ipaddress.ip_address(last),
            )
            return tuple(_network(str(network)) for network in networks)
        return (_network(piece),)
    except (ValueError, TypeError):
        return ()


@lru_cache(maxsize=1024)  # of a usual page each is looked at several times
def _network(piece: str) -> str:
    """Canonical text of an address or network; a network of one address is the address."""
    if "/" not in piece:
        return str(ipaddress.ip_address(piece))
    network = ipaddress.ip_network(piece, strict=True)
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def host_of(piece: str) -> str | None:
    """The host name that `piece` spells, in lower case; `*.` in front is a wildcard.

    A URL counts as its host where it has no path; the name of a file is none. Only ASCII: a
    letter of another script in a host name is a look-alike until proven otherwise.
    """
    name = piece.lower().removeprefix("https://").removeprefix("http://")
    name = name.rstrip("/").removesuffix(".")
    if not name.isascii() or len(name) > _HOST_LENGTH or not _HOST.match(name):
        return None
    if name.rpartition(".")[2] in _FILES or _SENTENCES.search(piece):
        return None
    return None if _JOINED.search(name) else name
