"""The stored raw pages read again with today's reader, and where it reads otherwise.

Nothing is fetched: the same `fetch_pages` that a check uses gets its pages from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.diff.diff import diff
from tracker.errors import FwtrackerError, StoreError
from tracker.fetch.fetcher import Fetched
from tracker.model import ChangeSet, Page, Snapshot, digest, regions_of
from tracker.parse.pages.page_set import fetch_pages, read_page_set
from tracker.sources import Source
from tracker.store.tree import Tree


class ReplayResult(msgspec.Struct, frozen=True):
    """One version read again: `same`, or else what differs, or why it is refused today."""

    version: int
    same: bool
    changes: ChangeSet | None = None
    error: str | None = None


class StoredPages:
    """The pages of one version, handed out by address as a fetcher would."""

    def __init__(self, tree: Tree, pages: Iterable[Page]) -> None:
        self.tree = tree
        self.pages = {page.url.rstrip("/"): page for page in pages}

    def get(self, url: str, known: Page | None = None) -> Fetched:  # noqa: ARG002  a fetcher's
        """Return the stored page. Raises StoreError where the version was read without it."""
        page = self.pages.get(url.rstrip("/"))
        body = self.tree.page(page.sha256) if page else None
        if page is None or body is None:
            raise StoreError(f"{url}: not among the stored pages of this version")
        return Fetched(page, body, None)


def replay_versions(
    tree: Tree, source: Source, versions: Iterable[Snapshot]
) -> Iterator[ReplayResult]:
    """Yield each version read again, with the regions that the source's definition chooses."""
    for snapshot in versions:
        try:
            yield _replay_version(tree, source, snapshot)
        except FwtrackerError as error:
            yield ReplayResult(snapshot.version, same=False, error=str(error))


def _replay_version(tree: Tree, source: Source, snapshot: Snapshot) -> ReplayResult:
    count = max(len(source.definition.urls), 1)  # pages that the definition names come first
    urls = tuple(page.url for page in snapshot.pages[:count])
    known = tuple(filter(None, regions_of(snapshot.entries)))
    regions = source.definition.regions
    found = fetch_pages(StoredPages(tree, snapshot.pages), source, urls, known_regions=known)
    reading = read_page_set(found, source, urls[0])
    entries = tuple(e for e in reading.entries if regions is None or e.region in regions)
    if digest(entries) == snapshot.digest:
        return ReplayResult(snapshot.version, same=True)
    today = msgspec.structs.replace(snapshot, entries=entries, digest=digest(entries))
    return ReplayResult(snapshot.version, same=False, changes=diff(snapshot, today))
