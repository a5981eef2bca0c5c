"""A resource cell is a label and exactly the values that stand in it, or it is refused."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE, cell
from tracker.errors import Unreadable
from tracker.parse.cells.resource import Resource, is_plain_label, read_resource
from tracker.parse.grid import Cell
from tracker.parse.meaning import find_out_of_force


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            cell(
                "Action1 servers (server.action1.com):", bullets=["3.74.63.86", "3.124.175.10"]
            ),
            Resource(
                "Action1 servers (server.action1.com)",
                ("server.action1.com",),
                ("3.74.63.86", "3.124.175.10"),
                "internet",
            ),
        ),
        (
            cell("Relay servers in Europe:", "18.185.175.163", "3.71.193.26"),
            Resource(
                "Relay servers in Europe", (), ("18.185.175.163", "3.71.193.26"), "internet"
            ),
        ),
        (
            cell("Relay servers: 18.185.175.163, 3.71.193.26"),
            Resource(
                "Relay servers",
                (),
                ("18.185.175.163", "3.71.193.26"),
                "internet",
            ),
        ),
        (
            cell("*.windowsupdate.com"),
            Resource("*.windowsupdate.com", ("*.windowsupdate.com",), (), "internet"),
        ),
        (
            cell("a.example.com and", "b.example.com"),
            Resource(
                "a.example.com, b.example.com",
                ("a.example.com", "b.example.com"),
                (),
                "internet",
            ),
        ),
        (
            cell("Managed endpoints", "(LAN only)"),
            Resource("Managed endpoints (LAN only)", (), (), "lan"),
        ),
        (
            cell("Printers on the local network:"),
            Resource("Printers on the local network", (), (), "lan"),
        ),
        (
            cell("Office (LAN):", bullets=["10.1.0.0/16"]),
            Resource("Office (LAN)", (), ("10.1.0.0/16",), "internet"),
        ),
        (
            cell("Servers:", bullets=["3.74.63.86", "3.74.63.86"]),
            Resource("Servers", (), ("3.74.63.86",), "internet"),
        ),
        (
            cell("Servers (e.g. for agents v5.2):", bullets=["10.0.0.4 - 10.0.0.7"]),
            Resource("Servers (e.g. for agents v5.2)", (), ("10.0.0.4/30",), "internet"),
        ),
        (
            cell("*.windowsupdate.com", "(Windows Update)"),
            Resource("(Windows Update)", ("*.windowsupdate.com",), (), "internet"),
        ),
    ],
)
def test_a_cell_is_read_exactly(given: Cell, expected: Resource) -> None:
    assert read_resource(given, WHERE) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("3.74.63.863", "3.74.63.863.124.175.10", "3.74.63", "3.74.63.8б", "5.221.608.1"),
        *("https://server.action1.com/path", "server.*.com", "server.action1.com:443"),
        *("us–cdn.action1.com", "support@action1.com", "*"),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_broken_value_is_refused_and_quoted(value: str, *, listed: bool) -> None:
    broken = cell("Servers:", bullets=[value]) if listed else cell("Servers:", value)
    with pytest.raises(Unreadable, match="neither an address") as caught:
        read_resource(broken, WHERE)
    assert f'"Servers: {value}"' in str(caught.value)


@pytest.mark.parametrize("value", ["54.227", "54", "54.227.", "54, 227"])
def test_the_stub_of_an_address_is_refused(value: str) -> None:
    with pytest.raises(Unreadable, match="not a complete address"):
        read_resource(cell("Servers:", "54.210.188.13", value), WHERE)


@pytest.mark.parametrize("item", ["3.74.63.86 (a)", "three servers", "a.example.com TCP"])
def test_an_item_that_is_not_just_a_value_is_refused(item: str) -> None:
    with pytest.raises(Unreadable, match="is not just an address"):
        read_resource(cell("Servers:", bullets=["3.124.175.10", item]), WHERE)


@pytest.mark.parametrize(
    "label",
    [
        "All of *.action1.com except test.action1.com",
        "Not server.action1.com",
        "Any of *.action1.com other than test.action1.com",
        "*.action1.com instead of server.action1.com",
        "server.action1.com, excluding 10.0.0.1",
    ],
)
def test_a_value_that_may_be_excluded_is_refused(label: str) -> None:
    with pytest.raises(Unreadable, match="may exclude"):
        read_resource(cell(label, bullets=["3.74.63.86"]), WHERE)


@pytest.mark.parametrize(
    ("lines", "label"),
    [
        (("Deprecated: server.action1.com",), "Deprecated"),
        (("Servers (formerly old.action1.com):",), "Servers (formerly old.action1.com)"),
        (("Do not allow these:", "3.74.63.86"), "Do not allow these"),
        (("Blocked servers:", "3.74.63.86"), "Blocked servers"),
        (("Relays", "(no longer used)", "3.74.63.86"), "Relays (no longer used)"),
    ],
)
def test_words_that_take_out_of_force_stay_in_the_label(
    lines: tuple[str, ...], label: str
) -> None:
    """They hold the page, of whatever layout; a refused cell could not be approved."""
    assert read_resource(cell(*lines), WHERE).label == label
    assert find_out_of_force(label)


def test_two_resources_in_one_cell_are_refused() -> None:
    with pytest.raises(Unreadable, match="two resources"):
        read_resource(
            cell("Servers in Europe:", "3.74.63.86", "Servers in Asia:", "3.124.175.10"), WHERE
        )


@pytest.mark.parametrize(
    "given", [cell(), cell(""), cell("Servers"), cell("WLAN"), cell("(Required) Connection.")]
)
def test_a_cell_that_names_nothing_is_refused(given: Cell) -> None:
    with pytest.raises(Unreadable, match="names no address"):
        read_resource(given, "page, row 1")


@pytest.mark.parametrize(
    "label",
    [
        "Action1 servers (server.action1.com)",
        "a.example.com",
        "*.example.com (Windows Update)",
        "a.example.com and 192.0.2.1, for agents",
        "Relay servers (a.example.com, b.example.com)",
        "Managed endpoints (LAN only)",
    ],
)
def test_values_stand_first_in_a_label_or_alone_in_its_brackets(label: str) -> None:
    assert is_plain_label(label)


@pytest.mark.parametrize(
    "label",
    [
        "Relay servers, replaces 192.0.2.1",
        "Relay servers (was 192.0.2.1)",
        "Relay servers: 192.0.2.1, all",
        "Relay servers: 192.0.2.1 | 192.0.2.2",
        "Relay servers a.example.com",
        "a.example.com ex b.example.com",
    ],
)
def test_a_value_among_words_is_not_certain_to_be_meant(label: str) -> None:
    assert not is_plain_label(label)


def test_a_colon_inside_a_bracket_ends_no_label() -> None:
    assert read_resource(cell("Relays (old: 192.0.2.1)"), WHERE).label == (
        "Relays (old: 192.0.2.1)"
    )
