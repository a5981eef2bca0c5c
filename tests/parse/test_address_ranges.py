"""A range of addresses is read with all that lies between its ends, or not at all."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.parse.values import find_values, join_ranges
from tracker.text import clean

SIGNS = (
    *("-", " - ", "- ", " -", " -- ", "--", "‐", "‑", " ‒ ", "–", " – ", "—", " — ", " ― "),
    *("−", " − ", "～", " ~ ", "..", "...", "…", " .. ", " ... ", " … ", "… ", " …"),
    *(" to ", " TO ", " through ", " thru ", " until ", " up to "),
)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    ("first", "last", "networks"),
    [
        ("198.51.100.16", "198.51.100.31", ("198.51.100.16/28",)),
        ("198.51.100.14", "198.51.100.17", ("198.51.100.14/31", "198.51.100.16/31")),
        ("203.0.113.7", "203.0.113.7", ("203.0.113.7",)),
        ("2001:db8::10", "2001:db8::1f", ("2001:db8::10/124",)),
        ("2001:db8::", "2001:db8::1", ("2001:db8::/127",)),
    ],
)
def test_every_spelling_of_a_range_is_read_as_all_of_it(
    sign: str, first: str, last: str, networks: tuple[str, ...]
) -> None:
    text = f"{first}{sign}{last}"
    assert find_values(text)[:3] == ((), networks, ())
    assert find_values(clean(text))[:3] == ((), networks, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from 203.0.113.8 to 203.0.113.11", ""),
        ("between 203.0.113.8 and 203.0.113.11", ""),
        ("Relays: 203.0.113.8 ... 203.0.113.11, for agents", "Relays: , for agents"),
        ("(203.0.113.8 — 203.0.113.11)", "()"),
    ],
)
def test_words_around_a_range_stay_words(text: str, words: str) -> None:
    assert find_values(text) == ((), ("203.0.113.8/30",), (), words)


def test_two_ranges_side_by_side_are_two_ranges() -> None:
    text = "203.0.113.0 to 203.0.113.3, 198.51.100.4–198.51.100.7"
    assert find_values(text).addresses == ("203.0.113.0/30", "198.51.100.4/30")
    assert join_ranges(text) == "203.0.113.0-203.0.113.3, 198.51.100.4-198.51.100.7"


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.8-15",  # an octet, or a length written wrong
        "203.0.113.8 - 15",
        "203.0.113.8–15",
        "203.0.113.8 to 15",
        "203.0.113.8 through .15",
        "203.0.113.8 … 15",
        "203.0.113.8 - .15",
        "203.0.113.8 / 29",
        "203.0.113.15 - 203.0.113.8",
        "203.0.113.8 - 203.0.113.999",
        "203.0.113.8 - 203.0.113.11 - 203.0.113.15",
        "203.0.113.0/28 - 203.0.113.32/28",
        "203.0.113.0/28 to 203.0.113.32/28",
        "203.0.113.8 - 2001:db8::1",
        "2001:db8::9 to 2001:db8::1",
        "node1.example.com - node9.example.com",
        "node1.example.com … node9.example.com",
        "203.0.113.8, ..., 203.0.113.15",
        "203.0.113.0 255.255.255.0",
        "203.0.113.0 / 255.255.255.0",
        "203.0.113.0 mask 255.255.255.0",
        "203.0.113.0 0.0.0.255",
    ],
)
def test_what_may_be_a_range_is_never_read_as_its_ends(text: str) -> None:
    values = find_values(text)
    assert values.odd
    assert not values.hosts
    assert len(values.addresses) < 2


@given(st.ip_addresses(v=4), st.integers(0, 600), st.sampled_from(SIGNS))
def test_a_range_covers_its_ends_and_all_between(
    first: ipaddress.IPv4Address, more: int, sign: str
) -> None:
    last = ipaddress.ip_address(min(int(first) + more, 2**32 - 1))
    networks = [ipaddress.ip_network(a) for a in find_values(f"{first}{sign}{last}").addresses]
    assert sum(network.num_addresses for network in networks) == int(last) - int(first) + 1
    assert networks[0][0] == first
    assert networks[-1][-1] == last
