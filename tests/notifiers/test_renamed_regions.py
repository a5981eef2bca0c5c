"""A region with another name is said as that, and not as endpoints to allow and to close."""

from __future__ import annotations

from msgspec.structs import replace

from notifiers import pagerduty
from notifiers.shared import bodies
from notifiers.shared.message import MessageText
from notifiers.shared.message_text import compose_text
from tests.support import announcements as made
from tests.support import noticed
from tests.support.readings import entry
from tracker.change_set import hide_renames
from tracker.diff.diff import diff
from tracker.model import SCHEMA, Entry, Finding, Snapshot, digest
from tracker.notifications import Announcement

RELAYS = tuple(f"3.74.{number}.77" for number in range(10, 20))
EUROPE = [
    entry(addresses=RELAYS),
    entry(resource="Updates", addresses=("20.1.1.1",), purpose="Updates."),
]


def renamed(name: str = "Eurasia", *more: Entry) -> list[Entry]:
    return [*(replace(each, region=name) for each in EUROPE), *more]


def snapshot(version: int, entries: list[Entry]) -> Snapshot:
    return Snapshot(
        schema=SCHEMA,
        source="action1",
        version=version,
        captured_at=f"2024-11-0{version}T06:17:09Z",
        previous=version - 1 or None,
        digest=digest(entries),
        pages=(),
        entries=tuple(entries),
    )


def announced(old: list[Entry], new: list[Entry]) -> Announcement:
    changes = diff(snapshot(1, old), snapshot(2, new))
    regions = tuple(dict.fromkeys(each.region for each in changes.changes))
    return replace(made.announce(), change_set=changes, regions=regions)


def headings(text: MessageText) -> list[str]:
    return [section.heading for section in text.sections]


def test_a_mere_rename_is_one_sentence() -> None:
    text = compose_text(announced(EUROPE, renamed()))
    assert text.subject == 'INFO Action1: region "Europe" is now called "Eurasia"'
    assert text.lead == "Action1 version 2: 1 region renamed. No rule changes."
    [section] = text.sections
    assert section.heading == "Renamed regions"
    [line] = section.lines
    assert (line.text, line.values) == ('region "Europe" is now called "Eurasia"', ())
    assert line.note == (
        "11 of 11 endpoints are the same; change filters and paths of rule files that have"
        " the old name"
    )
    assert not any(relay in bodies.render_text(text) for relay in RELAYS)


def test_what_changes_beside_it_is_said_as_ever() -> None:
    old = [*EUROPE, entry(resource="Gone", addresses=("20.3.3.3",), purpose="Gone.")]
    new = renamed("Eurasia", entry(region="Eurasia", resource="New", addresses=("20.2.2.2",)))
    text = compose_text(announced(old, new))
    assert text.subject == (
        "BREAKING Action1 Eurasia: allow 20.2.2.2 tcp/443, 1 no longer listed, region"
        ' "Europe" is now called "Eurasia"'
    )
    assert text.lead.startswith(
        "Action1 version 2: 1 endpoint to allow, 1 no longer listed, 1 region renamed. "
    )
    assert headings(text) == [
        "Allow these: 1 endpoint",
        "No longer listed: 1 endpoint",
        "Renamed regions",
    ]


def test_a_row_that_changed_in_it_is_listed_without_the_name_of_its_region() -> None:
    new = renamed()
    new[1] = replace(new[1], components=("Agents", "Deployer"))
    new[0] = replace(new[0], purpose="Other words.")
    text = compose_text(announced(EUROPE, new))
    rows = {row.heading: row.lines for row in text.sections}
    [changed], [words] = rows["Changed"], rows["Only renamed or reworded"]
    assert changed.note == "components + Deployer"
    assert words.note.startswith('purpose: "Connection." -> "Other words."')


def test_two_renames_are_counted_and_listed() -> None:
    asia = entry(region="Asia", addresses=("18.1.1.1", "18.2.2.2"))
    new = renamed("EMEA", replace(asia, region="APAC"))
    text = compose_text(announced([*EUROPE, asia], new))
    assert text.subject == "INFO Action1: 2 regions were renamed"
    assert [line.text for line in text.sections[0].lines] == [
        'region "Europe" is now called "EMEA"',
        'region "Asia" is now called "APAC"',
    ]


def test_a_mere_rename_is_no_incident() -> None:
    assert "severity" not in pagerduty.build_event(announced(EUROPE, renamed()))["payload"]


def test_a_held_page_that_renames_a_region_says_so() -> None:
    changes = diff(snapshot(1, EUROPE), snapshot(2, renamed()))
    text = compose_text(replace(noticed.EVERY["held"], change_set=changes))
    assert "Renamed regions on it" in headings(text)
    assert 'for review. Region "Europe" is now called "Eurasia", it seems.' in text.lead
    assert not any(heading.startswith(("New ", "Gone ")) for heading in headings(text))


def test_the_notice_of_a_filter_says_that_both_names_count() -> None:
    message = '[[channels]] "eu" regions: "Europe" is now called "Eurasia"; change it by ...'
    finding = Finding("filter-by-old-name", "publish", message)
    text = compose_text(replace(noticed.EVERY["filter"], channel="eu", findings=(finding,)))
    assert "the filter of channel eu has the old name of a region" in text.subject
    assert text.lead.endswith("now both names count: the channel gets its alerts as before.")


def test_what_is_hidden_of_a_change_set_is_hidden_in_its_counts() -> None:
    found = announced(
        EUROPE,
        renamed("Eurasia", entry(region="Eurasia", resource="New", addresses=("20.2.2.2",))),
    ).change_set
    shown = hide_renames(found)
    assert (found.summary.relabelled, found.summary.endpoints_added) == (2, 12)
    assert shown.summary == replace(
        found.summary, relabelled=0, endpoints_added=1, endpoints_removed=0
    )
    assert [change.kind for change in shown.changes] == ["added"]
    assert hide_renames(shown) == shown
