"""cisco-asa.txt: its grammar, its names, and what an ASA makes of it and of its deltas."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("cisco-asa")
# Cisco: names have up to 64 letters, digits and .!@#$%^&()-_{}; descriptions up to 200 signs.
_NAME = r"[A-Za-z0-9._-]{1,64}"
_FOUR = r"\d+(\.\d+){3}"
GRAMMAR = re.compile(
    rf"""!.*
    |(no\ )?object\ network\ {_NAME}
    |\ fqdn\ v[46]\ [a-z0-9]([a-z0-9._-]*[a-z0-9])?
    |object-group\ network\ {_NAME}
    |object-group\ service\ {_NAME}\ (tcp|udp)
    |\ description\ [A-Za-z0-9\ ._:/()*-]{{1,200}}
    |\ (no\ )?network-object\ (host\ ({_FOUR}|[0-9a-f:.]+)|{_FOUR}\ {_FOUR}|[0-9a-f:.]+/\d+)
    |\ (no\ )?network-object\ object\ {_NAME}
    |\ port-object\ (eq\ \d+|range\ \d+\ \d+)""",
    re.VERBOSE,
)


class Asa:
    """A running configuration. Refuses what an ASA refuses: see each assertion."""

    def __init__(self) -> None:
        self.hosts: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        self.ports: dict[str, tuple[str, list[str]]] = {}

    def load(self, text: str) -> None:
        name = ""
        for line in text.splitlines():
            assert GRAMMAR.fullmatch(line), line
            words = line.split()
            if line.startswith(("object", "no object")):
                name = self.header(words)
            elif words[0] == "fqdn":
                self.hosts[name] = f"{words[1]} {words[2]}"
            elif words[0] == "port-object":
                ports = self.ports[name][1]
                ports += [each for each in [" ".join(words[1:])] if each not in ports]
            elif "network-object" in words[:2]:
                self.member(name, line.strip())

    def header(self, words: list[str]) -> str:
        if words[0] == "no":
            held = {each for members in self.groups.values() for each in members}
            assert f"object {words[3]}" not in held, "it is being used"
            del self.hosts[words[3]]
        elif words[1] == "service":
            assert words[2] not in {*self.hosts, *self.groups}, "one space of names"
            self.ports.setdefault(words[2], (words[3], []))
        elif words[0] == "object-group":
            assert words[2] not in {*self.hosts, *self.ports}, "one space of names"
            self.groups.setdefault(words[2], [])
        return words[2]

    def member(self, name: str, line: str) -> None:
        members = self.groups[name]
        said = re.sub("^(no )?network-object ", "", line)
        if line.startswith("no "):
            members.remove(said)
            assert members, "a group in use cannot become empty"
        elif said not in members:
            assert not said.startswith("object ") or said[7:] in self.hosts
            members.append(said)

    def opened(self) -> frozenset[str]:
        found = set()
        for name, members in self.groups.items():
            protocol, ports = self.ports[f"{name}-ports"]
            targets = {self.target(each) for each in members} - {"255.255.255.255"}
            if "_lan-" in name:
                found |= {f"lan {network}" for network in targets}
                targets = {LAN} if targets else set()
            way = "inbound" if re.search("_in-|_lan-in-", name) else "outbound"
            for port in ports:
                span = "-".join(port.split(" ")[1:])
                found |= {f"{way} {target} {protocol}/{span}" for target in targets}
        return frozenset(found)

    def target(self, member: str) -> str:
        kind, _, rest = member.partition(" ")
        if kind == "object":
            return self.hosts[rest].split(" ")[1]
        if kind == "host":
            return rest
        if not rest:
            return member
        bits = sum(int(part).bit_count() for part in rest.split("."))
        return f"{kind}/{bits}"


MODELS = {"cisco-asa": Asa}


def text_of(*entries, **named) -> str:
    return FORMAT.render(rule_set(*entries, **named)).text or ""


EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_grammar_and_opens_what_it_says(of) -> None:
    box = Asa()
    box.load(FORMAT.render(of).text or "")
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, Asa, before, after)


@examples(60)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(pair) -> None:
    prove_delta(FORMAT, Asa, *pair)


def test_ports_of_the_local_network_that_went_do_not_come_back_with_others() -> None:
    public = entry("192.0.2.1")
    versions = [
        rule_set(public, entry(LAN, ports=(135, 139))),
        rule_set(public),
        rule_set(public, entry(LAN, ports=(139, 445))),
    ]
    box = Asa()
    box.load(FORMAT.render(versions[0]).text or "")
    for before, after in pairwise(versions):
        box.load(FORMAT.delta(before, after) or "")
        assert box.opened() == FORMAT.expected_lines(after)


def test_a_delta_is_no_more_than_the_difference() -> None:
    one, two = rule_set(entry("192.0.2.1")), rule_set(entry("a.example.com"))
    lines = (FORMAT.delta(one, two) or "").splitlines()
    assert [line for line in lines if not line.startswith("!")] == [
        "object network action1-europe_a.example.com",
        " fqdn v4 a.example.com",
        " description Servers (required)",
        "object network action1-europe_a.example.com-v6",
        " fqdn v6 a.example.com",
        " description Servers (required)",
        "object-group network action1-europe_tcp-443",
        " network-object object action1-europe_a.example.com",
        " network-object object action1-europe_a.example.com-v6",
        " no network-object host 192.0.2.1",
    ]


def test_no_access_list_is_written_and_nothing_is_cleared() -> None:
    lines = [line for line in EUROPE.splitlines() if not line.startswith("!")]
    assert not any(re.search("access|clear|deny|interface|^no ", line) for line in lines)
    headers = [line for line in lines if line.startswith("object")]
    assert all("action1-europe_" in line for line in headers)


def test_addresses_as_an_asa_spells_them() -> None:
    text = text_of(entry("192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/32"))
    assert re.findall(" network-object (.*)", text) == [
        "host 255.255.255.255",
        "192.0.2.0 255.255.255.0",
        "host 192.0.2.1",
        "2001:db8::/32",
        "host 2001:db8::1",
    ]


def test_ports_and_ranges() -> None:
    services = Service("udp", 3478, 3481), Service("tcp", 443, 443)
    text = text_of(entry("192.0.2.1", services=services))
    assert "object-group service action1-europe_udp-3478to3481-ports udp" in text
    assert re.findall(" port-object (.*)", text) == ["eq 443", "range 3478 3481"]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_on_their_line(words: str) -> None:
    box = Asa()
    box.load(text_of(entry("192.0.2.1", "a.example.com", resource=words, only_for=words)))
    assert len(box.opened()) == 2


def test_long_names_are_cut_and_differ() -> None:
    long = "x" * 60 + "." + "y" * 60 + ".example.com"
    region = "a-region-with-a-very-long-name-indeed"
    text = text_of(entry(long, f"x{long}", ports=((10000, 20000),)), name=region)
    assert all(GRAMMAR.fullmatch(line) for line in text.splitlines())
    assert len(set(re.findall("^object network (.*)", text, re.MULTILINE))) == 4


def test_a_wildcard_is_left_out_and_said_so() -> None:
    rendered = FORMAT.render(rule_set(entry("*.example.com", "192.0.2.1")))
    assert [left.endpoint.target for left in rendered.left_out] == ["*.example.com"]
    assert "!   outbound *.example.com tcp/443" in (rendered.text or "")


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("host 3.74.63.86", "3.74.63.0 255.255.255.0"),
        ("host 3.74.63.86", "host 3.74.63.0/24"),
        (" network-object host 255.255.255.255\n", ""),
        ("eq 22543", "range 22543 22544"),
        ("-ports tcp", "-ports udp"),
        ("10.0.0.0 255.0.0.0", "11.0.0.0 255.0.0.0"),
        ("10.0.0.0 255.0.0.0", "10.0.0.0 0.255.255.255"),
        ("fqdn v6", "fqdn v4"),
        ("fqdn v4 eu-cdn", "fqdn v4 us-cdn"),
        (" network-object object action1-europe_eu-cdn.action1.com-v6\n", ""),
        ("object-group network", "access-list network"),
        (" description ", " remark "),
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
