"""Published files that something else cut, edited or removed: noticed, repaired, reported."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
from tracker.publish import publish as publishing
from tracker.publish.published_files import find_wrong_files
from tracker.store.blobs import Blobs

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
MORE = b"<li>54.79.23.166</li><li>3.104.236.1</li>"
NEXT = GOOD.replace(b"<li>54.79.23.166</li>", MORE)
RULES = "rules/europe/ips.txt"


class Killed(BaseException):
    """Not caught by any handler, like a kill."""


class Reading:
    """A store that counts what is read of it, and passes all else on."""

    def __init__(self, inner: Blobs, reads: Counter[str]) -> None:
        self.inner, self.reads = inner, reads

    def read(self, name: str) -> bytes | None:
        self.reads[name] += 1
        return self.inner.read(name)

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        return {name: self.read(name) for name in names}

    def stamps(self, folder: str, names: Collection[str]):
        self.reads["stamps"] += 1
        return self.inner.stamps(folder, names)

    def __getattr__(self, name: str):
        return getattr(self.inner, name)


@pytest.fixture
def reads():
    return Counter()


@pytest.fixture
def watched(site, tmp_path, reads, first_checks):
    """A source with one version, checked once more, so that nothing is left to look at."""
    made = Watched(site, configured(), str(tmp_path / "snapshots"))
    made.wrap = lambda blobs: Reading(blobs, reads)
    first_checks.make(made, GOOD)
    made.check()
    reads.clear()
    return made


@pytest.fixture
def tree(watched):
    return Path(watched.place) / "action1"


def names(outcome) -> list[str]:
    return [finding.name for finding in outcome.findings]


def contents(tree: Path) -> dict[str, bytes]:
    found = {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file()
    }
    del found["manifest.json"], found["version.json"]
    return found


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().swapcase()[::-1])


@pytest.mark.parametrize("harm", [remove, empty, cut, edit])
@pytest.mark.parametrize(
    "name", [RULES, "latest.json", "index.json", "feed.atom", "index.html"]
)
def test_what_is_harmed_is_written_again_and_told(watched, tree, harm, name):
    before = contents(tree)
    harm(tree / name)
    outcome = watched.check()
    assert contents(tree) == before
    assert (outcome.outcome, names(outcome)) == ("unchanged", ["published-file-changed"])
    assert name in outcome.findings[0].message
    assert "1 published file was not as fwtracker had written" in outcome.findings[0].message
    assert names(watched.check()) == []


def test_an_index_that_tells_another_story_is_made_from_the_versions(watched, tree):
    before = contents(tree)
    index = tree / "index.json"
    digest = watched.tree.latest().digest
    index.write_text(index.read_text().replace(digest, "0" * 64))
    assert names(watched.check()) == ["published-file-changed"]
    assert contents(tree) == before


def test_a_missing_or_damaged_manifest_is_made_again_and_told(watched, tree, site):
    site.show(NEXT)
    watched.check()
    before = contents(tree)
    for harm in (remove, empty, halve):
        harm(tree / "manifest.json")
        outcome = watched.check()
        assert (outcome.outcome, names(outcome)) == ("unchanged", ["published-file-changed"])
        assert "manifest.json" in outcome.findings[0].message
        assert contents(tree) == before
        assert names(watched.check()) == []


def test_many_are_counted_and_a_few_named(watched, tree):
    before = contents(tree)
    shutil.rmtree(tree / "rules")
    (finding,) = watched.check().findings
    count = sum(name.startswith("rules/") for name in before)
    assert f"{count} published files were not" in finding.message
    assert f" and {count - 5} more" in finding.message
    assert contents(tree) == before


def test_a_check_without_cause_reads_no_published_file(watched, tree, reads):
    assert watched.check().outcome == "unchanged"
    files = [name for name in reads if name.startswith("action1/")]
    pointers = {"action1/manifest.json", "action1/version.json"}
    assert set(files) == {*pointers, "action1/versions/000001.json"}
    assert reads["stamps"] == 1


def test_bytes_are_read_where_a_time_changed_and_once_a_day(watched, tree, reads):
    os.utime(tree / RULES)
    assert names(watched.check()) == []
    assert reads[f"action1/{RULES}"] == 1
    watched.check(times=20)
    assert reads[f"action1/{RULES}"] == 1
    watched.check(times=5)
    assert reads[f"action1/{RULES}"] == 2


def test_an_edit_that_hides_its_time_is_found_within_a_day(watched, tree):
    path = tree / RULES
    facts = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert RULES in watched.check(hours=24).findings[0].message
    assert path.read_bytes() == data


def test_a_clone_or_a_restore_with_the_right_bytes_is_no_news(watched, tree, tmp_path):
    for state in (".state", None):
        place = tmp_path / f"clone-{state}"
        shutil.copytree(watched.place, place, copy_function=shutil.copyfile)
        if state is None:
            shutil.rmtree(place / ".state")
        watched.place = str(place)
        outcome = watched.check()
        assert (outcome.outcome, names(outcome)) == ("unchanged", [])


def test_the_channels_get_a_notice_once_a_day(site, tmp_path, monkeypatch):
    site.show(GOOD)
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        watched = Watched(site, configured({"name": "ops"}), str(tmp_path / "snapshots"))
        watched.check()
        hook.requests.clear()
        path = Path(watched.place) / "action1" / RULES
        for _ in range(3):  # something writes there again and again
            path.write_bytes(b"")
            assert names(watched.check()) == ["published-file-changed"]
        told = "published files were changed"
        assert subjects(hook) == [told]
        watched.check(times=24)
        path.write_bytes(b"")
        watched.check()
        assert subjects(hook) == [told, told]
        watched.check(times=25)
        assert subjects(hook) == [told, told]
        assert watched.remembered() == []


def test_a_kill_between_notice_and_repair_loses_neither(site, tmp_path, monkeypatch):
    site.show(GOOD)
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        watched = Watched(site, configured({"name": "ops"}), str(tmp_path / "snapshots"))
        watched.check()
        hook.requests.clear()
        path = Path(watched.place) / "action1" / RULES
        good = path.read_bytes()
        path.write_bytes(b"")
        with monkeypatch.context() as patched:
            patched.setattr(publishing, "publish", kill)
            with pytest.raises(Killed):
                watched.check()
        assert names(watched.check()) == ["published-file-changed"]
        assert path.read_bytes() == good
        assert len(hook.requests) == 1


def kill(*_args, **_options):
    raise Killed


def test_a_bucket_is_compared_by_one_listing_of_each_folder(site, bucket, reads):
    site.show(GOOD)
    watched = Watched(site, configured(), bucket)
    watched.wrap = lambda blobs: Reading(blobs, reads)
    watched.check()
    reads.clear()
    watched.check(hours=30)  # a tag tells of every change: no need to read all once a day
    assert not any(name.startswith("action1/rules/") for name in reads)
    blobs = watched.tree.blobs
    good = blobs.read(f"action1/{RULES}")
    blobs.replace({f"action1/{RULES}": good[::-1]})
    blobs.delete("action1/feed.atom")
    (finding,) = watched.check().findings
    assert RULES in finding.message
    assert "feed.atom (missing)" in finding.message
    assert blobs.read(f"action1/{RULES}") == good
    assert blobs.read("action1/feed.atom")


def test_what_was_read_last_may_be_lost_or_damaged(watched, tree, caplog):
    state = Path(watched.place) / ".state/action1/published.json"
    state.write_text("{")
    assert names(watched.check()) == []
    assert "published.json: damaged" in caplog.text
    assert state.read_bytes() != b"{"
    state.unlink()
    assert names(watched.check()) == []
    assert state.is_file()


def test_a_clock_that_went_back_has_the_files_read(watched, reads):
    tree, manifest = watched.tree, watched.tree.manifest()
    reads.clear()
    assert find_wrong_files(tree, manifest, datetime(2020, 1, 1, tzinfo=UTC)) == {}
    assert reads[f"action1/{RULES}"] == 1
