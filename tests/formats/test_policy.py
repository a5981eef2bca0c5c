"""Which ports are the local network's, what a comment may hold, and cutting overlaps."""

from __future__ import annotations

import ipaddress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.samples import ADDRESSES, HOSTILE, entry, rule_set
from tests.support.examples import examples
from tracker.formats import WITHHELD
from tracker.formats.shared.addresses import canonical_target
from tracker.formats.shared.domain_names import unsupported_by_dns
from tracker.formats.shared.pf_aliases import unsupported_by_aliases
from tracker.formats.shared.policy import (
    NOBODY,
    allowed_rules,
    nothing_unsupported,
    unexpressible_reason,
)
from tracker.formats.shared.port_ranges import cut_overlaps, merge_ranges
from tracker.formats.shared.service_groups import list_groups
from tracker.model import LAN, endpoints_of
from tracker.text import to_comment

FEW_PORTS = st.tuples(st.integers(1, 12), st.integers(0, 5)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)


@pytest.mark.parametrize(
    ("ports", "kept"),
    [
        *[(port, False) for port in (135, 139, 389, 445)],
        *[(port, True) for port in (134, 136, 443, 22543, 22551, 49152, 60000, 65535)],
        *[(ports, False) for ports in ((1, 65535), (100, 140), (440, 450), (389, 443))],
        *[(ports, False) for ports in ((49152, 65535), (1024, 65535), (49000, 49406))],
        *[(ports, True) for ports in ((60000, 60010), (49000, 49405), (140, 388))],
    ],
)
@pytest.mark.parametrize("target", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "a.example"])
def test_ports_of_the_local_network_stay_off_other_targets(ports, kept, target) -> None:
    [endpoint] = endpoints_of([entry(target, ports=(ports,))])
    assert unexpressible_reason(endpoint) == (None if kept else WITHHELD)
    [lan] = endpoints_of([entry(LAN, ports=(ports,))])
    assert unexpressible_reason(lan) is None


def test_udp_counts_like_tcp() -> None:
    service = entry("192.0.2.1", ports=(445,)).services[0]
    [endpoint] = endpoints_of([entry("192.0.2.1", services=(type(service)("udp", 445, 445),))])
    assert unexpressible_reason(endpoint) == WITHHELD


def test_what_formats_share_is_made_once_for_a_rule_set_until_it_is_forgotten() -> None:
    made = rule_set(entry("192.0.2.1"), entry("a.example.net"))
    hosts, all_of_them = (
        allowed_rules(made, unsupported_by_dns),
        allowed_rules(made, nothing_unsupported),
    )
    assert (len(hosts), len(all_of_them)) == (1, 2)
    assert allowed_rules(made, unsupported_by_dns) is hosts
    made.forget_format()
    assert allowed_rules(made, unsupported_by_dns) is hosts
    made.forget_derived()
    again = allowed_rules(made, unsupported_by_dns)
    assert again == hosts
    assert again is not hosts
    assert allowed_rules(msgspec.structs.replace(made, entries=()), unsupported_by_dns) == ()


def test_formats_share_groups_if_they_allow_the_same_rules() -> None:
    made = rule_set(entry("192.0.2.1"), entry("a.example.net", ports=(443, 8443)))
    all_of_them = list_groups(made, nothing_unsupported)
    assert list_groups(made, unsupported_by_aliases) is all_of_them  # no wildcard here
    hosts = list_groups(made, unsupported_by_dns)
    assert {target.name for group in hosts for target in group.targets} == {"a.example.net"}


def test_one_entry_has_the_rules_of_its_rule_set() -> None:
    of = entry("192.0.2.1", "192.0.2.2", resource="Relays")
    [first, _] = endpoints_of([of])
    leaving = msgspec.structs.replace(rule_set(of), until={first: "2026-03-09T12:00:00Z"})
    for made, words in (
        (rule_set(of), "Relays"),
        (leaving, "off the page"),
        (rule_set(of), "Re"),
    ):
        rules = allowed_rules(made, nothing_unsupported)
        assert [rule.endpoint.target for rule in rules] == ["192.0.2.1", "192.0.2.2"]
        assert rules[0].words.startswith(words)
        assert rules[1].words.startswith("Relays")


def test_what_the_page_calls_an_endpoint() -> None:
    of = entry("192.0.2.1", resource="Relays; in «Ægypt»", only_for="the\nEast")
    [allowed] = allowed_rules(rule_set(of), lambda _: None)
    assert allowed.words == "Relays in gypt (required - only for the East)"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_is_one_short_line_of_harmless_characters(text: str) -> None:
    found = to_comment(text)
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._:/()*-")
    assert set(found) <= allowed
    assert len(found) <= 120


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Updates (*.windowsupdate.com)", "Updates (*.windowsupdate.com)"),
        ('names: "*.a.example",*.b.example', "names: *.a.example *.b.example"),
        ("*/ drop /* **.x a*.b *. 3*4 *", "/ drop / .x a .b . 3 4"),
        ("x" * 118 + " *.example.com", "x" * 118),
    ],
)
def test_a_comment_keeps_the_asterisk_of_a_wildcard_alone(text: str, said: str) -> None:
    assert to_comment(text) == to_comment(said) == said


@examples(500)
@given(
    st.dictionaries(
        st.sampled_from(ADDRESSES).map(canonical_target),
        st.lists(FEW_PORTS, min_size=1, max_size=4),
    )
)
def test_cutting_overlaps_keeps_every_point_and_covers_it_once(opened) -> None:
    kept = cut_overlaps(opened)
    assert cut_overlaps(kept) == kept
    covering, asked = (
        [(ipaddress.ip_network(target), ports) for target, ports in each.items()]
        for each in (kept, opened)
    )
    edges = {
        edge + step
        for network in map(ipaddress.ip_network, opened)
        for edge in (network[0], network[-1])
        for step in (-1, 0, 1)
    }
    for address in edges:
        for port in range(19):
            covers = sum(
                address in network and first <= port <= last
                for network, ports in covering
                for first, last in ports
            )
            wanted = any(
                address in network and first <= port <= last
                for network, ports in asked
                for first, last in ports
            )
            assert covers == int(wanted)


def test_what_does_not_overlap_stays_as_it_is() -> None:
    one, next_ = "192.0.2.0", "192.0.2.1"
    assert cut_overlaps({one: [(443, 443)], next_: [(443, 443)]}) == {
        one: [(443, 443)],
        next_: [(443, 443)],
    }
    assert merge_ranges([(80, 80), (443, 443), (81, 90)]) == [(80, 90), (443, 443)]


@pytest.mark.parametrize("target", ["0.0.0.0", "0.0.0.0/32", "255.255.255.255", "::", "::/128"])
def test_the_address_of_nobody_is_left_out(target: str) -> None:
    [endpoint] = endpoints_of([entry(addresses=(target,))])
    assert unexpressible_reason(endpoint) == NOBODY
