"""Which charset a page claims, and by which codec of Python that is read. Pure.

Facts: WHATWG, Encoding standard: the encodings that a page can be in, and that browsers read
some labels as a superset. Python knows many more codecs; most of them would rewrite the text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PAGES = frozenset(
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
_DECLARED_WITHIN = 4096  # browsers look at the first 1,024 bytes; pages are sloppier


def claims(body: bytes, content_type: str | None) -> list[str]:
    """The charsets that a page claims to be in, the strongest first, at least one.

    Byte order mark, then the header's charset, then the page's own declaration, then UTF-8.
    After a byte order mark nothing else is asked.
    """
    for bom, charset in BOMS:
        if body.startswith(bom):
            return [charset]
    header = _IN_TYPE.search(content_type or "")
    return [*([header[1].lower()] if header else []), *_declared(body)] or ["utf-8"]


def codec(charset: str) -> str:
    """Python's codec for a charset. Raises LookupError for what is none of a page."""
    name = codecs.lookup(charset).name.replace("_", "-")
    if name not in _PAGES:
        raise LookupError(charset)
    return _SUPERSETS.get(name, name)


def is_wide(name: str) -> bool:
    """Whether a codec has no single byte for a letter."""
    return name.startswith(("utf-16", "utf-32"))


def _declared(body: bytes) -> Iterator[str]:
    """The page's own word, in a meta element outside comments or in an XML declaration."""
    first, *rest = body[:_DECLARED_WITHIN].split(b"<!--")
    head = first + b"".join(piece.partition(b"-->")[2] for piece in rest)
    if found := _IN_MARKUP.search(head) or _IN_XML.match(head):
        charset = found[1].decode("ascii", "replace").lower()
        # ASCII bytes that spell "utf-16" cannot be UTF-16.
        yield "utf-8" if charset.startswith(("utf-16", "utf-32", "ucs")) else charset
