"""The room that a channel has goes to the work first, and what is cut is counted by region."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from notifiers import apprise, slack, teams
from notifiers.shared.bodies import render_text
from notifiers.shared.message_text import compose_text
from tests.notifiers.test_slack import texts
from tests.notifiers.test_teams import shown
from tests.support import announcements as made
from tests.support import noticed
from tracker.change_set import Change
from tracker.model import flatten
from tracker.notifications import Announcement

REGIONS = ("Asia", "Australia", "Canada", "Europe", "North America")
REST = re.compile(r"\.\.\. and ([\d,]+) more endpoints: (.*)")


def work(number: int = 500) -> Announcement:
    """A version with so many addresses in five regions, as many gone, and many rule files."""
    entries = [
        made.entry(
            region=REGIONS[index * len(REGIONS) // number],
            resource=f"Servers {index}",
            hosts=(),
            addresses=(f"100.64.{index // 250}.{index % 250}",),
            services=made.TLS[:1],
        )
        for index in range(number)
    ]
    gone = [replace(entry, addresses=(f"9{entry.addresses[0]}"[1:],)) for entry in entries]
    changes = [Change("added", "breaking", e.region, e.resource, after=e) for e in entries]
    told = made.announce(*changes)
    ends, before = ([end for e in each for end in flatten(e)] for each in (entries, gone))
    whole = replace(
        told.change_set,
        endpoints_added=tuple(ends),
        endpoints_removed=tuple(replace(end, target=f"198.{end.target[4:]}") for end in before),
    )
    rules = tuple(f"rules/{region}/f{n}.txt" for region in REGIONS for n in range(26))
    return replace(told, change_set=whole, rule_files=rules)


def test_slack_gets_several_blocks_of_work_within_its_limits() -> None:
    blocks = texts(slack.build_payload(work()))
    first = next(n for n, text in enumerate(blocks) if text.startswith("*Allow these"))
    after = next(n for n, text in enumerate(blocks) if text.startswith("*No longer listed"))
    assert after - first >= 3
    assert len(blocks) <= 50
    assert max(map(len, blocks)) <= 3000
    assert 11_000 <= sum(map(len, blocks)) <= 13_000
    allowed = sum(text.count("`100.64.") for text in blocks[first:after])
    assert allowed > 10 * sum(text.count("`198.64.") for text in blocks[after:])


@pytest.mark.parametrize(
    "render",
    [
        lambda told: "\n".join(texts(slack.build_payload(told))),
        lambda told: "\n".join(shown(teams.build_payload(told))),
        lambda told: apprise.fit_message(compose_text(told), 4000)[1],
        lambda told: render_text(compose_text(told), 8000),
    ],
    ids=["slack", "teams", "apprise", "text"],
)
def test_what_is_cut_is_counted_in_endpoints_by_region(render) -> None:
    text = render(work())
    number, regions = REST.search(text).groups()
    counted = {name: int(n) for n, name in re.findall(r"([\d,]+) in ((?:North )?\w+)", regions)}
    assert sum(counted.values()) == int(number)
    assert set(counted) <= set(REGIONS)
    listed = set(re.findall(r"100\.64\.\d+\.\d+", "\n".join(text.split("\n")[2:])))
    assert int(number) == 500 - len(listed)
    assert not re.search(r"\.\.\. and [\d,]+ more files?", text)


def test_rule_files_are_one_line_and_the_last_section() -> None:
    words = compose_text(work())
    (rules,) = [line for line in words.facts if line.label == "Rules:"]
    assert rules.text == "130 files" or rules.text.endswith(", 130 files")
    assert not [line for s in words.sections for line in s.lines if line.label == "Rules:"]


def test_where_to_paste_comes_before_what_is_no_longer_listed() -> None:
    headings = [
        section.heading.split(":")[0] for section in compose_text(made.published()).sections
    ]
    assert headings[:3] == ["Allow these", "How to load it", "No longer listed"]


def test_a_short_service_gets_the_work_and_the_command_that_shows_all_of_it() -> None:
    title, body = apprise.fit_message(compose_text(made.change()), 700)
    assert "13.41.182.195, 18.171.0.33, 35.179.20.122" in body
    assert "See all of it: fwtracker diff 1 2" in body
    assert "Windows updates" not in body
    assert len(title) + len(body) + 2 <= 700


def test_may_go_is_said_nowhere() -> None:
    every = (made.change(), made.published(), made.digest(), made.edited(), work(9))
    for told in (*every, *noticed.EVERY.values()):
        words = compose_text(told)
        assert "may go" not in f"{words.subject} {render_text(words)}".lower()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ((made.grown(),), "Agents may stop working until this is allowed."),
        ((made.relabelled(),), "Nothing to do."),
        ((), "Nothing to do."),
    ],
)
def test_one_sentence_says_what_breaks(changes, sentence) -> None:
    lead = compose_text(
        made.announce(*changes, endpoints_of_them=bool(changes[:1] == (made.grown(),)))
    ).lead
    assert lead.endswith(sentence)


def test_removals_alone_break_nothing_and_say_until_when_rule_files_keep_them() -> None:
    told = made.change()
    alone = replace(told.change_set, endpoints_added=(), changes=(made.shrunk(),))
    lead = compose_text(replace(told, change_set=alone)).lead
    assert lead.endswith(
        "Nothing stops working if you do nothing; rule files keep it until 2024-11-12."
    )


def test_what_is_optional_stops_nothing() -> None:
    row = made.entry(hosts=(), requirement="optional")
    told = made.announce(Change("added", "action", row.region, row.resource, after=row))
    told = replace(
        told, change_set=replace(told.change_set, endpoints_added=tuple(flatten(row)))
    )
    assert compose_text(told).lead.endswith("not required: nothing stops working without it.")


def test_a_digest_says_how_many_versions_it_covers_and_why_it_is_late() -> None:
    lead = compose_text(made.digest()).lead
    assert "versions 41 to 44 together" in lead
    assert "could not be sent to this channel when they were made" in lead


def test_a_held_page_says_what_is_at_stake() -> None:
    lead = compose_text(noticed.HELD).lead
    assert lead.startswith(
        "Action1: The page is held for review. Approving it allows 6 endpoints"
    )
    assert "removes 2 endpoints" in lead


@pytest.mark.parametrize("kind", noticed.EVERY)
def test_the_first_line_of_a_notice_names_its_source_and_is_whole_sentences(kind: str) -> None:
    lead = compose_text(noticed.EVERY[kind]).lead
    assert re.fullmatch(r"Action1: [A-Zf].{20,}\.", lead)
    assert not re.match(r"Action1: (Nothing to do|It|Its|This|For now|Then)\b", lead)
