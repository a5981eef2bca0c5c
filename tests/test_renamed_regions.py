"""A region with another name: rule files, filters by the old name, and the end of its grace."""

from __future__ import annotations

import json

import pytest

from tests.support.renamed import rename_europe
from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
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


@pytest.fixture
def hooks(monkeypatch):
    """The servers of channels, by the name of the channel."""
    with HookServer() as eu, HookServer() as ops, HookServer() as us, HookServer() as loud:
        servers = {"eu": eu, "ops": ops, "us": us, "loud": loud}
        for name, server in servers.items():
            monkeypatch.setenv(f"URL_{name.upper()}", server.url)
        yield servers


@pytest.fixture
def told(site, tmp_path, hooks):
    """Channels for Europe, for all, for another region, and for Europe's work only."""
    config = configured(
        {"name": "eu", "regions": ["Europe"]},
        {"name": "ops"},
        {"name": "us", "regions": ["North America"]},
        {"name": "loud", "regions": ["Europe"], "min_impact": "action"},
        fwtracker={"grace_days": 2},
    )
    site.show(PAGE)
    return Watched(site, config, str(tmp_path))


NEWS = 'region "Europe" is now called "Eurasia"'
CHANGED = RENAMED.replace(RELAY, b"3.71.193.99")


def clear(hooks) -> None:
    for hook in hooks.values():
        hook.requests.clear()


def test_channels_are_told_of_a_rename_and_what_to_change(site, told, hooks):
    told.check()
    clear(hooks)
    site.show(RENAMED)
    outcome = told.check()
    assert named(outcome, "filter-by-old-name") == [
        f'[[channels]] "{name}" regions: "Europe" is now called "Eurasia"; change it by'
        " 2026-01-12: until then both names count"
        for name in ("eu", "loud")
    ]
    assert named(outcome, "filter-without-match") == []
    old = "the filter of channel {} has the old name of a region"
    assert sorted(subjects(hooks["eu"])) == [NEWS, old.format("eu")]
    assert subjects(hooks["ops"]) == [NEWS]
    assert subjects(hooks["us"]) == []
    # A rename asks no firewall for work, but this channel's own filter does.
    assert subjects(hooks["loud"]) == [old.format("loud")]
    clear(hooks)
    told.check(3)
    assert [subjects(hook) for hook in hooks.values()] == [[], [], [], []]


def test_a_channel_by_the_old_name_gets_its_alerts_until_the_grace_is_over(site, told, hooks):
    told.check()
    site.show(RENAMED)
    told.check()
    clear(hooks)
    site.show(CHANGED)
    told.check(hours=24)
    news = "allow 3.71.193.99 tcp/22543, 1 no longer listed"
    for name in ("eu", "ops", "loud"):
        assert subjects(hooks[name]) == [news]
    assert subjects(hooks["us"]) == []
    clear(hooks)
    outcome = told.check(hours=24)
    silent = 'regions: no region is called "Europe"; there are: Eurasia, North America;'
    assert all(silent in each for each in named(outcome, "filter-without-match"))
    assert subjects(hooks["eu"]) == ["the filter of channel eu matches nothing"]
    clear(hooks)
    site.show(RENAMED.replace(RELAY, b"3.71.193.98"))
    told.check()
    assert subjects(hooks["eu"]) == []
    assert len(subjects(hooks["ops"])) == 1


def test_a_channel_that_has_the_new_name_already_is_told_of_the_rename_only(site, told, hooks):
    told.check()
    told.config = configured(
        {"name": "eu", "regions": ["Eurasia"]}, fwtracker={"grace_days": 2}
    )
    clear(hooks)
    site.show(RENAMED)
    told.check()
    assert NEWS in subjects(hooks["eu"])
    assert not any("allow" in each for each in subjects(hooks["eu"]))


def test_an_alert_that_comes_late_goes_by_the_names_of_its_version(site, told, hooks):
    told.check()
    site.show(RENAMED)
    told.check()
    clear(hooks)
    hooks["eu"].answers[:] = [Answer(503)]
    site.show(CHANGED)
    told.check()
    hooks["eu"].answers[:] = [Answer()]
    hooks["eu"].requests.clear()
    told.check(hours=100)
    assert "allow 3.71.193.99 tcp/22543, 1 no longer listed" in subjects(hooks["eu"])


CONFIG = """
[fwtracker]
grace_days = 7
[guard]
max_removed = 0.1
max_added = 0.1
[sources.action1]
url = "{url}"
[[rules]]
name = "branch"
format = "ips"
regions = ["Europe"]
"""


def test_every_command_says_what_to_change_and_approve_before_it_publishes(
    site, fwtracker, tmp_path
):
    (tmp_path / "c.toml").write_text(CONFIG.format(url=site.url))

    def run(*args):
        return fwtracker(*args, "--config", "c.toml")

    rule = '[[rules]] "branch" regions: "Europe" is now called "Eurasia"; change it by 20'
    site.show(PAGE)
    assert run("run").status == 0
    site.show(RENAMED.replace(RELAY, b"3.71.193.99").replace(b"3.74.63.86", b"3.74.63.8"))
    dry = run("run", "--dry-run")
    assert (dry.status, rule in dry.err) == (3, True)
    ran = run("run")
    assert (ran.status, rule in ran.err) == (3, True)
    assert "publish region-renamed: " in ran.err
    assert rule in run("held").out
    digest = run("held", "--json").json[0]["digest"]
    assert rule in run("approve", digest).err
    for command in (("run",), ("run", "--dry-run")):
        ran = run(*command)
        assert (ran.status, rule in ran.err) == (0, True)
    doctor = run("doctor", "--json", "--offline")
    assert any(rule in each["text"] for each in doctor.json)
    assert (tmp_path / "snapshots/action1/rules/europe/ips.txt").exists()
