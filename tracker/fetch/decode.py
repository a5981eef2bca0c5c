"""Bytes to text: chooses the charset strictly, without guessing it from the letters. Pure.

The text is exactly that of the page, or an error is raised. One case cannot be detected: the
header states one single-byte charset, and the page is in another one and declares none.

Facts: WHATWG, Encoding standard: the encodings that a page can be in, and the labels that
browsers read as a superset. Python has many more codecs; most of them would alter the text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from tracker.errors import NotAPage
from tracker.text import quote

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAGE_CODECS = frozenset(
    [
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"),
        *("utf-32-be", "big5", "big5hkscs", "cp866", "cp874", "cp932", "cp949", "euc-jp"),
        *("euc-kr", "gb18030", "gb2312", "gbk", "iso2022-jp", "koi8-r", "koi8-u"),
        *("mac-roman", "mac-cyrillic", "shift-jis", "tis-620"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in range(1, 17)),
    ]
)
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
}
_IN_TYPE = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_MARKUP = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # browsers look at 1,024 bytes, but not all pages keep to that
_BINARY_SIGNS = (  # of bytes that are not text, or not in the claimed charset
    ("\x00", "a NUL byte"),
    ("\x1b", "an escape character"),
    ("\ufffd", "a replacement character (U+FFFD)"),
)
_ESCAPED = "iso2022-jp"  # the only charset with escape characters, which decoding removes


def decode(body: bytes, content_type: str | None, where: str) -> str:
    """Return the text of a page. Raises NotAPage if it is empty or not in its charset.

    The first of byte order mark, header, declaration and UTF-8 decides: every byte has to be
    valid in that charset, and no other sign may contradict it.
    """
    if not body.strip():
        raise NotAPage(f"{where}: the page is empty")
    claimed = claimed_charsets(body, content_type)
    text = _decode_strictly(body, claimed[0], where).removeprefix("\ufeff")
    if not text.strip():
        raise NotAPage(f"{where}: the page is empty")
    for bad, name in _BINARY_SIGNS:
        if bad in text:
            raise NotAPage(f"{where}: the text contains {name}; the page is broken or binary")
    _check_claim(body, text, claimed, where)
    return text


def _decode_strictly(body: bytes, charset: str, where: str) -> str:
    try:
        return body.decode(python_codec(charset))
    except LookupError:
        raise NotAPage(f"{where}: unknown charset {quote(charset)}") from None
    except UnicodeDecodeError as error:
        raise NotAPage(
            f"{where}: byte {error.start} is not {charset}, the charset that the page declares"
        ) from None


def _check_claim(body: bytes, text: str, claimed: list[str], where: str) -> None:
    """Raise NotAPage if another charset fits better than the first claim, which fits too."""
    charset = python_codec(claimed[0])
    if _is_wide(charset):
        # In the wrong byte order, or for single-byte text, hardly any letter is ASCII.
        if len(text.encode("ascii", "ignore")) * 10 < len(text):
            raise NotAPage(
                f"{where}: its bytes are not {claimed[0]}, the charset that it declares"
            )
    elif charset == "utf-8" or (body.isascii() and charset != _ESCAPED):
        return  # other charsets are not valid UTF-8 by chance, and ASCII is the same in all
    elif not body.isascii() and _decode_as(body, "utf-8") is not None:
        raise NotAPage(f"{where}: its bytes are utf-8, but it declares {claimed[0]}")
    elif len(claimed) > 1 and _decode_as(body, claimed[1]) not in {None, text}:
        raise NotAPage(
            f"{where}: the server says {claimed[0]} and the page says {quote(claimed[1])}, and"
            " the text differs between them"
        )


def _decode_as(body: bytes, charset: str) -> str | None:
    """Return the text in another charset; None if the bytes do not fit."""
    try:
        return body.decode(python_codec(charset))
    except (LookupError, UnicodeDecodeError):
        return None


def claimed_charsets(body: bytes, content_type: str | None) -> list[str]:
    """Return the charsets that a page claims to be in, the strongest first; at least one.

    The order: byte order mark, the header's charset, the page's own declaration, UTF-8.
    If there is a byte order mark, no other claim counts.
    """
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return [charset]
    header = _IN_TYPE.search(content_type or "")
    return [*([header[1].lower()] if header else []), *_declared_charset(body)] or ["utf-8"]


def python_codec(charset: str) -> str:
    """Return Python's codec for a charset. Raises LookupError if pages cannot be in it."""
    name = codecs.lookup(charset).name.replace("_", "-")
    if name not in _PAGE_CODECS:
        raise LookupError(charset)
    return _SUPERSETS.get(name, name)


def _is_wide(name: str) -> bool:
    """Return whether a codec uses more than one byte for every letter."""
    return name.startswith(("utf-16", "utf-32"))


def _declared_charset(body: bytes) -> Iterator[str]:
    """Yield the charset declared in a meta element outside comments, or in XML's prolog."""
    first, *rest = body[:_DECLARED_WITHIN].split(b"<!--")
    head = first + b"".join(piece.partition(b"-->")[2] for piece in rest)
    if found := _IN_MARKUP.search(head) or _IN_XML.match(head):
        charset = found[1].decode("ascii", "replace").lower()
        # A declaration that is readable as ASCII cannot be in UTF-16.
        yield "utf-8" if charset.startswith(("utf-16", "utf-32", "ucs")) else charset
