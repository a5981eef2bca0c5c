"""`version.json`: which version is in force, for those who ask often."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, identity
from tracker.config import Config
from tracker.history.integrity import verify_tree
from tracker.publish import freshness
from tracker.publish.publish import rebuild
from tracker.store.blobs import Blobs

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
NEXT = GOOD.replace(b"54.79.23.166", b"54.79.23.167")
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")
FIELDS = ["schema", "source", "version", "digest", "checked_at", "expires", "due"]


class Writing:
    """A store that counts what is written to it, and passes all else on."""

    def __init__(self, inner: Blobs, writes: Counter[str]) -> None:
        self.inner, self.writes = inner, writes

    def replace(self, files, *, lasting=True):
        self.writes.update([*files])
        self.inner.replace(files, lasting=lasting)

    def __getattr__(self, name: str):
        return getattr(self.inner, name)


class Killed(BaseException):
    """Nothing catches it, as nothing survives a kill."""


@pytest.fixture
def watched(site, tmp_path, first_checks):
    made = Watched(site, configured(), str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD)
    return made


def load(watched: Watched, name: str = "version.json") -> dict:
    return json.loads(path_of(watched, name).read_bytes())


def path_of(watched: Watched, name: str = "version.json") -> Path:
    return Path(watched.place, "action1", name)


def is_as_the_manifest_says(watched: Watched) -> bool:
    probe, manifest = load(watched), load(watched, "manifest.json")
    same = all(probe[name] == manifest[name] for name in FIELDS if name != "digest")
    return same and probe["digest"] == load(watched, "latest.json")["digest"]


def test_it_says_what_is_in_force_in_few_bytes_and_no_manifest_names_it(watched):
    assert list(load(watched)) == FIELDS
    assert is_as_the_manifest_says(watched)
    assert path_of(watched).stat().st_size < 400
    assert "version.json" not in load(watched, "manifest.json")["files"]


def test_a_check_without_news_changes_only_its_times(watched):
    before = load(watched)
    assert watched.check().outcome == "unchanged"
    after = load(watched)
    changed = {name for name in FIELDS if before[name] != after[name]}
    assert changed == {"checked_at", "expires"}
    assert is_as_the_manifest_says(watched)


def test_a_check_without_news_writes_the_manifest_and_then_it(watched):
    watched.check()
    writes: Counter[str] = Counter()
    watched.wrap = lambda blobs: Writing(blobs, writes)
    assert watched.check().outcome == "unchanged"
    assert list(writes) == ["action1/manifest.json", "action1/version.json"]
    assert set(writes.values()) == {1}


def test_on_object_storage_it_is_one_put_more(site, bucket):
    site.show(GOOD)
    writes: Counter[str] = Counter()
    made = Watched(site, configured(), bucket, wrap=lambda blobs: Writing(blobs, writes))
    made.check(times=2)
    writes.clear()
    assert made.check().outcome == "unchanged"
    assert writes == {"action1/manifest.json": 1, "action1/version.json": 1}


@pytest.mark.parametrize("shown", [GOOD, HELD, None], ids=["unchanged", "held", "failed"])
@pytest.mark.parametrize(
    ("published", "lost"),
    [(False, "version"), (False, "manifest"), (True, "version")],
    ids=["check", "check-manifest-lost", "version"],
)
def test_a_kill_between_manifest_and_probe_is_repaired(watched, shown, published, lost):
    class Dying(Writing):
        def replace(self, files, *, lasting=True):
            written = {name: files[name] for name in files if name != f"action1/{lost}.json"}
            super().replace(written, lasting=lasting)
            if len(written) < len(files):
                raise Killed

    watched.site.show(NEXT if published else GOOD)
    watched.wrap = lambda blobs: Dying(blobs, Counter())
    with pytest.raises(Killed):
        watched.check()
    assert not is_as_the_manifest_says(watched)
    watched.wrap = identity
    if shown is None:
        watched.site.pages.clear()
    else:
        watched.site.show(shown.replace(b"23.166", b"23.167") if published else shown)
    outcome = watched.check()
    assert outcome.outcome == {GOOD: "unchanged", HELD: "held", None: "failed"}[shown]
    assert [f.name for f in outcome.findings if f.name == "published-file-changed"] == []
    assert is_as_the_manifest_says(watched)


def test_an_edited_one_is_written_again_and_reported(watched):
    good = load(watched)
    for change in ({"version": 9}, {"digest": "0" * 64}, {"expires": "2099-01-01T00:00:00Z"}):
        path_of(watched).write_text(json.dumps(good | change))
        outcome = watched.check()
        assert [finding.name for finding in outcome.findings] == ["published-file-changed"]
        assert "version.json (not what the manifest says)" in outcome.findings[0].message
        assert is_as_the_manifest_says(watched)
    path_of(watched).write_bytes(b"{")
    assert "version.json (damaged)" in watched.check().findings[0].message
    assert is_as_the_manifest_says(watched)


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.write_bytes(b"{"), "not what the manifest says"),
        (
            lambda path: path.write_text(path.read_text().replace('n": 1', 'n": 7')),
            "not what the manifest says",
        ),
    ],
    ids=["missing", "damaged", "edited"],
)
def test_store_verify_names_it_and_a_rebuild_heals_it(watched, harm, what):
    assert list(verify_tree(watched.tree)) == []
    harm(path_of(watched))
    faults = [(each.file, each.what, each.action) for each in verify_tree(watched.tree)]
    assert faults == [("version.json", what, "run: fwtracker store rebuild")]
    rebuild(watched.tree, Config(), watched.now)
    assert list(verify_tree(watched.tree)) == []


def test_a_store_from_before_it_is_in_order_and_gets_it_with_the_next_check(watched):
    manifest = load(watched, "manifest.json")
    for name in ("changes.csv", "feed.json"):
        manifest["files"].pop(name, None)
        path_of(watched, name).unlink(missing_ok=True)
    path_of(watched, "manifest.json").write_text(json.dumps(manifest))
    path_of(watched).unlink()
    assert list(verify_tree(watched.tree)) == []
    assert watched.check().outcome == "unchanged"
    assert is_as_the_manifest_says(watched)


def test_it_is_fresh_for_a_day(watched):
    probe = load(watched)
    assert freshness.FRESH_FOR.total_seconds() == 86400
    assert (probe["checked_at"], probe["expires"]) == (
        "2026-01-10T13:00:00Z",
        "2026-01-11T13:00:00Z",
    )
