"""mikrotik.rsc: what RouterOS's own command table, and a small model of it, make of it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support.checkers import routeros
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("mikrotik")
WAYS = ("outbound", "inbound")
WORD = re.compile(r'([a-z-]+)=("[^"$\\]*"|[^" ]+)')


class Router:
    """Menus with items, as RouterOS keeps them. Refuses an item that is there already."""

    def __init__(self) -> None:
        self.menus: dict[str, list[dict[str, str]]] = {}

    def load(self, text: str) -> None:
        menu = ""
        for line in text.splitlines():
            if line.startswith("/"):
                menu = line
            elif found := re.match(r" *(/ip dns static )?add (.*)", line):
                self.add("/ip dns static" if found[1] else menu, found[2])
            elif found := re.fullmatch(r"remove \[find where (.*)\]", line):
                self.remove(menu, found[1])
            else:
                assert re.match("#|[ {}]", line), line

    def add(self, menu: str, rest: str) -> None:
        item = {key: value.strip('"') for key, value in WORD.findall(rest)}
        assert WORD.sub("", rest).strip() == "", rest
        items = self.menus.setdefault(menu, [])
        if menu.endswith("address-list"):
            known = {(each["list"], each["address"]) for each in items}
            assert (item["list"], item["address"]) not in known, "already have such entry"
            assert ("ipv6" in menu) or ":" not in item["address"]
            if re.fullmatch(r"[0-9a-f:.]+", item["address"]) and "ipv6" in menu:
                item["address"] += "/128"
        if menu == "/ip dns static":
            assert item["name"] not in {each["name"] for each in items}, "two for a name"
        items.append(item)

    def remove(self, menu: str, where: str) -> None:
        kept = [each for each in self.menus.get(menu, []) if not self.finds(each, where)]
        self.menus[menu] = kept

    @staticmethod
    def finds(item: dict[str, str], where: str) -> bool:
        def one(condition: str) -> bool:
            found = re.fullmatch('([a-z-]+)(=|~)"?([^"]*)"?', condition)
            assert found, condition
            if found[1] == "dynamic":
                return True
            said = item.get(found[1], "")
            return bool(re.search(found[3], said)) if found[2] == "~" else said == found[3]

        join = any if " or " in where else all
        return join(map(one, re.split(" and | or ", where)))

    def opened(self) -> frozenset[str]:
        found = set()
        for menu in ("/ip firewall", "/ipv6 firewall"):
            for rule in self.menus.get(f"{menu} filter", []):
                assert rule["action"] == "accept"
                way = "outbound" if rule["chain"].endswith("-out") else "inbound"
                named = rule[f"{ends(way)}-address-list"]
                assert ("_lan-" in rule["chain"]) is ("_lan-" in named)
                targets = self.targets(menu, named)
                if "_lan-" in named:
                    found |= {f"lan {network}" for network in targets}
                    targets = {LAN} if targets else set()
                for port in rule["dst-port"].split(","):
                    said = f"{rule['protocol']}/{port}"
                    found |= {f"{way} {each} {said}" for each in targets}
        return frozenset(found)

    def targets(self, menu: str, named: str) -> set[str]:
        items = self.menus.get(f"{menu} address-list", [])
        members = {plain(each["address"]) for each in items if each["list"] == named}
        asked = self.menus.get("/ip dns static", [])
        return members | {
            f"*.{each['name']}" for each in asked if each["address-list"] == named
        }


MODELS = {"mikrotik": Router}


def ends(way: str) -> str:
    return "dst" if way == "outbound" else "src"


def plain(address: str) -> str:
    try:
        network = ipaddress.ip_network(address)
    except ValueError:
        return address
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def text_of(*entries, **named) -> str:
    return FORMAT.render(rule_set(*entries, **named)).text or ""


EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@settings(max_examples=100, deadline=None)
@given(of=rule_sets)
def test_any_rule_set_opens_what_it_says(of) -> None:
    box = Router()
    box.load(FORMAT.render(of).text or "")
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, Router, before, after)


@settings(max_examples=60, deadline=None)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(pair) -> None:
    prove_delta(FORMAT, Router, *pair)


@settings(max_examples=60, deadline=None)
@given(pair=pairs)
def test_the_file_of_any_version_replaces_that_of_any_other(pair) -> None:
    box = Router()
    own = {"chain": "forward", "action": "drop", "comment": "the user's"}
    box.menus["/ip firewall filter"] = [own]
    for of in pair:
        box.load(FORMAT.render(of).text or "")
    rules = box.menus["/ip firewall filter"]
    assert rules.pop(0) == own
    if FORMAT.render(pair[1]).text:
        assert box.opened() == FORMAT.expected_lines(pair[1])


@pytest.mark.parametrize("name", SAMPLES)
def test_the_command_table_of_routeros_knows_every_line(name: str, tmp_path: Path) -> None:
    assert routeros(FORMAT.render(SAMPLES[name]).text or "", tmp_path) == ""


@pytest.mark.parametrize(("before", "after"), PAIRS[:3] + PAIRS[5:6])
def test_the_command_table_of_routeros_knows_every_delta(before, after, tmp_path) -> None:
    assert FORMAT.delta is not None
    for pair in ((before, after), (after, before)):
        assert routeros(FORMAT.delta(*pair) or "", tmp_path) == ""


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(of=rule_sets)
def test_the_command_table_of_routeros_knows_any_file(of, tmp_path: Path) -> None:
    assert routeros(FORMAT.render(of).text or "", tmp_path) == ""


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("dynamic=no]", "dynamic=no"),
        ("dst-address-list=", "dst-adress-list="),
        ('comment="emdl', "comment=emdl"),
        ("match-subdomain=yes", "match-subdomains=yes"),
        (":local servers", ":local server"),
        ("    } else={\n", "    else={\n"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert routeros(twin, tmp_path)
    assert not proven(twin)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("address=3.74.63.86 ", "address=3.74.63.0/24 "),
        ("dst-port=22543 ", "dst-port=22543-22544 "),
        ("dst-port=22543 ", ""),
        ("action=accept", "action=drop"),
        ('chain="action1-europe-out"', 'chain="forward"'),
        ("address=10.0.0.0/8", "address=11.0.0.0/8"),
        ("/ip dns static\n", "/ip dns statics\n"),
        ("name=windowsupdate.com", "name=com"),
        (
            'list="action1-europe_tcp-80" address=emdl.ws.microsoft.com',
            'list="x_y" address=a.b',
        ),
        ('list~"^action1-europe_" and dynamic=no', "dynamic=no"),
    ],
)
def test_what_the_table_cannot_see_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    assert not proven(EUROPE.replace(good, broken, 1))


def proven(text: str) -> bool:
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


def test_a_host_lost_in_one_family_is_seen() -> None:
    line = next(each for each in EUROPE.splitlines() if "address=eu-cdn" in each)
    four, six = EUROPE.split("/ipv6 firewall address-list")
    assert line in six
    assert not proven("/ipv6 firewall address-list".join((four, six.replace(f"{line}\n", ""))))


def test_more_ports_than_a_rule_takes_are_several_rules() -> None:
    ports = (*range(1000, 1040, 2), (2000, 2005), (3000, 3005))
    rules = re.findall("dst-port=(\\S+)", text_of(entry("192.0.2.1", ports=ports)))
    assert len(rules) == 2
    assert all(len(each.replace("-", ",").split(",")) <= 15 for each in rules)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_within_their_quotes(words: str, tmp_path: Path) -> None:
    text = text_of(entry("192.0.2.1", "*.example.com", resource=words, only_for=words))
    box = Router()
    box.load(text)
    assert len(box.opened()) == 3
    assert "$" not in re.sub(r"\$servers?\b", "", text)


def test_a_wildcard_within_another_has_the_ports_of_both() -> None:
    of = entry("*.example.com"), entry("*.a.b.example.com", ports=(80,))
    box = Router()
    box.load(text_of(*of))
    assert "outbound *.a.b.example.com tcp/443" in box.opened()
    assert "outbound *.example.com tcp/80" not in box.opened()
    assert len(box.menus["/ip dns static"]) == 2


def test_a_wildcard_that_connects_is_left_out() -> None:
    rendered = FORMAT.render(rule_set(entry("*.example.com", direction="inbound")))
    assert rendered.text is None
    assert [left.endpoint.target for left in rendered.left_out] == ["*.example.com"]


def test_nothing_is_dropped_flushed_or_numbered() -> None:
    commands = "\n".join(line for line in EUROPE.splitlines() if not line.startswith("#"))
    assert not re.search(r"drop|reject|reset|disable|place-before|numbers|flush", commands)
    removed = [line for line in commands.splitlines() if line.startswith("remove")]
    assert all("action1-europe" in line for line in removed)


def test_the_local_network_is_let_in_and_out_by_its_own_lists() -> None:
    udp = Service("udp", 6771, 6771)
    text = text_of(entry(LAN, direction="inbound", services=(udp,)), entry(LAN, ports=(135,)))
    assert 'dst-port=6771 src-address-list="action1-europe_lan-in-udp"' in text
    assert 'dst-port=135 dst-address-list="action1-europe_lan-out-tcp"' in text


def test_no_jump_that_the_head_asks_for_leads_to_the_local_network() -> None:
    of = rule_set(entry("192.0.2.1"), *(entry(LAN, ports=(445,), direction=w) for w in WAYS))
    text = FORMAT.render(of).text or ""
    asked = set(re.findall(r"^#.* jump-target=(\S+)", text, re.MULTILINE))
    box = Router()
    box.load(text)
    rules = [each for menu in ("ip", "ipv6") for each in box.menus[f"/{menu} firewall filter"]]
    assert asked == {"action1-europe-out", "action1-europe-in"}
    assert {rule["dst-port"] for rule in rules if rule["chain"] in asked} == {"443"}
    assert {rule["chain"] for rule in rules if rule["dst-port"] == "445"} == {
        "action1-europe_lan-out",
        "action1-europe_lan-in",
    }
    assert (
        "_lan" not in (FORMAT.render(rule_set(entry("192.0.2.1"))).text or "").split("\n/")[0]
    )


def test_two_regions_on_one_router_are_said_to_meet_where_they_do() -> None:
    said = "import\n# rules/all/mikrotik.rsc instead of the files of the regions"
    assert said in text_of(entry("*.example.com"))
    assert said not in text_of(entry("192.0.2.1"))
