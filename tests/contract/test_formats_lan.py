"""What every format with rules for the LAN promises of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.contract.lan import IN, NARROW, OUT, WITH_LAN, lan_lines
from tests.contract.properties import models, prove_delta
from tests.formats.samples import entry, rule_set
from tracker.formats import Format, RuleSet
from tracker.formats.shared.lan import USUAL_LAN, Lan

PUBLIC = entry("192.0.2.1", "2001:db8::1", "a.example.com", ports=(443,))
LANS = {
    "usual": USUAL_LAN,
    "narrowed": NARROW,
    "of IPv4 alone": Lan(("10.1.0.0/16",), ()),
    "of IPv6 alone": Lan((), ("2001:db8:77::/48",)),
    "one address": Lan(("10.1.2.3",), ()),
}
MODELS = models()
every_format = pytest.mark.parametrize("fmt", WITH_LAN, ids=lambda fmt: fmt.name)
every_lan = pytest.mark.parametrize("lan", LANS.values(), ids=LANS)


def text_of(fmt: Format, of: RuleSet) -> str:
    text = fmt.render(of).text
    assert text is not None
    return text


@every_lan
@every_format
def test_a_file_holds_the_networks_of_its_lan_and_no_others(fmt: Format, lan: Lan) -> None:
    of = replace(rule_set(PUBLIC, IN, OUT), lan=lan)
    found = fmt.read_back(text_of(fmt, of))
    assert found == fmt.expected_lines(of)
    # What only gateways load has no use for link-local networks.
    assert lan_lines(found) in (set(lan.lines), set(lan.routed.lines))


@every_lan
@every_format
def test_the_lan_alone_makes_a_file(fmt: Format, lan: Lan) -> None:
    of = replace(rule_set(IN, OUT), lan=lan)
    assert fmt.read_back(text_of(fmt, of)) == fmt.expected_lines(of)


@every_format
def test_a_file_without_lan_rules_says_nothing_of_the_lan(fmt: Format) -> None:
    for lan in LANS.values():
        of = replace(rule_set(PUBLIC), lan=lan)
        assert not lan_lines(fmt.read_back(text_of(fmt, of)) | fmt.expected_lines(of))


@every_format
def test_a_delta_leads_to_another_lan_and_back(fmt: Format) -> None:
    usual = rule_set(PUBLIC, IN, OUT)
    for lan in LANS.values():
        after = replace(rule_set(PUBLIC, IN, OUT, version=3), lan=lan)
        prove_delta(fmt, usual, after, MODELS.get(fmt.name))


@every_format
def test_rules_of_the_lan_change_no_rule_for_the_internet(fmt: Format) -> None:
    without, with_lan = (
        written(text_of(fmt, rule_set(*entries))) for entries in ((PUBLIC,), (PUBLIC, IN, OUT))
    )
    lost = [line for line in without if line not in with_lan]
    # JSON has the digest of the version and counts among its lines, PAN-OS in its tag.
    assert [line for line in lost if "192.0.2.1" in line or "443" in line] == []
    come = "\n".join(line for line in with_lan if line not in without)
    assert "lan" in come.lower()


def written(text: str) -> list[str]:
    lines = (line.strip().rstrip(",") for line in text.splitlines())
    return [line for line in lines if line and line[0] not in "#!;" and "digest" not in line]


def test_formats_with_rules_for_the_lan_are_found() -> None:
    assert {"nftables", "fortios", "meraki"} < {fmt.name for fmt in WITH_LAN}
