"""A page that is to be read, and what the pages of a source say."""

from __future__ import annotations

import msgspec

from tracker.model import Entry, Finding
from tracker.parse.markup.document import Document


class ParsedPage(msgspec.Struct, frozen=True):
    """One page to read: where it came from, its decoded text, its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in the content of the page."""
        found = (line for line in self.document.lines if line.heading and line.in_content)
        return tuple(line.text for line in found)


LEFT_OUT = -1  # the count of tables of a page that could not be read and is not chosen


class Reading(msgspec.Struct, frozen=True):
    """What a source's pages say. `tables` counts the tables that each page gave, in order.

    `removed` are the values that the definition took away. `unread` are regions outside the
    operator's choice that could not be read: none of their entries is to be believed.
    """

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    tables: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
