"""Channels that accept nothing: the others report it once, and again when it works."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
from tracker.alerts import outbox

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
FINE, DEAD, DOWN = Answer(200), Answer(404, b"no_service"), Answer(503)


@pytest.fixture
def hooks(monkeypatch):
    """Two channels that work; a test makes them refuse."""
    with ExitStack() as stack:
        made = [stack.enter_context(HookServer()) for _ in range(2)]
        for name, hook in zip(("OPS", "OTHER"), made, strict=True):
            monkeypatch.setenv(f"URL_{name}", hook.url)
        yield made


@pytest.fixture
def watched(site, tmp_path, hooks, first_checks):
    config = configured({"name": "ops"}, {"name": "other"})
    made = Watched(site, config, str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD)
    for hook in hooks:
        hook.requests.clear()
    return made


def new_version(watched: Watched, number: int) -> None:
    """The next check finds a change."""
    more = f"<li>54.79.23.166</li><li>3.104.236.{number}</li>".encode()
    watched.site.show(GOOD.replace(b"<li>54.79.23.166</li>", more))


def tried(hook: HookServer) -> int:
    return len(hook.requests)


def test_a_dead_channel_is_told_by_another_and_so_is_its_return(watched, hooks):
    ops, other = hooks
    ops.answers[:] = [DEAD]
    new_version(watched, 1)
    watched.check()
    assert subjects(other)[1:] == ["channel ops refuses messages"]
    said = other.requests[-1].body.decode()
    assert "HTTP 404" in said
    assert "fwtracker notify retry ops" in said
    assert tried(ops) == 1  # it is not told of itself
    watched.check(6, hours=5)
    assert (tried(ops), tried(other)) == (1, 2)
    ops.answers[:] = [FINE]
    new_version(watched, 2)
    watched.check()
    assert subjects(other)[-1] == "channel ops accepts messages again"
    watched.check(6, hours=5)
    assert (tried(ops), tried(other)) == (2, 4)
    assert watched.remembered() == []


def test_two_dead_channels_do_not_tell_each_other_for_ever(watched, hooks):
    for hook in hooks:
        hook.answers[:] = [DEAD]
    new_version(watched, 1)
    watched.check(4)
    # The version, and what the other one suffered; that this failed too is nobody's news.
    assert [tried(hook) for hook in hooks] == [2, 2]
    for hook in hooks:
        hook.answers[:] = [FINE]
    new_version(watched, 2)
    watched.check(3)
    assert [subjects(hook)[-1] for hook in hooks] == [
        "channel other accepts messages again",
        "channel ops accepts messages again",
    ]


def test_a_channel_that_is_down_for_a_day_is_told_and_delays_no_other(watched, hooks):
    ops, other = hooks
    ops.answers[:] = [DOWN]
    for number in range(1, 6):  # five versions within the day
        new_version(watched, number)
        watched.check(hours=5)
        assert tried(other) == number
    watched.check(hours=5)
    assert subjects(other)[5:] == ["channel ops accepts no messages"]
    watched.check(2, hours=5)
    assert tried(other) == 6
    before = tried(ops)
    ops.answers[:] = [FINE]
    outcome = watched.check()
    # Five versions as one digest; the notices were about itself.
    assert (outcome.owed, tried(ops) - before) == (0, 1)
    assert subjects(other)[6:] == ["channel ops accepts messages again"]
    assert outbox.channel_status(watched.tree, watched.config.channels[0]).delivered[-5:] == (
        2,
        3,
        4,
        5,
        6,
    )


def test_up_to_three_versions_come_one_by_one_in_order_after_a_day(watched, hooks):
    ops, _ = hooks
    ops.answers[:] = [DOWN]
    for number in range(1, 4):
        new_version(watched, number)
        watched.check(hours=8)
    before = tried(ops)
    ops.answers[:] = [FINE]
    watched.check()
    later = [b"diff 1 2", b"diff 2 3", b"diff 3 4"]
    bodies = [request.body for request in ops.requests[before:]]
    assert len(bodies) == 3
    assert all(words in body for words, body in zip(later, bodies, strict=True))


def test_a_missing_secret_is_a_channel_that_takes_nothing(watched, hooks, monkeypatch):
    monkeypatch.delenv("URL_OPS")
    new_version(watched, 1)
    watched.check(2, hours=25)
    assert subjects(hooks[1])[1:] == ["channel ops accepts no messages"]
    assert "URL_OPS is not set" in hooks[1].requests[-1].body.decode()


def test_retry_sends_dead_letters_again_and_the_others_hear_of_it(
    watched, hooks, fwtracker, tmp_path
):
    ops, other = hooks
    ops.answers[:] = [DEAD]
    watched.site.pages.clear()
    watched.check(3)  # so the dead letter is a notice
    assert subjects(other) == [
        "3 checks in a row failed: moved",
        "channel ops refuses messages",
    ]
    (tmp_path / "c.toml").write_text(
        '[[channels]]\nname="ops"\ntype="slack"\nurl_env="URL_OPS"\n'
        '[[channels]]\nname="other"\ntype="slack"\nurl_env="URL_OTHER"\n'
    )
    at = ("--config", tmp_path / "c.toml", "--snapshots", watched.place)
    shown = fwtracker("notify", "status", *at)
    assert "notice 1: HTTP 404" in shown.out
    assert "failing" in shown.out
    ops.answers[:] = [FINE]
    ran = fwtracker("notify", "retry", "ops", *at)
    assert (ran.status, "ops" in ran.err) == (0, False)
    assert "3 checks in a row failed: moved" in subjects(ops)
    fwtracker("notify", "retry", *at)
    assert "channel ops accepts messages again" in subjects(other)


def test_a_channel_that_is_gone_from_the_configuration_is_forgotten(watched, hooks):
    hooks[0].answers[:] = [DEAD]
    new_version(watched, 1)
    watched.check()
    watched.config = configured({"name": "other"})
    watched.check(2)
    assert watched.remembered() == []
