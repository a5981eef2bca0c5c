"""The lease of object storage: renewed while its holder lives, and lost otherwise."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime

import obstore
import pytest
from obstore.store import MemoryStore

from tracker.errors import Locked
from tracker.store import bucket as module
from tracker.store.bucket import Bucket

LOCK = ".state/serve/lock"


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(module, "_RENEW_SECONDS", 0.02)
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.02)
    return MemoryStore()


def until(question):
    for _ in range(500):
        if question():
            return True
        threading.Event().wait(0.01)
    return False


def test_a_holder_that_lives_keeps_it_beyond_its_term(store):
    clock = [0.0]
    one, two = (Bucket(store, "memory", lambda: clock[0]) for _ in range(2))
    with one.exclusive(LOCK, 0) as held:
        for _ in range(3):
            clock[0] += module.LEASE_SECONDS - 1
            terms = obstore.get(store, LOCK).meta["e_tag"]
            assert until(lambda: obstore.head(store, LOCK)["e_tag"] != terms)  # noqa: B023
            with pytest.raises(Locked), two.exclusive(LOCK, -1):
                pass
        assert held()
    with two.exclusive(LOCK, 0) as held:
        assert held()


def test_a_held_lease_is_named_with_its_holder_and_its_end(store):
    now = datetime(2026, 1, 9, 15, 30, 10, tzinfo=UTC).timestamp()
    one, two = Bucket(store, "memory", lambda: now), Bucket(store, "memory", lambda: now + 77)
    with one.exclusive(LOCK, 0), pytest.raises(Locked) as caught, two.exclusive(LOCK, -1):
        raise AssertionError("two holders")
    holder = f"process {os.getpid()} on {os.uname().nodename}"
    assert str(caught.value) == (
        f"memory/{LOCK}: held by {holder} until 15:32:10Z, 43 s from now; a live run"
        " renews it before that; if it was killed, try again then"
    )
    assert caught.value.holder == holder


def test_a_holder_that_slept_has_lost_it_and_leaves_the_next_one_alone(store):
    clock = [0.0]
    sleeper, heir = (Bucket(store, "memory", lambda: clock[0]) for _ in range(2))
    with sleeper.exclusive(LOCK, 0) as held:
        heirs = heir.exclusive(LOCK, 0)
        obstore.delete(store, LOCK)  # as if the lease had ended while the sleeper slept
        with heirs as inherited:
            assert until(lambda: not held())
            assert inherited()
    assert list(obstore.list(store).collect()) == []


def test_a_store_that_cannot_be_reached_is_waited_for_until_the_term_ends(store, monkeypatch):
    clock = [0.0]
    real = obstore.put

    def broken(*args, **more):
        raise OSError("no route")

    with Bucket(store, "memory", lambda: clock[0]).exclusive(LOCK, 0) as held:
        monkeypatch.setattr(obstore, "put", broken)
        assert not until_lost_within(held, 10)
        clock[0] += module.LEASE_SECONDS + 1
        assert until(lambda: not held())
        monkeypatch.setattr(obstore, "put", real)


def until_lost_within(held, looks):
    for _ in range(looks):
        if not held():
            return True
        threading.Event().wait(0.01)
    return False
