"""Names with dots in them: which is a host, and which a file, a product or a mistake.

Nothing is guessed. What can be two things is neither a host nor a word: the cell with it is
refused.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from tracker.plugins import read_resource

Verdict = Literal["host", "word", "odd"]

# Endings of files. Of the few that are top-level domains, too, a firewall page means the file.
_FILE_ENDINGS = (
    "7z apk appx asp aspx avi bak bat bin bmp cab cer cfg cgi cmd conf crt csr css csv dat"
    " db deb dll dmg doc docx drv exe gif gz htm html ico inf ini ipa iso jar jpeg jpg js"
    " json jsp key lnk log mpg msi msix msp msu ocx odt pac pdf pem pfx php pkg png ppt pptx"
    " ps1 psm1 rar reg rpm rtf sql svg sys tar tgz tif tiff tmp toml ttf txt vbs vhd vmdk"
    " war wav webp woff wsf xls xlsx xml xsd xz yaml yml zip"
)
_FILES = frozenset(_FILE_ENDINGS.split())
# Endings of files under which many hosts are registered, too.
_SHARED_ENDINGS = frozenset("md mov pl ps py sh".split())
_FILE_STEM = re.compile(
    r"(?:un)?install(?:er)?|setup|readme|changelog|licen[sc]e|update[r]?|upgrade|deploy|script"
    r"|configure|start|run|v?\d+",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?P<ending>\w+)", re.ASCII)
# A country's names of two parts: what stands in front of com.py is certainly no file.
_SECOND_LEVEL = frozenset("ac co com edu gob gov mil net nom org".split())
_CERTAIN = re.compile(r"https?://|www\.|\*\.", re.IGNORECASE)
_FILL_IN = re.compile(
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
# Words behind a name that make it no attribute of what follows.
_SENTENCE_BEHIND = re.compile(
    r"\s+(?:and|or|for|on|at|via|with|in|to|is|only|plus|including)\b", re.IGNORECASE
)
_WORD_BEHIND = re.compile(
    r"\s+(?!(?:and|or)\b)[a-z][a-z-]*(?=[\s,;:!?)]|\.?(?:\s|$))", re.IGNORECASE
)
_WORD_BEFORE = re.compile(r"(?:^|[\s(])(?!(?:and|or)\s)[a-z][a-z-]*\s+$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W_]")
_WINDOW = 40  # characters before a name in which the word before it ends

_DATA = "public_suffix_list.dat"
_ICANN_END = b"===END ICANN DOMAINS==="
_NOT_IN_DNS = frozenset({"onion"})  # on the list, but RFC 7686: never asked of the DNS


def judge_name(text: str, start: int, end: int, host: str | None) -> Verdict:
    """Say what the name at `start` to `end` of `text` is; `host` is its spelling as a host."""
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
    """Whether a reader has to fill in this label: `YOURTENANT.example.com`, `your-name.`.

    Capitals are one where all other labels are in small letters.
    """
    if _FILL_IN.fullmatch(label):
        return True
    others = piece.replace(label, "", 1)
    return bool(_CAPITALS.search(label)) and others != "." and others == others.lower()


def is_file_ending(ending: str) -> bool:
    """Whether names that end so are taken for files, even where they could be hosts."""
    return ending in _FILES


def is_under_top_level(host: str) -> bool:
    """Whether the last part of a host name is a top-level domain of the public DNS.

    Names for local use (.local, .internal, .lan) and for examples are under none.
    """
    ending = host.rpartition(".")[2]
    if ending.startswith("xn--"):
        try:
            ending = ending.encode().decode("idna")
        except UnicodeError:
            return False
    return ending in _top_level_domains()


@cache
def _top_level_domains() -> frozenset[str]:
    """All top-level domains, of the Public Suffix List; read when a name is first judged."""
    rules = read_resource("publicsuffixlist", _DATA).partition(_ICANN_END)[0].decode()
    lines = (line.strip() for line in rules.splitlines())
    endings = {line.rpartition(".")[2] for line in lines if line and not line.startswith("//")}
    return frozenset(endings - _NOT_IN_DNS)


def _judge_shared(text: str, start: int, end: int, labels: list[str]) -> Verdict:
    """Judge a name such as setup.sh: a file among words; a host if nothing says file."""
    has_stem = any(_FILE_STEM.fullmatch(label) for label in labels[:-1])
    if len(labels) > 2:  # noqa: PLR2004  more than a name and an ending
        is_file = has_stem and labels[-2].lower() not in _SECOND_LEVEL
        return "odd" if is_file else "host"
    if has_stem:
        return "odd" if _is_alone(text, start, end) else "word"
    if labels[-1].lower() == "pl":  # Perl is rare, Poland is not
        return "host"
    before = text[max(start - _WINDOW, 0) : start]
    is_among_words = _WORD_BEFORE.search(before) or _WORD_BEHIND.match(text, end)
    return "word" if is_among_words else "odd"


def _judge_brand(text: str, start: int, end: int) -> Verdict:
    """Judge a capitalised name such as Booking.com: a product's, if it goes with a noun."""
    before = text[max(start - _WINDOW, 0) : start]
    if _BRAND_NOUN.match(text, end) or _BRAND_OF.search(before):
        return "word"
    if _SENTENCE_BEHIND.match(text, end) or not _WORD_BEHIND.match(text, end):
        return "host"
    return "odd"


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing but signs stands beside the name."""
    return not _LETTER.search(text, 0, start) and not _LETTER.search(text, end)
