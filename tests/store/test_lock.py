"""What the lock remembers: whether its last holder finished, and what is done if not."""

from __future__ import annotations

import errno
import fcntl
import os
from functools import partial

import pytest

from tracker.check.concurrency import run_in_threads
from tracker.errors import StoreError
from tracker.store import folder
from tracker.store.folder import Folder

LOCK = ".state/x/lock"


@pytest.fixture
def synced(monkeypatch):
    """The folders made durable, in order."""
    found: list[str] = []
    sync = folder.sync_folder

    def noted(folder):
        found.append(str(folder))
        sync(folder)

    monkeypatch.setattr(folder, "sync_folder", noted)
    return found


def fails_with(code: int):
    def fails(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fails


def test_a_holder_that_finished_leaves_an_empty_lock(tmp_path, synced):
    store = Folder(str(tmp_path))
    with store.exclusive(LOCK, 0):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()
        store.replace({"x/a": b"one"})
    assert (tmp_path / LOCK).read_text() == ""
    synced.clear()
    with store.exclusive(LOCK, 0):
        pass
    assert synced == []


def test_names_that_a_killed_holder_left_are_made_durable(tmp_path, synced):
    store = Folder(str(tmp_path))
    with store.exclusive(LOCK, 0):
        store.replace({"x/a/b": b"one"})
    (tmp_path / LOCK).write_text("process 999 on another, killed")
    synced.clear()
    with store.exclusive(LOCK, 0):
        below = {path for path in tmp_path.rglob("*") if path.is_dir()}
        assert {str(path) for path in (tmp_path, *below)} <= set(synced)
    assert (tmp_path / LOCK).read_text() == ""


def test_a_failed_write_leaves_work_for_the_next_holder(tmp_path, monkeypatch):
    store = Folder(str(tmp_path))
    with store.exclusive(LOCK, 0), monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails_with(errno.EIO))
        with pytest.raises(StoreError, match="check the disk"):
            store.replace({"x": b"one"})
    assert (tmp_path / LOCK).read_text() != ""


def test_a_version_whose_name_is_not_durable_is_taken_back(tmp_path, monkeypatch):
    store = Folder(str(tmp_path))
    store.create("x/1", b"one")
    sync = folder.sync_folder
    with monkeypatch.context() as patch:
        patch.setattr(folder, "sync_folder", lambda path: sync(path / "no"))
        with pytest.raises(StoreError, match="cannot sync it"):
            store.create("x/2", b"two")
    assert list(store.names("x")) == ["1"]


def test_a_lock_that_cannot_be_taken_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", fails_with(errno.ENOLCK))
    with (
        pytest.raises(StoreError, match=f"{LOCK}: cannot lock it"),
        Folder(str(tmp_path)).exclusive(LOCK, 0),
    ):
        raise AssertionError("locked")


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    store = Folder(str(tmp_path))
    store.create("x/1", b"one")
    monkeypatch.setattr(os, "scandir", fails_with(errno.EACCES))
    with pytest.raises(StoreError, match="x: cannot list it: Permission denied; check who"):
        list(store.names("x"))


def test_writes_in_several_threads_leave_no_doubt(tmp_path):
    store = Folder(str(tmp_path))
    for turn in range(20):
        with store.exclusive(LOCK, 0):
            run_in_threads(
                [partial(store.replace, {f"x/{turn}-{n}": b"one"}) for n in range(4)]
            )
        assert (tmp_path / LOCK).read_text() == ""


def test_a_failed_write_leaves_its_doubt_whatever_other_threads_write(tmp_path, monkeypatch):
    store = Folder(str(tmp_path))
    with store.exclusive(LOCK, 0):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails_with(errno.EIO))
            with pytest.raises(StoreError):
                store.replace({"x": b"one"})
        run_in_threads([partial(store.replace, {f"{n}": b"one"}) for n in range(4)])
    assert (tmp_path / LOCK).read_text() != ""
