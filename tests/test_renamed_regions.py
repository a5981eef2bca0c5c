"""A region with another name: rule files, filters by the old name, and the end of its grace."""

from __future__ import annotations

import json

import pytest

from tests.support.renamed import rename_europe
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured
from tracker.publish.publish import rebuild
from tracker.store.tree import Tree

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
RENAMED = rename_europe(PAGE)
RELAY = b"3.71.193.26"  # of Europe
BRANCH = {"name": "branch", "format": "ips", "regions": ["Europe"]}
OLD_NAME = (
    '[[rules]] "branch" regions: "Europe" is now called "Eurasia"; change it by 2026-01-12:'
    " until then both names count"
)


def named(outcome, name: str) -> list[str]:
    return [each.message for each in outcome.findings if each.name == name]


def rules_of(tree: Tree, name: str) -> dict[str, bytes]:
    files = {path: tree.read(path) for path in tree.walk()}
    return {path: data for path, data in files.items() if path.startswith(f"rules/{name}/")}


def ips(tree: Tree, name: str) -> set[bytes]:
    return {*(tree.read(f"rules/{name}/ips.txt") or b"").split()}


@pytest.fixture
def watched(site, tmp_path):
    """A rule set that names Europe, and two days of grace; Europe is renamed on 2026-01-10."""
    config = configured(rules=[BRANCH], fwtracker={"grace_days": 2})
    site.show(PAGE)
    return Watched(site, config, str(tmp_path))


def test_a_mere_rename_is_published_and_said(site, watched):
    watched.check()
    site.show(RENAMED)
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 2)
    assert named(outcome, "region-renamed") == [
        'region "Europe" is now called "Eurasia": 30 of 30 endpoints are the same',
        'rules/europe/ goes on with what "Eurasia" has until 2026-01-12T14:00:00Z; load'
        " rules/eurasia/ instead",
    ]
    assert named(outcome, "filter-by-old-name") == [OLD_NAME]
    assert named(outcome, "region-gone") == []


def test_rule_files_by_the_old_name_follow_the_region_for_its_grace(site, watched):
    watched.check()
    before = ips(watched.tree, "europe")
    assert RELAY in before
    site.show(RENAMED)
    watched.check()
    for name in ("europe", "eurasia", "branch"):
        assert ips(watched.tree, name) == before
    site.show(RENAMED.replace(RELAY, b"3.71.193.99"))
    outcome = watched.check(hours=1)
    assert (outcome.outcome, outcome.version) == ("published", 3)
    for name in ("europe", "eurasia", "branch"):
        assert ips(watched.tree, name) == before | {b"3.71.193.99"}
    assert named(outcome, "filter-by-old-name") == [OLD_NAME]


def test_after_its_grace_the_old_folder_goes_and_the_filter_matches_nothing(site, watched):
    watched.check()
    site.show(RENAMED)
    watched.check()
    branch = rules_of(watched.tree, "branch")
    assert named(watched.check(hours=24), "filter-by-old-name") == [OLD_NAME]
    outcome = watched.check(hours=24)
    assert outcome.outcome == "unchanged"
    assert named(outcome, "filter-by-old-name") == []
    [stopped] = named(outcome, "rule-set-stopped")
    assert stopped.startswith('[[rules]] "branch" regions: no region is called "Europe"')
    assert rules_of(watched.tree, "europe") == {}
    assert rules_of(watched.tree, "eurasia")
    assert rules_of(watched.tree, "branch") == branch
    manifest = json.loads(watched.tree.read("manifest.json"))
    assert "rules/europe/ips.txt" in manifest["withdrawn"]


def test_a_filter_by_the_new_name_gives_the_same_and_no_finding(site, watched, tmp_path):
    watched.check()
    site.show(RENAMED)
    watched.check()
    branch = ips(watched.tree, "branch")
    watched.config = configured(
        rules=[BRANCH | {"regions": ["Eurasia"]}], fwtracker={"grace_days": 2}
    )
    outcome = watched.check(hours=1)
    assert named(outcome, "filter-by-old-name") == []
    assert ips(watched.tree, "branch") == branch


def test_without_grace_the_old_name_counts_no_more(site, tmp_path):
    site.show(PAGE)
    config = configured(rules=[BRANCH], fwtracker={"grace_days": 0})
    watched = Watched(site, config, str(tmp_path))
    watched.check()
    site.show(RENAMED)
    outcome = watched.check()
    assert (outcome.outcome, named(outcome, "filter-by-old-name")) == ("published", [])
    assert named(outcome, "rule-set-stopped")
    assert rules_of(watched.tree, "europe") == {}


def test_a_name_that_is_put_back_within_the_grace(site, watched):
    watched.check()
    before = ips(watched.tree, "europe")
    site.show(RENAMED)
    watched.check()
    site.show(PAGE)
    outcome = watched.check(hours=1)
    assert (outcome.outcome, outcome.version) == ("published", 3)
    assert named(outcome, "filter-by-old-name") == []
    for name in ("europe", "eurasia", "branch"):
        assert ips(watched.tree, name) == before
    watched.check(hours=48)
    assert (ips(watched.tree, "europe"), rules_of(watched.tree, "eurasia")) == (before, {})


def test_a_rebuild_gives_every_file_of_a_rename_again(site, watched):
    for page in (PAGE, RENAMED, RENAMED.replace(RELAY, b"3.71.193.99")):
        site.show(page)
        watched.check()
    watched.check(hours=47)  # the old name is over, and what left the page is not
    tree = watched.tree
    assert ips(tree, "europe") == set()
    assert RELAY in ips(tree, "eurasia")
    kept = {path: tree.read(path) for path in tree.walk()}
    tree.withdraw([path for path in kept if path.startswith(("rules/", "deltas/", "changes/"))])
    rebuild(tree, watched.config, watched.now)
    again = {path: tree.read(path) for path in tree.walk()}
    assert again.keys() == kept.keys()
    assert [path for path in kept if again[path] != kept[path]] == []
