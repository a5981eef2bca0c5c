"""ips-cidr.txt: the plain list, with a prefix length on every line."""

from __future__ import annotations

import ipaddress

import pytest

from tests.formats.samples import SAMPLES, entry, rule_set
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN

FORMAT, PLAIN = load("ips-cidr"), load("ips")


def test_every_line_is_a_prefix() -> None:
    of = entry("192.0.2.1", "198.51.100.0/28", "2001:db8::1", "2001:db8:1::/64", "a.example")
    assert (FORMAT.render(rule_set(of)).text or "").splitlines() == [
        "192.0.2.1/32",
        "198.51.100.0/28",
        "2001:db8::1/128",
        "2001:db8:1::/64",
    ]


@pytest.mark.parametrize("of", SAMPLES.values(), ids=list(SAMPLES))
def test_it_holds_the_addresses_of_the_plain_list_and_lacks_the_same(of) -> None:
    ours, plain = FORMAT.render(of), PLAIN.render(of)
    found, wanted = (
        [ipaddress.ip_network(line) for line in (each.text or "").splitlines()]
        for each in (ours, plain)
    )
    assert found == wanted
    assert ours.left_out == plain.left_out


def test_hosts_the_lan_and_sources_are_no_part_of_it() -> None:
    of = rule_set(entry("*.example.com"), entry(LAN), entry("192.0.2.1", direction="inbound"))
    assert FORMAT.render(of).text is None
    assert {left.endpoint.target for left in FORMAT.render(of).left_out} == {
        *("*.example.com", LAN, "192.0.2.1")
    }


@pytest.mark.parametrize(
    "line",
    ["192.0.2.1", "2001:db8::1", "192.0.2.1/24", "192.0.2.1-192.0.2.9", "# x/1", "", "a/32"],
)
def test_a_line_that_is_no_prefix_is_refused(line: str) -> None:
    with pytest.raises(RuleError):
        FORMAT.read_back(f"192.0.2.9/32\n{line}\n")


def test_a_delta_has_lines_of_the_list() -> None:
    assert FORMAT.delta is not None
    one, two = rule_set(entry("192.0.2.1", "192.0.2.8")), rule_set(entry("192.0.2.1", "::2"))
    assert FORMAT.delta(one, two) == "+ ::2/128\n- 192.0.2.8/32\n"
