"""windows.ps1: a script that PowerShell's grammar takes, and that leaves exactly its rules."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from msgspec.structs import replace

from tests.formats.powershell import faults
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets, sample
from tests.support.checkers import need
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.shared.lan import Lan
from tracker.formats.shared.objects import name_stem
from tracker.formats.windows import RuleGroup, WindowsRule, parse_script
from tracker.model import LAN, Service
from tracker.text import quote_powershell

FORMAT = load("windows")
EMPTY = rule_set()
NARROW = Lan(("10.1.0.0/16",), ("2001:db8:77::/48",))


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def rule(text: str, name: str) -> dict[str, str]:
    """The settings of one rule, as they stand in the script."""
    body = re.search(rf"@\{{\n        Name = '{name}'\n(.*?)\n    \}}", text, re.DOTALL)
    assert body, f"{name} is not in the script"
    return dict(re.findall(r"(\w+) = (.*?)(?: #.*)?$", body[1], re.MULTILINE))


class Machine:
    """A firewall with rules by their names, and what a script does to them."""

    def __init__(self) -> None:
        self.rules = {"users-own": ("users-own",)}

    def run(self, script: str | None, load: str = "All") -> Machine:
        if script is not None:
            for group in parse_script(script):
                if load in {"All", "Lan" if group.lan else "Internet"}:
                    self.run_group(group)
        return self

    def run_group(self, group: RuleGroup) -> None:
        ours = [name for name in self.rules if name.startswith(f"{group.name}-")]
        self.rules |= {each.name: each.settings for each in group.rules}
        wanted = {each.name for each in group.rules}
        others = [name for name in ours if name not in wanted]
        for name in others if group.gone is None else group.gone:
            self.rules.pop(name, None)

    load = run

    def opened(self) -> frozenset[str]:
        ours = [WindowsRule(*rule) for name, rule in self.rules.items() if name != "users-own"]
        lan = {f"lan {network}" for rule in ours if rule.lan for network in rule.networks}
        return frozenset(line for rule in ours for line in rule.lines) | lan


MODELS = {"windows": Machine}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str) -> None:
    need(modules=("tree_sitter_powershell",))
    assert faults(text_of(SAMPLES[name])) == []


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("        Direction = 'Inbound'", "        Direction = 'Inbound"),
        ("        )\n", "\n"),
        ("    }\n)", "    \n)"),
        ("foreach ($rule in $rules)", "foreach $rule in $rules"),
        ("New-NetFirewallRule", "New-NetFireWallRules"),
        ("-DisplayName $", "-DisplayNames $"),
        ("RemoteAddress =", "RemoteAddresses ="),
        ("'Inbound'", "'Inbond'"),
        ("Action = 'Allow'", "Action = 'Block'"),
        ("@more -DisplayName", "@most -DisplayName"),
        ("| Out-Null", "| | Out-Null"),
        ("-Name $old.Name @how", "@how"),
        ("-Name $old.Name @how", "-Name $old.Name @how -Force"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str) -> None:
    need(modules=("tree_sitter_powershell",))
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert faults(twin)
    with pytest.raises(RuleError, match="cannot be read back"):
        FORMAT.read_back(twin)


@examples(60)
@given(of=rule_sets)
def test_any_rule_set_is_accepted(of) -> None:
    need(modules=("tree_sitter_powershell",))
    if (text := FORMAT.render(of).text) is not None:
        assert faults(text) == []


@pytest.mark.parametrize("words", HOSTILE)
def test_a_quoted_text_is_one_string(words: str) -> None:
    need(modules=("tree_sitter_powershell",))
    for text in (words, "it's", "a\u2018b\u2019c\u201ad\u201be", "'", '$(x) `n "y" #'):
        literal = quote_powershell(" ".join(text.split()))
        assert faults(f"$group = {literal}\n") == []
        inner = re.sub("(['\u2018-\u201b])\\1", "", literal[1:-1])
        assert not re.search("['\u2018\u2019\u201a\u201b]", inner)


def test_the_local_network_is_let_in_and_only_it() -> None:
    assert rule(EUROPE, "fwtracker-action1-europe_lan-inbound-tcp-22551") == {
        "Direction": "'Inbound'",
        "Protocol": "'TCP'",
        "LocalPort": "'22551'",
        "Profile": "'Domain', 'Private'",
        "RemoteAddress": "'LocalSubnet'",
    }


def test_the_local_network_is_what_the_configuration_names() -> None:
    of = replace(rule_set(entry(LAN, direction="inbound")), lan=NARROW)
    text = text_of(of)
    assert "LocalSubnet'" not in text
    assert re.findall(r"^            '(.*)' # Servers", text, re.MULTILINE) == [
        "10.1.0.0/16",
        "2001:db8:77::/48",
    ]
    assert "Profile = 'Domain', 'Private'" in text
    assert FORMAT.read_back(text) == {"inbound lan tcp/443", *NARROW.lines}


@pytest.mark.parametrize(
    ("load", "names"),
    [
        ("Internet", ["users-own", "fwtracker-action1-europe-outbound-tcp-443"]),
        ("Lan", ["users-own", "fwtracker-action1-europe_lan-outbound-tcp-445"]),
    ],
)
def test_each_group_can_be_loaded_alone(load: str, names: list[str]) -> None:
    text = text_of(rule_set(entry("192.0.2.1"), entry(LAN, ports=(445,))))
    assert list(Machine().run(text, load).rules) == names
    whole = Machine().run(text)
    gone = text_of(rule_set(entry("192.0.2.2", ports=(80,))))
    # What is not loaded stays as it was, rules that have left the page too.
    assert len(whole.run(gone, load).rules) == (3 if load == "Internet" else 2)
    for part, other in zip(text.split("\n$group = ")[1:], ("Internet", "Lan"), strict=True):
        assert part.startswith("'fwtracker-action1-europe_lan'") is (other == "Internet")
        assert re.findall(r"^if .*", part, re.MULTILINE) == [f"if ($Load -ne '{other}') {{"]
        outside = part.partition("\nif (")[0] + part.partition("\n}")[2]
        assert "NetFirewallRule" not in outside


def test_a_rule_in_the_group_of_the_other_kind_does_not_pass_the_proof() -> None:
    text = text_of(rule_set(entry(LAN, ports=(445,))))
    for twin in (
        text.replace("    @{\n", "", 1).replace("@(\n)", "@(\n    @{\n)", 1),
        text.replace("Profile = 'Domain', 'Private'", "Profile = 'Any'"),
        text.replace("-europe_lan'", "-europe'"),
        text.replace("-ne 'Internet'", "-ne 'Nothing'"),
    ):
        assert twin != text
        with pytest.raises(RuleError):
            FORMAT.read_back(twin)


def test_addresses_ranges_and_ipv6_outbound() -> None:
    udp = Service("udp", 3478, 3481)
    of = entry("2001:db8::/32", "192.0.2.0/24", "192.0.2.9", services=(udp,))
    found = rule(text_of(rule_set(of)), "fwtracker-action1-europe-outbound-udp-3478-3481")
    assert found["RemotePort"] == "'3478-3481'"
    assert found["Protocol"] == "'UDP'"
    assert FORMAT.read_back(text_of(rule_set(of))) == {
        f"outbound {target} udp/3478-3481"
        for target in ("192.0.2.0/24", "192.0.2.9", "2001:db8::/32")
    }


def test_an_address_may_come_in_where_the_page_says_so() -> None:
    text = text_of(rule_set(entry("192.0.2.1", direction="inbound")))
    found = rule(text, "fwtracker-action1-europe-inbound-tcp-443")
    assert (found["LocalPort"], found["Profile"]) == ("'443'", "'Any'")
    assert "RemotePort" not in found


def test_host_names_are_left_out_and_say_why() -> None:
    rendered = FORMAT.render(rule_set(entry("*.example.com", "a.example.com")))
    assert rendered.text is None
    assert {left.endpoint.target for left in rendered.left_out} == {
        "*.example.com",
        "a.example.com",
    }


def test_more_than_a_thousand_addresses_are_several_rules() -> None:
    targets = [f"10.{number // 256}.{number % 256}.1" for number in range(2001)]
    text = text_of(rule_set(entry(*targets)))
    assert re.findall(r"        Name = '(.*)'", text) == [
        "fwtracker-action1-europe-outbound-tcp-443",
        "fwtracker-action1-europe-outbound-tcp-443-part2",
        "fwtracker-action1-europe-outbound-tcp-443-part3",
    ]
    assert len(FORMAT.read_back(text)) == 2001


def test_a_script_changes_nothing_but_its_own_rules() -> None:
    words = set(re.findall(r"\b[A-Z]\w+-[A-Z]\w+", EUROPE)) - {"Out-Null"}
    assert words == {f"{verb}-NetFirewallRule" for verb in ("Get", "New", "Set", "Remove")}
    assert "Block" not in EUROPE
    before = Machine().run(EUROPE).rules
    assert before["users-own"] == ("users-own",)
    assert Machine().run(EUROPE).run(EUROPE).rules == before


GENERATIONS = [
    EMPTY,
    sample("2024-04", "North America"),
    sample("2026-02", "North America"),
    rule_set(entry("2001:db8::1", ports=(8443, (9000, 9010))), entry(LAN, direction="inbound")),
    EMPTY,
]
GENERATIONS = [
    rule_set(*each.entries, name="x", version=number + 1)
    for number, each in enumerate(GENERATIONS)
]


def test_deltas_lead_where_the_whole_file_leads_and_back() -> None:
    machine = Machine()
    for before, after in pairwise(GENERATIONS):
        at_first = dict(machine.rules)
        machine.run(FORMAT.delta(before, after))
        assert machine.rules == Machine().run(FORMAT.render(after).text).rules
        machine.run(FORMAT.delta(after, before))
        assert machine.rules == at_first
        machine.run(FORMAT.delta(before, after)).run(FORMAT.delta(before, after))
    assert machine.rules == Machine().rules


@pytest.mark.parametrize("number", range(len(GENERATIONS) - 1))
def test_a_delta_is_accepted_too(number: int) -> None:
    need(modules=("tree_sitter_powershell",))
    text = FORMAT.delta(*GENERATIONS[number : number + 2])
    assert text is not None
    assert faults(text) == []


def test_a_delta_says_only_what_differs() -> None:
    assert FORMAT.delta(GENERATIONS[1], GENERATIONS[1]) is None
    one = rule_set(entry("192.0.2.1", ports=(443, 80)))
    two = rule_set(
        entry("192.0.2.1", "192.0.2.2", ports=(443,)), entry("192.0.2.1", ports=(80,))
    )
    text = FORMAT.delta(one, two) or ""
    assert "192.0.2.2" in text
    assert "tcp-80'" not in text
    renamed = rule_set(entry("192.0.2.1", ports=(443, 80), resource="Another word"))
    assert FORMAT.delta(one, renamed) is None


def test_two_rule_sets_never_share_a_group() -> None:
    named = [
        *(("a", "b_c"), ("a_b", "c"), ("a", "b-c"), ("a-b", "c"), ("a", "B-c"), ("a", "ü")),
        *(("a", "b--c"), ("a", "-b-c"), ("1a", "b-c"), ("a", "x" * 40), ("a", "x" * 41)),
        *(("action1", "north-america"), ("action1", "north-america-2"), ("a", "")),
    ]
    for longest, joint in ((60, "-"), (20, "_")):
        stems = [name_stem(rule_set(name=n, source=s), longest, joint) for s, n in named]
        assert len(set(stems)) == len(named)
        pattern = rf"[a-z][a-z0-9{re.escape(joint)}]{{0,{longest - 1}}}"
        assert all(re.fullmatch(pattern, each) for each in stems)
    assert name_stem(rule_set(name="north-america-2"), 40, "_") == "action1_north_america_2"
