"""sophos.xml: its documented shape, its names, and what a Sophos Firewall makes of it."""

from __future__ import annotations

import ipaddress
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, prove_delta
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("sophos")
# Sophos Firewall API documentation, the part that is used: elements in their order, and what
# they hold. A name has 60 characters and no comma.
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"
_V4, _V6 = r"[0-9.]{7,15}", r"[0-9a-f:.]{2,45}"
SHAPES = {
    "IPHost": [
        {"Name": _NAME, "IPFamily": "IPv4", "HostType": "IP", "IPAddress": _V4},
        {
            "Name": _NAME,
            "IPFamily": "IPv4",
            "HostType": "Network",
            "IPAddress": _V4,
            "Subnet": _V4,
        },
        {"Name": _NAME, "IPFamily": "IPv6", "HostType": "IP", "IPAddress": _V6},
        {
            "Name": _NAME,
            "IPFamily": "IPv6",
            "HostType": "IPRange",
            "StartIPAddress": _V6,
            "EndIPAddress": _V6,
        },
    ],
    "FQDNHost": [{"Name": _NAME, "FQDN": r"(\*\.)?[a-z0-9._-]{1,253}"}],
    "IPHostGroup": [
        {"Name": _NAME, "IPFamily": "IPv[46]", "Description": ".{1,255}", "HostList": "Host"}
    ],
    "FQDNHostGroup": [
        {"Name": _NAME[:-3] + "49}", "Description": ".{1,255}", "FQDNHostList": "FQDNHost"}
    ],
    "Services": [
        {
            "Name": _NAME,
            "Description": ".{1,255}",
            "Type": "TCPorUDP",
            "ServiceDetails": "ServiceDetail",
        }
    ],
    "ServiceDetail": [
        {"Protocol": "TCP|UDP", "SourcePort": "1:65535", "DestinationPort": r"\d+(:\d+)?"}
    ],
}


def fits(element: ET.Element) -> bool:
    return any(_fits(element, shape) for shape in SHAPES[element.tag])


def _fits(element: ET.Element, shape: dict[str, str]) -> bool:
    if [each.tag for each in element] != list(shape):
        return False
    for each, wanted in zip(element, shape.values(), strict=True):
        if not len(each):
            if not re.fullmatch(wanted, each.text or ""):
                return False
        elif any(inner.tag != wanted for inner in each) or (
            wanted == "ServiceDetail" and not all(map(fits, each))
        ):
            return False
    return True


class SophosFirewall:
    """Objects by name; an import makes those of a file or changes them, and keeps others."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], ET.Element] = {}

    def load(self, text: str) -> None:
        root = ET.fromstring(text)
        assert root.tag == "Configuration"
        for element in root:
            assert fits(element), ET.tostring(element)
            for kind in ("Host", "FQDNHost"):
                for each in element.iterfind(f"{kind}List/{kind}"):
                    tag = "IPHost" if kind == "Host" else kind
                    host = self.objects[tag, each.text or ""]
                    assert host.findtext("IPFamily") == element.findtext("IPFamily")
            self.objects[element.tag, element.findtext("Name", "")] = element

    def opened(self) -> frozenset[str]:
        found = set()
        for (tag, name), group in self.objects.items():
            if not tag.endswith("Group"):
                continue
            stem = re.sub("-(v6|fqdn)$", "", name)
            way = "inbound" if re.search("_in-|_lan-in-", stem) else "outbound"
            members = [each.text or "" for each in group[-1]]
            kind = "FQDNHost" if tag == "FQDNHostGroup" else "IPHost"
            targets = {self.target(self.objects[kind, each]) for each in members} - {None}
            if "_lan-" in stem:
                found |= {f"lan {target}" for target in targets}
                targets = {LAN} if targets else set()
            for each in self.objects["Services", stem].iter("ServiceDetail"):
                ports = each.findtext("DestinationPort", "").replace(":", "-")
                protocol = each.findtext("Protocol", "").lower()
                found |= {f"{way} {target} {protocol}/{ports}" for target in targets}
        return frozenset(found)

    @staticmethod
    def target(host: ET.Element) -> str | None:
        first = host.findtext("FQDN") or host.findtext("IPAddress")
        if host.findtext("Subnet"):
            first = str(ipaddress.ip_network(f"{first}/{host.findtext('Subnet')}"))
        elif host.findtext("StartIPAddress"):
            ends = [
                ipaddress.ip_address(host.findtext(f"{e}IPAddress") or "")
                for e in ("Start", "End")
            ]
            [network] = ipaddress.summarize_address_range(*ends)
            first = str(network)
        return None if first in {"255.255.255.255", "100::", "none.invalid"} else first


MODELS = {"sophos": SophosFirewall}


def text_of(*entries, **named) -> str:
    return FORMAT.render(rule_set(*entries, **named)).text or ""


EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@examples(60)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_documented_shape_and_opens_what_it_says(of) -> None:
    box = SophosFirewall()
    if text := FORMAT.render(of).text:
        box.load(text)
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, SophosFirewall, before, after)


def test_a_port_that_goes_leaves_a_group_that_matches_nothing() -> None:
    one, two = (rule_set(entry("192.0.2.1", ports=ports)) for ports in [(443, 80), (443,)])
    root = ET.fromstring(FORMAT.delta(one, two) or "")
    assert [(each.tag, each.findtext("Name")) for each in root] == [
        ("IPHost", "action1-europe_none"),
        ("IPHostGroup", "action1-europe_tcp-80"),
    ]
    words = (rule_set(entry("192.0.2.1", resource=said)) for said in ("Old", "New"))
    assert FORMAT.delta(*words) is None


def test_families_and_names_have_groups_of_their_own() -> None:
    text = text_of(entry("*.example.com", "192.0.2.0/24", "2001:db8::/32", "2001:db8::1"))
    groups = {
        each.findtext("Name"): [host.text for host in each[-1]]
        for each in ET.fromstring(text)
        if each.tag.endswith("Group")
    }
    assert groups == {
        "action1-europe_tcp-443": ["action1-europe_192.0.2.0_24"],
        "action1-europe_tcp-443-v6": [
            *("action1-europe_2001-db8--_32", "action1-europe_2001-db8--1")
        ],
        "action1-europe_tcp-443-fqdn": [
            *("action1-europe_any.example.com", "action1-europe_example.com")
        ],
    }
    assert "<EndIPAddress>2001:db8:ffff:ffff:ffff:ffff:ffff:ffff</EndIPAddress>" in text


def test_the_local_network_has_groups_and_services_of_its_own() -> None:
    services = Service("udp", 6771, 6771), Service("tcp", 22551, 22551), Service("tcp", 1, 2)
    text = text_of(entry(LAN, direction="inbound", services=services))
    names = re.findall("<Name>(action1-europe_lan.*)</Name>", text)
    assert sorted(set(names)) == [
        *("action1-europe_lan-in-tcp", "action1-europe_lan-in-tcp-v6"),
        *("action1-europe_lan-in-udp", "action1-europe_lan-in-udp-v6"),
    ]
    assert "169.254" not in text


def test_two_rule_sets_share_no_object_and_long_names_are_cut() -> None:
    regions = ["north-america", "north-america-2", "x" * 70, "x" * 71, "Büro", "büro", ""]
    long = "x" * 60 + "." + "y" * 60 + ".example.com"
    of = entry("2-x.example.com", long, "192.0.2.1", "2001:db8::/32")
    named = [
        set(re.findall("<Name>(.*)</Name>", text_of(of, name=region))) for region in regions
    ]
    assert len(set.union(*named)) == sum(map(len, named))
    assert all(len(name) <= 50 for names in named for name in names)


@pytest.mark.parametrize("words", [*HOSTILE, "a -- b --> <IPHost/>"])
def test_hostile_words_are_no_element(words: str) -> None:
    one, other = (
        ET.fromstring(text_of(entry("192.0.2.1", "a--b.example.com", resource=said)))
        for said in ("plain", words)
    )
    assert ET.tostring(one) == ET.tostring(other)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("<IPAddress>3.74.63.86<", "<IPAddress>3.74.63.87<"),
        ("<Subnet>255.0.0.0<", "<Subnet>254.0.0.0<"),
        ("<FQDN>*.windowsupdate.com<", "<FQDN>*.com<"),
        ("<DestinationPort>22543<", "<DestinationPort>22543:22544<"),
        ("<SourcePort>1:65535<", "<SourcePort>443<"),
        ("<Protocol>TCP<", "<Protocol>UDP<"),
        ("<HostType>IP<", "<HostType>IPList<"),
        ("<Host>action1-europe_3.74.63.86</Host>", ""),
        ('APIVersion="2000.1"', 'APIVersion="1"'),
        ("</Configuration>", "<FirewallRule><Name>x</Name></FirewallRule></Configuration>"),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    try:
        found = FORMAT.read_back(EUROPE.replace(good, broken, 1))
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])
