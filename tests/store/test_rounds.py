"""How many requests a check on object storage makes one after the other.

Counted, not timed. Requests side by side count as one, for as many as may run at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import obstore
import pytest

from tests.support.servers import HookServer
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.fetch.fetcher import Fetcher
from tracker.pipeline import run_check
from tracker.sources import load_source
from tracker.store import bucket as bucket_module
from tracker.store import open_store, remembering, side_by_side
from tracker.store.tree import Tree

MOST_CHANGED = 35  # of the 40 that may be a second each; the rest is the program's own time
MOST_UNCHANGED = 10
REQUESTS = ("get", "put", "head", "delete", "list", "list_with_delimiter")


class Rounds:
    """Counts requests, and those that one waits for; those of a batch run `at_once`."""

    def __init__(self) -> None:
        self.requests = self.rounds = 0
        self._in_batch = threading.local()

    def clear(self) -> None:
        self.requests = self.rounds = 0

    def request(self, made: Callable, *args, **options):
        self.requests += 1
        self.rounds += not getattr(self._in_batch, "yes", False)
        return made(*args, **options)

    def batch(self, run: Callable, jobs):
        if not getattr(self._in_batch, "yes", False):
            self.rounds += -(-len(jobs) // side_by_side.AT_ONCE)
        return run([partial(self._job, job) for job in jobs])

    def _job(self, job: Callable):
        before = getattr(self._in_batch, "yes", False)
        self._in_batch.yes = True
        try:
            return job()
        finally:
            self._in_batch.yes = before


@pytest.fixture
def rounds(monkeypatch):
    counted = Rounds()
    for name in REQUESTS:
        real = getattr(obstore, name)
        monkeypatch.setattr(obstore, name, partial(counted.request, real))
    run = partial(counted.batch, side_by_side.run_side_by_side)
    for module in (bucket_module, remembering):
        monkeypatch.setattr(module, "run_side_by_side", run)
    return counted


def test_a_changed_check_waits_for_few_requests(site, bucket, monkeypatch, rounds):
    with HookServer() as hook, Fetcher() as fetcher:
        monkeypatch.setenv("HOOK", hook.url)
        config = parse({"channels": [{"name": "hook", "type": "webhook", "url_env": "HOOK"}]})

        def check():
            """Check as a run of its own does, and give back the counts with what it came to."""
            rounds.clear()
            tree = Tree(open_store(bucket), "action1")
            context = CheckContext(load_source("action1"), tree, config, fetcher, site.url)
            return run_check(context), rounds.rounds

        site.show_sample("2024-04/stacks.html")
        assert check()[0].outcome == "published"
        site.show_sample("2024-11/stacks.html")
        outcome, waited = check()
        assert (outcome.outcome, outcome.version, len(hook.requests)) == ("published", 2, 2)
        assert waited <= MOST_CHANGED < rounds.requests
        outcome, waited = check()
        assert outcome.outcome == "unchanged"
        assert waited <= MOST_UNCHANGED
