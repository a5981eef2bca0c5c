"""Plain text to a Document: a blank line ends a block, a bullet sign marks a list item."""

from __future__ import annotations

import re

from tracker.extract.document import Document, Line
from tracker.text import clean

# "*.example.com" is a host: a bullet sign counts only with white space behind it.
_BULLET = re.compile(r"^\s*[•◦▪‣·●○■*–-]\s+(?=\S)")


def read_plain(text: str) -> Document:
    """Every line that is not blank, in blocks parted by blank lines."""
    document = Document()
    block = 0
    for raw in text.splitlines():
        line = clean(raw)
        if not line:
            block = 0
            continue
        block = block or document.new_block(0)
        marked = _BULLET.match(raw)
        item = clean(raw[marked.end() :]) if marked else line
        document.lines.append(Line(item, bullet=marked is not None, block=block))
    return document
