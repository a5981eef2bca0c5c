"""Whose change a version is: the page's, an edited definition's, or a newer reader's."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from tests.support.servers import HookServer
from tests.support.site import MAIN, SAMPLES, Site
from tests.support.watched import START, Watched, configured, subjects
from tracker import pipeline
from tracker.check.context import CheckContext, CheckOutcome
from tracker.check.review import approve, reject
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.guard.limits import FINDING_NAMES
from tracker.history.integrity import verify_tree
from tracker.model import Snapshot, digest
from tracker.publish.index import load_change_set, load_index_entries
from tracker.publish.publish import rebuild
from tracker.scheduler.jobs import quick_check
from tracker.store.blobs import Blobs
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree, version_name

PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
FRANKFURT = "<li>3.124.175.10</li>"
NEW = f"{FRANKFURT}<li>3.124.175.99</li>"
TO_ALLOW = "allow 3.124.175.99 tcp/22543, 5 LAN only"
# An edited definition, which leaves out the region North America.
EDIT = """
[guard]
publish = ["region-gone", "value-taken-away-new"]

[sources.action1]
exclude = ".pb-section_120"
"""
EUROPE = tomllib.loads(EDIT)


@pytest.fixture
def hook():
    with HookServer() as running:
        yield running


@pytest.fixture
def watch(site, hook, tmp_path, monkeypatch):
    """Return a source that was checked once, with all its regions, and a channel that hears."""
    monkeypatch.setenv("URL_OPS", hook.url)
    site.show(PAGE)
    watched = Watched(site, with_channel(), str(tmp_path / "snapshots"))
    assert watched.check().outcome == "published"
    return watched


def with_channel(**tables):
    return configured({"name": "ops"}, **tables)


def versions(tree: Tree) -> list[Snapshot]:
    return [tree.snapshot(number) for number in tree.versions()]


def causes(tree: Tree) -> list[object]:
    return [snapshot.cause for snapshot in versions(tree)]


def targets(snapshot: Snapshot) -> set[str]:
    return {target for entry in snapshot.entries for target in entry.targets}


def named(outcome: CheckOutcome | Snapshot) -> list[str]:
    return [finding.name for finding in outcome.findings]


def as_older_program_wrote(tree: Tree, *missing: str) -> None:
    """Make of the last version one of a program that read less, and named no cause."""
    last = tree.latest()
    entries = tuple(
        msgspec.structs.replace(
            entry, addresses=tuple(each for each in entry.addresses if each not in missing)
        )
        for entry in last.entries
    )
    old = msgspec.structs.replace(
        last,
        entries=entries,
        digest=digest(entries),
        cause=UNSET,
        definition=UNSET,
        reader=UNSET,
    )
    tree.blobs.replace({f"action1/{version_name(last.version)}": encode_pretty(old)})
    tree.forget("validators")  # its reader had another revision
    tree.forget("seen")  # it did not note which version was there
    for name in ("index.json", "manifest.json"):
        tree.blobs.delete(f"action1/{name}")


def test_a_version_names_its_cause_and_what_it_was_read_with(watch):
    (first,) = versions(watch.tree)
    source = watch.config.source("action1")
    assert (first.cause, first.definition) == ("page", source.definition.digest)
    assert isinstance(first.reader, int)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    watch.check()
    assert causes(watch.tree) == ["page", "page"]
    assert load_change_set(watch.tree, 2).cause == "page"
    assert [entry.cause for entry in load_index_entries(watch.tree)] == ["page", "page"]


def test_fewer_regions_on_the_same_page_are_the_operators_change(watch, hook):
    watch.config = with_channel(**EUROPE)
    outcome = watch.check()
    assert (outcome.outcome, outcome.cause) == ("published", "definition")
    first, second = versions(watch.tree)
    assert second.cause == "definition"
    assert [page.sha256 for page in second.pages] == [page.sha256 for page in first.pages]
    changes = load_change_set(watch.tree, 2)
    assert (changes.cause, changes.endpoints_added) == ("definition", ())
    assert {end.region for end in changes.endpoints_removed} == {"North America"}
    assert watch.tree.read("deltas/000002/north-america/manifest.json") is None
    assert [name for name in watch.tree.walk() if name.startswith("deltas/000002/")]
    told = subjects(hook)[-1]
    assert told.endswith("(by an edited definition)")
    assert watch.check().outcome == "unchanged"
    assert watch.site.statuses()[-1] == 304
    assert len(hook.bodies()) == 2


def test_what_is_told_of_an_edited_definition_blames_nobody_else(watch, hook):
    watch.config = with_channel(**EUROPE)
    watch.check()
    text = json.dumps(hook.bodies()[-1]).replace("is not on the page any more", "")
    assert "because its definition was edited; the vendor changed nothing" in text
    assert "on the page" not in text  # but in the finding that the guard would have held it for


def test_what_the_page_lists_still_is_not_said_to_have_left_it(watch):
    watch.config = with_channel(**EUROPE)
    watch.check()
    page = watch.tree.read("index.html").decode()
    rules = watch.tree.read("rules/north-america/endpoints.csv").decode()
    assert "54.210.188.13" in rules
    assert "no longer read; stays in rule files until" in page
    assert "no longer on the page" not in page
    commented = watch.tree.read("rules/north-america/nftables.nft").decode()
    assert "no longer read - goes on" in commented
    assert "off the page" not in commented


def test_page_and_definition_that_changed_at_once_are_two_versions(watch, hook):
    watch.config = with_channel(**EUROPE)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    outcome = watch.check()
    assert causes(watch.tree) == ["page", "definition", "page"]
    assert outcome.version == 3
    assert outcome.notes == ("version 2 is due to an edited definition, not to the page",)
    first, second, third = versions(watch.tree)
    assert targets(third) - targets(second) == {"3.124.175.99"}
    assert not targets(second) - targets(first)
    assert second.pages == first.pages
    assert load_change_set(watch.tree, 2).endpoints_added == ()
    assert load_change_set(watch.tree, 3).endpoints_removed == ()
    about_two, about_three = subjects(hook)[1:]
    assert about_two.endswith("(by an edited definition)")
    assert about_three.startswith(TO_ALLOW)
    assert watch.check().outcome == "unchanged"
    assert list(verify_tree(watch.tree)) == []


def test_a_change_that_the_definition_leaves_out_is_no_version(watch):
    watch.config = with_channel(**EUROPE)
    watch.site.show(PAGE.replace("<li>54.210.188.13</li>", "<li>54.210.188.14</li>"))
    assert watch.check().version == 2
    assert causes(watch.tree) == ["page", "definition"]
    assert watch.check().outcome == "unchanged"


def test_an_edit_without_effect_is_no_version_and_the_next_change_is_the_pages(watch, hook):
    every = {"sources": {"action1": {"regions": ["Europe", *regions_of_all(watch)]}}}
    watch.config = with_channel(**every)
    assert watch.check().outcome == "unchanged"
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    assert watch.check().version == 2
    assert causes(watch.tree) == ["page", "page"]
    assert subjects(hook)[-1].startswith(TO_ALLOW)


def regions_of_all(watch: Watched) -> list[str]:
    return sorted({entry.region for entry in watch.tree.latest().entries if entry.region})


def test_an_edit_that_is_taken_back_is_no_rollback_of_the_page(watch):
    watch.config = with_channel(**EUROPE)
    watch.check()
    watch.config = with_channel()
    assert watch.check().outcome == "published"
    assert causes(watch.tree) == ["page", "definition", "definition"]
    assert "rollback" not in named(watch.tree.latest())


def test_stored_pages_that_are_gone_leave_the_two_together_and_say_so(watch, hook):
    (page,) = watch.tree.latest().pages
    watch.tree.blobs.delete(f"action1/pages/{page.sha256}.gz")
    watch.config = with_channel(**EUROPE)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    watch.check()
    assert causes(watch.tree) == ["page", "definition"]
    (finding,) = (each for each in watch.tree.latest().findings if each.name == "cause-unclear")
    assert "the page has changed as well since version 1" in finding.message
    assert "not among the stored pages" in finding.message
    assert subjects(hook)[-1].endswith("(the page changed, and its definition was edited)")
    text = json.dumps(hook.bodies()[-1])
    assert "The page has changed, and its definition was edited: the two cannot be" in text
    assert "the vendor changed nothing" not in text


def test_what_the_definition_names_and_the_page_has_only_now_cannot_be_told_apart(watch):
    part = '<p class="new">As of today.</p>'
    watch.site.show(PAGE.replace("</h2>", f"</h2>{part}", 1).replace(FRANKFURT, NEW))
    watch.config = with_channel(sources={"action1": {"exclude": ".new"}})
    watch.check()
    assert causes(watch.tree) == ["page", "definition"]
    assert "cause-unclear" in named(watch.tree.latest())


def test_a_newer_reader_is_told_once(watch, hook):
    as_older_program_wrote(watch.tree, "3.124.175.10")
    outcome = watch.check()
    assert (outcome.version, outcome.cause) == (2, "reader")
    assert targets(watch.tree.snapshot(2)) - targets(watch.tree.snapshot(1)) == {"3.124.175.10"}
    assert subjects(hook)[-1].endswith(", 5 LAN only (by a newer reader)")
    assert watch.check().outcome == "unchanged"
    assert causes(watch.tree) == [UNSET, "reader"]


def test_a_newer_reader_and_a_new_address_are_two_versions(watch):
    as_older_program_wrote(watch.tree, "3.124.175.10")
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    watch.check()
    assert causes(watch.tree) == [UNSET, "reader", "page"]
    second, third = watch.tree.snapshot(2), watch.tree.snapshot(3)
    assert targets(third) - targets(second) == {"3.124.175.99"}


def test_a_newer_reader_that_reads_the_same_is_no_version(watch):
    as_older_program_wrote(watch.tree)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    assert watch.check().version == 2
    assert causes(watch.tree) == [UNSET, "page"]


def test_another_page_of_the_command_line_is_no_edited_definition(watch):
    path = f"{MAIN}other/"
    watch.site.show(PAGE.replace(FRANKFURT, NEW), path)
    moved = checked(watch, url=watch.site.root + path)
    assert moved.version == 2
    assert causes(watch.tree) == ["page", "page"]


def test_an_address_that_the_definition_adds_is_its_change(watch):
    path = "/more/"
    watch.site.show(PAGE.replace("Region: Europe", "Region: Oceania"), path)
    watch.config = with_channel(sources={"action1": {"url": watch.site.url}})
    assert checked(watch, url=None).outcome == "unchanged"
    urls = [watch.site.url, watch.site.root + path]
    watch.config = with_channel(
        sources={"action1": {"url": urls}}, guard={"publish": list(FINDING_NAMES)}
    )
    assert checked(watch, url=None).version == 2
    assert causes(watch.tree) == ["page", "definition"]
    assert "cause-unclear" in named(watch.tree.latest())


def checked(watch: Watched, url: str | None, run=pipeline.run_check) -> CheckOutcome:
    """A check of that page, or of the definition's own."""
    with Fetcher(limits=Limits(attempts=1), now=lambda: watch.now) as fetcher:
        source = watch.config.source("action1")
        made = CheckContext(
            source, watch.tree, watch.config, fetcher, url, now=lambda: watch.now
        )
        return run(made)


RESOLVERS = (
    "<h2>Resolvers</h2><table><tr><th>Resolver</th><th>Address</th></tr>"
    "<tr><td>First</td><td>198.41.0.4</td></tr></table></body>"
)


def grown(page: str) -> str:
    """The page with a table that is not about firewalls."""
    assert "</body>" in page
    return page.replace("</body>", RESOLVERS)


def test_a_rule_that_settles_a_new_table_leaves_the_rest_to_the_page(watch, hook):
    """The way out of a page that was stopped: what else is new on it is the vendor's."""
    watch.site.show(grown(PAGE.replace(FRANKFURT, NEW)))
    assert watch.check().outcome in {"failed", "held"}
    ignored = {"header": ["Resolver"], "action": "ignore"}
    watch.config = with_channel(sources={"action1": {"tables": [ignored]}})
    outcome = watch.check()
    assert (outcome.outcome, outcome.version) == ("published", 2), outcome
    assert causes(watch.tree) == ["page", "page"]
    told, over = subjects(hook)[-2:]
    assert told.startswith(TO_ALLOW)
    assert over == "no page is held any more"
    assert "table-ignored" in named(watch.tree.latest())
    assert "table-ignored" in json.dumps(hook.bodies()[-2])


def test_a_selector_that_the_old_page_does_not_have_leaves_both_together(watch):
    promoted = PAGE.replace("</body>", '<div class="promo"><p>198.41.0.4</p></div></body>')
    watch.site.show(promoted.replace(FRANKFURT, NEW))
    watch.config = with_channel(sources={"action1": {"exclude": [".promo"]}})
    outcome = watch.check()
    assert (outcome.outcome, outcome.version) == ("published", 2), outcome
    assert causes(watch.tree) == ["page", "definition"]
    assert "cause-unclear" in named(watch.tree.latest())


# What is held.

NOTHING_NEW = {"guard": {"max_added": 0}}


@pytest.fixture
def held(watch):
    """Return the same with what a newer reader adds held for review."""
    as_older_program_wrote(watch.tree, "3.124.175.10")
    watch.config = with_channel(**NOTHING_NEW)
    outcome = watch.check()
    assert (outcome.outcome, outcome.cause) == ("held", "reader")
    assert named(outcome) == ["mass-addition"]
    return watch


def decide(watch: Watched, decision) -> None:
    (name,) = watch.tree.states("held")
    source = watch.config.source("action1")
    decision(CheckContext(source, watch.tree, watch.config, now=lambda: watch.now), name)


def test_what_is_held_is_told_once_with_its_cause(held, hook):
    before = len(hook.bodies())
    assert held.check(times=3).outcome == "held"
    assert len(hook.bodies()) == before
    assert subjects(hook)[-1] == "much is new"
    text = json.dumps(hook.bodies()[-1])
    assert "because the reader of fwtracker is newer" in text
    assert "New in the held reading" in text
    assert len(held.tree.states("held")) == 1


def test_what_is_approved_keeps_its_cause_and_the_page_follows(held):
    held.site.show(PAGE.replace("<li>54.210.188.13</li>", ""))
    outcome = held.check()
    assert named(outcome) == ["mass-addition", "page-waits"]
    decide(held, approve)
    assert causes(held.tree) == [UNSET, "reader"]
    assert held.check().version == 3
    assert causes(held.tree) == [UNSET, "reader", "page"]
    third, second = held.tree.snapshot(3), held.tree.snapshot(2)
    assert targets(second) - targets(third) == {"54.210.188.13"}
    assert held.check().outcome == "unchanged"


def test_what_is_rejected_is_not_asked_again_and_hides_no_change(held):
    decide(held, reject)
    assert held.check().outcome == "unchanged"
    held.site.show(PAGE.replace("<li>54.210.188.13</li>", ""))
    outcome = held.check()
    assert (outcome.outcome, outcome.cause) == ("held", "reader")
    assert "cause-unclear" in named(outcome)


def test_what_is_approved_late_is_not_said_to_be_the_pages_alone(watch):
    """A page is held, its definition is edited meanwhile, and the old reading is approved."""
    watch.site.show(PAGE.replace("54.210.188.13", "10.210.188.13"))
    assert watch.check().outcome == "held"
    watch.config = with_channel(**EUROPE)
    assert watch.check().version == 2
    decide(watch, approve)
    assert causes(watch.tree) == ["page", "definition", "definition"]
    assert load_change_set(watch.tree, 3).cause == "definition"


# What does not write, and what is killed.


def test_a_dry_run_says_what_would_come_of_it(watch):
    watch.config = with_channel(**EUROPE)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    before = sorted(watch.tree.walk())
    outcome = checked(watch, watch.site.url, pipeline.dry_run)
    assert (outcome.outcome, outcome.version) == ("published", 3)
    assert outcome.summary.endpoints_added == 6
    assert outcome.notes == ("version 2 is due to an edited definition, not to the page",)
    assert sorted(watch.tree.walk()) == before


def test_a_quick_check_leaves_an_edited_definition_to_a_whole_one(watch):
    assert checked(watch, watch.site.url, quick_check).outcome == "unchanged"
    watch.config = with_channel(**EUROPE)
    assert checked(watch, watch.site.url, quick_check) is None


class Killed(BaseException):
    """Not caught by any handler, like a kill."""


class Deadly:
    """A store that dies before it creates or replaces a file of that name."""

    def __init__(self, inner: Blobs, name: str) -> None:
        self.inner, self.name = inner, name

    def create(self, name: str, data: bytes) -> None:
        self._die(name)
        self.inner.create(name, data)

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        for name in files:
            self._die(name)
        self.inner.replace(files, lasting=lasting)

    def _die(self, name: str) -> None:
        if self.name in name:
            raise Killed(name)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.mark.parametrize(
    "name",
    ["versions/000002", "changes/000002", "versions/000003", "manifest.json", "validators"],
)
def test_a_kill_anywhere_leaves_the_causes_right(watch, hook, name):
    watch.config = with_channel(**EUROPE)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    watch.wrap = lambda blobs: Deadly(blobs, name)
    with pytest.raises(Killed):
        watch.check()
    watch.wrap = lambda blobs: blobs
    watch.check()
    assert causes(watch.tree) == ["page", "definition", "page"]
    _, second, third = versions(watch.tree)
    assert targets(third) - targets(second) == {"3.124.175.99"}
    assert [subject[:8] for subject in subjects(hook)[1:]] == ["no longe", "allow 3."]


# Where it is told.


def test_what_an_edit_brought_to_light_is_not_dated_as_new_on_the_page(watch, hook):
    watch.config = with_channel(**EUROPE)
    watch.check()
    watch.config = with_channel()
    watch.check()
    assert "read since 2026-01-10" in json.dumps(hook.bodies()[-1])
    watch.site.show(PAGE.replace("<li>54.210.188.13</li>", ""))
    watch.check()
    assert causes(watch.tree)[-1] == "page"
    text = json.dumps(hook.bodies()[-1])
    assert "North America, on the page until 2026-01-10" in text
    assert "on the page from" not in text


def test_an_outage_is_told_in_groups_of_one_cause(watch, hook):
    pages = [
        PAGE.replace(FRANKFURT, f"{FRANKFURT}<li>3.124.175.{at}</li>") for at in range(90, 96)
    ]
    for page in pages[:3]:
        watch.site.show(page)
        watch.check(notify=False)
    watch.config = with_channel(**EUROPE)
    watch.check(notify=False)
    for page in pages[3:]:
        watch.site.show(page)
        watch.check(notify=False)
    assert causes(watch.tree) == ["page"] * 4 + ["definition"] + ["page"] * 3
    before = len(hook.bodies())
    watch.check()
    told = subjects(hook)[before:]
    assert [subject[:8] for subject in told] == ["allow 3.", "no longe", "allow 3."]


def test_the_command_line_the_page_and_the_feed_say_it(site, fwtracker, tmp_path):
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    config = tmp_path / "c.toml"
    config.write_text(EDIT)
    ran = fwtracker("run", "--config", config, "--url", site.url)
    due = "due to an edited definition"
    assert due in ran.out
    assert due in fwtracker("show", "2").out.splitlines()[0]
    assert due in fwtracker("diff").out.splitlines()[0]
    assert due in fwtracker("diff", "--format", "md").out
    assert due in fwtracker("diff", "--format", "html").out
    assert due in " ".join(fwtracker("history").out.split())
    assert [each["cause"] for each in fwtracker("history", "--json").json] == [
        "definition",
        "page",
    ]
    tree = Path("snapshots/action1")
    assert due in (tree / "index.html").read_text()
    assert due in (tree / "feed.atom").read_text()
    site.show(PAGE.replace(FRANKFURT, NEW))
    fwtracker("run", "--config", config, "--url", site.url)
    assert "version 2 is due to an edited definition" in fwtracker("diff", "1", "3").out
    assert due not in fwtracker("diff", "2", "3").out


def test_findings_of_a_version_are_shown_by_show_the_page_and_the_alert(watch, hook, fwtracker):
    watch.config = with_channel(guard={"publish": ["private-address"]})
    watch.site.show(PAGE.replace(FRANKFURT, f"{FRANKFURT}<li>10.1.2.3</li>"))
    watch.check()
    (finding,) = watch.tree.latest().findings
    assert finding.name == "private-address"
    shown = fwtracker("show", "--snapshots", watch.place).out
    assert "publish private-address: " in shown
    page = watch.tree.read("index.html").decode()
    assert "Findings of this version" in page
    assert "private-address" in page
    assert "private-address:" in json.dumps(hook.bodies()[-1])


def test_a_store_of_an_older_program_is_rebuilt_byte_for_byte(watch):
    as_older_program_wrote(watch.tree)
    watch.site.show(PAGE.replace(FRANKFURT, NEW))
    watch.check()
    as_older_program_wrote(watch.tree)
    rebuild(watch.tree, watch.config, START)
    files = {name: watch.tree.read(name) for name in watch.tree.walk()}
    mine = [n for n in files if n.endswith(".json") and not n.startswith("schema/")]
    assert not [name for name in mine if b'"cause"' in files[name]]
    assert b'"reader"' not in files["latest.json"]
    assert list(verify_tree(watch.tree)) == []


# Whatever changes, and in which order.

REGIONS = ("Europe", "Oceania")
ROW = "<tr><td>Relays: {}</td><td>Outbound</td><td>TCP 443</td><td>Relays</td></tr>"
HEADER = (
    "<tr><th>Resource</th><th>Direction</th><th>Port and protocol</th><th>Purpose</th></tr>"
)

Said = dict[str, frozenset[int]]


def page_of(said: Said) -> str:
    tables = (
        f'<div id="{region[0]}"><h2>Region: {region}</h2><table>{HEADER}'
        + ROW.format(", ".join(address(region, at) for at in sorted(numbers)))
        + "</table></div>"
        for region, numbers in said.items()
    )
    return f"<!doctype html><html><body><h1>Firewall</h1>{''.join(tables)}</body></html>"


def address(region: str, number: int) -> str:
    return f"198.41.{REGIONS.index(region)}.{number}"


def wanted(said: Said, regions: frozenset[str]) -> set[str]:
    return {
        address(region, at)
        for region, found in said.items()
        for at in found
        if region in regions
    }


numbers = st.frozensets(st.integers(1, 9), min_size=1, max_size=4)
steps = st.tuples(
    st.none() | st.fixed_dictionaries(dict.fromkeys(REGIONS, numbers)),
    st.none() | st.frozensets(st.sampled_from(REGIONS), min_size=1),
)


@settings(max_examples=12)
@given(
    first=st.fixed_dictionaries(dict.fromkeys(REGIONS, numbers)),
    then=st.lists(steps, min_size=1, max_size=5),
)
@example(
    first={"Europe": {1}, "Oceania": {1}},
    then=[
        ({"Europe": {7}, "Oceania": {1, 2, 3}}, {"Europe"}),
        ({"Europe": {7}, "Oceania": {1}}, None),
        (None, {"Oceania"}),
    ],
)
def test_a_change_of_the_page_is_never_mixed_with_an_edit(tmp_path_factory, first, then):
    place = tmp_path_factory.mktemp("any")
    said, regions = first, frozenset(REGIONS)
    stored = first  # by the page of the last version; a change of what is not read makes none
    publish = {"guard": {"publish": list(FINDING_NAMES)}}
    with Site() as site:
        watch = Watched(site, configured(**publish), str(place))
        site.show(page_of(said))
        watch.check()
        for new_page, new_regions in then:
            said, regions = new_page or said, new_regions or regions
            site.show(page_of(said))
            known = watch.tree.versions()
            left = [f"#{region[0]}" for region in REGIONS if region not in regions]
            watch.config = configured(**publish, sources={"action1": {"exclude": left}})
            watch.check()
            last = targets(watch.tree.snapshot(known[-1]))
            for number in watch.tree.versions()[len(known) :]:
                version = watch.tree.snapshot(number)
                if version.cause == "page":
                    assert last == wanted(stored, regions)
                    assert targets(version) == wanted(said, regions)
                    stored = said
                else:
                    assert version.cause == "definition"
                    assert targets(version) == wanted(stored, regions)
                last = targets(version)
            assert last == wanted(said, regions)
            assert watch.check().outcome == "unchanged"
