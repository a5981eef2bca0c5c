"""What is said, in which order, and that nothing that matters is left out."""

from __future__ import annotations

import re

from msgspec.structs import replace

from notifiers.shared.message_text import compose_text
from tests.support import announcements as made
from tracker.change_set import Change, FieldChange
from tracker.model import Service, flatten


def test_a_baseline_is_no_addition():
    words = compose_text(made.baseline())
    title = "INFO Action1: watching 40 entries in 2 regions (baseline)"
    assert words.subject == title
    assert "Nothing to do" in words.lead
    assert [section.heading for section in words.sections] == ["Regions"]
    assert "allow" not in f"{words.subject} {words.lead}".lower()


def test_subject_and_counts_of_a_change():
    words = compose_text(made.change())
    assert words.subject == (
        "BREAKING Action1 Europe: allow 13.41.182.195 tcp/443 (+5), 2 no longer listed"
    )
    assert words.lead == (
        "Action1 version 2: 6 endpoints to allow, 2 no longer listed, 1 entry changed, 1 only"
        " renamed, 1 only reworded. Agents may stop working until this is allowed."
    )


def test_what_to_do_comes_first():
    headings = [section.heading.split(":")[0] for section in _sections(made.change())]
    assert headings == [
        "Allow these",
        "No longer listed",
        "Changed",
        "Only renamed or reworded",
    ]


def test_six_endpoints_of_one_row_are_one_line():
    allow = _sections(made.change())[0]
    (line,) = allow.lines
    assert line.values == made.NEW_RELAYS
    assert line.text == "tcp/443, tcp/22543 outbound, Europe"
    assert line.note == (
        "Action1 Remote Desktop relay servers in Europe: "
        "Remote desktop sessions (required, only for Europe)"
    )
    assert line.weight == 6


def test_a_row_named_by_its_host_is_not_named_twice():
    go = _sections(made.change())[1]
    assert go.lines[0].values == ("*.legacy.action1.com",)
    assert go.lines[0].note == "Old agents (recommended)"


def test_changed_renamed_and_reworded_entries_say_how():
    changed, quiet = _sections(made.change())[2:]
    assert changed.lines[0].note == (
        'requirement: "required" -> "optional"; components + Deployer'
        "; before that unchanged since 2024-04-02 (version 1)"
    )
    renamed, reworded = quiet.lines
    assert 'is now "Action1 Remote Desktop relay servers"' in renamed.text
    assert reworded.note == ('purpose: "Windows updates" -> "Windows and Office updates"')


def test_many_changed_values_are_listed_whole_or_counted():
    addresses = tuple(f"100.64.0.{number}" for number in range(100, 200))
    fields = (FieldChange("addresses", added=addresses), FieldChange("scope", before="lan"))
    row = made.entry()
    told = made.announce(Change("changed", "info", None, "Row", row, row, fields))
    note = _sections(told)[0].lines[0].note
    assert note.endswith('more; scope: "lan" -> nothing')
    shown = re.findall(r"\+ (\S+)", note)
    assert shown == list(addresses[: len(shown)])
    assert f"and {100 - len(shown)} more" in note


def test_wording_alone_asks_for_nothing():
    words = compose_text(made.wording())
    assert words.subject == "INFO Action1 North America: 2 entries renamed or reworded"
    assert words.lead == (
        "Action1 version 2: 1 entry only renamed, 1 only reworded. Nothing to do."
    )


def test_a_row_that_changes_no_endpoint_is_still_told():
    moved = made.entry(region=None, resource="Moved")
    words = compose_text(
        made.announce(
            Change("added", "info", None, "Moved", after=moved),
            Change("removed", "info", None, "Old", before=moved),
        )
    )
    assert words.subject == "INFO Action1: 2 entries changed"
    assert [line.note for line in words.sections[0].lines] == [
        "new row, its endpoints are unchanged",
        "row gone, its endpoints are unchanged",
    ]


def test_required_before_optional_and_ports_that_are_not_stated():
    lan = made.entry(
        scope="lan",
        hosts=(),
        addresses=(),
        direction="inbound",
        services=(Service("tcp", None, None), Service("udp", 6771, 6780)),
        requirement="optional",
        only_for=None,
    )
    told = _with_endpoints(lan, made.entry(region="Zulu", addresses=()))
    allow, inside, unstated = _sections(told)
    assert allow.lines[0].text.endswith("Zulu")
    assert inside.lines[0].values == unstated.lines[0].values == ("LAN (local network)",)
    assert inside.lines[0].text == "udp/6771-6780 inbound, Europe"
    assert unstated.lines[0].text == "tcp (port not stated) inbound, Europe"


def test_lan_services_at_public_targets_are_never_to_be_allowed():
    services = (
        *made.TLS,
        Service("tcp", 135, 135),
        Service("tcp", 440, 450),
        Service("tcp", 49152, 65535),
        Service("tcp", 50000, 50010),
    )
    cloud = made.entry(hosts=("server.au.action1.com",), addresses=(), services=services)
    words = compose_text(_with_endpoints(cloud))
    assert words.subject.endswith("allow server.au.action1.com tcp/443 (+2), 3 LAN only")
    allow, keep = words.sections
    assert allow.lines[0].text == "tcp/443, tcp/22543, tcp/50000-50010 outbound, Europe"
    assert keep.heading == "Keep closed to the internet: 3 endpoints, LAN only"
    assert keep.lines[0].text == "tcp/135, tcp/440-450, tcp/49152-65535 outbound, Europe"


def test_the_same_services_within_the_lan_stay_within_it():
    services = (Service("tcp", 445, 445), Service("tcp", 49152, 65535))
    lan = made.entry(scope="lan", hosts=(), addresses=(), services=services)
    assert compose_text(_with_endpoints(lan)).subject.endswith("Europe: LAN only: tcp/445 (+1)")


def test_every_address_is_never_to_be_allowed():
    wide = made.entry(hosts=(), addresses=("0.0.0.0/0", "::/0"))
    words = compose_text(_with_endpoints(wide))
    assert words.subject.startswith("BREAKING Action1 Europe: LAN only: 0.0.0.0/0 tcp/443")


def test_the_first_sentence_of_a_purpose_is_enough():
    row = made.entry(purpose="Connection to Action1 1.2 Cloud (TLS). It may be long.")
    (line, *_) = _sections(_with_endpoints(row))[0].lines
    assert "Cloud (TLS) (required" in line.note


def test_one_address_of_two_rows_tells_of_both():
    one = made.entry(hosts=(), resource="A", purpose="agents", only_for=None)
    two = replace(one, resource="B", purpose="consoles", requirement="optional")
    (line,) = _sections(_with_endpoints(one, two))[0].lines
    assert line.note == "A: agents (required); B: consoles (optional)"


def test_facts_say_where_to_read_on():
    facts = compose_text(made.change()).facts
    assert facts[0].values == ("rules/north-america/", "rules/europe/")
    assert facts[0].text == "8 files"
    assert facts[1].values == ("fwtracker diff 1 2",)
    assert facts[2].values == (made.PAGE_URL,)
    assert facts[3].text == "Version 2, 0b7e6f5a4d3c, read 2024-11-05 06:17 UTC"


def test_deltas_are_named_by_folder_and_many_files_by_their_number():
    told = replace(
        made.published(), rule_files=tuple(f"a/rules/eu/f{n}.txt" for n in range(40))
    )
    rules, web, *_ = compose_text(told).facts
    deltas, command = _sections(told)[1].lines
    assert (rules.values, rules.text) == (("a/rules/eu/",), "40 files")
    assert command.values == ("fwtracker diff 1 2",)
    assert deltas.values == ("action1/deltas/000002/europe/",)
    assert deltas.text == "2 files"
    assert web.values == ("https://firewall.example.com/action1/index.html",)


def test_the_subject_names_the_first_region_and_counts_the_rest():
    entries = [made.entry(region=f"Area {n}", hosts=()) for n in range(5)]
    subject = compose_text(_with_endpoints(*entries)).subject
    assert subject == "BREAKING Action1 Area 0: allow 3.8.1.2 tcp/443 (+9)"


def test_a_long_region_stands_behind_the_value():
    far = made.entry(region="North America", hosts=())
    subject = compose_text(_with_endpoints(far)).subject
    assert subject == "BREAKING Action1: allow 3.8.1.2 tcp/443 in North America (+1)"


def test_no_change_has_words_too():
    assert compose_text(made.announce()).lead.endswith(": No change. Nothing to do.")


def test_a_moment_of_another_form_is_shown_as_it_is():
    told = replace(made.change(), captured_at="yesterday")
    assert compose_text(told).facts[-1].text.endswith("read yesterday")


def test_every_string_of_hostile_text_is_one_printable_line():
    for text in made.HOSTILE:
        words = compose_text(made.hostile(text))
        assert len(words.subject) <= 150
        lines = [line for section in words.sections for line in section.lines]
        for line in (*lines, *words.facts):
            for said in (*line.values, line.text, line.label, line.note):
                assert said.isprintable()


def test_an_endpoint_without_a_row_is_still_shown():
    told = made.change()
    told = replace(told, change_set=replace(told.change_set, changes=()))
    assert _sections(told)[0].lines[0].values == made.NEW_RELAYS


def _sections(announcement):
    return compose_text(announcement).sections


def _with_endpoints(*entries):
    changes = [
        Change("added", "breaking", each.region, each.resource, after=each) for each in entries
    ]
    told = made.announce(*changes)
    endpoints = dict.fromkeys(found for each in entries for found in flatten(each))
    change_set = replace(told.change_set, endpoints_added=tuple(endpoints))
    return replace(told, change_set=change_set)
