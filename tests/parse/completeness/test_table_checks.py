"""Every value inside a table is in an entry; what stands outside is named."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, plain, read, row, table
from tracker.errors import Unreadable

ROW = ("a.example.com", "Outbound", "443 TCP", "x", "Agents")


def with_note(words: str) -> str:
    return page(table(row(*ROW[:3], words, ROW[4])))


@pytest.mark.parametrize("value", ["10.0.0.1", "b.example.com", "10.0.0.0/8", "2001:db8::1"])
def test_a_value_in_a_column_that_is_not_read_is_refused(value: str) -> None:
    body = table(row(*ROW, f"see {value}"), header=(*HEADER, "Since"))
    with pytest.raises(Unreadable, match=f"{value} stands in the table but in none"):
        read(page(body))


@pytest.mark.parametrize("place", ["above", "below", "caption", "between"])
def test_a_value_in_a_title_row_or_caption_is_refused(place: str) -> None:
    note = '<tr><td colspan="5">Also allow 10.0.0.1</td></tr>'
    rows = {
        "above": [note, row(*ROW)],
        "below": [row(*ROW), note],
        "between": [row(*ROW), note, row("b.example.com", *ROW[1:])],
        "caption": ["<caption>Also 10.0.0.1</caption>", row(*ROW)],
    }[place]
    with pytest.raises(Unreadable, match=r"10\.0\.0\.1 stands in the table"):
        read(page(table(*rows)))


def test_a_value_in_the_words_of_a_purpose_is_held() -> None:
    reading = read(with_note("Replaces old.example.com."))
    (finding,) = reading.findings
    assert (finding.name, finding.verdict) == ("value-in-words", "hold")
    assert "old.example.com" in finding.message
    assert finding.resource == "a.example.com"


def test_a_value_among_the_words_of_a_label_is_held() -> None:
    reading = read(page(table(row("Relays, replaces 192.0.2.1", *ROW[1:]))))
    (finding,) = reading.findings
    assert (finding.name, finding.verdict) == ("value-in-label", "hold")
    assert "replaces 192.0.2.1" in finding.message


@pytest.mark.parametrize("words", ["Reaches a.example.com.", "Agents before 5.221.608.1.", ""])
def test_the_own_values_of_an_entry_and_versions_in_its_words_are_no_finding(
    words: str,
) -> None:
    assert read(with_note(words)).findings == ()


def test_an_unread_table_with_public_addresses_is_held() -> None:
    other = table(row("a", "8.8.8.8"), header=("Name", "Address"))
    (finding,) = read(page(table(row(*ROW)) + other)).findings
    assert (finding.name, finding.verdict) == ("table-not-read", "hold")
    assert 'the header "Name", "Address" is not read, and has 8.8.8.8' in finding.message


@pytest.mark.parametrize("value", ["5.221.608.1", "+1 555 0142", "443"])
def test_an_unread_table_without_values_is_another_table(value: str) -> None:
    other = table(row("a", value), header=("Name", "Number"))
    assert read(page(table(row(*ROW)) + other)).findings == ()


def test_a_private_address_in_a_sentence_of_an_unread_table_is_reported() -> None:
    other = table(row("a", "A proxy at 10.0.0.1 is ignored"), header=("Name", "Number"))
    (finding,) = read(page(table(row(*ROW)) + other)).findings
    assert (finding.name, finding.verdict) == ("values-in-text", "publish")


def test_an_unread_table_with_a_private_address_alone_in_a_cell_is_held() -> None:
    other = table(row("a", "10.0.0.1"), header=("Name", "Number"))
    (finding,) = read(page(table(row(*ROW)) + other)).findings
    assert (finding.name, finding.verdict) == ("table-not-read", "hold")


def test_addresses_alone_on_a_line_outside_the_tables_are_held() -> None:
    items = "".join(f"<li>10.0.0.{number}</li>" for number in range(7))
    (finding,) = read(page(f"{table(row(*ROW))}<ul>{items}</ul>")).findings
    assert (finding.name, finding.verdict) == ("address-outside-tables", "hold")
    assert "7 values stand outside the tables" in finding.message
    assert "10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 and 2 more" in finding.message


def test_addresses_in_sentences_are_prose() -> None:
    prose = "<p>A proxy at 192.0.2.10 is ignored by agents before 5.221.608.1.</p>"
    reading = read(page(prose + table(row(*ROW)) + prose))
    assert reading.findings == ()
    assert [entry["hosts"] for entry in plain(reading.entries)] == [["a.example.com"]]


CELLS = ("(Required) x", "Agents")
SERVERS = row("Servers: a.example.com", "Outbound", "443 TCP", *CELLS)


def contradictions(*bodies: str) -> list[str]:
    found = read(page("<h2>Region: Europe</h2>" + "".join(bodies))).findings
    return [
        f.message for f in found if f.name == "contradicting-tables" and f.verdict == "hold"
    ]


@pytest.mark.parametrize(
    ("label", "ports", "what"),
    [
        ("Servers: a.example.com", "8443 TCP", "ports"),
        ("Servers: a.example.com", "443 UDP", "ports"),
        ("Servers: a.example.com", "443 TCP, 80 TCP", "ports"),
        ("Servers: b.example.com", "443 TCP", "addresses"),
        ("Servers: a.example.com, b.example.com", "443 TCP", "addresses"),
    ],
)
def test_another_table_with_other_values_of_a_resource_is_held(
    label: str, ports: str, what: str
) -> None:
    second = table(row(label, "Outbound", ports, *CELLS))
    (message,) = contradictions(table(SERVERS), second)
    assert f'"Servers" has other {what} in another table of Europe' in message


@pytest.mark.parametrize(
    "more",
    [
        row("Servers: a.example.com", "Outbound", "8443 TCP", *CELLS),
        row("Servers: b.example.com", "Outbound", "443 TCP", *CELLS),
        row("Relays: b.example.com", "Outbound", "8443 TCP", *CELLS),
        "",
    ],
)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_table_with_more_rows_is_read_as_the_union(more: str, *, is_first: bool) -> None:
    both = [table(SERVERS), table(SERVERS, more)]
    bodies = both[::-1] if is_first else both
    assert contradictions(*bodies) == []
    reading = read(page("<h2>Region: Europe</h2>" + "".join(bodies)))
    assert len(reading.entries) == (2 if more else 1)


def test_several_rows_of_one_table_are_its_usual_form() -> None:
    other = row("Servers: a.example.com", "Outbound", "8443 TCP", *CELLS)
    parted = '<tr><td colspan="5">Consoles</td></tr>'
    assert contradictions(table(SERVERS, other)) == []
    assert contradictions(table(SERVERS, parted, other)) == []


def test_the_same_resource_of_another_region_or_direction_may_have_other_ports() -> None:
    other = row("Servers: a.example.com", "Outbound", "8443 TCP", *CELLS)
    inbound = row("Servers: a.example.com", "Inbound", "8443 TCP", *CELLS)
    assert contradictions(table(SERVERS), "<h2>Region: Asia</h2>", table(other)) == []
    assert contradictions(table(SERVERS), table(inbound)) == []
