"""The stored raw pages of a version, read again with today's reader. Nothing is fetched.

The same `fetch_pages` that a check uses gets its pages from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.errors import StoreError
from tracker.fetch.fetcher import Fetched
from tracker.model import Page, Snapshot, regions_of
from tracker.parse.page import Reading
from tracker.parse.pages.page_set import PageSet, fetch_pages, read_page_set
from tracker.sources import Source
from tracker.store.tree import Tree


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


def read_again(
    tree: Tree, source: Source, snapshot: Snapshot, urls: Sequence[str]
) -> tuple[PageSet, Reading]:
    """Return the stored pages of a version and what they say by the source's definition.

    `urls` are those of its first pages. Raises FwtrackerError: StoreError for a page that is
    not stored, PageError and others for one that cannot be read today.
    """
    known = tuple(filter(None, regions_of(snapshot.entries)))
    found = fetch_pages(StoredPages(tree, snapshot.pages), source, urls, known_regions=known)
    return found, read_page_set(found, source, urls[0])
