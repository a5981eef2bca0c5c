"""Names of hosts are under a top-level domain; files, products and versions are words."""

from __future__ import annotations

import pytest

from tracker.domain_suffixes import is_under_top_level
from tracker.parse.values import find_values, parse_host


@pytest.mark.parametrize(
    "name",
    [
        "relay.example.con",
        "MediaGateway.IP",
        "agent.service",
        "files.server.local",
        "printer.lan",
        "metadata.internal",
        "relay.example",
        "x.localhost",
        "hidden.onion",
        "a.xn--zzzzzzzz",
        "System.Net.Http",
    ],
)
@pytest.mark.parametrize("text", ["{}", "Relays ({}):", "{}, relay.example.com", "use {} now"])
def test_a_name_under_no_top_level_domain_is_odd(name: str, text: str) -> None:
    values = find_values(text.format(name))
    assert values.odd == (name,)
    assert name.lower() not in values.hosts


@pytest.mark.parametrize(
    "name",
    [
        *(
            "relay.example.com",
            "a.co.uk",
            "x.ck",
            "get.helm.sh",
            "api.point.md",
            "www.point.md",
        ),
        *("allegro.pl", "xn--e1afmkfd.xn--p1ai", "x.web.app", "a.home.arpa", "mail.com.py"),
        "*.bun.sh",
    ],
)
def test_a_name_under_a_top_level_domain_is_a_host(name: str) -> None:
    assert find_values(name).hosts == (name,)
    assert find_values(f"Relays ({name}):").hosts == (name,)
    assert is_under_top_level(name)


def test_a_scheme_says_that_a_name_is_a_host() -> None:
    assert find_values("https://bun.sh/").hosts == ("bun.sh",)
    assert find_values("bun.sh").odd == ("bun.sh",)


def test_a_version_of_old_may_hold_a_name_that_no_page_would_give() -> None:
    """History is asked for hosts as they were read then."""
    assert parse_host("MediaGateway.IP") == "mediagateway.ip"


@pytest.mark.parametrize(
    "text",
    [
        "Run install.sh as root",
        "the readme.md file",
        "Linux agents (setup.sh):",
        "unpack update.zip first",
        "Windows agents (agent_x64.msi)",
        "Servers for Node.js agents",
        "see rules.json, hosts.txt and proxy.pac",
        "archive agent-1.2.tar.gz",
    ],
)
def test_a_file_among_words_is_a_word(text: str) -> None:
    assert find_values(text) == ((), (), (), text)


@pytest.mark.parametrize(
    "text",
    ["setup.sh", "readme.md", "agent.exe", "update.zip.", "(install.v2.sh)", "Relays: get.sh"],
)
def test_a_file_that_stands_where_a_host_would_is_odd(text: str) -> None:
    values = find_values(text)
    assert values.odd
    assert not values.hosts


@pytest.mark.parametrize(
    "text",
    [
        "Booking.com servers",
        "Servers of Booking.com:",
        "Monday.com's agents",
        "ASP.NET Core apps",
        "Relays for Salesforce.com",
    ],
)
def test_a_product_beside_its_noun_is_a_word(text: str) -> None:
    assert find_values(text) == ((), (), (), text)


@pytest.mark.parametrize(
    "text",
    ["Booking.com", "Booking.com, 203.0.113.5", "booking.com servers", "Office.com and others"],
)
def test_a_host_stays_one_where_nothing_says_product(text: str) -> None:
    assert len(find_values(text).hosts) == 1


def test_what_can_be_a_product_or_a_host_is_odd() -> None:
    assert find_values("Office.com sign-in").odd == ("Office.com",)


@pytest.mark.parametrize(
    "text",
    [
        "version 5.2.60.1",
        "Version: 5.221.608.1",
        "agents v5.2.60.1 or later",
        "ver. 5.2.60.1",
        "(build 10.0.190.1)",
        "Release 5.2.60.1",
        "release no. 5.2.60.1",
        "versions 5.2.60.1, 5.2.60.2 and 5.2.61.0",
        "version 5.2.60.1 or 5.2.61.0",
        "version >= 5.2.60.1",
        "versions before 5.2.60.1",
        "the 5.2.60.1 release",
        "firmware 5.2.60.1",
        "v. 5.2.60.1",
        "price 1.2.3.4",
        "$1.2.3.4",
    ],
)
def test_the_number_of_a_version_is_a_word(text: str) -> None:
    assert find_values(text) == ((), (), (), text)


@pytest.mark.parametrize(
    "text",
    [
        "build server 203.0.113.5",
        "203.0.113.5 build server",
        "version 5.2.60.1: 203.0.113.5",
        "version 5.2.60.1, 203.0.113.5",
        "conversion 203.0.113.5",
        "IPv4 203.0.113.5",
        "priced: 203.0.113.5",
    ],
)
def test_an_address_near_such_words_stays_one(text: str) -> None:
    assert find_values(text).addresses == ("203.0.113.5",)


@pytest.mark.parametrize(
    ("text", "hosts", "addresses"),
    [
        ("IP:203.0.113.5", (), ("203.0.113.5",)),
        ("Host:a.example.com", ("a.example.com",), ()),
        ("`203.0.113.5`", (), ("203.0.113.5",)),
        ("http://203.0.113.5/", (), ("203.0.113.5",)),
        ("203.0.113.5 / 203.0.113.9", (), ("203.0.113.5", "203.0.113.9")),
        ("2001:db8::5 / 2001:db8::9", (), ("2001:db8::5", "2001:db8::9")),
        ("a.example.com / b.example.com", ("a.example.com", "b.example.com"), ()),
        ("a.example.com - 203.0.113.5", ("a.example.com",), ("203.0.113.5",)),
        ("the D.C. office, 203.0.113.5", (), ("203.0.113.5",)),
    ],
)
def test_harmless_signs_around_a_value_are_read(
    text: str, hosts: tuple[str, ...], addresses: tuple[str, ...]
) -> None:
    assert find_values(text)[:3] == (hosts, addresses, ())
