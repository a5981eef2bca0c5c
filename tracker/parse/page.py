"""A page that is to be read, and what the pages of a source say."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracker.model import Entry, Finding
from tracker.parse.markup.document import Document


class ParsedPage(msgspec.Struct, frozen=True):
    """One page to read: where it came from, its decoded text, its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None


class PagePart(msgspec.Struct, frozen=True):
    """A table or list of a page, and what became of it: by which rule, and how many entries."""

    url: str
    where: str
    heading: str
    header: tuple[str, ...]
    rule: str
    action: Literal["read", "ignored"]
    entries: int = 0


class Reading(msgspec.Struct, frozen=True):
    """What a source's pages say. `tables` counts the tables that each page gave, in order.

    `removed` are the values that the definition took away, `parts` what became of each table.
    """

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    tables: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    parts: tuple[PagePart, ...] = ()
