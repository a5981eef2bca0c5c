"""Finds addresses and host names in text, and pieces that only look like one.

A piece of text with an inner dot or several colons must be an address, a host name or a known
word. A name with dots may also be a file or a product. The parser does not guess or repair: an
ambiguous piece is odd, and the cell that contains it is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from tracker.domain_suffixes import is_under_top_level

# Letters of any script match, so that a look-alike letter is noticed and not skipped.
_PIECE = re.compile(r"(?:https?://|::/?)?[\w*][\w.*:/\-]*", re.IGNORECASE)
# Characters allowed directly before and after a value. Any other one is part of the value.
_BEFORE = frozenset(" \t\n,;:()[]{}<>\"'`“‘«„|•=")
_AFTER = frozenset(" \t\n,;:()[]{}<>\"'`”’»|•")
_SENTENCE_END = re.compile(r"[!?…]+(?:\s|$)")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"^(?:\*\.)?(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})$")
_JOINED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # two values without a separator
# "end.Next" looks like a host, but is the end of one sentence and the start of the next.
_SENTENCES = re.compile(r"[a-z]\.[A-Z][a-z]+$")
_HOST_LENGTH = 253  # characters: the text form of 255 octets, RFC 1035, section 2.3.4
_DOTTED = re.compile(r"[\w-]\.+[\w*]|^\*\.")
_ABBREVIATION = re.compile(
    r"^(?:e\.g|i\.e|a\.k\.a|[a-z](?:\.[a-z])+|v?\d{1,3}\.\d{1,3})$", re.IGNORECASE
)
_ONE_ADDRESS = re.compile(r"[\d.]{7,15}\Z", re.ASCII)
_URL_OF_ADDRESS = re.compile(r"https?://([\d.]+)/?\Z", re.IGNORECASE | re.ASCII)
# The label of a value without a blank after its colon: "IP:10.0.0.1".
_KIND_WITHOUT_BLANK = re.compile(
    r"\b(IP|IPv[46]|IP address|Address|Host|Hostname|FQDN|Domain|URL):(?=[\w*])", re.IGNORECASE
)
# Signs of a range: dashes, minus signs, tildes and waves; dots; words between blanks.
DASHES = "-\u2010-\u2015\u2212\u2e3a\ufe58\ufe63\uff0d~\u223c\u301c\uff5e"
_SIGN = rf"(?:[{DASHES}]{{1,3}}|\.{{2,}}|…|‥)"
_BETWEEN_ENDS = rf"(?:\s*{_SIGN}\s*|\s+(?:up\s+to|to|through|thru|until|till)\s+)"
_V4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_V6 = r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}"
_RANGES = tuple(
    re.compile(
        rf"(?<![\w:.])(?:\bfrom\s+)?(?<![\w:.])({end}){_BETWEEN_ENDS}(?={end})", re.IGNORECASE
    )
    for end in (_V4, _V6)
)
_COLONS_OF_RANGE = 3  # an IPv6 range has more: at least two in each end
_BETWEEN = re.compile(rf"\bbetween\s+({_V4})\s+and\s+(?={_V4})", re.IGNORECASE)
_ONLY_SIGN = re.compile(rf"\s*{_SIGN}\s*")
_RANGE_GAP = re.compile(rf"{_BETWEEN_ENDS}|[\s,;]*(?:\.{{2,}}|…)[\s,;]*", re.IGNORECASE)
# The address continues: "10.0.0.0 / 8", "10.0.0.1 - 9", "10.0.0.1 to .9".
_CONTINUES = re.compile(
    rf"\s*{_SIGN}\s*\.?\d|\s+(?:to|through|thru)\s+\.?\d{{1,3}}(?![\d.:]*[.:]\d)"
    r"|\s+/\s*\d+(?![\d.:a-f]*[.:])",
    re.IGNORECASE,
)
_NUMBER_AFTER = re.compile(rf"\s+(?:[{DASHES}]|/)\s*\d+(?![\d.]*\.)")
_MASK = re.compile(r"(?:255|0)(?:\.\d+){3}\Z")  # the netmask of the address before it
# Four-part numbers that are not addresses.
_VERSION = re.compile(r"v?\.?\d+(?:\.\d+)+(?:[-+][\w.]+)?\Z", re.IGNORECASE)
_VERSION_BEFORE = re.compile(
    r"(?:\b(?:(?:version|build|release|revision|price)(?P<many>s)?|vers?|rev|firmware|cost|v)\b"
    r"\.?\s*(?:no\.?|number)?\s*[:=#]?\s*"
    r"(?:(?:before|above|below|after|from|since|older than|newer than|at least)\s|[<>≥≤=]+)?"
    r"\s*[(\"“]?|[$€£]\s?)$",
    re.IGNORECASE,
)
_VERSION_AFTER = re.compile(
    r"\s+(?:version|build|release)\b(?=\s*(?:$|[.,;:)!?]|(?:or|and|of|is|was)\b))",
    re.IGNORECASE,
)
_NEXT_VERSION = re.compile(rf"(?:,|\s(?:and|or|to|through)\s|[{DASHES}\s/&])+", re.IGNORECASE)
_WINDOW = 40  # characters of context that are searched before a value
Verdict = Literal["host", "word", "odd"]
# File name endings. A few are top-level domains too, but a firewall page means the file.
_FILE_ENDINGS = (
    "7z apk appx asp aspx avi bak bat bin bmp cab cer cfg cgi cmd conf crt csr css csv dat"
    " db deb dll dmg doc docx drv exe gif gz htm html ico inf ini ipa iso jar jpeg jpg js"
    " json jsp key lnk log mpg msi msix msp msu ocx odt pac pdf pem pfx php pkg png ppt pptx"
    " ps1 psm1 rar reg rpm rtf sql svg sys tar tgz tif tiff tmp toml ttf txt vbs vhd vmdk"
    " war wav webp woff wsf xls xlsx xml xsd xz yaml yml zip"
)
_FILES = frozenset(_FILE_ENDINGS.split())
# File name endings that are also top-level domains with many hosts.
_SHARED_ENDINGS = frozenset("md mov pl ps py sh".split())
_FILE_STEM = re.compile(
    r"(?:un)?install(?:er)?|setup|readme|changelog|licen[sc]e|update[r]?|upgrade|deploy|script"
    r"|configure|start|run|v?\d+",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?P<ending>\w+)", re.ASCII)
# Second-level domains of countries: example.com.py is not a file.
_SECOND_LEVEL = frozenset("ac co com edu gob gov mil net nom org".split())
_CERTAIN = re.compile(r"https?://|www\.|\*\.", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:(?:your|my)[-_]?)(?:tenant|company|org|organi[sz]ation|domain|name|region|instance"
    r"|site|customer|account|subdomain|workspace|team|id)(?:[-_]?(?:name|id))?"
    r"|(?:tenant|company|org|customer|account|instance|workspace)[-_]?(?:name|id)|x{3,}",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z]{4,}(?![a-z])")
_BRAND = re.compile(r"[A-Z][A-Za-z0-9-]*\.(?:[a-z]{2,}|[A-Z]{2,})")
_NOUNS = (
    r"(?:servers?|services?|relays?|endpoints?|hosts?|agents?|clouds?|platform|apps?"
    r"|applications?|users?|accounts?|customers?|networks?|data|infrastructure|systems?"
    r"|integrations?|connectors?|prox(?:y|ies)|ips?|(?:ip\s+)?addresses|core|framework|runtime"
    r"|console|portal|api|website|team|support)\b(?![.@-]\w)"
)
_BRAND_OF = re.compile(rf"\b{_NOUNS}\s+(?:of|by|from|for|at)\s+(?:the\s+)?$", re.IGNORECASE)
_BRAND_NOUN = re.compile(rf"['’]s?\s|\s+{_NOUNS}", re.IGNORECASE)
# Words that may follow a host name in a sentence; other words may make it a product's name.
_SENTENCE_AFTER = re.compile(
    r"\s+(?:and|or|for|on|at|via|with|in|to|is|only|plus|including)\b", re.IGNORECASE
)
_WORD_AFTER = re.compile(
    r"\s+(?!(?:and|or)\b)[a-z][a-z-]*(?=[\s,;:!?)]|\.?(?:\s|$))", re.IGNORECASE
)
_WORD_BEFORE = re.compile(r"(?:^|[\s(])(?!(?:and|or)\s)[a-z][a-z-]*\s+$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W_]")
# More than a large page has: it is gone through several times, from first to last.
MOST_TEXTS = 2**15


class Values(NamedTuple):
    """The values in a text, in order, and the words between them.

    `odd` lists pieces that look like a value but are not one. File names, product names and
    version numbers count as words.
    """

    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    odd: tuple[str, ...]
    words: str


class _ValueToken(NamedTuple):
    """A piece that looks like a value; odd if it has neither a host nor addresses."""

    start: int
    end: int
    raw: str
    host: str | None = None
    addresses: tuple[str, ...] = ()

    @property
    def is_odd(self) -> bool:
        """Return whether the piece looks like a value but is not one."""
        return self.host is None and not self.addresses


def may_hold_values(text: str) -> bool:
    """Return whether `text` can contain a value, as a quick test: most cells have none."""
    return "." in text or ":" in text or "*" in text


def find_values(text: str) -> Values:
    """Return all values in `text`."""
    if not may_hold_values(text):
        return Values((), (), (), text)
    # A single address is the most common cell: no need to search.
    if _ONE_ADDRESS.match(text) and (found := parse_addresses(text)):
        return Values((), found, (), "")
    return _find_all(text)


def join_ranges(text: str) -> str:
    """Return `text` with every range of addresses written as `first-last`."""
    text = _BETWEEN.sub(r"\1-", text)
    text = _RANGES[0].sub(r"\1-", text)
    return _RANGES[1].sub(r"\1-", text) if text.count(":") > _COLONS_OF_RANGE else text


@lru_cache(maxsize=MOST_TEXTS)
def _find_all(text: str) -> Values:
    hosts: list[str] = []
    addresses: list[str] = []
    odd: list[str] = []
    words: list[str] = []
    end = 0
    text = join_ranges(_KIND_WITHOUT_BLANK.sub(r"\1: ", text))
    for token in _mark_range_ends(text, list(_iter_tokens(text))):
        if token.is_odd:
            odd.append(token.raw)
        if token.host:
            hosts.append(token.host)
        addresses += token.addresses
        words.append(text[end : token.start])
        end = token.end
    words.append(text[end:])
    return Values(tuple(hosts), tuple(addresses), tuple(odd), "".join(words))


def _iter_tokens(text: str) -> Iterator[_ValueToken]:
    """Yield the pieces of `text` that look like values, judged in their context."""
    version: tuple[int, bool] | None = None  # the end of the last; whether more may follow
    for match in _PIECE.finditer(text):
        raw = match.group()
        if raw.isalnum():  # a word
            continue
        ended = raw[-1] in ".:" and not parse_addresses(raw)
        piece = raw.rstrip(".:") or raw if ended else raw
        if not looks_like_value(piece):
            continue
        start = match.start()
        if _VERSION.match(piece) and (version := _find_version(text, start, piece, version)):
            continue
        if token := _judge_piece(text, match, piece):
            yield token


def _find_version(
    text: str, start: int, piece: str, last: tuple[int, bool] | None
) -> tuple[int, bool] | None:
    """Return where a version number ends and if more may follow; None if it is not one."""
    end = start + len(piece)
    if before := _VERSION_BEFORE.search(text[max(start - _WINDOW, 0) : start]):
        return end, bool(before["many"])
    if last and _NEXT_VERSION.fullmatch(text, last[0], start):
        is_comma = "," in text[last[0] : start] or "and" in text[last[0] : start].lower()
        return (end, last[1]) if last[1] or not is_comma else None
    is_version = piece[0] in "vV" or _VERSION_AFTER.match(text, end)
    return (end, False) if is_version else None


def _judge_piece(text: str, match: re.Match[str], piece: str) -> _ValueToken | None:
    """Return `piece`, a match without its final full stops, as a token; None for a word."""
    start, end = match.span()
    odd = _ValueToken(start, end, match.group())
    if not _is_free(text, start, end):
        return odd
    url = _URL_OF_ADDRESS.match(piece)
    if found := parse_addresses(url[1] if url else piece):
        return odd if _CONTINUES.match(text, end) else odd._replace(addresses=found)
    host = parse_host(piece)
    verdict = judge_name(text, start, start + len(piece), host)
    if verdict == "word":
        return None
    if verdict == "odd" or _NUMBER_AFTER.match(text, end):
        return odd
    return odd._replace(host=host)


def _mark_range_ends(text: str, tokens: list[_ValueToken]) -> list[_ValueToken]:
    """Return `tokens` with the ends of unclear ranges, and netmasks, marked as odd."""
    broken: set[int] = set()
    for at, (one, other) in enumerate(pairwise(tokens)):
        gap = text[one.end : other.start] if other.start - one.end < _WINDOW else ""
        is_range = bool(one.addresses and other.addresses and _RANGE_GAP.fullmatch(gap))
        if is_range or (one.host and other.host and _ONLY_SIGN.fullmatch(gap)):
            broken |= {at, at + 1}
        if _MASK.match(other.raw.rstrip(".:")):
            broken |= {at, at + 1}
    if not broken:
        return tokens
    return [
        token._replace(host=None, addresses=()) if at in broken else token
        for at, token in enumerate(tokens)
    ]


def _is_free(text: str, start: int, end: int) -> bool:
    """Return whether the characters next to the piece separate it from the rest."""
    return (start == 0 or text[start - 1] in _BEFORE) and (
        end == len(text) or text[end] in _AFTER or bool(_SENTENCE_END.match(text, end))
    )


def looks_like_value(piece: str) -> bool:
    """Return whether the piece has the form of an address or host: dots or several colons."""
    if "." not in piece:
        return piece.count(":") > 1 or piece == "*"
    if _ABBREVIATION.match(piece):
        return False
    return bool(_DOTTED.search(piece)) or piece.count(":") > 1 or piece == "*"


def parse_addresses(piece: str) -> tuple[str, ...]:
    """Return the address or network in `piece`, or the networks that make up a range.

    A network with host bits set is an error of the page: the result is empty.
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
            return tuple(_canonical_network(str(network)) for network in networks)
        return (_canonical_network(piece),)
    except (ValueError, TypeError):
        return ()


@lru_cache(maxsize=MOST_TEXTS)
def _canonical_network(piece: str) -> str:
    """Return an address or network in canonical form, without a prefix of /32 or /128."""
    if "/" not in piece:
        return str(ipaddress.ip_address(piece))
    network = ipaddress.ip_network(piece, strict=True)
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def parse_host(piece: str) -> str | None:
    """Return the host name in `piece`, in lower case, or None; it may be a wildcard (`*.`).

    A URL without a path counts as its host; a file name does not. Only ASCII is accepted,
    because a letter of another script may be a look-alike.
    """
    name = piece.lower().removeprefix("https://").removeprefix("http://")
    name = name.rstrip("/").removesuffix(".")
    if not name.isascii() or len(name) > _HOST_LENGTH or not _HOST.match(name):
        return None
    if name.rpartition(".")[2] in _FILES or _SENTENCES.search(piece):
        return None
    return None if _JOINED.search(name) else name


def judge_name(text: str, start: int, end: int, host: str | None) -> Verdict:
    """Judge the name at `start` to `end` of `text`; `host` is its host name, if it is one."""
    piece = text[start:end]
    labels = piece.split(".")
    ending = labels[-1].lower()
    if ending in _FILES:
        is_name = bool(_FILE_NAME.fullmatch(piece))
        return "word" if is_name and not _is_alone(text, start, end) else "odd"
    if host is None or not is_under_top_level(host):
        return "odd"
    if any(_is_placeholder(label, piece) for label in labels):
        return "odd"
    if ending in _SHARED_ENDINGS and not _CERTAIN.match(piece):
        return _judge_shared(text, start, end, labels)
    if _BRAND.fullmatch(piece):
        return _judge_brand(text, start, end)
    return "host"


def _is_placeholder(label: str, piece: str) -> bool:
    """Return whether a label is to be replaced by the reader: `YOURTENANT.example.com`.

    A label in capitals is a placeholder if all other labels are in lower case.
    """
    if _PLACEHOLDER.fullmatch(label):
        return True
    others = piece.replace(label, "", 1)
    return bool(_CAPITALS.search(label)) and others != "." and others == others.lower()


def _judge_shared(text: str, start: int, end: int, labels: list[str]) -> Verdict:
    """Judge a name such as setup.sh, whose ending may be a file's or a top-level domain."""
    has_stem = any(_FILE_STEM.fullmatch(label) for label in labels[:-1])
    if len(labels) > 2:  # noqa: PLR2004  more than a name and an ending
        is_file = has_stem and labels[-2].lower() not in _SECOND_LEVEL
        return "odd" if is_file else "host"
    if has_stem:
        return "odd" if _is_alone(text, start, end) else "word"
    if labels[-1].lower() == "pl":  # Polish hosts are more common than Perl files
        return "host"
    before = text[max(start - _WINDOW, 0) : start]
    is_among_words = _WORD_BEFORE.search(before) or _WORD_AFTER.match(text, end)
    return "word" if is_among_words else "odd"


def _judge_brand(text: str, start: int, end: int) -> Verdict:
    """Judge a capitalised name such as Booking.com: with a noun it is a product's name."""
    before = text[max(start - _WINDOW, 0) : start]
    if _BRAND_NOUN.match(text, end) or _BRAND_OF.search(before):
        return "word"
    if _SENTENCE_AFTER.match(text, end) or not _WORD_AFTER.match(text, end):
        return "host"
    return "odd"


def _is_alone(text: str, start: int, end: int) -> bool:
    """Return whether the text has no words besides the name."""
    return not _LETTER.search(text, 0, start) and not _LETTER.search(text, end)
