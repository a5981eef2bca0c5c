"""What becomes of a page: the real steps of a check, with a shelf in place of the network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from tests.mutate.facts import INDEX, Facts, Mutated
from tests.pages import index_pages
from tests.support.readings import ACTION1, URL
from tracker.errors import FwtrackerError, NothingRead
from tracker.fetch.fetcher import Fetched
from tracker.fetch.response_checks import check_end, status_error
from tracker.guard import guard
from tracker.guard.limits import GuardLimits
from tracker.model import Entry, Page, digest
from tracker.parse.pages.page_set import fetch_pages, read_page_set

Kind = Literal["refused", "held", "unchanged", "published", "crashed"]
_TEXT, _HTML = "text/plain", "text/html"
_NOT_FOUND: Final = 404
_STAMP: Final = "2026-02-03T08:00:00Z"
LIMITS: Final = GuardLimits()


class Verdict(NamedTuple):
    """How a check ends: the names of what stopped it, in words, and what it read."""

    kind: Kind
    names: tuple[str, ...] = ()
    words: str = ""
    entries: tuple[Entry, ...] = ()
    held_anyway: bool = False  # also where nothing was published before


@dataclass
class Shelf:
    """Pages at hand, handed out as a fetcher does: judged by their end, whole or not at all."""

    pages: Mapping[str, bytes]
    content_type: str
    counted: bool = True

    def get(self, url: str, known: Page | None = None) -> Fetched:
        body = self.pages.get(url.removeprefix(URL).rstrip("/"))
        if body is None:
            raise status_error(url, _NOT_FOUND, None, datetime.now(UTC))
        check_end(url, body, {"content-length": str(len(body))} if self.counted else {})
        page = Page(url, hashlib.sha256(body).hexdigest(), _STAMP)
        return Fetched(page, body, self.content_type)


def verdict(facts: Facts, mutated: Mutated) -> Verdict:
    """The page of these facts, damaged, after the undamaged one was published."""
    return judged(shelf(facts, mutated), [*facts.entries, *facts.others])


def shelf(facts: Facts, mutated: Mutated) -> Shelf:
    """The damaged page, among those that lie beside it."""
    page = mutated.page.encode() if isinstance(mutated.page, str) else mutated.page
    pages = {"": page}
    if facts.markup == INDEX:
        regions = (*facts.generation.regions, *facts.rest)
        found = index_pages(replace(facts.generation, regions=regions))
        pages = {
            path.rpartition("index.html")[0].rstrip("/"): found[path].encode() for path in found
        }
        pages[facts.folder] = page
    for path, other in mutated.beside:
        pages.pop(path, None)
        if other is not None:
            pages[path] = other.encode()
    return Shelf(pages, _HTML if page.lstrip().startswith(b"<") else _TEXT, mutated.counted)


def judged(pages: Shelf, old: Sequence[Entry]) -> Verdict:
    """Fetch, read, guard: as `tracker.pipeline` does it. No error but our own may come out."""
    try:
        return _judged(pages, old)
    except NothingRead as error:
        return Verdict("held", (error.name,), str(error))
    except FwtrackerError as error:
        return Verdict("refused", (error.name,), str(error))
    except Exception as error:  # noqa: BLE001  to be shown as what it is: a bug
        return Verdict("crashed", (type(error).__name__,), str(error))


def _judged(pages: Shelf, old: Sequence[Entry]) -> Verdict:
    found = fetch_pages(pages, ACTION1, (URL,))
    reading = read_page_set(found, ACTION1, URL)
    same = digest(reading.entries) == digest(old)
    findings = list(reading.findings)
    if not same:
        findings += guard(old, reading.entries, LIMITS, {digest(old): 1})
    holding = [finding for finding in findings if finding.verdict == "hold"]
    if holding:
        names = tuple(dict.fromkeys(finding.name for finding in holding))
        words = "; ".join(finding.message for finding in holding)
        first = (*reading.findings, *guard((), reading.entries, LIMITS))
        anyway = any(finding.verdict == "hold" for finding in first)
        return Verdict("held", names, words, reading.entries, anyway)
    return Verdict("unchanged" if same else "published", entries=reading.entries)
