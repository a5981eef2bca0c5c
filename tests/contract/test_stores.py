"""What every store promises (tracker/store/__init__.py), tried on each one there is."""

from __future__ import annotations

import threading
import time

import pytest
from obstore.store import MemoryStore

from tracker.errors import Conflict, Locked, StoreError
from tracker.store.bucket import Bucket, open_bucket
from tracker.store.folder import Folder
from tracker.store.remembering import RememberingStore


@pytest.fixture(params=["folder", "memory", "remembering", "s3"])
def blobs(request, tmp_path):
    if request.param == "folder":
        return Folder(str(tmp_path / "store"))
    if request.param == "memory":
        return Bucket(MemoryStore(), "memory")
    if request.param == "remembering":
        return RememberingStore(Bucket(MemoryStore(), "memory"), "x")
    return open_bucket(request.getfixturevalue("bucket"))


def test_nothing_is_there_at_first(blobs):
    assert blobs.read("a/b.json") is None
    assert list(blobs.names("a")) == []
    blobs.delete("a/b.json")


def test_what_is_created_can_be_read_and_listed(blobs):
    blobs.create("a/b.json", b"one")
    blobs.create("a/c.json", b"two")
    assert blobs.read("a/b.json") == b"one"
    assert sorted(blobs.names("a")) == ["b.json", "c.json"]
    assert list(blobs.names("")) == []


def test_a_file_is_created_once(blobs):
    blobs.create("a/b.json", b"one")
    with pytest.raises(Conflict, match=r"a/b\.json"):
        blobs.create("a/b.json", b"two")
    assert blobs.read("a/b.json") == b"one"


def test_of_many_creators_exactly_one_wins(blobs):
    results: list[object] = []
    start = threading.Barrier(8)

    def race(number: int) -> None:
        start.wait()
        for name in range(25):
            try:
                blobs.create(f"race/{name}", b"%d" % number)
                results.append(name)
            except Conflict:
                pass

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(25))


def test_replace_writes_new_and_old_files(blobs):
    blobs.create("a/b.json", b"one")
    blobs.replace({"a/b.json": b"two", "x/y/z.txt": b""})
    assert blobs.read("a/b.json") == b"two"
    assert blobs.read("x/y/z.txt") == b""


def test_delete(blobs):
    blobs.create("a/b.json", b"one")
    blobs.delete("a/b.json")
    assert blobs.read("a/b.json") is None


def test_several_files_are_read_written_and_removed_at_once(blobs):
    files = {f"a/{number}/b.json": b"%d" % number for number in range(40)}
    blobs.replace(files)
    assert blobs.read_many([*files, "a/gone.json"]) == {**files, "a/gone.json": None}
    assert blobs.read_many([]) == {}
    removed = [*files][:30]
    blobs.delete(*removed, "a/gone.json")
    blobs.delete()
    assert blobs.read_many(list(files)) == files | dict.fromkeys(removed)


def test_no_file_of_a_batch_that_failed_is_half_written(blobs):
    """What cannot be written: a file where there is a folder, or a name that is no key."""
    blobs.replace({"a/1.json": b"old", "a/2.json": b"old", "a/dir/3.json": b"old"})
    bad = "a/dir" if isinstance(blobs, Folder) else "a/\0//.."
    with pytest.raises((StoreError, ValueError)):
        blobs.replace({"a/1.json": b"new", bad: b"new", "a/2.json": b"new"})
    assert {blobs.read("a/1.json"), blobs.read("a/2.json")} <= {b"old", b"new"}
    assert blobs.read("a/dir/3.json") == b"old"


def test_a_lock_has_one_holder_and_says_who(blobs):
    with (
        blobs.exclusive(".state/x/lock", 0),
        pytest.raises(Locked, match="held by process"),
        blobs.exclusive(".state/x/lock", 0.1),
    ):
        raise AssertionError("two holders")
    with blobs.exclusive(".state/x/lock", 0):
        pass


def test_a_reader_never_sees_a_file_half_written(blobs):
    bodies = [bytes([65 + i]) * 50_000 for i in range(8)]
    blobs.create("feed.txt", bodies[0])
    seen: set[bytes | None] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(blobs.read("feed.txt"))

    reader = threading.Thread(target=read)
    reader.start()
    for rounds in range(2000):
        for body in bodies:
            blobs.replace({"feed.txt": body})
        if rounds >= 10 and len(seen) > 1:
            break
    done.set()
    reader.join()
    assert seen <= set(bodies)
    assert len(seen) > 1


def test_a_stamp_changes_with_the_file(blobs):
    assert blobs.stamp("a/b.json") is None
    blobs.replace({"a/b.json": b"one"})
    before = blobs.stamp("a/b.json")
    assert before == blobs.stamp("a/b.json")
    assert abs(before.modified - time.time()) < 60
    blobs.replace({"a/b.json": b"two"})
    assert blobs.stamp("a/b.json").tag != before.tag


def test_stamps_of_many_files_come_at_once(blobs):
    names = ["top.txt", "rules/all/ips.txt", "deltas/000002/all/a.txt", "rules/eu/ips.txt"]
    more = ["a/b.txt", "deltas/000001/all/a.txt", "deltas/000002/all/b.txt"]
    blobs.replace({f"x/{name}": name.encode() for name in [*names, *more]})
    assert blobs.stamps("x", []) == {}
    stamps = blobs.stamps("x", [*names, "gone.txt", "rules/gone.txt", "gone/gone.txt"])
    assert stamps == {name: blobs.stamp(f"x/{name}") for name in names}
    assert {name: stamp.size for name, stamp in stamps.items()} == {
        name: len(name) for name in names
    }


def test_the_holder_of_a_lock_can_ask_whether_it_still_has_it(blobs):
    with blobs.exclusive(".state/x/lock", 0) as held:
        assert held()
