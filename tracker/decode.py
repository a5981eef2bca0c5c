"""Bytes to text: the charset is decided here, strictly, and never guessed from letters."""

from __future__ import annotations

import codecs
import re

from tracker.errors import NotAPage
from tracker.text import quote

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IN_TYPE = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_MARKUP = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
# Codecs of Python that no browser reads a page with: most of them would rewrite the text.
_NO_CHARSETS = frozenset(
    ["idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"]
)
# What browsers read these as (WHATWG, Encoding): the same, and signs where they have none.
_SUPERSETS = {"iso8859-1": "cp1252", "iso8859-9": "cp1254"}
_DECLARED_WITHIN = 4096  # browsers look at the first 1,024 bytes; pages are sloppier


def decode(body: bytes, content_type: str | None, where: str) -> str:
    """Text of a page. Raises NotAPage for no text, or for text that is not what it claims.

    Byte order mark, then the header's charset, then the page's own declaration, then UTF-8;
    the first one that speaks is believed, and every byte has to fit it.
    """
    if not body.strip():
        raise NotAPage(f"{where}: the page is empty")
    charset = _charset(body, content_type)
    try:
        text = body.decode(_codec(charset))
    except LookupError:
        raise NotAPage(f"{where}: its charset {quote(charset)} does not exist") from None
    except UnicodeDecodeError as error:
        raise NotAPage(
            f"{where}: byte {error.start} is not {charset}, which the page claims to be in"
        ) from None
    text = text.removeprefix("\ufeff")
    for bad, name in (
        ("\x00", "a NUL byte"),
        ("\ufffd", "a replacement character (U+FFFD)"),
    ):
        if bad in text:
            raise NotAPage(f"{where}: {name} stands in the text; the page is broken or binary")
    return text


def _codec(charset: str) -> str:
    """Python's codec for a charset. Raises LookupError for what is none of a page."""
    codec = codecs.lookup(charset).name.replace("_", "-")
    if codec in _NO_CHARSETS:
        raise LookupError
    return _SUPERSETS.get(codec, charset)


def _charset(body: bytes, content_type: str | None) -> str:
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return charset
    if match := _IN_TYPE.search(content_type or ""):
        return match[1].lower()
    if declared := _IN_MARKUP.search(body[:_DECLARED_WITHIN]):
        charset = declared[1].decode("ascii", "replace").lower()
        # ASCII bytes that spell "utf-16" cannot be UTF-16.
        return "utf-8" if charset.startswith(("utf-16", "utf-32", "ucs")) else charset
    return "utf-8"
