"""Addresses and hosts are read as they stand; what only looks like one is odd, or a word."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.parse.values import find_values
from tracker.text import clean

UNSEEN = "\u200b\u00ad\u2060\ufeff"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("54.210.188.13", "54.210.188.13"),
        ("(54.210.188.13),", "54.210.188.13"),
        ("54.210.188.13.", "54.210.188.13"),
        ("54.210.188.13:", "54.210.188.13"),
        ("54.210.188.13/32", "54.210.188.13"),
        ("54.210.188.0/24", "54.210.188.0/24"),
        ("54.210.188.0/255.255.255.0", "54.210.188.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::", "2001:db8::"),
        ("::1", "::1"),
        ("::/0", "::/0"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_an_address_or_network_is_read(text: str, address: str) -> None:
    assert find_values(text)[:3] == ((), (address,), ())


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("10.0.0.4-10.0.0.7", ("10.0.0.4/30",)),
        ("10.0.0.4 – 10.0.0.9", ("10.0.0.4/30", "10.0.0.8/31")),
        ("10.0.0.4 to 10.0.0.4", ("10.0.0.4",)),
        ("10.0.0.0 through 10.0.0.255", ("10.0.0.0/24",)),
        ("2001:db8::-2001:db8::1", ("2001:db8::/127",)),
    ],
)
def test_a_range_is_read_as_exactly_the_networks_that_cover_it(
    text: str, networks: tuple[str, ...]
) -> None:
    assert find_values(text)[:3] == ((), networks, ())


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("server.action1.com", "server.action1.com"),
        ("SERVER.Action1.COM.", "server.action1.com"),
        ("*.windowsupdate.com", "*.windowsupdate.com"),
        ("*.mp.microsoft.com", "*.mp.microsoft.com"),
        ("(server.action1.com):", "server.action1.com"),
        ("https://server.action1.com", "server.action1.com"),
        ("http://server.action1.com/", "server.action1.com"),
        ("xn--bcher-kva.com", "xn--bcher-kva.com"),
        ("a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com",) * 2,
        ("“server.action1.com”", "server.action1.com"),
    ],
)
def test_a_host_is_read(text: str, host: str) -> None:
    assert find_values(text)[:3] == ((host,), (), ())


@pytest.mark.parametrize(
    "text",
    [
        "54.210.188.1354.227.102.112",  # joined
        "54.210.188.13server.action1.com",
        "54.210.188.1333",  # a digit too many
        "54.210.188.256",
        "54.210.188",  # a part too few
        "54.210.188.13.7",
        "054.210.188.13",  # octal to some
        "54.210..188.13",
        "54.210.188.0/33",
        "54.210.188.13/24",  # host bits below the prefix
        "2001:db8::1/64",
        "2001:db8::1::2",
        "fe80::1%eth0",
        "10.0.0.9-10.0.0.4",
        "10.0.0.4-9",
        "10.0.0.4 - 9",
        "10.0.0.0 / 8",
        "10.0.0.4-2001:db8::1",
        "54.210.188.13:443",
        "54.210.188.13-",
        "54.210.188.*",
        "54.210.188.x",
        "5.221.608.1",
        "54.210.188.l3",  # look-alikes
        "54.21O.188.13",
        "54.210.188.1З",
        "54.210.188.1٣",
        "54.210.188.13²",
        "54.210.188.13̲",
        "54·210.188.13",
    ],
)
def test_a_broken_address_is_odd_and_nothing_else(text: str) -> None:
    values = find_values(text)
    assert values.odd
    assert not values.hosts
    assert not values.addresses


@pytest.mark.parametrize(
    "text",
    [
        "server.*.action1.com",  # a wildcard in the middle
        "server*.action1.com",
        "*action1.com",
        "**.action1.com",
        "*.com",
        "*",
        "*.*.com",
        "https://server.action1.com/path",
        "server.action1.com/path",
        "https://server.action1.com?x=1",
        "https://server.action1.com:8443",
        "ftp://server.action1.com",
        "server.action1.com:443",
        "server..action1.com",
        "-server.action1.com",
        "server-.action1.com",
        ".action1.com",
        "server_1.action1.com",
        "server.action1.c0m1",
        "server.аction1.com",  # a Cyrillic letter
        "bücher.example",
        "us‐cdn.action1.com",  # a hyphen that is no hyphen-minus
        "us–cdn.action1.com",
        "support@action1.com",
        "server.action1.com%20",
        "server.action1.com*",
        "x" * 64 + ".example.com",
        ".".join(["abcdefgh"] * 29) + ".example",
    ],
)
def test_a_broken_host_is_odd_and_no_part_of_it_is_read(text: str) -> None:
    values = find_values(text)
    assert values.odd
    assert not values.hosts
    assert not values.addresses


@pytest.mark.parametrize(
    "text",
    [
        "e.g. a branch office, i.e. abroad, a.k.a. remote",
        "TLS 1.2 or v1.3",
        "in the U.S. only",
        "Wait ... and see.",
        "22543 TCP/UDP",
        "10:30 am",
        "and/or (LAN only):",
    ],
)
def test_abbreviations_and_small_versions_are_words(text: str) -> None:
    values = find_values(text)
    assert values[:3] == ((), (), ())
    assert values.words == text


def test_values_keep_their_order_and_words_are_what_is_left() -> None:
    values = find_values("from b.example.com, 10.0.0.2 and 10.0.0.1 via a.example.com!")
    assert values.hosts == ("b.example.com", "a.example.com")
    assert values.addresses == ("10.0.0.2", "10.0.0.1")
    assert values.words == "from ,  and  via !"


def is_no_mask(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Masks have 255 in front, or 0 where they are written the other way round."""
    return str(address).partition(".")[0] not in {"0", "255"}


@given(st.ip_addresses(v=4), st.ip_addresses(v=4).filter(is_no_mask))
def test_two_joined_addresses_are_never_read(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    assert find_values(f"{one}{other}").addresses == ()
    assert find_values(f"{one} {other}").addresses == (str(one), str(other))


@given(
    st.ip_addresses().filter(int),
    st.integers(0, 38),
    st.sampled_from("\u200b\u00ad\u2060\ufeff"),
)
def test_zero_width_characters_inside_an_address_do_not_count(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, at: int, sign: str
) -> None:
    text = str(address)
    assert find_values(clean(text[:at] + sign + text[at:])).addresses == (text,)


@given(st.text("0123456789.:/-*abcdef "))
def test_an_address_that_is_read_stands_in_the_text(text: str) -> None:
    values = find_values(text)
    for address in values.addresses:
        ipaddress.ip_network(address)
    for host in values.hosts:
        assert host.removeprefix("*.") in text
