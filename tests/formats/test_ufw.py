"""ufw.sh: what ufw makes of it, what it leaves alone, and packets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace

from tests.contract.cases import case
from tests.formats import three_hosts
from tests.formats.samples import SAMPLES, entry, rule_set, rule_sets
from tests.formats.three_hosts import Probe
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.shared.lan import Lan
from tracker.model import LAN, Service

FORMAT = load("ufw")
PUBLIC = (
    entry("203.0.113.5", services=(Service("udp", 3478, 3481),)),
    entry("2001:db8::1", "198.51.100.0/28", ports=(443, (8000, 8003))),
    entry("198.51.100.0/24", ports=(8000,)),
    entry("203.0.113.200", "2001:db8:ffff::1", ports=(8443,), direction="inbound"),
)
MANY = entry("192.0.2.7", ports=tuple((port, port + 1) for port in range(1000, 1100, 3)))
HOME = (entry(LAN, ports=(445,)), entry(LAN, ports=(22551,), direction="inbound"))
OF = rule_set(*PUBLIC, MANY, *HOME)
# What ufw writes are copies, for the time of the sandbox.
_OWN_FILES = """
cp -R /etc/ufw etc
cp /etc/default/ufw default
mount --bind etc /etc/ufw
mount --bind default /etc/default/ufw
ufw() { ip netns exec gateway ufw "$@"; }
"""
# ufw's own parser, printer and normal form, without a process for each rule.
_PRINTED = """
import builtins, sys
builtins._ = str
import ufw.frontend, ufw.parser
for line in sys.stdin.read().splitlines():
    words = line.split()
    kind = [] if words[0] == "route" else ["rule"]
    parsed = ufw.frontend.parse_command(["ufw", *kind, *words])
    rule = parsed.data["rule"]
    rule.set_v6(parsed.data["iptype"] == "v6")
    rule.normalize()
    if rule.forward:
        print("route " + ufw.parser.UFWCommandRouteRule.get_command(rule))
    else:
        print(ufw.parser.UFWCommandRule.get_command(rule))
"""


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def answers(script: str, folder: Path, **scripts: str) -> list[list[str]]:
    """What ufw says it has after each `added` of a shell script."""
    three_hosts.need("ufw", "iptables")
    for name, text in scripts.items():
        (folder / name).write_text(text)
    setup = f'mount -t tmpfs tmpfs /run\n{_OWN_FILES}ufw() {{ command ufw "$@"; }}\n'
    show = "added() { echo ANSWER; ufw show added; }\n"
    done = three_hosts.run(f"{setup}{show}{script}", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = done.stdout.split("ANSWER\n")[1:]
    return [re.findall("^ufw .*", part, re.MULTILINE) for part in parts]


def commands(text: str, route: str = "") -> list[str]:
    """What the script asks ufw for, said again in other words than the script's."""
    found = []
    for name, rules in lists(text).items():
        for protocol, ports, address in rules:
            end = f"port {ports} proto {protocol}"
            out = f"to {address} {end}" if route else f"out to {address} {end}"
            allowed = out if name.endswith("out") else f"from {address} to any {end}"
            found.append(f"{route}allow {allowed}")
    return found


@pytest.mark.parametrize("route", ["", "route "])
def test_ufw_reads_each_rule_and_prints_it_as_it_is_written(route, tmp_path: Path) -> None:
    """So that the script never takes one of its own for another's."""
    checkers.need("ufw")
    hostile = [case(seed).after for seed in range(60)]
    rules = {
        line
        for of in (*SAMPLES.values(), OF, *hostile)
        for line in commands(FORMAT.render(of).text or "", route)
    }
    done = checkers.run(
        *("/usr/bin/python3", "-c", _PRINTED), folder=tmp_path, given="\n".join(sorted(rules))
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == sorted(rules)
    assert len(rules) > 200


def lists(text: str) -> dict[str, list[tuple[str, ...]]]:
    parts = re.findall(
        r"    (\w+)\) cat <<'END' ;;\n(.*?)^END$", text, re.DOTALL | re.MULTILINE
    )
    return {
        name: [tuple(line.split()[:3]) for line in body.splitlines()] for name, body in parts
    }


def test_a_later_version_is_exact_and_leaves_other_rules_alone(tmp_path: Path) -> None:
    # Ports of one address in two rules, one address that goes, and one that the user has.
    many = entry("192.0.2.7", ports=tuple((port, port + 1) for port in range(1000, 1026, 3)))
    shared = entry("198.51.100.0/24", ports=(8000,))
    old, new = text_of(rule_set(shared, many)), text_of(rule_set(PUBLIC[0], shared, version=3))
    script = """
ufw allow 22/tcp comment 'mine'
ufw allow out to 198.51.100.0/24 port 8000 proto tcp
sh old out
sh old out route
added
sh new out
added
sh new out
sh new out route
added
sh old out
added
sh new out delete
sh new out route delete
added
"""
    first, second, third, back, gone = answers(script, tmp_path, old=old, new=new)
    # Of the user's own, also the one that is as one of the page's.
    own = {"ufw allow 22/tcp comment 'mine'", next(x for x in gone if "198.51.100.0/24" in x)}
    assert set(gone) == own
    [stun] = [x for x in second if "203.0.113.5" in x and "route" not in x]
    assert {x for x in second if "route" not in x} == own | {stun}
    routed = {x for x in first if x.startswith("ufw route ")}
    assert {x for x in second if "route" in x} == routed
    assert len([x for x in third if "route" in x]) == 2
    assert {x for x in back if "route" not in x} == {x for x in first if "route" not in x}
    assert all("comment 'action1-europe_out'" in x for x in {*first} - own)
    assert len(first) == 7


def test_link_local_networks_are_no_rule_of_a_gateway(tmp_path: Path) -> None:
    script = "sh it lan_in\nadded\nsh it lan_in delete\nsh it lan_in route\nadded"
    of = replace(OF, lan=Lan(("10.1.0.0/16", "169.254.0.0/16"), ("fe80::/10",)))
    host, gateway = answers(script, tmp_path, it=text_of(of))
    assert len(host) == 3
    assert gateway == [
        "ufw route allow from 10.1.0.0/16 to any port 22551 proto tcp"
        " comment 'action1-europe_lan_in'"
    ]


def test_words_that_are_no_list_are_refused(tmp_path: Path) -> None:
    (tmp_path / "it").write_text(EUROPE)
    for words in ("", "oud", "out rout"):
        done = checkers.run("sh", "-c", f"sh it {words}", folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: ")


@pytest.mark.parametrize("broken", ["tcp 443 192.0.2.300", "tcp 70000 192.0.2.9"])
def test_a_rule_that_ufw_refuses_stops_the_script(broken: str, tmp_path: Path) -> None:
    text = text_of(rule_set(entry("192.0.2.9", "192.0.2.10"))).replace(
        "ufw $route$rule", "ufw --dry-run $route$rule"
    )
    assert answers("sh it out\nadded", tmp_path, it=text) == [[]]
    with pytest.raises(AssertionError, match="ERROR: "):
        answers("sh it out", tmp_path, it=text.replace("tcp 443 192.0.2.9", broken, 1))


@examples(100)
@given(of=rule_sets)
def test_no_rule_has_more_than_15_ports(of) -> None:
    text = FORMAT.render(of).text or ""
    for rules in lists(text).values():
        assert all(len(re.split("[,:]", ports)) <= 15 for _, ports, _ in rules)


def test_two_rule_sets_share_no_comment() -> None:
    regions = ["north-america", "north-america-2", "x" * 70, "x" * 71, "eu", "europe"]
    found = {
        re.findall(r"^own=(.*)_", text_of(rule_set(*PUBLIC, name=region)), re.MULTILINE)[0]
        for region in regions
    }
    assert len(found) == len(regions)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("tcp 22543 3.74.63.86", "tcp 22543 3.74.63.87"),
        ("tcp 22543", "tcp 22543:22544"),
        ("tcp 22543", "udp 22543"),
        ("10.0.0.0/8", "11.0.0.0/8"),
        ("    lan_in) ", "    in) "),
        ("allow from", "allow in from"),
        ("set -eu", "set -eu; reboot"),
        ("own=action1-europe_$list", "own=action1-europe"),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    try:
        found = FORMAT.read_back(EUROPE.replace(good, broken, 1))
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])


def test_packets_of_a_host_and_through_a_gateway(tmp_path: Path) -> None:
    three_hosts.need("ufw", "iptables")
    # Each rule is a call of ufw: a LAN of three networks has half as many as the usual one.
    lan = Lan(("10.0.0.0/8", "192.168.0.0/16"), ("fc00::/7",))
    host, forwarded = (
        text_of(replace(rule_set(*PUBLIC, *HOME, name=name), lan=lan))
        for name in ("europe", "africa")
    )
    for name, text in (("host", host), ("forwarded", forwarded)):
        (tmp_path / name).write_text(text)
    setup = f"""{_OWN_FILES}
ufw default deny outgoing
ufw deny out to 198.51.100.7
in_gateway() {{ ip netns exec gateway sh "$@"; }}
in_gateway host out
in_gateway host lan_in
in_gateway host lan_out
in_gateway forwarded out route
ufw --force enable
"""
    cases = _cases()
    found = three_hosts.through(cases, setup, tmp_path)
    assert found == {probe for probe, passes in cases.items() if passes}


def _cases() -> dict[Probe, bool]:
    """Packets at the edges of what is documented, and whether each is to get through."""
    far, far6 = "198.51.100.1", "2001:db8::1"
    cases = {}
    for host in ("client", "gateway"):
        cases |= {
            Probe(host, "udp", "203.0.113.5", 3478): True,
            Probe(host, "udp", "203.0.113.5", 3481): True,
            Probe(host, "udp", "203.0.113.5", 3482): False,
            Probe(host, "tcp", "203.0.113.5", 3478): False,
            Probe(host, "tcp", "203.0.113.6", 443): False,
            Probe(host, "tcp", far, 443): True,
            Probe(host, "tcp", far, 444): False,
            Probe(host, "tcp", far, 8003): True,
            Probe(host, "tcp", "198.51.100.16", 8000): True,
            Probe(host, "tcp", "198.51.100.16", 8001): False,
            Probe(host, "tcp", far6, 443): True,
            Probe(host, "tcp", far6, 442): False,
            Probe(host, "tcp", "2001:db8::2", 443): False,
            Probe(host, "tcp", three_hosts.OTHER_LAN, 443): False,
        }
    return cases | {
        Probe("client", "tcp", three_hosts.OTHER_LAN, 445): False,
        Probe("client", "tcp", three_hosts.OTHER_LAN6, 445): False,
        Probe("gateway", "tcp", three_hosts.CLIENT, 445): True,
        Probe("gateway", "tcp", three_hosts.CLIENT6, 445): True,
        Probe("gateway", "tcp", three_hosts.CLIENT, 446): False,
        Probe("gateway", "tcp", "198.51.100.1", 445): False,
        Probe("client", "tcp", three_hosts.GATEWAY, 22551): True,
        Probe("client", "tcp", three_hosts.GATEWAY6, 22551): True,
        Probe("client", "tcp", three_hosts.GATEWAY, 22552): False,
        Probe("server", "tcp", three_hosts.GATEWAY, 22551): False,
        # The user's own deny stands above what the page documents.
        Probe("gateway", "tcp", "198.51.100.7", 8000): False,
        Probe("client", "tcp", "198.51.100.7", 8000): True,
    }
