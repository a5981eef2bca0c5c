"""Write the example store: `python -m tests.support.example_store`.

It has two versions, made of sample pages. Every file that can shows that it is a sample: the
address of its page does not belong to a vendor.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.pages.build import SAMPLES
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.model import Page
from tracker.parse.pages import explain_refusal
from tracker.pipeline import run_check
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.times import format_utc

FOLDER: Final = Path(__file__).parents[2] / "snapshots" / "example"
URL: Final = "https://example.com/a-sample-not-in-force/firewall-configuration/"
FORMATS: Final = ["endpoints-csv", "fortios", "ips", "nftables"]
CHECKS: Final = (
    (datetime(2024, 4, 18, 10, 0, tzinfo=UTC), "2024-04/stacks.html"),
    (datetime(2024, 11, 7, 10, 0, tzinfo=UTC), "2024-11/stacks.html"),
)


class SampleFetcher(Fetcher):
    """Returns a sample page for the address of the example, as it was at a time."""

    def __init__(self, sample: str, at: datetime) -> None:
        super().__init__(explain=explain_refusal)
        self.body, self.at = (SAMPLES / sample).read_bytes(), at

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """Return the sample as the page at `url`."""
        page = Page(url, hashlib.sha256(self.body).hexdigest(), format_utc(self.at))
        return Fetched(page, self.body, "text/html; charset=utf-8")

    def with_trust(self, urls: object) -> SampleFetcher:
        """Return this fetcher: it connects to nothing."""
        return self


def write_example(folder: Path) -> None:
    """Write the store and all of `folder` but its README. Raises if a check fails."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
    definition = {"url": URL, "title": "A sample of Action1's page, not in force"}
    config = parse({"fwtracker": {"formats": FORMATS}, "sources": {"action1": definition}})
    for at, sample in CHECKS:
        tree = Tree(open_store(str(folder)), "action1")
        context = CheckContext(
            config.source("action1"),
            tree,
            config,
            SampleFetcher(sample, at),
            now=lambda at=at: at,
        )
        outcome = run_check(context)
        if outcome.outcome != "published":
            sys.exit(f"{sample}: {outcome.outcome}: {outcome.findings or outcome.error}")
    shutil.rmtree(folder / ".state")


if __name__ == "__main__":
    write_example(FOLDER)
    print(f"written: {FOLDER}")
