"""Makes text of a page comparable, and safe for its destination. It does not interpret it.

Comments, PowerShell, CSV, Markdown and XML have a function each; HTML uses Jinja's autoescape,
and shells `shlex.quote`. The log and the terminal get `clean` text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Characters that a browser does not show: soft hyphen, zero-width, bidi marks, variation
# selectors, byte order mark. They would split an address invisibly.
# They are dropped before NFKC, which then joins the characters around them.
_UNSEEN = (
    *(0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
)
# Old pages write &#150; for a dash; HTML reads 128 to 159 as windows-1252, and so do we.
_UNSHOWN: dict[int, str | None] = {
    **dict.fromkeys(_UNSEEN),
    **{code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)},
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Superscript, subscript, circled and fraction digits mark a footnote: NFKC would make them
# digits of the preceding number, and so another address.
_MARKS = re.compile("([²³¹¼-¾⁰-₎⅐-⅟①-⓿❶-➓\U0001f100-\U0001f10c]+)")
_QUOTE_LENGTH = 80
_LONGEST_FOLDER = 128  # characters; file systems allow 255, and a title of a page has 120
_FOR_COMMENTS = re.compile(r"[A-Za-z0-9._:/()-]+(?: [A-Za-z0-9._:/()-]+)*")
_NOT_FOR_COMMENTS = re.compile(r"[^A-Za-z0-9 ._:/()*-]+")
# Any asterisk except that of `*.example.com`: `*/` ends comments in some languages.
_NO_WILDCARD = re.compile(r"\*(?!\.[A-Za-z0-9])|(?<=[^ (])\*")
# PowerShell ends a string in single quotes at any of these (language specification, 2.3.5.2).
_POWERSHELL_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
_LINE_ENDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# A spreadsheet treats a cell that starts with one of these as a formula, quoted or not
# (OWASP ASVS 5.0, 1.2.10); some also accept the full-width forms of East Asian text. If its
# separator is `;`, a cell starts after each of them, even inside quotes. Texts have no tabs.
_CELL_START = r"((?:^|;)[ \"]*)"
_FORMULA = r"(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_STARTS_FORMULA = re.compile(f'[ "]*{_FORMULA}')
_TO_ESCAPE = re.compile(f"{_CELL_START}{_FORMULA}")
_ESCAPED = re.compile(f"{_CELL_START}'{_FORMULA}")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")
# Not allowed in XML 1.0, not even escaped (section 2.2), but kept by `clean`.
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Return text with single spaces, in NFKC, without invisible characters."""
    if not text.isascii():
        pieces = _MARKS.split(text.translate(_UNSHOWN))
        pieces[::2] = [unicodedata.normalize("NFKC", piece) for piece in pieces[::2]]
        text = "".join(pieces)
    if not text.isprintable() and _CONTROL.search(text):  # the first test is much faster
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


def quote(text: str, limit: int = _QUOTE_LENGTH) -> str:
    """Return text in quotes, on one line, without control characters, at most `limit` long."""
    line = clean(text)
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'


def count_of(number: int, one: str, many: str) -> str:
    """Return `1 entry` or `2 entries`."""
    return f"{number} {one if number == 1 else many}"


def slug(name: str | None) -> str:
    """Return a region's name as a folder: `north-america-2`; `all` for none.

    A name that is too long for a folder is cut, and ends in a hash of the whole name.
    """
    if name is None:
        return "all"
    folder = hyphenate(name)
    if len(folder) <= _LONGEST_FOLDER:
        return folder
    mark = _hash_name(name, 10)
    return f"{folder[: _LONGEST_FOLDER - len(mark) - 1].rstrip('-')}-{mark}"


def hyphenate(name: str) -> str:
    """Return a name in lower-case ASCII with hyphens between its words, of any length.

    A name without Latin letters is replaced by its hash, because folders, rules and URLs must
    not depend on how a system encodes other letters: `region-1a2b3c`.
    """
    plain = unicodedata.normalize("NFKD", name)
    ascii_only = plain.encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")
    has_lost_all = not any(map(str.isalpha, words)) and any(map(str.isalpha, plain))
    return f"region-{_hash_name(name, 6)}" if has_lost_all or not words else words


def _hash_name(name: str, digits: int) -> str:
    """Return hex digits that are the same for each spelling: in any case, with any spaces."""
    import hashlib  # noqa: PLC0415  most names have Latin letters and are short

    spelling = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return hashlib.sha256(spelling.encode()).hexdigest()[:digits]


def comparable(name: str) -> str:
    """Return a name for comparison: hyphenated, or unchanged if that would lose letters."""
    plain = unicodedata.normalize("NFKD", name)
    is_latin = all(sign.isascii() for sign in plain if sign.isalpha())
    return hyphenate(name) if is_latin else name.casefold().strip()


@lru_cache(maxsize=2**15)  # each rule format says the same words of a page
def to_comment(text: str, limit: int = 120) -> str:
    """Return text on one line, without characters that have a meaning for a firewall.

    Asterisks are kept in wildcards only.
    """
    if len(text) <= limit and _FOR_COMMENTS.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    short = " ".join(_NOT_FOR_COMMENTS.sub(" ", plain).split())[:limit]
    return " ".join(_NO_WILDCARD.sub(" ", short).split())


def quote_powershell(text: str) -> str:
    """Return a literal PowerShell string; line ends become spaces."""
    text = _LINE_ENDS.sub(" ", text)
    return "'" + _POWERSHELL_QUOTES.sub(lambda quote: quote[0] * 2, text) + "'"


def to_one_line(text: str) -> str:
    """Return text with single spaces for white space and control characters."""
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def escape_csv(text: str) -> str:
    """Return one line of text that a spreadsheet does not treat as a formula, nor a part of it.

    That holds with a comma, `;` or tab as separator.
    """
    return _TO_ESCAPE.sub(r"\1'", text) if _may_hold_formula(text) else text


def unescape_csv(text: str) -> str:
    """Return the text that `escape_csv` was called with."""
    return _ESCAPED.sub(r"\1", text) if _may_hold_formula(text) else text


def _may_hold_formula(text: str) -> bool:
    return ";" in text or _STARTS_FORMULA.match(text) is not None


def escape_markdown(text: str) -> str:
    """Return Markdown that shows as `text`."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", text)


def make_printable(text: str) -> str:
    """Return text on one line, without invisible characters and those not allowed in XML."""
    return _NOT_IN_XML.sub("\ufffd", clean(text))


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to `word`; None if none is similar."""
    import difflib  # noqa: PLC0415  only for a misspelt word

    return next(iter(difflib.get_close_matches(word, tuple(known), 1)), None)
