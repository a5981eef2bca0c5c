"""New addresses that no public service has, and networks that are too wide."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.guard.judged import findings, listing, names, only
from tracker.guard.value_rules import special_use

ONE = listing("3.74.63.86")

SPECIAL = [
    *(("loopback-address", value) for value in ("127.0.0.1", "127.255.255.255", "::1")),
    *(("link-local-address", value) for value in ("169.254.0.0", "169.254.255.255")),
    *(("link-local-address", value) for value in ("fe80::", "febf:ffff::1")),
    *(("private-address", value) for value in ("10.0.0.0", "10.255.255.255", "172.16.0.0")),
    *(("private-address", value) for value in ("172.31.255.255", "192.168.0.0", "fc00::")),
    *(("private-address", value) for value in ("192.168.255.255", "fdff::1")),
    *(("private-address", value) for value in ("100.64.0.0", "100.127.255.255")),
    *(("multicast-address", value) for value in ("224.0.0.0", "239.255.255.255", "ff02::1")),
    *(("documentation-address", value) for value in ("192.0.2.0", "192.0.2.255")),
    *(("documentation-address", value) for value in ("198.51.100.1", "203.0.113.255")),
    *(("documentation-address", value) for value in ("2001:db8::", "2001:db8:ffff::1")),
    *(("documentation-address", value) for value in ("3fff::1", "3fff:fff::1")),
    *(("reserved-address", value) for value in ("0.0.0.0", "0.255.255.255", "240.0.0.0")),
    *(("reserved-address", value) for value in ("255.255.255.255", "192.0.0.8")),
    *(("reserved-address", value) for value in ("192.88.99.1", "198.18.0.1", "198.19.255.255")),
    *(("reserved-address", value) for value in ("::", "::ffff:8.8.8.8", "64:ff9b::808:808")),
    *(("reserved-address", value) for value in ("2001::1", "2001:1ff::1", "2002:808:808::1")),
    *(("reserved-address", value) for value in ("4000::1", "8000::1", "fec0::1")),
]
PUBLIC = [
    *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"),
    *("128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0"),
    *("191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0"),
    *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255"),
    *("198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "100.24.103.37"),
    *("2001:200::1", "2001:db7:ffff::1", "2001:db9::", "2003::1", "2600:1f18::1"),
    *("3ffe:ffff::1", "3fff:1000::1", "2606:4700::1111"),
]
WORDS = {
    "loopback-address": "the machine itself (RFC 1122, 4291)",
    "link-local-address": "of one link only (RFC 3927, 4291)",
    "private-address": "private, not reachable over the internet (RFC 1918, 4193, 6598)",
    "multicast-address": "multicast (RFC 5771, 4291)",
    "documentation-address": "an example, for documentation only (RFC 5737, 3849, 9637)",
    "reserved-address": "reserved, in use nowhere (IANA special-purpose registries)",
}


@pytest.mark.parametrize(("name", "value"), SPECIAL)
def test_an_address_of_no_public_service_is_held(name: str, value: str) -> None:
    found = only([], [listing("3.74.63.86", value)])
    assert (found.name, found.verdict) == (name, "hold")
    assert found.message == f'"Servers" in Europe lists {value}: {WORDS[name]}'
    assert (found.region, found.resource) == ("Europe", "Servers")
    assert only([], [listing(value)], publish=(name,)).verdict == "publish"


@pytest.mark.parametrize("value", PUBLIC)
def test_its_neighbours_are_public(value: str) -> None:
    assert findings([], [listing(value)]) == ()


def test_a_network_that_holds_some_is_held() -> None:
    assert names([], [listing("169.254.0.0/16")], widest_v4=8) == ["link-local-address"]
    assert names([], [listing("172.0.0.0/8")], widest_v4=8) == ["private-address"]
    assert names([], [listing("10.1.2.0/24")]) == ["private-address"]
    assert names([], [listing("2001:db8:1::/48")]) == ["documentation-address"]


def test_a_default_route_is_of_no_special_kind() -> None:
    assert special_use(ip_network("0.0.0.0/0")) is None
    assert special_use(ip_network("::/0")) is None
    assert special_use(ip_network("0.0.0.0/1")) is not None


def test_each_kind_of_a_place_is_one_finding() -> None:
    found = findings([], [listing("10.0.0.1", "127.0.0.1", "8.8.8.8", "10.0.0.2")])
    assert [one.name for one in found] == ["private-address", "loopback-address"]
    assert "lists 10.0.0.1, 10.0.0.2: private" in found[0].message
    assert "lists 127.0.0.1: the machine" in found[1].message


def test_the_rows_of_one_resource_are_one_finding() -> None:
    rows = [listing("10.0.0.1", purpose=purpose) for purpose in ("One.", "Two.", "Three.")]
    assert names([], rows) == ["private-address"]
    rows.append(listing("10.0.0.1", resource="Relays"))
    found = findings([], rows)
    assert [one.resource for one in found] == ["Servers", "Relays"]


def test_a_resource_without_region_and_with_odd_letters_is_quoted() -> None:
    found = only([], [listing("10.0.0.1", region=None, resource="A\x1b[31m\u202eB")])
    assert found.message.startswith('"A [31mB" in the table without a region lists 10.0.0.1')


@pytest.mark.parametrize("value", ["10.0.0.1", "127.0.0.1", "0.0.0.0/0", "8.0.0.0/8", "::/0"])
def test_what_was_published_once_is_not_judged_again(value: str) -> None:
    old = [listing("3.74.63.86", value)]
    assert findings(old, old) == ()
    assert findings(old, [listing(value, "3.74.63.86", purpose="New words.")]) == ()
    moved = [ONE, listing(value, region="Asia")]
    assert findings([*old, listing("3.74.63.86", region="Asia")], moved, max_removed=1) == ()


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0"])
def test_a_default_route_is_held_and_is_nothing_else(value: str) -> None:
    found = only([ONE], [listing("3.74.63.86", value)])
    assert (found.name, found.verdict) == ("default-route", "hold")
    assert found.message == (
        f'"Servers" in Europe lists {value}, which is every address there is'
    )
    assert (found.region, found.resource) == ("Europe", "Servers")
    assert names([ONE], [listing("3.74.63.86", value)], publish=("default-route",)) == []


@pytest.mark.parametrize(
    ("value", "limits", "held"),
    [
        *(("3.74.63.0/24", {}, False), ("3.74.62.0/23", {}, True)),
        *(("3.74.63.0/25", {}, False), ("3.74.63.1", {}, False)),
        *(("2600:1f18:1::/48", {}, False), ("2600:1f18::/47", {}, True)),
        *(("2600:1f18::/32", {}, True), ("2600:1f18::1", {}, False)),
        *(("3.74.0.0/16", {"widest_v4": 16}, False), ("3.74.0.0/15", {"widest_v4": 16}, True)),
        *(("3.74.0.0/16", {"widest_v6": 16}, True), ("2600::/20", {"widest_v4": 0}, True)),
        *(("2600::/20", {"widest_v6": 20}, False), ("2600::/19", {"widest_v6": 20}, True)),
        *(
            ("128.0.0.0/1", {}, True),
            ("128.0.0.0/2", {"widest_v4": 0}, False),
            ("2.0.0.0/7", {}, True),
        ),
    ],
)
def test_a_network_wider_than_the_limit_is_held(
    value: str, limits: dict[str, int], *, held: bool
) -> None:
    publish = ("private-address", "link-local-address")
    found = names([], [listing(value)], publish=publish, **limits)
    assert found == ["wide-network"] * held


def test_wide_networks_of_both_kinds_are_two_findings() -> None:
    values = ("3.0.0.0/8", "2600::/20", "4.0.0.0/7", "3.74.63.0/24")
    found = findings([], [listing(*values)])
    assert [one.message for one in found] == [
        '"Servers" in Europe lists 3.0.0.0/8, 4.0.0.0/7, wider than /24',
        '"Servers" in Europe lists 2600::/20, wider than /48',
    ]
    assert {(one.name, one.verdict) for one in found} == {("wide-network", "hold")}
    assert {(one.region, one.resource) for one in found} == {("Europe", "Servers")}


def test_many_values_are_counted() -> None:
    found = only([], [listing(*(f"10.0.0.{number}" for number in range(1, 9)))])
    assert "10.0.0.4, 10.0.0.5 and 3 more: private" in found.message
    assert "more" not in only([], [listing(*(f"10.0.0.{n}" for n in range(5)))]).message
