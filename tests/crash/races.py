"""Races: many committers at once. Every number has one winner, and none is left out."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

from tests.crash.figures import Figures
from tracker.errors import Conflict
from tracker.model import SCHEMA, Page, Snapshot, digest
from tracker.store import open_store
from tracker.store.blobs import Blobs
from tracker.store.tree import Tree

WRONG = ("numbers with two winners", "numbers left out", "file of another than the winner")
S3 = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


def races(workers: int, commits: int) -> Figures:
    """`workers` at once, each until it has `commits`, on every kind of store."""
    from obstore.store import MemoryStore  # noqa: PLC0415  the committing processes need none

    from tracker.store.bucket import Bucket  # noqa: PLC0415

    figures = Figures("races", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    with tempfile.TemporaryDirectory() as folder, _processes(workers) as pool:
        _race(figures, "a folder", folder, pool, workers, commits)
    with ThreadPoolExecutor(workers) as pool:
        _race(figures, "memory", Bucket(MemoryStore(), "memory"), pool, workers, commits)
    with _bucket() as place, _processes(workers) as pool:
        _race(figures, "S3", place, pool, workers, commits)
    return figures


def _race(
    figures: Figures, name: str, place: str | Blobs, pool: Executor, workers: int, commits: int
) -> None:
    """Run one race, and compare what each believes to have won with what is stored."""
    tasks = [pool.submit(commit, place, worker, commits) for worker in range(workers)]
    won = {worker: task.result() for worker, task in enumerate(tasks)}
    times = Counter(number for numbers in won.values() for number in numbers)
    figures.tried[f"commits to {name}, by {workers} at once"] = times.total()
    figures.wrong["numbers with two winners"] += sum(n > 1 for n in times.values())
    tree = Tree(_opened(place), "action1")
    wanted = set(range(1, workers * commits + 1))
    figures.wrong["numbers left out"] += len(wanted ^ set(times))
    figures.wrong["numbers left out"] += len(wanted ^ set(tree.versions()))
    figures.wrong["file of another than the winner"] += sum(
        tree.snapshot(number).pages[0].url != _url(worker)
        for worker, numbers in won.items()
        for number in numbers
    )


def commit(place: str | Blobs, worker: int, commits: int) -> list[int]:
    """Commit until there are enough; a number that is taken is left to whoever has it."""
    tree, won, number = Tree(_opened(place), "action1"), [], 0
    while len(won) < commits:
        number += 1
        try:
            tree.commit(*_version(number, worker))
        except Conflict:
            continue
        won.append(number)
    return won


def _version(number: int, worker: int) -> tuple[Snapshot, Mapping[str, bytes]]:
    body = f"what worker {worker} has read".encode()
    when, sha256 = "2026-03-01T12:00:00Z", hashlib.sha256(body).hexdigest()
    snapshot = Snapshot(
        schema=SCHEMA,
        source="action1",
        version=number,
        captured_at=when,
        previous=number - 1 or None,
        digest=digest(()),
        pages=(Page(_url(worker), sha256, when),),
        entries=(),
    )
    return snapshot, {sha256: body}


def _url(worker: int) -> str:
    return f"https://example.com/{worker}"


def _opened(place: str | Blobs) -> Blobs:
    return open_store(place) if isinstance(place, str) else place


def _processes(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


@contextmanager
def _bucket() -> Iterator[str]:
    """A bucket on a server on loopback; the environment says how to reach it."""
    import boto3  # noqa: PLC0415

    from tests.support.objects import serving  # noqa: PLC0415

    with serving() as url, mock.patch.dict(os.environ, {**S3, "AWS_ENDPOINT_URL": url}):
        boto3.client("s3", endpoint_url=url).create_bucket(Bucket="races")
        yield "s3://races/snapshots"
