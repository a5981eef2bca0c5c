"""fortios.conf: its grammar, its names, and what a FortiGate makes of it and of its deltas."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("fortios")
# Fortinet's CLI reference, the part that is used; a name holds none of < > ( ) # ' " and space.
_NAME = r'"[A-Za-z0-9._-]{1,63}"'
_SPANS = r"\d+(-\d+)?( \d+(-\d+)?)*"
GRAMMAR = re.compile(
    rf"""(\#.*
    |config\ firewall\ (address6?|addrgrp6?|service\ custom)
    |end
    |\ {{4}}(next|edit\ {_NAME}|delete\ {_NAME})
    |\ {{8}}set\ subnet\ [0-9.]+\ [0-9.]+
    |\ {{8}}set\ ip6\ [0-9a-f:.]+/\d+
    |\ {{8}}set\ type\ fqdn
    |\ {{8}}set\ fqdn\ "(\*\.)?[a-z0-9._-]{{1,253}}"
    |\ {{8}}set\ (tcp|udp)-portrange\ {_SPANS.replace(" ", "[ ]")}
    |\ {{8}}(set|append|unselect)\ member(\ {_NAME})+
    |\ {{8}}set\ comment\ "[A-Za-z0-9\ ._:/()*-]{{1,120}}"
    )""",
    re.VERBOSE,
)
Objects = dict[str, dict[str, str]]


class FortiGate:
    """Tables of objects. Refuses what the real one refuses: see each assertion."""

    def __init__(self) -> None:
        self.tables: dict[str, Objects] = {}
        self.members: dict[tuple[str, str], list[str]] = {}

    def load(self, text: str) -> None:
        table, name = "", ""
        for line in text.splitlines():
            assert GRAMMAR.fullmatch(line), line
            word, _, rest = line.strip().partition(" ")
            if line.startswith("#"):
                continue
            if word == "config":
                table = rest
                self.tables.setdefault(table, {})
            elif word == "edit":
                name = rest.strip('"')
                self.tables[table].setdefault(name, {})
            elif word == "delete":
                self.delete(table, rest.strip('"'))
            elif " member " in line:
                self.group(table, name, word, rest)
            elif word == "set":
                key, _, value = rest.partition(" ")
                self.tables[table][name][key] = value.strip('"')

    def group(self, table: str, name: str, word: str, rest: str) -> None:
        kinds = ("firewall address6",) if table.endswith("6") else ("firewall address",)
        named = rest.removeprefix("member ").replace('"', "").split()
        for each in named:
            assert any(each in self.tables.get(kind, {}) for kind in kinds), "entry not found"
        had = [] if word == "set" else self.members[table, name]
        if word == "unselect":
            assert set(named) <= set(had)
            self.members[table, name] = [each for each in had if each not in named]
        else:
            self.members[table, name] = list(dict.fromkeys([*had, *named]))
        assert self.members[table, name], "a group must have a member"

    def delete(self, table: str, name: str) -> None:
        held = {each for members in self.members.values() for each in members}
        assert name not in held, "it is in use"
        del self.tables[table][name]

    def opened(self) -> frozenset[str]:
        found = set()
        for (table, group), members in self.members.items():
            six = table.endswith("6")
            base = group.removesuffix("-v6") if six else group
            service = self.tables["firewall service custom"][base]
            kind = "firewall address6" if six else "firewall address"
            targets = {self.target(self.tables[kind][each]) for each in members} - {None}
            if "_lan-" in base:
                found |= {f"lan {network}" for network in targets}
                targets = {LAN} if targets else set()
            way = "inbound" if re.search("_in-|_lan-in-", base) else "outbound"
            for protocol in ("tcp", "udp"):
                for span in service.get(f"{protocol}-portrange", "").split():
                    found |= {f"{way} {target} {protocol}/{span}" for target in targets}
        return frozenset(found)

    @staticmethod
    def target(settings: dict[str, str]) -> str | None:
        if settings.get("type") == "fqdn":
            return settings["fqdn"]
        said = settings.get("ip6") or settings["subnet"].replace(" ", "/")
        network = ipaddress.ip_network(said)
        if network.num_addresses > 1:
            return str(network)
        single = network.network_address
        return None if single.is_unspecified else str(single)


MODELS = {"fortios": FortiGate}


def text_of(*entries, **named) -> str:
    return FORMAT.render(rule_set(*entries, **named)).text or ""


EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_grammar_and_opens_what_it_says(of) -> None:
    box = FortiGate()
    box.load(FORMAT.render(of).text or "")
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, FortiGate, before, after)


@examples(60)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(pair) -> None:
    prove_delta(FORMAT, FortiGate, *pair)


def test_a_port_more_on_the_page_leaves_policies_as_they_are() -> None:
    one, two = (rule_set(entry("192.0.2.1", ports=ports)) for ports in [(443,), (443, 80)])
    text = FORMAT.delta(one, two) or ""
    assert "tcp-443" not in text
    assert 'edit "action1-europe_tcp-80"' in text
    assert 'set member "action1-europe_192.0.2.1"' in text
    back = [line for line in (FORMAT.delta(two, one) or "").splitlines() if line[0] != "#"]
    assert back == [
        "config firewall addrgrp",
        '    edit "action1-europe_tcp-80"',
        '        append member "action1-europe_none"',
        '        unselect member "action1-europe_192.0.2.1"',
        "    next",
        "end",
    ]


def test_what_comes_stands_before_what_goes() -> None:
    text = FORMAT.delta(rule_set(entry("192.0.2.1")), rule_set(entry("192.0.2.2"))) or ""
    places = [text.index(each) for each in ("set subnet", "append", "unselect", "    delete")]
    assert places == sorted(places)


def test_words_alone_make_no_delta() -> None:
    one, two = (rule_set(entry("192.0.2.1", resource=words)) for words in ("Old", "New"))
    assert FORMAT.delta(one, two) is None


def test_no_policy_is_written_and_nothing_is_cleared() -> None:
    lines = [line.split() for line in EUROPE.splitlines() if not line.startswith("#")]
    assert not {"policy", "delete", "purge", "rename", "move"} & {
        word for line in lines for word in line
    }
    named = [line[1].strip('"') for line in lines if line[0] == "edit"]
    assert all(name.startswith("action1-europe_") for name in named)


def test_each_table_has_a_name_once_and_long_ones_are_cut() -> None:
    long = "x" * 60 + "." + "y" * 60 + ".example.com"
    text = text_of(
        entry(long, "x" + long, "any.example.com", "*.example.com", "example.com"),
        entry("2001:db8::1", "192.0.2.0/24", "192.0.2.0"),
        name="north-america-with-a-very-long-name-of-a-region",
    )
    for table in text.split("config ")[1:]:
        named = re.findall(r'edit "(.*)"', table)
        assert len(set(named)) == len(named)
        assert all(len(name) <= 63 for name in named)


def test_two_rule_sets_share_no_object() -> None:
    regions = ["north-america", "north-america-2", "x" * 70, "x" * 71, "Büro", "büro", ""]
    of = entry("2-x.example.com", "x.example.com", "192.0.2.1")
    named = [set(re.findall(r'edit "(.*)"', text_of(of, name=region))) for region in regions]
    assert len(set.union(*named)) == sum(map(len, named))


def test_a_wildcard_has_an_object_for_its_bare_name_too() -> None:
    text = text_of(entry("*.example.com"))
    assert re.findall('set fqdn "(.*)"', text) == ["*.example.com", "example.com"] * 2


def test_hosts_are_in_both_families_and_addresses_in_their_own() -> None:
    text = text_of(entry("a.example.com", "2001:db8::/32", "198.51.100.0/24"))
    four, six = text.split("config firewall addrgrp")[1:]
    assert '"action1-europe_198.51.100.0_24" "action1-europe_a.example.com"' in four
    assert '"action1-europe_2001-db8--_32" "action1-europe_a.example.com-v6"' in six
    assert "set ip6 2001:db8::/32\n" in text
    assert "set subnet 198.51.100.0 255.255.255.0\n" in text


def test_the_local_network_has_one_group_for_each_protocol() -> None:
    services = Service("udp", 6771, 6771), Service("tcp", 22551, 22551), Service("tcp", 1, 2)
    text = text_of(entry(LAN, direction="inbound", services=services))
    assert re.findall('"(action1-europe_lan-in.*)"', text) == [
        *["action1-europe_lan-in-tcp", "action1-europe_lan-in-udp"] * 2,
        *["action1-europe_lan-in-tcp-v6", "action1-europe_lan-in-udp-v6"],
    ]
    assert "set tcp-portrange 1-2 22551\n" in text
    assert "set subnet 192.168.0.0 255.255.0.0" in text
    assert "set ip6 fc00::/7" in text


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("set subnet 3.74.63.86 255.255.255.255", "set subnet 3.74.63.86 255.255.255.0"),
        ("set subnet 3.74.63.86 255.255.255.255", "set subnet 3.74.63.0 255.255.255.0"),
        ('set fqdn "*.windowsupdate.com"', 'set fqdn "*.com"'),
        ("set tcp-portrange 22543", "set tcp-portrange 22543-22544"),
        ("        set tcp-portrange 22543\n", ""),
        ("set subnet 10.0.0.0 255.0.0.0", "set subnet 11.0.0.0 255.0.0.0"),
        ("set ip6 ::/128", "set ip6 ::/0"),
        ("config firewall service custom", "config firewall policy"),
        ("    next\n", ""),
        ("end\n", ""),
        ('set comment "', 'set comment ""; "'),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    try:
        found = FORMAT.read_back(twin)
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])
