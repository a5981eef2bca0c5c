"""Readings that are proposed for refused cells: each is one that the reader takes."""

from __future__ import annotations

import pytest

from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.resource import read_resource
from tracker.parse.cells.text_cells import read_components, read_purpose
from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine
from tracker.parse.pages.refusals import list_left_out, suggest_reading

PORTS = {
    "443 [1] TCP": "443 TCP",
    "443 TCP (1)": "443 TCP",
    "443 TCP (2027)": "443 TCP",
    "443 (default) TCP": "443 TCP",
    "443 default TCP": "443 TCP",
    "1. 443 TCP": "443 TCP",
    "22543 ... 22550 TCP": "22543-22550 TCP",
    "443 (default) TCP, 8443 (other) TCP": "443 TCP, 8443 TCP",
    "443 TCP WAS 22543": "443 TCP",
    "443 TCP, NOLONGER 80": "443 TCP",
    "443 TCP 128 BIT": "443 TCP",
    "5060 SIP/SIPS TCP": "5060 TCP",
}
RESOURCES = {
    "Relay:\n192.0.2.1\n192.0.2.2\nOld addresses:\n192.0.2.3": "Relay:\n192.0.2.1\n192.0.2.2",
    "192.0.2.1 except 192.0.2.2": "192.0.2.1",
    "${tenant}.example.net": "*.example.net",
}
WORDS = [
    ("direction", "Outbound (agents)", "Outbound"),
    ("purpose", "(Required when two run) Sign-in", "(Required) Sign-in"),
    ("components", "Agent <new>, Console", "Agent new, Console"),
]


@pytest.mark.parametrize(("text", "reading"), PORTS.items())
def test_a_reading_of_a_port_cell_leaves_out_what_was_not_understood(text, reading):
    with pytest.raises(Unreadable):
        read_ports(text, "here")
    assert suggest_reading("ports", [text]) == reading
    assert read_ports(reading, "here")


def test_a_reading_of_a_port_cell_fits_its_protocol_cell():
    lines = ["443 (default)", "8443 (other)"]
    assert suggest_reading("ports", lines) is None  # no protocol is known for 8443
    reading = suggest_reading("ports", lines, "TCP")
    assert reading == "443\n8443"
    assert {service.protocol for service in read_ports(reading, "", protocol="TCP")} == {"tcp"}


@pytest.mark.parametrize(("text", "reading"), RESOURCES.items())
def test_a_reading_of_a_resource_cell_keeps_its_first_list(text, reading):
    lines = text.split("\n")
    with pytest.raises(Unreadable):
        read_resource(Cell(tuple(map(PageLine, lines))), "here")
    assert suggest_reading("resource", lines) == reading
    assert read_resource(Cell(tuple(map(PageLine, reading.split("\n")))), "here")


@pytest.mark.parametrize(("field", "text", "reading"), WORDS)
def test_a_reading_of_a_cell_of_words(field, text, reading):
    if field != "direction":
        with pytest.raises(Unreadable):
            (read_purpose if field == "purpose" else read_components)(text, "here")
    assert suggest_reading(field, [text]) == reading


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("ports", "any"),
        ("ports", "22 543 TCP"),
        ("ports", "4433333 HTTPS"),
        ("resource", "192.0.2.131.5"),
        ("resource", "Connector.IPX"),
        ("direction", "Outbound or inbound"),
        ("action", "Deny"),
        ("region", "Europe, Asia"),
        ("ports", ""),
    ],
)
def test_where_no_reading_is_at_hand_none_is_proposed(field, text):
    assert suggest_reading(field, [text]) is None


def test_what_a_reading_leaves_out_is_listed():
    assert list_left_out(["443 TCP WAS 22543"], "443 TCP") == ["22543"]
    assert list_left_out(["22543 ... 22550 TCP"], "22543-22550 TCP") == []
    assert list_left_out(["192.0.2.1", "a.example.net"], "192.0.2.1") == ["a.example.net"]


def test_a_hostile_cell_takes_no_time():
    assert suggest_reading("ports", ["443 X " * 300]) in {None, "443"}
    assert suggest_reading("resource", [f"192.0.2.{n} word" for n in range(100)]) is not None
    assert suggest_reading("ports", ["443 " * 10_000]) is None
