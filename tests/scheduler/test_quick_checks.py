"""Quick checks of the service: only for what is unchanged, and they report nothing."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.support.servers import HookServer
from tests.support.site import MAIN
from tracker import pipeline
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.fetch.fetcher import Fetcher
from tracker.scheduler.service import InProcessChecker
from tracker.store import open_store
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc


@pytest.fixture
def watch(site, tmp_path):
    """A source with version 1, as its service would have it: config, tree, look."""
    site.show_sample("2024-04/stacks.html")
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")

    def configured(**more):
        return parse({"sources": {"action1": {"url": site.url}}, **more})

    def whole(config):
        with Fetcher() as fetcher:
            return pipeline.run_check(
                CheckContext(config.source("action1"), tree, config, fetcher)
            )

    def look(config):
        checker = InProcessChecker(config, lambda _: tree)
        try:
            return checker.check("action1")
        finally:
            checker.close()

    return configured, whole, look, tree


def aged(tree, hours):
    """As if the last check was so long ago."""
    manifest = tree.manifest()
    then = format_utc(parse_utc(manifest.checked_at) - timedelta(hours=hours))
    tree.publish(
        {"manifest.json": encode_pretty(msgspec.structs.replace(manifest, checked_at=then))}
    )
    return then


def test_a_damaged_published_file_is_left_to_a_whole_check(watch):
    configured, whole, look, tree = watch
    whole(configured())
    assert look(configured()) is not None
    tree.publish({"rules/europe/ips.txt": b""})
    assert look(configured()) is None
    assert tree.read("rules/europe/ips.txt") == b""


def test_a_page_as_it_was_is_noted_as_checked(site, watch):
    configured, whole, look, tree = watch
    whole(configured())
    then = aged(tree, 2)
    told = look(configured())
    assert (told.outcome, told.version) == ("unchanged", 1)
    assert site.statuses() == [200, 304]
    assert tree.manifest().checked_at > then


def test_a_page_that_differs_is_for_a_whole_check_and_changes_nothing(site, watch):
    configured, whole, look, tree = watch
    whole(configured())
    then = aged(tree, 2)
    site.show_sample("2024-11/stacks.html")
    assert look(configured()) is None
    assert (tree.versions(), tree.manifest().checked_at) == ([1], then)
    assert whole(configured()).version == 2


def test_without_a_version_there_is_nothing_to_look_for(site, watch):
    configured, _, look, _ = watch
    assert look(configured()) is None
    assert site.asked == []


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_is_for_a_whole_check_after_one_try(site, watch, status):
    configured, whole, look, tree = watch
    whole(configured())
    then = aged(tree, 2)
    site.show("no", MAIN, status=status, etag=False)
    site.asked.clear()
    assert look(configured()) is None
    assert site.statuses() == [status]
    assert tree.manifest().checked_at == then


def test_what_is_left_to_publish_is_for_a_whole_check(site, watch):
    configured, whole, look, _ = watch
    whole(configured())
    site.asked.clear()
    assert look(configured(fwtracker={"grace_days": 3})) is None  # another recipe
    assert site.asked == []


def test_drift_is_for_a_whole_check(site, watch):
    configured, whole, look, _ = watch
    whole(configured())
    site.asked.clear()
    assert look(configured(drift={"enabled": True})) is None
    assert site.asked == []


def test_only_a_channel_that_is_owed_nothing_is_passed_over(site, watch, monkeypatch):
    configured, whole, look, tree = watch
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        told = configured(channels=[{"name": "ops", "type": "slack", "url_env": "HOOK"}])
        whole(told)
        assert look(told) is not None
        asked = len(site.asked)
        tree.forget("receipts/ops/000001")
        assert look(told) is None  # version 1 is owed again
        new = [{"name": n, "type": "slack", "url_env": "HOOK"} for n in ("ops", "late")]
        whole(told)
        assert look(configured(channels=new)) is None
        assert len(site.asked) == asked + 1  # the whole check's
        assert tree.state("channels/late", dict) is None


def test_a_gap_in_the_checks_is_for_a_whole_check_which_tells_it(watch, monkeypatch):
    configured, whole, look, tree = watch
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        told = configured(channels=[{"name": "ops", "type": "slack", "url_env": "HOOK"}])
        whole(told)
        before = len(hook.requests)
        aged(tree, 72)
        assert look(told) is None
        whole(told)
        assert len(hook.requests) == before + 1


def test_the_heartbeat_is_called(watch, monkeypatch):
    configured, whole, look, _ = watch
    with HookServer() as hook:
        monkeypatch.setenv("BEAT", hook.url)
        config = configured(fwtracker={"heartbeat_url_env": "BEAT"})
        whole(config)
        assert look(config) is not None
        assert len(hook.requests) == 1


def test_a_store_that_another_holds_is_for_a_whole_check(watch):
    configured, whole, look, tree = watch
    whole(configured())
    with tree.lock():
        assert look(configured()) is None


def test_a_look_reads_no_more_than_a_whole_check_would(site, watch):
    configured, whole, look, _ = watch
    whole(configured())
    site.show(b"<p>" + b"x" * (5 * 2**20), etag=False)
    assert look(configured()) is None
