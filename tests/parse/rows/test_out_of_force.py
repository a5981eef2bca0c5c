"""Words that take rows out of force hold the page in every place; harmless ones do not."""

from __future__ import annotations

import pytest

from tests.support.readings import page, read, row, table
from tracker.errors import Unreadable
from tracker.parse.meaning import (
    find_out_of_force,
    find_out_of_force_in_sentence,
    find_out_of_force_mark,
)

CELLS = ("Outbound", "443 TCP", "(Required) Connection to the cloud.", "Agents")
NOW = "<h2>Region: Europe</h2>" + table(row("Servers: 3.74.63.86", *CELLS))
OTHERS = table(row("Consoles: 52.10.11.12", *CELLS))
SPAN = '<tr><td colspan="5">{}</td></tr>'


def held(body: str) -> list[str]:
    """The messages of the holds for words; no other hold may hide behind them."""
    findings = read(page(body)).findings
    return [f.message for f in findings if f.name == "out-of-force" and f.verdict == "hold"]


GONE = (
    *("Retired", "Old servers", "Deprecated", "Obsolete addresses", "Discontinued relays"),
    *("Inactive", "Unused hosts", "Not in use", "No longer needed", "Decommissioned in 2024"),
    *(
        "Formerly in Frankfurt",
        "Legacy consoles",
        "End of life",
        "Sunset",
        "Archive",
        "Archived",
    ),
    *("Removed", "Previous addresses", "Superseded", "Outdated", "To be phased out", "EOL"),
)
FORBIDDEN = (
    *("Blocked servers", "Do not allow", "Block these:", "Deny", "Never allow these hosts"),
    *("Must not be opened", "Forbidden destinations", "Disallowed", "Don't allow"),
    *("Servers that should be blocked", "All regions except Asia", "Not permitted"),
)
TO_COME = ("Planned", "Upcoming servers", "Future relays", "Coming soon", "Not yet active")
NOT_MEANT = ("Example", "Examples of rules", "Sample table", "For reference only")
HISTORY = ("Change history", "Revision history", "Changelog", "Version history", "History")
DATES = (
    *("Until 30 June 2026", "From 1 July 2026", "Valid to 2026-06-30", "Before May 2027"),
    *("After 31.12.2026", "until the end of 2026", "Effective June 1, 2026", "Up to Q3 2026"),
    *("Valid until further notice", "Prior to 2025", "Servers (till mid-2026)"),
)
MARKS = (*GONE, *FORBIDDEN, *TO_COME, *NOT_MEANT, *HISTORY, *DATES)


@pytest.mark.parametrize("words", MARKS)
def test_words_that_take_rows_out_of_force_are_known(words: str) -> None:
    assert find_out_of_force(words)
    assert find_out_of_force(words.upper())
    assert find_out_of_force(f"Region: Europe ({words})")


@pytest.mark.parametrize(
    "words",
    [
        *("Firewall Rule Reference", "Deploying apps", "Blocklist updates", "IP block"),
        *("Download from archive.example.com", "https://example.com/old/", "CIDR block:"),
        *("Do not block these servers", "Make sure that none of these is blocked"),
        *(
            "If outbound traffic is blocked, allow these",
            "Must not be removed",
            "Non-deprecated",
        ),
        *("Last updated: 30 June 2026", "Current as of May 2024", "May 6 - 9 | London"),
        *(
            "Managed endpoints (LAN only)",
            "Dropbox",
            "Block storage",
            "Threshold",
            "Exceptions",
        ),
        *("Ports from 49152 to 65535", "Server (example.com)", "Sample submission servers"),
        *("From agents to servers", "Networks of up to 2000 endpoints", "Agent 5.221.608.1"),
        *("Antivirus exclusions", "Household", "Connections by region", "Deny list updates"),
    ],
)
def test_harmless_words_are_none(words: str) -> None:
    assert find_out_of_force(words) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The following servers are no longer used.",
        "These will be retired on 1 May 2026, so remove them from your rules after that day.",
        "The hosts below are only an example of what a table of rules can look like.",
        "This table lists the addresses that we removed during the last years.",
        "Do not allow any of the following destinations in your firewall.",
        "The following addresses are listed for the record. They are no longer used.",
        "Until 30 June 2026",
    ],
)
def test_a_sentence_above_a_table_counts_where_it_points_at_it(sentence: str) -> None:
    assert find_out_of_force_in_sentence(sentence)
    assert held(f"{NOW}<p>{sentence}</p>{OTHERS}")


@pytest.mark.parametrize(
    "sentence",
    [
        "Blocked connections cause agents to go offline.",
        "Create firewall rules to allow access to the following resources:",
        "Old agents before version 5 ignore a proxy.",
        "If one of the following is blocked, agents cannot connect.",
        "Make sure that the following ports are not blocked by your firewall.",
        "Do not open inbound ports. Allow the following outbound connections:",
        "We removed the need for inbound rules in 2024.",
        "For example, the servers below are reached by every agent that is online today.",
    ],
)
def test_a_general_sentence_holds_nothing(sentence: str) -> None:
    assert held(f"<h1>Rules</h1><p>{sentence}</p>{NOW}") == []
    assert held(f"<h2>Region: Europe</h2><p>{sentence}</p>{OTHERS}") == []


PLACES = {
    "heading": NOW + "<h3>{}</h3>" + OTHERS,
    "heading further up": NOW + "<h2>{}</h2><h3>Region: Europe</h3>" + OTHERS,
    "line": NOW + "<p><b>{}</b></p>" + OTHERS,
    "line below the heading": NOW
    + "<h3>Region: Europe</h3><p>{}</p><p>These are reached by every agent.</p>"
    + OTHERS,
    "summary": NOW + "<details><summary>{}</summary>" + OTHERS + "</details>",
    "caption": NOW + OTHERS.replace("<table>", "<table><caption>{}</caption>"),
    "row across the table": "<h2>Region: Europe</h2>"
    + table(row("a.example.com", *CELLS), SPAN, row("b.example.com", *CELLS)),
    "row across its end": "<h2>Region: Europe</h2>" + table(row("a.example.com", *CELLS), SPAN),
    "component": "<h2>Region: Europe</h2>" + table(row("a.example.com", *CELLS[:3], "{}")),
}
WORDS = ("Retired", "Not in use", "Example", "Until 30 June 2026")


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("body", PLACES.values(), ids=PLACES)
def test_words_hold_the_page_in_every_place(body: str, words: str) -> None:
    messages = held(body.replace("{}", words))
    assert messages
    assert f'"{words}"' in messages[0]


@pytest.mark.parametrize(
    "label",
    ["Blocked servers", "Unused relays", "Do not allow", "Servers (inactive)", "Planned hosts"],
)
def test_a_label_holds_or_is_refused(label: str) -> None:
    body = table(row(f"{label}: <ul><li>52.10.11.12</li></ul>", *CELLS))
    try:
        found = held(f"<h2>Region: Europe</h2>{body}")
    except Unreadable as refusal:
        found = [str(refusal)]
    assert [label in message for message in found] == [True]


LAYOUTS = {
    "stack": "<h3>{}</h3><div><div><p>Resource</p><p>b.example.com</p></div><div><p>Type</p>"
    "<p>Outbound</p></div><div><p>Port</p><p>443 TCP</p></div></div>",
    "boxes": "<h3>{}</h3><div><div><div>Resource</div><div>Type</div><div>Port</div></div>"
    "<div><div>b.example.com</div><div>Outbound</div><div>443 TCP</div></div></div>",
    "records": "<h3>{}</h3><p>Resource: b.example.com</p><p>Type: Outbound</p>"
    "<p>Port: 443 TCP</p>",
    "note between records": "<h3>More</h3><p>Resource: c.example.com</p><p>Type: Outbound</p>"
    "<p>Port: 443 TCP</p><p>{}</p><p>Resource: b.example.com</p><p>Type: Outbound</p>"
    "<p>Port: 443 TCP</p>",
}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("body", LAYOUTS.values(), ids=LAYOUTS)
def test_words_hold_the_page_in_every_layout(body: str, words: str) -> None:
    assert held(f"<h2>Region: Europe</h2>{body.replace('{}', words)}")


@pytest.mark.parametrize("words", WORDS)
def test_words_hold_plain_text(words: str) -> None:
    text = f"""Firewall

Region: Europe

{words}

Resource

Servers: b.example.com
Relays: c.example.com

Type

Outbound
Outbound

Port

443 TCP
80 TCP
"""
    assert [f.name for f in read(text).findings] == ["out-of-force"]


@pytest.mark.parametrize(
    "purpose",
    [
        *("Deprecated: use the other one.", "(Deprecated) Connection.", "No longer needed."),
        *(
            "Connection to the cloud (retired in 2024)",
            "Relays. Not used any more.",
            "Obsolete",
        ),
        "Until 30 June 2026 only.",
    ],
)
def test_a_mark_in_a_purpose_holds(purpose: str) -> None:
    assert find_out_of_force_mark(purpose)
    assert held(
        f"<h2>Region: Europe</h2>{table(row('a.example.com', *CELLS[:2], purpose, ''))}"
    )


@pytest.mark.parametrize(
    "purpose",
    [
        *("Blocked connections are reported here.", "Deploying apps and old patches."),
        *(
            "If the inbound connection is not allowed, agents download in full.",
            "Removes apps.",
        ),
        *("Legacy agents before 5.0 connect here.", "Archives are kept for a year."),
        *("The port should be open so that agents are not blocked.", "Example.com's updates"),
    ],
)
def test_words_within_a_purpose_are_none(purpose: str) -> None:
    assert find_out_of_force_mark(purpose) is None


def test_a_heading_of_an_earlier_section_is_not_the_table_s() -> None:
    body = f"<h2>Old servers</h2><p>None at present.</p>{NOW}"
    assert held(body) == []


def test_a_sentence_below_a_table_may_point_back_at_it() -> None:
    assert held(f"{NOW}<p>The servers above are no longer used.</p>")
    assert held(f"{NOW}<p>Blocked connections cause trouble.</p>") == []
