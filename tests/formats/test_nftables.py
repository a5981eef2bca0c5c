"""nftables.nft loaded by the real nft: accepted, repeatable, and touching only its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from msgspec.structs import replace

from tests.formats.netns import need, ruleset, run
from tests.formats.samples import (
    HOSTILE,
    SAMPLES,
    entry,
    rule_set,
    rule_sets,
    sample,
)
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.nftables.script import BY_DNSMASQ, names_for, set_name
from tracker.formats.shared.lan import Lan
from tracker.model import LAN

FORMAT = load("nftables")
# A ruleset as people have it: all three chains drop, and jump to ours above that.
USERS_OWN = """
table inet filter {
	set friends {
		type ipv4_addr
		elements = { 198.51.100.7 }
	}
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		jump action1_europe_in
	}
	chain output {
		type filter hook output priority filter; policy accept;
		ct state established,related accept
		jump action1_europe_out
		ip daddr @friends accept
		counter drop
	}
}
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
	}
}
"""


@pytest.fixture(autouse=True, scope="module")
def _nft() -> None:
    need("nft")


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.nft").write_text(text)


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def proven(text: str) -> bool:
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


def check(text: str, folder: Path):
    write(folder, it=text)
    return run("nft -c -f it.nft", folder)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, tmp_path: Path) -> None:
    done = check(text_of(SAMPLES[name]), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=rule_sets)
def test_any_rule_set_is_accepted_and_loads_twice(of, tmp_path: Path) -> None:
    if (text := FORMAT.render(of).text) is not None:
        write(tmp_path, it=text)
        done = run("nft -f it.nft; nft -f it.nft", tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_load_the_same_rules(words: str, tmp_path: Path) -> None:
    def of(text: str) -> str:
        public = entry("192.0.2.1", resource=text, only_for=text, purpose=text)
        lan = entry(LAN, resource=text, direction="inbound")
        return text_of(rule_set(public, lan, name="x"))

    write(tmp_path, it=of(words), plain=of("plain"))
    assert [bare(each) for each in ruleset("nft -f it.nft", tmp_path)] == [
        bare(each) for each in ruleset("nft -f plain.nft", tmp_path)
    ]


def bare(each):
    [body] = each.values()
    body.pop("comment", None)
    return each


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        (". tcp . 22543,", ". tcp . 99999,"),
        ("3.74.63.86 .", "3.74.63.86/33 ."),
        ("flags interval", "flags intervall"),
        ("@action1_europe_out4", "@action1_europe_out5"),
        (" accept comment", " acept comment"),
        ("dport { 22551 }", "dport { }"),
        ("10.0.0.0/8,", "10.0.0.0/8 10.0.0.1,"),
        ("add element", "add elements"),
        ("flush set inet", "flush set ip"),
        ('version 2"', "version 2"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert check(twin, tmp_path).returncode == 1
    assert not proven(twin)


def test_loading_twice_is_loading_once(tmp_path: Path) -> None:
    write(tmp_path, it=EUROPE)
    once = ruleset("nft -f it.nft", tmp_path)
    assert ruleset("nft -f it.nft; nft -f it.nft; nft -f it.nft", tmp_path) == once
    assert len([each for each in once if "rule" in each]) == EUROPE.count("\nadd rule ")


def test_a_users_own_ruleset_and_its_jumps_survive(tmp_path: Path) -> None:
    write(tmp_path, it=EUROPE, own=USERS_OWN)
    before = ruleset("nft -f it.nft; nft -f own.nft", tmp_path)
    after = ruleset("nft -f it.nft; nft -f own.nft; nft -f it.nft", tmp_path)
    assert after == before
    ours = [each for each in after if "action1_europe" in str(each)]
    jumps = [each for each in ours if "jump" in str(each)]
    assert len(jumps) == 2
    alone = ruleset("nft -f it.nft", tmp_path)
    assert [each for each in ours if each not in jumps] == [
        each for each in alone if "table" not in each
    ]


def first_release(text: str) -> str:
    """A file as 0.1.0 wrote it: LAN rules among the others, sets of hosts without a time."""
    lines = re.sub(r"_lan(out|in) ip", r"_\1 ip", text)
    lines = re.sub(
        r"\tchain \w+_lan(out|in) \{\n\t\}\n|flush chain .*_lan(out|in)\n", "", lines
    )
    lines = re.sub(
        r"\t\tflags dynamic, timeout\n\t\ttimeout 1d\n| update @\w+ \{.*?\}", "", lines
    )
    return re.sub(r"_v([46])\b", r"_\1", lines)


def test_a_file_of_the_first_release_is_replaced(tmp_path: Path) -> None:
    write(tmp_path, it=EUROPE, own=USERS_OWN, old=first_release(EUROPE))
    assert not re.search(
        r"lanout ip|\ttimeout| update @|_v4", (tmp_path / "old.nft").read_text()
    )
    old = ruleset("nft -f old.nft; nft -f own.nft", tmp_path)
    rules = {str(each) for each in old if "rule" in each}
    assert any("lan4" in rule and "action1_europe_out" in rule for rule in rules)
    fresh = ruleset("nft -f it.nft; nft -f own.nft", tmp_path)
    after = ruleset("nft -f old.nft; nft -f own.nft; nft -f it.nft", tmp_path)
    assert [each for each in after if each in fresh] == fresh
    # What is left of the old one are sets of hosts that no rule looks in.
    left = [each for each in after if each not in fresh]
    assert left
    assert all(each["set"]["name"] not in str(fresh) for each in left)


def test_a_file_can_be_included_below_flush_ruleset(tmp_path: Path) -> None:
    write(tmp_path, it=EUROPE, own=f'flush ruleset\ninclude "./it.nft"\n{USERS_OWN}')
    once = ruleset("nft -f own.nft", tmp_path)
    assert ruleset("nft -f own.nft; nft -f it.nft; nft -f own.nft", tmp_path) == once


@pytest.mark.parametrize("turn", [1, -1])
def test_another_version_leaves_exactly_its_own_elements(turn: int, tmp_path: Path) -> None:
    old = sample("2024-04", "North America").entries
    new = sample("2026-02", "North America").entries
    extra = entry("2001:db8::1", "192.0.2.0/24", ports=(8443, (9000, 9010)))
    odd = entry("198.51.100.1", direction="inbound")
    one, two = [(*old, extra, odd), new][::turn]
    write(tmp_path, one=text_of(rule_set(*one)), two=text_of(rule_set(*two)), own=USERS_OWN)
    fresh = ruleset("nft -f two.nft; nft -f own.nft", tmp_path)
    after = ruleset("nft -f one.nft; nft -f own.nft; nft -f two.nft", tmp_path)
    # A set that dnsmasq has filled for a host stays, and no rule looks in it any more.
    left = [each for each in after if each not in fresh]
    assert [each for each in after if each in fresh] == fresh
    assert all(each["set"]["name"] not in str(fresh) for each in left)
    assert all("." not in each["set"]["type"] for each in left)
    assert ruleset("nft -f one.nft; nft -f own.nft", tmp_path) != fresh


ELSEWHERE = rule_set(*SAMPLES["2024-04-europe"].entries, entry("192.0.2.99"))


def test_what_dnsmasq_has_filled_stays(tmp_path: Path) -> None:
    name = set_name(names_for(SAMPLES["2024-04-europe"]), "*.windowsupdate.com", 4)
    write(tmp_path, it=EUROPE, delta=FORMAT.delta(ELSEWHERE, SAMPLES["2024-04-europe"]) or "")
    filled = f"nft -f it.nft; nft add element inet filter {name} '{{ 192.0.2.80 }}'"
    for again in ("it", "delta"):
        done = run(f"{filled}; nft -f {again}.nft; nft list set inet filter {name}", tmp_path)
        assert "192.0.2.80" in done.stdout, done.stderr


def test_a_file_that_fails_changes_nothing(tmp_path: Path) -> None:
    # Only the kernel can tell, at the very end of the transaction, that there is no such chain.
    late = f"{EUROPE}delete chain inet filter no_such_chain\n"
    write(tmp_path, it=EUROPE, late=late.replace("3.74.63.86", "192.0.2.1"))
    assert ruleset("nft -f it.nft; ! nft -f late.nft", tmp_path) == ruleset(
        "nft -f it.nft", tmp_path
    )


def test_a_file_holds_no_drop_no_policy_and_no_foreign_name() -> None:
    rules = [line for line in EUROPE.splitlines() if line and not line.startswith("#")]
    assert not re.search(r"\b(drop|reject|policy|hook|delete|ruleset)\b", "\n".join(rules))
    flushed = [line for line in rules if line.startswith("flush")]
    assert all(
        re.match(r"flush (set|chain) inet filter action1_europe_", line) for line in flushed
    )


def test_the_header_says_what_is_left_out_and_why() -> None:
    header = [line for line in EUROPE.splitlines() if line.startswith("#")]
    # Hosts have sets, so the file does not lack them; without dnsmasq they are not open.
    assert not any("*.windowsupdate.com tcp" in line for line in header)
    assert any("stay empty until dnsmasq fills them" in line for line in header)
    left_out = FORMAT.render(SAMPLES["2024-04-europe"]).left_out
    hosts = {left.endpoint.target for left in left_out if left.reason == BY_DNSMASQ}
    assert "*.windowsupdate.com" in hosts
    ports = "tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535"
    assert f"#   outbound 3.74.63.86 {ports}" in header
    assert any("never to a public address" in line for line in header)


def test_the_header_says_what_to_jump_to_and_that_others_may_drop() -> None:
    lines = EUROPE.split("\n\n")[0].splitlines()
    header = " ".join(" ".join(lines).replace("#", " ").split())
    for said in (
        "On a host or server, in the chains of hook output and input:",
        "On a gateway, in the chain of hook forward, for the machines behind it: the same two.",
        "jump action1_europe_lanout hook output: agents, and a server that installs on others",
        "An accept here does not override another base chain that drops",
        "The LAN: all private and link-local addresses.",
    ):
        assert said in header
    narrow = replace(SAMPLES["2024-04-europe"], lan=Lan(("10.1.0.0/16",), ()))
    assert "# The LAN: 10.1.0.0/16.\n" in text_of(narrow)
    without = text_of(rule_set(entry("192.0.2.1")))
    assert "Host names have sets" in EUROPE
    assert "Host names have sets" not in without


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        # A rule of the LAN among those for the internet, and the other way round.
        ("europe_lanout ip daddr", "europe_out ip daddr"),
        ("europe_out ip daddr . meta", "europe_lanout ip daddr . meta"),
        ("europe_lanin ip saddr", "europe_lanin ip daddr"),
        ("europe_lanout ip6 daddr", "europe_lanin ip6 daddr"),
        ("\tfc00::/7,", "\tx,"),
        # What would let an address stay for ever, or another one in.
        ("timeout 1d", "timeout 9d"),
        ("} update @", "} add @"),
        ("{ ip daddr } accept", "{ ip saddr } accept"),
    ],
)
def test_a_rule_in_the_chain_of_another_kind_is_seen(good: str, broken: str) -> None:
    assert good in EUROPE
    with pytest.raises(RuleError):
        FORMAT.read_back(EUROPE.replace(good, broken, 1))


def test_two_rule_sets_never_share_a_name() -> None:
    named = [
        *(("a", "b_c"), ("a_b", "c"), ("a", "b-c"), ("a-b", "c"), ("a", "B-c"), ("a", "ü")),
        *(("a", "b--c"), ("a", "-b-c"), ("1a", "b-c"), ("a", "x" * 40), ("a", "x" * 41)),
        *(("action1", "north-america"), ("action1", "north-america-2"), ("a", "")),
    ]
    stems = [names_for(rule_set(name=name, source=source)).stem for source, name in named]
    assert len(set(stems)) == len(named)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,25}", stem) for stem in stems)
    assert names_for(rule_set(name="north-america-2")).stem == "action1_north_america_2"
    of_lan = [names_for(rule_set(name=name)) for name in ("x", "x-lan", "lan", "x-lanout")]
    chains = [chain for names in of_lan for chain in names.chains]
    assert len(set(chains)) == len(chains)


@pytest.mark.parametrize("name", ["x" * 60, "1", "Büro Süd", 'a" }', "accept", "drop"])
def test_any_name_of_a_rule_set_is_accepted(name: str, tmp_path: Path) -> None:
    for source in ("action1", "limit", "9lives", ""):
        text = text_of(rule_set(entry("192.0.2.1"), name=name, source=source))
        assert check(text, tmp_path).stderr == ""


def test_a_comment_names_only_what_stands_beside_it() -> None:
    of = rule_set(
        entry("192.0.2.1", ports=(443,), resource="Servers"),
        entry("192.0.2.1", ports=(443,), resource="Consoles", requirement=None),
        entry("192.0.2.1", ports=(80,), resource="Downloads", requirement=None),
    )
    lines = text_of(of).splitlines()
    assert "\t192.0.2.1 . tcp . 80, # Downloads" in lines
    assert "\t192.0.2.1 . tcp . 443 # Consoles / Servers (required)" in lines
