"""Requests side by side: how many at once, and what an error of one does to the others."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from obstore.store import MemoryStore

from tracker.errors import StoreError
from tracker.publish.publish import _write_changed
from tracker.store import side_by_side
from tracker.store.bucket import Bucket
from tracker.store.side_by_side import AT_ONCE, run_side_by_side
from tracker.store.tree import Tree


def test_as_many_as_may_run_at_once_and_answer_in_their_order():
    barrier = threading.Barrier(AT_ONCE)

    def job(number: int) -> int:
        barrier.wait(20)
        return number

    count = 2 * AT_ONCE
    assert run_side_by_side([partial(job, each) for each in range(count)]) == list(range(count))


def test_one_job_needs_no_thread_and_none_is_no_job():
    assert run_side_by_side([threading.get_ident]) == [threading.get_ident()]
    assert run_side_by_side([]) == []


def test_after_an_error_those_that_have_begun_end():
    ended: list[int] = []
    failed, all_begun = threading.Event(), threading.Barrier(AT_ONCE)

    def fail() -> None:
        all_begun.wait(20)
        failed.set()
        raise StoreError("the first")

    def work(number: int) -> None:
        all_begun.wait(20)
        failed.wait(20)
        ended.append(number)

    with pytest.raises(StoreError, match="the first"):
        run_side_by_side([fail, *(partial(work, each) for each in range(AT_ONCE - 1))])
    assert sorted(ended) == list(range(AT_ONCE - 1))


def test_after_an_error_no_other_begins(monkeypatch):
    monkeypatch.setattr(side_by_side, "AT_ONCE", 1)
    begun: list[int] = []

    def fail() -> None:
        raise StoreError("the first")

    first, later = partial(begun.append, 1), partial(begun.append, 2)
    with pytest.raises(StoreError, match="the first"):
        run_side_by_side([first, fail, later, later])
    assert begun == [1]


class Failing(Bucket):
    """A bucket that does not take one object, and notes the order of those it takes."""

    def __init__(self, refused: str = "") -> None:
        super().__init__(MemoryStore(), "memory")
        self.refused, self.taken = refused, []

    def _put(self, name, data, mode):
        if name == self.refused:
            raise OSError("no route")
        tag = super()._put(name, data, mode)
        self.taken.append(name)
        return tag


FILES = {
    "latest.json": b"{}",
    "index.json": b"{}",
    "deltas/000002/manifest.json": b"{}",
    **{f"rules/{number}/ips.txt": b"one" for number in range(60)},
    "changes/000002.json": b"{}",
    "deltas/000002/all/ips.txt": b"one",
}


def test_what_tells_of_other_files_is_written_after_them():
    store = Failing()
    _write_changed(Tree(store, "x"), FILES)
    last = {"x/latest.json", "x/index.json", "x/deltas/000002/manifest.json"}
    assert set(store.taken[-3:]) == last
    assert set(store.taken) == {f"x/{name}" for name in FILES}


def test_after_an_error_nothing_of_a_later_step_is_written():
    store = Failing("x/rules/7/ips.txt")
    with pytest.raises(StoreError, match=r"rules/7/ips\.txt: cannot write it: no route"):
        _write_changed(Tree(store, "x"), FILES)
    assert {"x/latest.json", "x/index.json", "x/deltas/000002/manifest.json"}.isdisjoint(
        store.taken
    )
