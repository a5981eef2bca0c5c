"""Looking up a host takes no longer than the fetch may; the system's resolver has no limit."""

from __future__ import annotations

import time
from threading import Event

import httpcore
import pytest

from tracker.fetch.network import GuardedBackend, RequestDeadline

SOON = 0.2  # seconds


@pytest.fixture
def answers():
    """A resolver that hears from no server, until the test is over."""
    over = Event()

    def waiting(*_: object, **__: object) -> list[object]:
        over.wait(30)
        return []

    yield waiting
    over.set()


def backend(look_up) -> GuardedBackend:
    deadline = RequestDeadline(ends=time.monotonic() + SOON, trusted_hosts={"www.example.com"})
    return GuardedBackend(deadline, look_up)


def test_a_resolver_without_an_answer_is_left_behind(answers):
    with pytest.raises(httpcore.ConnectTimeout, match="was not looked up in time"):
        backend(answers).connect_tcp("www.example.com", 443)


def test_what_the_resolver_says_is_told():
    def failing(*_: object, **__: object) -> list[object]:
        raise OSError("Name or service not known")

    with pytest.raises(httpcore.ConnectError, match="Name or service not known"):
        backend(failing).connect_tcp("www.example.com", 443)
