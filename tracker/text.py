"""Text of a page made comparable, and text of a page made safe to quote. No meaning here."""

from __future__ import annotations

import re
import unicodedata

# Characters that a browser does not show: soft hyphen, zero-width, bidi marks, variation
# selectors, byte order mark. They would split an address without anybody seeing it.
# Dropped before NFKC, which joins what stands side by side then.
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
# Raised, lowered, circled and fraction digits mark a footnote: NFKC would make them digits
# of the number in front, and so another address.
_MARKS = re.compile("([²³¹¼-¾⁰-₎⅐-⅟①-⓿❶-➓\U0001f100-\U0001f10c]+)")
_QUOTE_LENGTH = 80


def clean(text: str) -> str:
    """Collapse white space, apply NFKC, drop what no reader sees. Repairs nothing else."""
    if not text.isascii():
        pieces = _MARKS.split(text.translate(_UNSHOWN))
        pieces[::2] = [unicodedata.normalize("NFKC", piece) for piece in pieces[::2]]
        text = "".join(pieces)
    if not text.isprintable() and _CONTROL.search(text):  # the first is much the faster
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


def quote(text: str, limit: int = _QUOTE_LENGTH) -> str:
    """Page text for an error line: one line, no control characters, at most `limit` long."""
    line = clean(text)
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'


def slug(name: str | None) -> str:
    """A region's name as a folder: `North America 2` -> `north-america-2`, none -> `all`."""
    if name is None:
        return "all"
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-") or "unnamed"
