"""The plain lists: order, spelling, and what they leave out with which reason."""

from __future__ import annotations

import pytest

from tests.formats.samples import entry, rule_set
from tracker.errors import RuleError
from tracker.formats import NO_LAN, NO_PORT, WITHHELD, load
from tracker.model import LAN

IPS, DOMAINS = load("ips"), load("domains")


def reasons(rendered) -> dict[str, str]:
    return {left.endpoint.target: left.reason for left in rendered.left_out}


def test_addresses_are_sorted_by_number_ipv4_first() -> None:
    of = entry("2001:db8::10", "2001:db8::9", "10.0.0.0/8", "192.0.2.10", "9.9.9.9")
    more = entry("192.0.2.9", "10.0.0.0/9", "192.0.2.10")
    text = IPS.render(rule_set(of, more)).text
    assert text == (
        "9.9.9.9\n10.0.0.0/8\n10.0.0.0/9\n192.0.2.9\n192.0.2.10\n2001:db8::9\n2001:db8::10\n"
    )


def test_an_address_without_a_port_is_left_out() -> None:
    rendered = IPS.render(rule_set(entry("192.0.2.1", ports=(None,))))
    assert (rendered.text, reasons(rendered)) == (None, {"192.0.2.1": NO_PORT})


def test_a_list_of_addresses_says_what_it_leaves_out() -> None:
    of = rule_set(
        entry("192.0.2.1", "a.example.com"),
        entry("192.0.2.2", ports=(445,)),
        entry("192.0.2.3", direction="inbound"),
        entry(LAN, direction="inbound"),
    )
    rendered = IPS.render(of)
    assert rendered.text == "192.0.2.1\n"
    assert reasons(rendered) == {
        "a.example.com": "a list of addresses contains no host names",
        "192.0.2.2": WITHHELD,
        "192.0.2.3": "the list contains destinations, and this is a source of connections",
        LAN: NO_LAN,
    }


def test_a_wildcard_brings_its_bare_name_along() -> None:
    of = rule_set(entry("*.example.com", "b.example.com", "192.0.2.1"))
    rendered = DOMAINS.render(of)
    assert rendered.text == "*.example.com\nb.example.com\nexample.com\n"
    assert reasons(rendered) == {"192.0.2.1": "a list of host names contains no addresses"}


def test_rules_with_ports_leave_out_what_states_none() -> None:
    rendered = load("nftables").render(rule_set(entry("192.0.2.1", ports=(None,))))
    assert rendered.text is None
    assert reasons(rendered) == {"192.0.2.1": NO_PORT}


@pytest.mark.parametrize("line", ["example.com", "192.0.2.1 # x", "", "192.0.2.1/24"])
def test_a_line_that_is_no_address_is_refused(line: str) -> None:
    with pytest.raises(RuleError):
        IPS.read_back(f"192.0.2.1\n{line}\n")


@pytest.mark.parametrize("line", ["192.0.2.1", "exa mple.com", "", "*", "# x"])
def test_a_line_that_is_no_host_is_refused(line: str) -> None:
    with pytest.raises(RuleError):
        DOMAINS.read_back(f"example.com\n{line}\n")
