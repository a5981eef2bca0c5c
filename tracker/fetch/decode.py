"""Bytes to text: the charset is decided here, strictly, and never guessed from letters.

The text is exactly what the page says, or there is none. What cannot be found out: a header
that names one single-byte charset for a page in another one which declares none.
"""

from __future__ import annotations

from tracker.errors import NotAPage
from tracker.fetch.charsets import claims, codec, is_wide
from tracker.text import quote

_SIGNS = (  # of bytes that are no text, or not in the charset that they were read by
    ("\x00", "a NUL byte"),
    ("\x1b", "an escape character"),
    ("\ufffd", "a replacement character (U+FFFD)"),
)
_ESCAPED = "iso2022-jp"  # the one charset of pages that needs escape characters, and eats them


def decode(body: bytes, content_type: str | None, where: str) -> str:
    """Text of a page. Raises NotAPage for no text, or for text that is not what it claims.

    Of byte order mark, header, declaration and UTF-8 the first one that speaks is believed;
    every byte has to fit it, and nothing may speak against it.
    """
    if not body.strip():
        raise NotAPage(f"{where}: the page is empty")
    claimed = claims(body, content_type)
    text = _read(body, claimed[0], where).removeprefix("\ufeff")
    if not text.strip():
        raise NotAPage(f"{where}: the page is empty")
    for bad, name in _SIGNS:
        if bad in text:
            raise NotAPage(f"{where}: {name} stands in the text; the page is broken or binary")
    _check_claim(body, text, claimed, where)
    return text


def _read(body: bytes, charset: str, where: str) -> str:
    try:
        return body.decode(codec(charset))
    except LookupError:
        raise NotAPage(f"{where}: its charset {quote(charset)} does not exist") from None
    except UnicodeDecodeError as error:
        raise NotAPage(
            f"{where}: byte {error.start} is not {charset}, which the page claims to be in"
        ) from None


def _check_claim(body: bytes, text: str, claimed: list[str], where: str) -> None:
    """Every byte fits the first claim; here, whether something else fits better."""
    charset = codec(claimed[0])
    if is_wide(charset):
        # Read in the wrong order, or from single bytes, nearly no letter is ASCII.
        if len(text.encode("ascii", "ignore")) * 10 < len(text):
            raise NotAPage(f"{where}: its bytes are not {claimed[0]}, which it claims to be in")
    elif charset == "utf-8" or (body.isascii() and charset != _ESCAPED):
        return  # other charsets do not fit the rules of UTF-8 by chance, and ASCII is ASCII
    elif not body.isascii() and _also(body, "utf-8") is not None:
        raise NotAPage(f"{where}: its bytes are utf-8, but it claims to be in {claimed[0]}")
    elif len(claimed) > 1 and _also(body, claimed[1]) not in {None, text}:
        raise NotAPage(
            f"{where}: the server says {claimed[0]} and the page says {quote(claimed[1])}, and"
            " it reads differently in them"
        )


def _also(body: bytes, charset: str) -> str | None:
    """The text as another charset has it; None where the bytes do not fit."""
    try:
        return body.decode(codec(charset))
    except (LookupError, UnicodeDecodeError):
        return None
