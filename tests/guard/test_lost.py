"""What a page lost or gained at once: held from one past the limit on, and only then."""

from __future__ import annotations

import pytest

from tests.guard.judged import findings, listing, names, naming, only
from tests.support.readings import entry
from tracker.guard.page_rules import group_of
from tracker.model import Entry

LAN = entry(resource="Endpoints (LAN only)", addresses=(), scope="lan", direction="inbound")
ONE = listing("3.74.63.86")


def servers(count: int, **fields: str | None) -> Entry:
    return listing(*(f"3.74.0.{number}" for number in range(count)), **fields)


def relays(place: str, *addresses: str) -> Entry:
    return listing(
        *addresses,
        resource=f"Remote Desktop relay servers in {place}",
        purpose=f"Connection to relays in {place}.",
        only_for=place,
    )


def test_a_region_that_is_gone_is_named() -> None:
    found = only([ONE, servers(3, region="Asia")], [ONE])
    assert (found.name, found.verdict) == ("region-gone", "hold")
    assert found.message == "Asia is not on the page any more"
    assert (found.region, found.resource) == ("Asia", None)


@pytest.mark.parametrize(
    ("before", "after", "limit", "held"),
    [
        *((5, 10, 1.0, False), (5, 11, 1.0, True), (1, 2, 1.0, False), (1, 3, 1.0, True)),
        *((4, 6, 0.5, False), (4, 7, 0.5, True), (4, 4, 0.0, False), (4, 5, 0.0, True)),
        (4, 12, 2.0, False),
    ],
)
def test_more_additions_than_the_limit_are_held(
    before: int, after: int, limit: float, *, held: bool
) -> None:
    found = names([servers(before)], [servers(after)], max_added=limit)
    assert found == ["mass-addition"] * held


def test_hosts_count_as_well_as_addresses() -> None:
    new = entry(addresses=("3.74.63.86",), hosts=("a.example.com", "b.example.com"))
    assert names([ONE], [new]) == ["mass-addition"]


def test_a_mass_addition_says_what_and_where() -> None:
    found = only([servers(2)], [servers(8)])
    assert found.message == (
        "6 hosts and addresses are new in Europe, which had 2: more than 100% of them:"
        " 3.74.0.2, 3.74.0.3, 3.74.0.4, 3.74.0.5, 3.74.0.6 and 1 more"
    )
    assert (found.region, found.resource) == ("Europe", None)
    found = only([servers(2, region=None)], [servers(5, region=None)])
    assert found.message == (
        "3 hosts and addresses are new in the page, which had 2: more than 100% of them:"
        " 3.74.0.2, 3.74.0.3, 3.74.0.4"
    )


def test_a_new_region_and_a_first_version_may_be_of_any_size() -> None:
    assert findings([], [servers(200)]) == ()
    assert findings([ONE], [ONE, servers(200, region="Asia")]) == ()
    assert findings([LAN], [LAN, servers(200)]) == ()


def test_every_region_is_judged_by_itself() -> None:
    old = [servers(10), servers(1, region="Asia")]
    found = only(old, [servers(10), servers(3, region="Asia")])
    assert (found.name, found.region) == ("mass-addition", "Asia")


@pytest.mark.parametrize(
    ("column", "empty"), [("purpose", ""), ("components", ()), ("requirement", None)]
)
def test_a_column_that_is_empty_now_is_held(column: str, empty: object) -> None:
    def rows(**fields: object) -> list[Entry]:
        some = listing("3.74.0.1", "3.74.0.2", **fields)
        return [some, entry(resource="Hosts", hosts=("a.example.com",), **fields)]

    silent = listing("52.1.1.1", resource="Relays", **{column: empty})
    old, new = [*rows(), silent], [*rows(**{column: empty}), silent]
    found = only(old, new)
    assert (found.name, found.verdict) == ("column-gone", "hold")
    assert found.message == f"no entry of Europe says its {column} any more; 2 did"
    assert (found.region, found.resource) == ("Europe", None)
    assert findings(new, new) == findings([], new) == ()
    assert findings(old, [*new[:1], *rows()[1:], silent]) == ()  # one still says it


def test_a_column_that_is_gone_in_one_region_is_held() -> None:
    old = [servers(3), servers(3, region="Asia")]
    found = only(old, [servers(3), servers(3, region="Asia", purpose="")])
    assert (found.name, found.region) == ("column-gone", "Asia")


def test_a_group_of_resources_that_is_gone_is_held() -> None:
    old = [servers(9), relays("Asia", "52.1.1.1"), relays("Africa", "52.2.2.2")]
    found = only(old, [servers(9)])
    assert (found.name, found.verdict) == ("resource-group-gone", "hold")
    assert found.message == (
        "a whole group of resources is gone from Europe: Remote Desktop relay servers in Asia,"
        " Remote Desktop relay servers in Africa"
    )
    assert (found.region, found.resource) == ("Europe", old[1].resource)


def test_one_of_a_group_may_go() -> None:
    old = [servers(9), relays("Asia", "52.1.1.1"), relays("Africa", "52.2.2.2")]
    assert findings(old, old[:2]) == ()


def test_the_local_network_is_a_group_too() -> None:
    assert names([servers(3), LAN], [servers(3)]) == ["resource-group-gone"]


def test_a_group_that_is_left_in_another_region_is_gone_from_its_own() -> None:
    old = [servers(9), relays("Asia", "52.1.1.1"), servers(9, region="Asia")]
    other = listing("52.1.1.1", region="Asia", resource=old[1].resource)
    found = only(old, [servers(9), servers(9, region="Asia"), other])
    assert (found.name, found.region) == ("resource-group-gone", "Europe")


def test_the_groups_of_a_region_that_is_gone_are_not_told_again() -> None:
    assert names([ONE, servers(3, region="Asia")], [ONE]) == ["region-gone"]


@pytest.mark.parametrize(
    "new",
    [
        listing("52.1.1.1", "52.1.1.2", resource="Relays"),  # another label
        listing("52.1.1.1", "52.1.1.2", "52.3.3.3", resource="Relays", purpose="New."),
        listing("52.7.7.7", "52.7.7.8", resource="Relay servers of Asia"),  # other addresses
    ],
)
def test_a_group_that_is_relabelled_or_changed_is_not_gone(new: Entry) -> None:
    group = listing("52.1.1.1", "52.1.1.2", resource="Relay servers of Asia")
    assert names([servers(9), group], [servers(9), new]) == []


def test_a_group_of_which_one_row_is_matched_is_not_gone() -> None:
    old = [relays("Asia", "52.1.1.1"), relays("Africa", "52.2.2.2"), servers(9)]
    assert names(old, [listing("52.1.1.1", resource="Relays of old"), servers(9)]) == []


def test_hosts_without_a_label_are_grouped_by_purpose() -> None:
    updates = [naming(f"{name}.example.com", purpose="Updates.") for name in "abc"]
    new = [servers(20), naming("d.example.com", purpose="Updates.")]
    assert names([servers(20), *updates], new) == []
    found = only([servers(20), *updates], [servers(20)])
    assert found.name == "resource-group-gone"
    assert found.message.endswith("from Europe: a.example.com, b.example.com, c.example.com")


def test_a_host_without_label_and_purpose_may_go() -> None:
    old = [servers(9), naming("a.example.com", purpose="")]
    assert findings(old, [servers(9)]) == ()


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ("Action1 servers (server.action1.com)", "action1 servers"),
        ("Action1 servers (server.action1.com):", "action1 servers"),
        ("Action1 Remote Desktop relay servers in the Middle East", None),
        ("Action1 Remote Desktop relay servers IN\nAfrica", None),
        ("Action1 Remote Desktop relay servers [EU] for Europe", None),
        ("Managed endpoints (LAN only)", "managed endpoints"),
        ("Agents (LAN) and (more) consoles", "agents and consoles"),
        ("(LAN only)", "(lan only)"),
        ("Xbox relays (EU): ", "xbox relays"),
        ("Internal forwarders", "internal forwarders"),
    ],
)
def test_the_group_is_the_label_without_place_audience_and_brackets(
    label: str, group: str | None
) -> None:
    expected = group or "action1 remote desktop relay servers"
    assert group_of(entry(resource=label)) == expected


def test_a_cell_of_bare_values_has_the_group_of_its_purpose() -> None:
    assert group_of(naming("a.example.com", "b.example.com")) == "connection."
    assert group_of(listing("3.74.63.86", resource="3.74.63.86")) == "connection."
    assert group_of(naming("a.example.com", resource="CDN")) == "cdn"
