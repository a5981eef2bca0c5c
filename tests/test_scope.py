"""`regions` of a source: what is shown is chosen, and a version says all of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest
from msgspec import UNSET

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, context_of, identity, subjects
from tests.test_cause import Deadly, Killed
from tracker import pipeline
from tracker.alerts import outbox
from tracker.check.context import CheckOutcome
from tracker.check.review import approve
from tracker.config import Config
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.history.blame import find_occurrences
from tracker.history.integrity import verify_tree
from tracker.history.replay import replay_versions
from tracker.model import Snapshot, digest, regions_of
from tracker.publish.index import load_change_set
from tracker.publish.publish import rebuild
from tracker.sources.definition import Definition
from tracker.store.held import list_held
from tracker.store.records import Held, encode_pretty
from tracker.store.tree import Tree, version_name

PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
FRANKFURT = "<li>3.124.175.10</li>"
NEW = f"{FRANKFURT}<li>3.124.175.99</li>"
IN_EUROPE = PAGE.replace(FRANKFURT, NEW)
VIRGINIA = "<li>34.203.184.16</li>"
IN_AMERICA = PAGE.replace(VIRGINIA, f"{VIRGINIA}<li>34.203.184.99</li>", 1)


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as running:
        monkeypatch.setenv("URL_OPS", running.url)
        yield running


@pytest.fixture
def watched(site, hook, tmp_path):
    """A source of which all regions are shown, and a channel that gets everything."""
    site.show(PAGE)
    return Watched(site, choosing(), str(tmp_path))


def choosing(*regions: str, **tables) -> Config:
    chosen = {"sources": {"action1": {"regions": [*regions]}}} if regions else {}
    return configured({"name": "ops"}, **chosen, **tables)


def dry_run(watched: Watched) -> CheckOutcome:
    with Fetcher(limits=Limits(attempts=1)) as fetcher:
        options = {"fetcher": fetcher, "url": watched.site.url}
        return pipeline.dry_run(context_of(watched.tree, watched.config, **options))


def folders(tree: Tree) -> set[str]:
    return {name.split("/")[1] for name in tree.walk() if name.startswith("rules/")}


def files_of_rules(tree: Tree) -> list[str]:
    return [name for name in tree.walk() if name.startswith("rules/")]


def regions(version: Snapshot) -> set[str | None]:
    return {*regions_of(version.entries)}


def notices(tree: Tree, kind: str) -> list[str]:
    found = (outbox.load_notice(tree, number) for number in outbox.notice_numbers(tree))
    return [each.findings[0].message for each in found if each.kind == kind]


def named(outcome, name: str) -> list[str]:
    return [each.message for each in outcome.findings if each.name == name]


def published(tree: Tree) -> Mapping[str, bytes]:
    return {
        name: tree.read(name) or b""
        for name in tree.walk()
        if not name.startswith(("manifest", "version.json"))
    }


def as_narrowed(
    tree: Tree, *kept: str, definition: str | None = None, with_pages: bool = True
) -> None:
    """Make of the only version one of an older program, which held chosen regions only."""
    last = tree.latest()
    entries = tuple(
        msgspec.structs.replace(each, id=UNSET) for each in last.entries if each.region in kept
    )
    old = msgspec.structs.replace(
        last,
        entries=entries,
        digest=digest(entries),
        cause=UNSET if definition is None else "page",
        definition=definition or UNSET,
        reader=UNSET if definition is None else 2,
    )
    tree.blobs.replace({f"action1/{version_name(last.version)}": encode_pretty(old)})
    for name in ("validators", "seen", "scope", "published"):
        tree.forget(name)
    for name in ("index.json", "manifest.json"):
        tree.blobs.delete(f"action1/{name}")
    for page in () if with_pages else old.pages:
        tree.blobs.delete(f"action1/pages/{page.sha256}.gz")


# What is shown, and what a version says


def test_a_version_says_all_regions_and_what_is_shown_is_chosen(watched, hook):
    watched.config = choosing("Europe")
    outcome = watched.check()
    assert (outcome.outcome, outcome.findings) == ("published", ())
    tree = watched.tree
    assert regions(tree.latest()) == {"North America", "Europe"}
    assert folders(tree) == {"europe", "all"}
    page = tree.read("index.html").decode()
    assert "Shown: Europe, as the configuration chooses; the JSON files say all" in page
    assert "3.124.175.10" in page
    assert "34.203.184.16" not in page
    text = json.dumps(hook.bodies())
    assert "in 1 region" in text
    assert "North America" not in text
    assert list(verify_tree(tree)) == []


def test_a_change_outside_the_choice_is_a_version_and_no_alert(watched, hook):
    watched.config = choosing("Europe")
    watched.check()
    before = files_of_rules(watched.tree)
    sent = len(hook.bodies())
    watched.site.show(IN_AMERICA)
    outcome = watched.check()
    assert (outcome.outcome, outcome.version, outcome.owed) == ("published", 2, 0)
    assert len(hook.bodies()) == sent
    assert load_change_set(watched.tree, 2).summary.endpoints_added > 0
    feed = watched.tree.read("feed.atom").decode()
    assert feed.count("<entry>") == 1
    assert "No difference" in watched.tree.read("index.html").decode()
    assert files_of_rules(watched.tree) == before
    watched.site.show(IN_AMERICA.replace(FRANKFURT, NEW))
    watched.check()
    assert subjects(hook)[-1].startswith("allow ")
    assert "34.203.184.99" not in json.dumps(hook.bodies())


# Another choice


def test_narrowing_and_widening_make_no_version_and_are_told_once(watched, hook):
    watched.check()
    everything = published(watched.tree)
    before = len(hook.bodies())
    watched.config = choosing("Europe")
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("unchanged", 1)
    [said] = named(outcome, "scope-changed")
    assert said.startswith("rule files, alerts and page now show Europe; before: all regions")
    assert folders(watched.tree) == {"europe", "all"}
    watched.check(3)
    watched.config = choosing("Europe", "North America")
    [said] = named(watched.check(), "scope-changed")
    assert said.startswith(
        "rule files, alerts and page now show Europe, North America; before: Europe"
    )
    assert folders(watched.tree) == {"europe", "north-america", "all"}
    watched.config = choosing()
    watched.check(3)
    assert published(watched.tree) == everything
    assert watched.tree.versions() == [1]
    assert len(notices(watched.tree, "scope")) == 3
    assert subjects(hook)[before:] == ["the regions that are shown have changed"] * 3
    found = find_occurrences([watched.tree.latest()], "34.203.184.16")
    assert [(each.first, each.last) for each in found] == [(1, None)] * len(found)


def test_the_same_choice_in_another_order_is_no_other(watched):
    watched.config = choosing("Europe", "North America")
    watched.check()
    watched.config = choosing("North America", "Europe")
    assert watched.check().findings == ()
    assert notices(watched.tree, "scope") == []


@pytest.mark.parametrize("stop_at", ["notices/000001", "manifest.json", "scope"])
def test_a_kill_says_another_choice_once(watched, hook, stop_at):
    watched.check()
    watched.config = choosing("Europe")
    watched.wrap = lambda blobs: Deadly(blobs, stop_at)
    with pytest.raises(Killed):
        watched.check()
    watched.wrap = identity
    watched.check(2)
    assert len(notices(watched.tree, "scope")) == 1
    assert folders(watched.tree) == {"europe", "all"}
    assert subjects(hook).count("the regions that are shown have changed") == 1


def test_a_clone_without_its_state_says_nothing_of_the_choice(watched):
    watched.config = choosing("Europe")
    watched.check()
    for name in ("scope", "seen", "validators"):
        watched.tree.forget(name)
    assert watched.check().findings == ()
    assert notices(watched.tree, "scope") == []


# What is not on the page


def test_a_chosen_region_that_is_not_there_is_named_and_stops_nothing(watched, hook, fwtracker):
    watched.config = choosing("Europe", "Eurpoe")
    outcome = watched.check()
    [said] = named(outcome, "filter-without-match")
    assert 'regions: no region is called "Eurpoe"; there are: Europe, North America' in said
    assert outcome.outcome == "published"
    watched.check(2)
    assert sum("rule set" in each or "filter" in each for each in subjects(hook)) == 1
    dry = dry_run(watched)
    assert named(dry, "filter-without-match") == [said]


def test_doctor_calls_such_a_region_an_error(site, fwtracker, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text(f'[sources.action1]\nurl = "{site.url}"\nregions = ["Eurpoe"]\n')
    site.show(PAGE)
    ran = fwtracker("run", "--config", config)
    assert (ran.status, "filter-without-match" in ran.out + ran.err) == (0, True)
    found = fwtracker("doctor", "--config", config)
    assert found.status != 0
    assert 'no region is called "Eurpoe"; there are: Europe, North America' in found.out


def test_where_no_chosen_region_is_left_rule_files_stay_as_they_were(watched):
    watched.config = choosing("Europe", fwtracker={"grace_days": 1}, guard=LET_THROUGH)
    watched.check()
    watched.site.show(PAGE.replace("Region: Europe", "Region: Oceania"))
    [said] = named(watched.check(), "filter-by-old-name")
    assert 'regions: "Europe" is now called "Oceania"; change it by 2026-01-11' in said
    before = files_of_rules(watched.tree)
    outcome = watched.check(hours=48)
    assert (outcome.outcome, outcome.error) == ("unchanged", None)
    assert folders(watched.tree) == {"europe", "oceania", "all"}  # the former name goes on
    assert files_of_rules(watched.tree) == before
    assert b"3.124.175.10" in watched.tree.read("rules/europe/ips.txt")
    [said] = named(outcome, "filter-without-match")
    assert "rule files stay those of version 2" in said


LET_THROUGH = {
    "publish": ["region-gone", "mass-removal", "mass-addition", "rollback", "region-renamed"]
}


def test_rule_sets_and_channels_that_name_a_region_outside_are_told(watched, hook):
    america = {"name": "branch", "format": "ips", "regions": ["North America"]}
    watched.config = configured(
        {"name": "ops", "regions": ["North America"]},
        rules=[america],
        sources={"action1": {"regions": ["Europe"]}},
    )
    outcome = watched.check()
    assert outcome.outcome == "published"
    [stopped] = named(outcome, "rule-set-stopped")
    assert '"North America" is on the page, and `regions` of the source omits it' in stopped
    assert named(outcome, "filter-without-match")
    assert folders(watched.tree) == {"europe", "all"}


# Trouble outside the choice


def test_a_table_outside_that_cannot_be_read_stops_nothing(watched, hook):
    watched.config = choosing("Europe")
    watched.check()
    america = [e for e in watched.tree.latest().entries if e.region == "North America"]
    broken = PAGE.replace(VIRGINIA, "<li>34.203.184.16 oder 34.203.184.99</li>", 1)
    watched.site.show(broken.replace(FRANKFURT, NEW))
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 2)
    [said] = named(outcome, "region-not-read")
    assert said.startswith("North America is not chosen, and could not be read: ")
    assert "oder" in said
    latest = watched.tree.latest()
    assert [each for each in latest.entries if each.region == "North America"] == america
    assert subjects(hook)[-1].startswith("allow 3.124.175.99 tcp/22543")
    again = watched.check()  # read again, as long as that lasts
    assert (again.outcome, named(again, "region-not-read")) == ("unchanged", [said])
    watched.config = choosing("North America")
    assert watched.check().outcome == "failed"
    watched.config = choosing("Europe")
    watched.site.show(IN_EUROPE)
    assert named(watched.check(), "region-not-read") == []


def test_a_first_version_leaves_out_what_it_cannot_read(watched):
    watched.config = choosing("Europe")
    broken = PAGE.replace(VIRGINIA, "<li>34.203.184.16 oder 34.203.184.99</li>", 1)
    watched.site.show(broken)
    outcome = watched.check()
    assert (outcome.outcome, len(named(outcome, "region-not-read"))) == ("published", 1)
    assert regions(watched.tree.latest()) == {"Europe"}
    watched.site.show(PAGE)
    assert watched.check().version == 2
    assert regions(watched.tree.latest()) == {"North America", "Europe"}


def test_a_region_that_is_not_read_while_a_chosen_one_is_missing_stops_the_page(watched):
    watched.config = choosing("Europe")
    watched.check()
    broken = PAGE.replace(VIRGINIA, "<li>34.203.184.16 oder 34.203.184.99</li>", 1)
    watched.site.show(broken.replace("Region: Europe", "Region: Oceania"))
    outcome = watched.check()
    assert outcome.outcome == "failed"
    assert "oder" in outcome.error.message


def test_what_the_guard_finds_outside_holds_nothing(watched, hook):
    watched.config = choosing("Europe")
    watched.check()
    watched.site.show(PAGE.replace(VIRGINIA, f"{VIRGINIA}<li>10.1.2.3</li>", 1))
    outcome = watched.check()
    assert outcome.outcome == "published"
    assert [(each.name, each.verdict) for each in outcome.findings] == [
        ("private-address", "publish")
    ]
    inside = PAGE.replace(FRANKFURT, f"{FRANKFURT}<li>10.1.2.3</li>")
    watched.site.show(inside.replace(VIRGINIA, f"{VIRGINIA}<li>10.1.2.3</li>", 1))
    held = watched.check()
    assert held.outcome == "held"  # seen before, but only where nothing is held
    assert "private-address" in {e.name for e in held.findings if e.verdict == "hold"}
    with Fetcher() as fetcher:
        context = context_of(watched.tree, watched.config, fetcher=fetcher)
        assert approve(context, held.digest).version == 3
    assert b"10.1.2.3" in watched.tree.read("rules/europe/ips.txt")


def test_widening_names_what_was_not_held_before(watched):
    watched.config = choosing("Europe")
    watched.site.show(PAGE.replace(VIRGINIA, f"{VIRGINIA}<li>10.1.2.3</li>", 1))
    watched.check()
    watched.config = choosing()
    [said] = named(watched.check(), "scope-changed")
    assert said.endswith("it was not held, but look at it: private-address in North America")


# A store of an older program, which held chosen regions only


@pytest.fixture
def narrowed(watched):
    """A store of the first release that chose Europe, before its first check by this one."""
    watched.config = choosing("Europe")
    watched.check()
    as_narrowed(watched.tree, "Europe")
    return watched


def causes(tree: Tree) -> list[object]:
    return [tree.snapshot(number).cause for number in tree.versions()]


def test_a_narrowed_store_comes_to_say_all_without_hold_or_alert(narrowed, hook):
    rules = files_of_rules(narrowed.tree)
    before = len(hook.bodies())
    outcome = narrowed.check()
    assert (outcome.outcome, outcome.version, outcome.cause) == ("published", 2, "scope")
    [said] = named(outcome, "scope-changed")
    assert "new in them: North America" in said
    assert "rule files, alerts and page show Europe" in said
    assert causes(narrowed.tree) == [UNSET, "scope"]
    assert regions(narrowed.tree.latest()) == {"North America", "Europe"}
    assert folders(narrowed.tree) == {"europe", "all"}
    assert [n for n in files_of_rules(narrowed.tree) if n in rules] == rules
    assert subjects(hook)[before:] == ["the regions that are shown have changed"]
    assert narrowed.check(3).outcome == "unchanged"
    assert len(hook.bodies()) == before + 1
    assert narrowed.tree.versions() == [1, 2]
    assert list(verify_tree(narrowed.tree)) == []


def test_a_page_that_was_held_with_chosen_regions_only_is_held_with_all(narrowed, hook):
    tree, gone = narrowed.tree, PAGE.replace("<li>3.74.63.86</li>", "<li>10.1.2.3</li>", 1)
    last = tree.latest()
    narrow = msgspec.structs.replace(last, version=2, previous=1, entries=last.entries[1:])
    narrow = msgspec.structs.replace(narrow, digest=digest(narrow.entries))
    tree.remember(f"held/{narrow.digest}", Held(narrow, narrow.captured_at))
    narrowed.site.show(gone)
    outcome = narrowed.check()
    assert (outcome.outcome, outcome.version) == ("held", 2)
    assert named(outcome, "scope-changed")
    [held] = list_held(tree)
    assert held.candidate.digest == outcome.digest != narrow.digest
    assert regions(held.candidate) == {"North America", "Europe"}
    assert approve(context_of(tree, narrowed.config), held.candidate.digest).version == 3
    assert regions(tree.latest()) == {"North America", "Europe"}
    assert causes(tree) == [UNSET, "scope", "page"]


def test_page_feed_history_and_blame_name_the_scope(narrowed, fwtracker):
    narrowed.check()
    words = "due to a wider scope (it says all regions of the page now)"
    assert words in narrowed.tree.read("index.html").decode()
    assert words in narrowed.tree.read("feed.atom").decode()
    place = ("--snapshots", narrowed.place)
    assert words in " ".join(fwtracker("history", *place).out.split())
    assert words in fwtracker("show", "2", *place).out
    assert "wider scope" in fwtracker("diff", "1", "2", *place).out


def test_a_page_that_changed_at_the_same_time_is_a_step_of_its_own(narrowed, hook):
    before = len(hook.bodies())
    narrowed.site.show(IN_EUROPE.replace(VIRGINIA, f"{VIRGINIA}<li>34.203.184.99</li>", 1))
    outcome = narrowed.check()
    assert (outcome.outcome, outcome.version, outcome.cause) == ("published", 3, "page")
    assert outcome.notes[-1] == (
        "version 2 is due to a wider scope (it says all regions of the page now), not to the"
        " page"
    )
    assert causes(narrowed.tree) == [UNSET, "scope", "page"]
    assert "34.203.184.99" not in json.dumps(hook.bodies())
    changed = load_change_set(narrowed.tree, 3)
    added = {each.target for each in changed.endpoints_added}
    assert added == {"3.124.175.99", "34.203.184.99"}
    assert named(outcome, "scope-changed")
    alert, notice = subjects(hook)[before:]
    assert alert.startswith("allow 3.124.175.99 tcp/22543")
    assert notice == "the regions that are shown have changed"


def test_where_its_pages_are_gone_the_other_regions_are_those_of_now(site, watched, hook):
    watched.config = choosing("Europe")
    watched.check()
    as_narrowed(watched.tree, "Europe", with_pages=False)
    site.show(IN_EUROPE)
    watched.check()
    assert causes(watched.tree) == [UNSET, "scope", "reader"]
    second, third = (watched.tree.snapshot(number) for number in (2, 3))
    assert "cause-unclear" in {each.name for each in third.findings}
    assert regions(second) == {"North America", "Europe"}
    assert {each.target for each in load_change_set(watched.tree, 3).endpoints_added} == {
        "3.124.175.99"
    }


def test_a_definition_that_hashed_the_regions_is_not_taken_for_an_edited_one(watched):
    watched.config = choosing("Europe")
    watched.check()
    definition = watched.config.source("action1").definition
    older = definition._hash_reading(("Europe",))
    assert older != definition.digest
    as_narrowed(watched.tree, "Europe", definition=older)
    watched.site.show(IN_EUROPE)
    watched.check()
    assert causes(watched.tree) == ["page", "scope", "page"]


def test_a_store_that_chose_nothing_is_not_taken_for_a_narrowed_one(watched):
    watched.check()
    as_narrowed(watched.tree, "North America", "Europe")
    watched.site.show(IN_EUROPE)
    watched.check()
    assert causes(watched.tree) == [UNSET, "page"]


@pytest.mark.parametrize("stop_at", ["notices/000001", "versions/000002", "manifest.json"])
def test_a_kill_in_the_step_to_all_regions_says_it_once(narrowed, hook, stop_at):
    narrowed.wrap = lambda blobs: Deadly(blobs, stop_at)
    with pytest.raises(Killed):
        narrowed.check()
    narrowed.wrap = identity
    narrowed.check(2)
    assert causes(narrowed.tree) == [UNSET, "scope"]
    assert len(notices(narrowed.tree, "scope")) == 1
    assert subjects(hook)[1:] == ["the regions that are shown have changed"]


def test_replay_reads_a_narrowed_version_as_it_was(narrowed):
    narrowed.check()
    tree, source = narrowed.tree, narrowed.config.source("action1")
    found = replay_versions(tree, source, [tree.snapshot(number) for number in (1, 2)])
    assert [each.same for each in found] == [True, True]


def test_a_dry_run_says_that_the_scope_comes_first(narrowed):
    outcome = dry_run(narrowed)
    assert (outcome.outcome, outcome.version, outcome.cause) == ("published", 2, "scope")
    assert narrowed.tree.versions() == [1]


def test_a_rebuilt_store_is_the_same_after_the_step(narrowed):
    narrowed.check()
    files = published(narrowed.tree)
    rebuild(narrowed.tree, narrowed.config, narrowed.now)
    assert published(narrowed.tree) == files


def test_the_digest_of_a_definition_is_not_of_the_regions():
    assert Definition(regions=("Europe",)).digest == Definition().digest
    assert Definition(regions=("Europe",)).has_digest(
        Definition()._hash_reading(("Asia",)), [("Asia",)]
    )
    assert not Definition(url="https://a.example").has_digest(Definition().digest)
