"""What a run reads once: only under the lock, and only as long as no other machine writes."""

from __future__ import annotations

import pytest
from obstore.store import MemoryStore

from tracker.errors import Conflict, StoreError
from tracker.store.bucket import Bucket
from tracker.store.remembering import RememberingStore

LOCK = ".state/x/lock"


class Counting(Bucket):
    """A bucket that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), "memory")
        self.asked: list[str] = []

    def read(self, name):
        self.asked.append(name)
        return super().read(name)

    def names(self, folder):
        self.asked.append(f"{folder}/")
        return super().names(folder)

    def delete(self, *names):
        self.asked += [f"delete {name}" for name in names]
        super().delete(*names)


@pytest.fixture
def inner():
    return Counting()


@pytest.fixture
def store(inner):
    return RememberingStore(inner, "x")


def test_under_the_lock_a_file_is_read_once_and_what_was_written_never(store, inner):
    inner.replace({"x/a": b"one"})
    with store.exclusive(LOCK, 0):
        assert [store.read("x/a"), store.read("x/a"), store.read("x/gone")] == [
            b"one",
            b"one",
            None,
        ]
        store.replace({"x/b": b"two", "x/a": b"three"})
        assert store.read_many(["x/a", "x/b", "x/gone"]) == {
            "x/a": b"three",
            "x/b": b"two",
            "x/gone": None,
        }
        store.delete("x/a")
        assert store.read("x/a") is None
    assert inner.asked == ["x/a", "x/gone", "delete x/a"]


def test_a_listing_is_asked_for_once_and_knows_of_later_writes(store, inner):
    inner.replace({"x/v/1": b"one"})
    with store.exclusive(LOCK, 0):
        assert list(store.names("x/v")) == ["1"]
        store.create("x/v/2", b"two")
        assert sorted(store.names("x/v")) == ["1", "2"]
        store.delete("x/v/1", "x/v/3")
        assert list(store.names("x/v")) == ["2"]
    assert inner.asked == ["x/v/", "delete x/v/1"]


def test_what_is_loaded_together_is_not_asked_for_again(store, inner):
    inner.replace({"x/a": b"one", "x/v/1": b"one"})
    with store.exclusive(LOCK, 0):
        store.load(["x/a", "x/b"], ["x/v"])
        assert (store.read("x/a"), store.read("x/b"), list(store.names("x/v"))) == (
            b"one",
            None,
            ["1"],
        )
    assert sorted(inner.asked) == ["x/a", "x/b", "x/v/"]


def test_nothing_is_remembered_without_the_lock_nor_of_other_sources(store, inner):
    for _ in range(2):
        store.load(["x/a"], [])
        store.read("x/a")
        with store.exclusive(LOCK, 0):
            store.read("x/a")
            store.read("y/a")
            store.read("y/a")
            store.read("x/rules/all/ips.txt")
            store.read("x/rules/all/ips.txt")
    once = ["x/a", "x/a", "y/a", "y/a", *["x/rules/all/ips.txt"] * 2]
    assert inner.asked == once * 2


def test_a_conflict_says_that_another_machine_writes_and_all_is_read_again(store, inner):
    with store.exclusive(LOCK, 0):
        assert (store.read("x/m"), list(store.names("x/v"))) == (None, [])
        inner.replace({"x/m": b"theirs"})
        inner.create("x/v/1", b"theirs")
        with pytest.raises(Conflict):
            store.create("x/v/1", b"ours")
        assert (store.read("x/m"), list(store.names("x/v"))) == (b"theirs", ["1"])


def test_a_lock_that_was_lost_ends_the_remembering(store, inner):
    inner.replace({"x/a": b"one"})
    with store.exclusive(LOCK, 0):
        assert store.read("x/a") == b"one"
        inner.replace({"x/a": b"theirs"})
        store._held = lambda: False  # as the lease says once it is lost
        assert store.read("x/a") == b"theirs"


def test_after_a_failed_write_the_store_is_asked_what_is_there(store, inner, monkeypatch):
    with store.exclusive(LOCK, 0):
        store.replace({"x/a": b"one"})

        def half(files, *, lasting=True):
            Bucket.replace(inner, {"x/a": b"two"})
            raise StoreError("the rest was not written")

        monkeypatch.setattr(inner, "replace", half)
        with pytest.raises(StoreError):
            store.replace({"x/a": b"two", "x/b": b"two"})
        assert store.read_many(["x/a", "x/b"]) == {"x/a": b"two", "x/b": None}
