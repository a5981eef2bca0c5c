"""panos.set: its grammar, its names, and what PAN-OS makes of it and of its deltas."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("panos")
# Palo Alto Networks: names start with a letter or digit and hold those, space, - . and _.
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_CATEGORY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}"
_SAID = r'"[A-Za-z0-9\ ._:/()*-]{1,1023}"'
_URL = r"(\*\.)?[a-z0-9._-]+/"
GRAMMAR = re.compile(
    rf"""set\ tag\ {_NAME}\ comments\ {_SAID}
    |set\ address\ {_NAME}\ ip-netmask\ [0-9a-f.:]+(/\d+)?\ description\ {_SAID}\ tag\ {_NAME}
    |set\ address\ {_NAME}\ fqdn\ [a-z0-9._-]{{1,255}}\ description\ {_SAID}\ tag\ {_NAME}
    |delete\ address\ {_NAME}
    |set\ service\ {_NAME}\ protocol\ (tcp|udp)\ port\ \d+(-\d+)?(,\d+(-\d+)?)*
    |set\ service\ {_NAME}\ tag\ {_NAME}
    |(set|delete)\ address-group\ {_NAME}\ static\ {_NAME}
    |delete\ address-group\ {_NAME}\ static
    |set\ address-group\ {_NAME}\ static\ \[\ ({_NAME}\ )+\]
    |set\ address-group\ {_NAME}\ tag\ {_NAME}
    |set\ profiles\ custom-url-category\ {_CATEGORY}\ type\ "URL\ List"
    |set\ profiles\ custom-url-category\ {_CATEGORY}\ description\ {_SAID}
    |(set|delete)\ profiles\ custom-url-category\ {_CATEGORY}\ list\ {_URL}
    |delete\ profiles\ custom-url-category\ {_CATEGORY}\ list
    |set\ profiles\ custom-url-category\ {_CATEGORY}\ list\ \[\ ({_URL}\ )+\]""",
    re.VERBOSE,
)


class Panos:
    """A candidate configuration. Refuses what a commit refuses: see `commit`."""

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.addresses: dict[str, str] = {}
        self.services: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.notes: dict[str, str] = {}

    def load(self, text: str) -> None:
        for line in text.splitlines():
            assert GRAMMAR.fullmatch(line), line
            verb, kind, *rest = line.split(" ")
            if kind == "tag":
                self.tags.add(rest[0])
            elif kind == "address":
                self.address(verb, *rest)
            elif kind == "service":
                self.service(rest)
            elif {"static", "list"} & {*rest[1:3]}:
                self.member(verb, line)
            elif "description" in line:
                self.notes[rest[1]] = line.split('"')[1]
        self.commit()

    def address(self, verb: str, name: str, *rest: str) -> None:
        if verb == "delete":
            del self.addresses[name]
        else:
            self.addresses[name] = rest[1]
            assert rest[-1] in self.tags

    def service(self, rest: list[str]) -> None:
        if rest[1] == "protocol":
            self.services[rest[0]] = f"{rest[2]} {rest[4]}"

    def member(self, verb: str, line: str) -> None:
        path, _, named = re.sub(" (static|list)( |$)", r" \1|", line, count=1).partition("|")
        path = path.removeprefix(f"{verb} ")
        members = named.strip("[] ").split()
        had = self.lists.setdefault(path, [])
        if verb == "set":
            had += [each for each in members if each not in had]
        elif members:
            [gone] = members
            had.remove(gone)
        else:
            assert had, "Object doesn't exist"
            had.clear()

    def commit(self) -> None:
        assert all(self.lists.values()), "a list is empty"
        for path, members in self.lists.items():
            if path.startswith("address-group"):
                assert set(members) <= self.addresses.keys(), "a reference is not valid"

    def opened(self) -> frozenset[str]:
        found = set()
        for path, members in self.lists.items():
            kind, *_, name, _ = path.split(" ")
            if kind == "address-group":
                targets = {self.addresses[each] for each in members} - {"255.255.255.255/32"}
            else:
                targets = {each.removesuffix("/") for each in members} - {"none.invalid"}
                name = self.notes[name].split()[2]
            if "_lan-" in name:
                found |= {f"lan {network}" for network in targets}
                targets = {LAN} if targets else set()
            way = "inbound" if re.search("_in-|_lan-in-", name) else "outbound"
            protocol, ports = self.services[name].split(" ")
            for span in ports.split(","):
                found |= {f"{way} {target} {protocol}/{span}" for target in targets}
        return frozenset(found)


MODELS = {"panos": Panos}


def text_of(*entries, **named) -> str:
    return FORMAT.render(rule_set(*entries, **named)).text or ""


EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_grammar_and_opens_what_it_says(of) -> None:
    box = Panos()
    box.load(FORMAT.render(of).text or "")
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, Panos, before, after)


@examples(60)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(pair) -> None:
    prove_delta(FORMAT, Panos, *pair)


def test_the_whole_file_of_another_version_replaces_the_members_of_its_groups() -> None:
    one, two = rule_set(entry("192.0.2.1", "*.example.com")), rule_set(entry("*.example.net"))
    box = Panos()
    box.load(FORMAT.render(one).text or "")
    box.load(FORMAT.render(two).text or "")
    assert box.opened() == FORMAT.expected_lines(two)


def test_a_delta_is_no_more_than_the_difference() -> None:
    one, two = rule_set(entry("192.0.2.1")), rule_set(entry("192.0.2.2", "192.0.2.1"))
    assert (FORMAT.delta(one, two) or "").splitlines()[1:] == [
        "set address action1-europe_192.0.2.2 ip-netmask 192.0.2.2"
        ' description "Servers (required)" tag action1-europe',
        "set address-group action1-europe_tcp-443 static [ action1-europe_192.0.2.2 ]",
    ]
    assert (FORMAT.delta(two, one) or "").splitlines()[1:] == [
        "delete address-group action1-europe_tcp-443 static action1-europe_192.0.2.2",
        "delete address action1-europe_192.0.2.2",
    ]


def test_the_tag_says_which_version_it_is() -> None:
    [tag] = [line for line in EUROPE.splitlines() if line.startswith("set tag")]
    assert "action1 - europe - version 2" in tag
    assert SAMPLES["2024-04-europe"].digest in tag


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_within_their_quotes(words: str) -> None:
    box = Panos()
    box.load(text_of(entry("192.0.2.1", LAN, resource=words, only_for=words)))
    assert len(box.opened()) == 1


def test_no_rule_is_written_and_no_name_is_anothers() -> None:
    lines = EUROPE.splitlines()
    assert not any(
        re.search("rulebase|security|deny|shared|load|commit", line) for line in lines
    )
    assert all("action1-europe" in line for line in lines)


def test_a_wildcard_is_a_category_beside_the_address_of_its_bare_name() -> None:
    box = Panos()
    box.load(text_of(entry("*.example.com")))
    assert box.addresses["action1-europe_example.com"] == "example.com"
    assert [*box.lists.values()] == [["action1-europe_example.com"], ["*.example.com/"]]
    rendered = FORMAT.render(
        rule_set(
            entry("*.example.com", services=(Service("udp", 443, 443),)),
            entry("*.example.net", direction="inbound"),
        )
    )
    assert rendered.text is None
    assert all("wildcard" in left.reason for left in rendered.left_out)


def test_long_names_are_cut_and_differ() -> None:
    long = "x" * 60 + "." + "y" * 60 + ".example.com"
    region = "a-region-with-a-very-long-name"
    text = text_of(entry(long, f"x{long}", "*.example.com", ports=(443, 444)), name=region)
    assert all(GRAMMAR.fullmatch(line) for line in text.splitlines())
    assert len(set(re.findall(r"set address (\S+)", text))) == 4
    assert len(set(re.findall(r"category (\S+) type", text))) == 2


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("ip-netmask 3.74.63.86 ", "ip-netmask 3.74.63.0/24 "),
        ("ip-netmask 255.255.255.255/32", "ip-netmask 0.0.0.0/0"),
        ("list [ *.windowsupdate.com/ ]", "list [ *.windowsupdate.com ]"),
        ("list [ *.windowsupdate.com/ ]", "list [ *.com/ ]"),
        ("tcp port 22543", "tcp port 22543-22544"),
        ("tcp port 22543", "udp port 22543"),
        ("delete address-group action1-europe_tcp-443 static\n", ""),
        ("fqdn emdl.ws", "fqdn *.ws"),
        (" 10.0.0.0/8 ", " 11.0.0.0/8 "),
        ("with service action1-europe_tcp-80 ", "with service action1-europe_tcp-443 "),
        ('comments "', 'comments ""; "'),
        ("set address", "set shared address"),
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


def test_addresses_are_as_panos_spells_them() -> None:
    box = Panos()
    box.load(text_of(entry("2001:db8::/32", "2001:db8::1", "192.0.2.0/24")))
    for value in box.addresses.values():
        assert str(ipaddress.ip_network(value)).startswith(value)
