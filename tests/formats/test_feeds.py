"""The lists that firewalls poll: their own spelling, and never an address beside the page's."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

AGGREGATED, IPS = load("ips-aggregated"), load("ips")
EDL_IP, EDL_URL = load("panos-edl-ip"), load("panos-edl-url")

SMALL_NETWORKS = st.builds(
    lambda first, length: str(
        ipaddress.ip_network((first >> 32 - length << 32 - length, length))
    ),
    st.integers(0xC0000200, 0xC000023F),
    st.integers(26, 32),
)


def text_of(fmt, *entries) -> str:
    return fmt.render(rule_set(*entries)).text or ""


def addresses(text: str) -> set:
    return {each for line in text.split() for each in ipaddress.ip_network(line)}


def test_halves_are_joined_and_neighbours_are_not() -> None:
    of = entry("192.0.2.0", "192.0.2.1", "192.0.2.3", "192.0.2.4/31", "192.0.2.6/31")
    more = entry("2001:db8::/33", "2001:db8:8000::/33", "10.0.0.0/8", "10.1.0.0/16")
    assert text_of(AGGREGATED, of, more) == (
        "10.0.0.0/8\n192.0.2.0/31\n192.0.2.3\n192.0.2.4/30\n2001:db8::/32\n"
    )


@examples(300)
@given(st.sets(SMALL_NETWORKS, min_size=1, max_size=30))
def test_joining_keeps_the_addresses_exactly(networks: set[str]) -> None:
    found = text_of(AGGREGATED, entry(*networks))
    assert addresses(found) == addresses(text_of(IPS, entry(*networks)))
    assert len(found.split()) <= len(networks)


@pytest.mark.parametrize(
    "line", ["192.0.2.0/30", "192.0.2.0/25", "192.0.2.9", "2001:db8::/64", "0.0.0.0/0"]
)
def test_a_list_that_covers_more_is_seen(line: str) -> None:
    of = rule_set(entry("192.0.2.0", "192.0.2.1"))
    text = AGGREGATED.render(of).text or ""
    assert AGGREGATED.read_back(text) == AGGREGATED.expected_lines(of)
    assert AGGREGATED.read_back(f"{text}{line}\n") != AGGREGATED.expected_lines(of)


def test_the_same_addresses_in_other_networks_read_back_the_same() -> None:
    assert AGGREGATED.read_back("192.0.2.0/31\n") == AGGREGATED.read_back(
        "192.0.2.0\n192.0.2.1\n"
    )


def test_an_address_list_for_panos_says_what_each_is_for() -> None:
    of = entry("192.0.2.1", resource="Relays"), entry("192.0.2.1", resource="Consoles")
    assert text_of(EDL_IP, *of) == "192.0.2.1 Consoles (required) / Relays (required)\n"
    nameless = entry("2001:db8::1", resource="\u0416", requirement=None)
    assert text_of(EDL_IP, nameless) == "2001:db8::1\n"


@pytest.mark.parametrize("words", HOSTILE)
def test_a_line_for_panos_is_an_address_one_space_and_harmless_words(words: str) -> None:
    [line] = text_of(EDL_IP, entry("192.0.2.1", resource=words, only_for=words)).splitlines()
    address, space, said = line.partition(" ")
    assert (address, space) == ("192.0.2.1", " ")
    assert said.isascii()
    assert said.strip() == said
    assert not set(said) & set("\t\"'`$;|#<>&*")


@pytest.mark.parametrize(
    "line", ["# a header", "192.0.2.1  two spaces", "192.0.2.1\ttab", "example.com", "", " x"]
)
def test_a_line_that_panos_would_skip_is_refused(line: str) -> None:
    with pytest.raises(RuleError):
        EDL_IP.read_back(f"192.0.2.1 ok\n{line}\n")


def test_urls_end_in_a_slash_and_a_wildcard_has_two() -> None:
    of = entry("*.example.com", "a.example.com", "example.com")
    assert text_of(EDL_URL, of) == "*.example.com/\na.example.com/\nexample.com/\n"
    assert set(text_of(EDL_URL, *SAMPLES["2024-04-europe"].entries).split("/\n")) == {
        *text_of(load("domains"), *SAMPLES["2024-04-europe"].entries).split("\n")
    }


def test_a_url_list_says_what_it_leaves_out() -> None:
    of = rule_set(
        entry("a.example.com", "192.0.2.1"),
        entry("b.example.com", services=(Service("udp", 443, 443),)),
        entry("c.example.com", direction="inbound"),
        entry(LAN),
    )
    rendered = EDL_URL.render(of)
    assert rendered.text == "a.example.com/\n"
    assert {left.endpoint.target: left.reason.split()[-1] for left in rendered.left_out} == {
        "192.0.2.1": "addresses",
        "b.example.com": "tcp",
        "c.example.com": "connections",
        LAN: "network",
    }


@pytest.mark.parametrize("line", ["example.com", "192.0.2.1/", "*/", "http://a.example/", "/"])
def test_a_url_that_would_match_more_is_refused(line: str) -> None:
    with pytest.raises(RuleError):
        EDL_URL.read_back(f"a.example.com/\n{line}\n")


def test_feeds_of_fortigate_are_the_plain_lists() -> None:
    for name, plain in (("fortigate-ip", "ips"), ("fortigate-domain", "domains")):
        for of in SAMPLES.values():
            assert load(name).render(of) == load(plain).render(of)


@pytest.mark.parametrize(
    "name", ["ips-aggregated", "panos-edl-ip", "panos-edl-url", "fortigate-ip"]
)
def test_a_delta_is_the_lines_that_come_and_go(name: str) -> None:
    fmt = load(name)
    assert fmt.delta is not None
    before = rule_set(entry("192.0.2.1", "b.example.com", "192.0.2.8", resource="Old"))
    after = rule_set(entry("192.0.2.9", "a.example.com", "192.0.2.1", "b.example.com"))
    lines = (fmt.delta(before, after) or "").splitlines()
    changed = {"panos-edl-url": ["+ a.example.com/"]}
    assert lines == changed.get(name, ["+ 192.0.2.9", "- 192.0.2.8"])
    assert fmt.delta(before, rule_set(*before.entries, entry("192.0.2.1"))) is None


def test_the_limits_of_feeds_are_those_of_their_platforms() -> None:
    found = {
        name: load(name).limit for name in ("panos-edl-ip", "panos-edl-url", "fortigate-ip")
    }
    assert [limit.most for limit in found.values() if limit] == [50_000, 50_000, 131_072]
    many = entry(*(f"10.{n >> 8}.{n & 255}.1" for n in range(300)))
    [edl] = [limit for name, limit in found.items() if name == "panos-edl-ip" and limit]
    assert edl.count(EDL_IP.render(rule_set(many)).text or "") == 300


def test_a_list_of_long_names_counts_by_its_bytes() -> None:
    limit = load("fortigate-domain").limit
    assert limit is not None
    assert limit.count("a.example.com\n" * 131_072) == limit.most == 131_072
    name = f"{'x' * 60}.{'y' * 18}.\n"
    assert len(name) == 81
    assert limit.count(name * 129_000) < limit.most < limit.count(name * 130_000)
