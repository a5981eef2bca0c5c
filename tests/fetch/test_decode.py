"""Bytes become text by the charset that the page claims, or the page is refused."""

from __future__ import annotations

import codecs

import pytest

from tracker.errors import NotAPage
from tracker.fetch.decode import decode

WORDS = "Zürich – 54.210.188.13"


def meta(charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head>{WORDS}</html>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (WORDS.encode(), None),
        (WORDS.encode(), "text/html"),
        (WORDS.encode(), "text/html; charset=utf-8"),
        (WORDS.encode(), 'text/html; Charset = "UTF-8"'),
        (WORDS.encode("windows-1252"), "text/html; charset=windows-1252"),
        (WORDS.encode("utf-16-le"), "text/html; charset=utf-16-le"),
        (codecs.BOM_UTF8 + WORDS.encode(), None),
        (codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"), None),
        (codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"), None),
        (codecs.BOM_UTF32_LE + WORDS.encode("utf-32-le"), None),
        (codecs.BOM_UTF32_BE + WORDS.encode("utf-32-be"), None),
    ],
)
def test_the_text_is_what_the_page_says(body: bytes, content_type: str | None) -> None:
    assert decode(body, content_type, "here") == WORDS


def test_a_byte_order_mark_is_believed_before_the_header() -> None:
    body = codecs.BOM_UTF8 + WORDS.encode()
    assert decode(body, "text/html; charset=windows-1252", "here") == WORDS


def test_the_header_is_believed_before_the_declaration() -> None:
    assert decode(meta("iso-8859-2").encode(), "text/html; charset=utf-8", "here") == meta(
        "iso-8859-2"
    )


def test_the_declaration_is_believed_where_nothing_else_speaks() -> None:
    page = meta("windows-1250")
    assert decode(page.encode("windows-1250"), "text/html", "here") == page


@pytest.mark.parametrize("charset", ["utf-16", "UTF-32LE", "ucs-2"])
def test_ascii_bytes_that_claim_to_be_wide_are_utf_8(charset: str) -> None:
    assert WORDS in decode(meta(charset).encode(), "text/html", "here")


@pytest.mark.parametrize("charset", ["iso-8859-1", "latin1", "ISO-8859-9"])
def test_latin_1_is_read_as_browsers_read_it(charset: str) -> None:
    """Byte 0x96 is a dash there: as a control character it would part a range of ports."""
    body = b"<p>49152\x9665535 TCP</p>"
    assert decode(body, f"text/html; charset={charset}", "here") == "<p>49152–65535 TCP</p>"


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"", None, "empty"),
        (b" \r\n\t", "text/html", "empty"),
        (b"caf\xe9", None, "byte 3 is not utf-8"),
        (b"caf\xe9", "text/html; charset=utf-8", "byte 3 is not utf-8"),
        (b"\x81", "text/html; charset=windows-1252", "byte 0 is not windows-1252"),
        (b"ok", "text/html; charset=klingon", 'unknown charset "klingon"'),
        (b"a\x00b", "text/html", "NUL"),
        ("a\ufffdb".encode(), "text/html", "U\\+FFFD"),
        ("odd".encode("utf-16-le")[:-1], "text/html; charset=utf-16-le", "not utf-16-le"),
    ],
)
def test_text_that_is_not_what_it_claims_is_refused(
    body: bytes, content_type: str | None, says: str
) -> None:
    with pytest.raises(NotAPage, match=says) as caught:
        decode(body, content_type, "here")
    assert str(caught.value).startswith("here: ")


@pytest.mark.parametrize(
    "charset",
    [
        *("hex", "base64", "rot13", "zlib", "idna", "punycode", "undefined", "utf-7"),
        *("unicode_escape", "raw-unicode-escape", "mbcs_", "..", "a:b", "ü"),
    ],
)
def test_a_codec_that_is_no_charset_of_pages_is_refused(charset: str) -> None:
    with pytest.raises(NotAPage, match="unknown charset"):
        decode(b"<p>54.210.188.13 " + b"x" * 100, f"text/html; charset={charset}", "here")
