"""firewalld.sh: firewalld's own checker, what the script leaves alone, and packets."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from tests.formats import three_hosts
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.formats.three_hosts import Probe
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("firewalld")
PUBLIC = (
    entry("203.0.113.5", services=(Service("udp", 3478, 3481),)),
    entry("2001:db8::1", "198.51.100.0/28", ports=(443, (8000, 8003))),
    entry("198.51.100.0/24", ports=(8000,)),
    entry("203.0.113.200", "2001:db8:ffff::1", ports=(8443,), direction="inbound"),
)
HOME = (entry(LAN, ports=(445,)), entry(LAN, ports=(22551,), direction="inbound"))
OF = rule_set(*PUBLIC, *HOME)


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def policies(text: str) -> list[str]:
    """The names of the policies, each with its part of the script."""
    return re.findall(r"put_policy (\S+) <<", text)


def xml_of(text: str) -> dict[str, ET.Element]:
    """The ipsets and policies of a script as the XML that it writes."""
    parts = re.findall(r"put_(\w+) (\S+) <<'XML'\n(.*?)\nXML\n", text, re.DOTALL)
    ends = {"policy": "</policy>", "ipset": ""}
    return {name: ET.fromstring(body + ends[kind]) for kind, name, body in parts}


def run(text: str, folder: Path, after: str = "") -> tuple[int, str]:
    """Runs a script on `folder/etc`; returns its exit status and what it says."""
    checkers.need("firewall-offline-cmd")
    (folder / "etc").mkdir(exist_ok=True)
    (folder / "etc" / "firewalld.conf").write_text("DefaultZone=public\n")
    (folder / "it").write_text(text)
    done = checkers.run("sh", "-c", f"sh it etc{after}", folder=folder)
    return done.returncode, done.stdout + done.stderr


def commands(policy: str, *zones: str) -> list[str]:
    """The commands in the head that give a policy its zones, for a firewalld at rest."""
    found = re.findall(
        r"^#   firewall-cmd --permanent (--policy NAME .*)", EUROPE, re.MULTILINE
    )
    filled = (each.replace("NAME", policy) for each in found)
    return [
        f"firewall-offline-cmd --system-config=etc {each.rpartition(' ')[0]} {zone}"
        for each, zone in zip(filled, zones, strict=True)
    ]


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.rglob("*.xml"))}


@pytest.mark.parametrize("of", [*SAMPLES.values(), OF], ids=[*SAMPLES, "more"])
def test_firewalld_takes_the_files_without_a_warning(of, tmp_path: Path) -> None:
    status, said = run(text_of(of), tmp_path)
    assert status == 0, said
    assert "WARNING" not in said
    assert "ERROR" not in said
    assert set(files(tmp_path)) == {f"{name}.xml" for name in xml_of(text_of(of))}


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('target="CONTINUE"', 'target="ACEPT"'),
        ("</ipset>", ""),
        ('type="hash:net"', 'type="hash:nets"'),
    ],
)
def test_what_firewalld_refuses_changes_nothing(good, broken, tmp_path: Path) -> None:
    assert run(text_of(OF), tmp_path)[0] == 0
    before = files(tmp_path)
    assert good in EUROPE
    assert run(EUROPE.replace(good, broken, 1), tmp_path)[0] != 0
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("good", "broken"),
    [('port="22543"', 'port="70000"'), ("<entry>10.0.0.0/8<", "<entry>10.0.0.0/80<")],
)
def test_what_firewalld_passes_over_it_warns_of(good, broken, tmp_path: Path) -> None:
    assert good in EUROPE
    assert "WARNING" in run(EUROPE.replace(good, broken, 1), tmp_path)[1]


def test_running_a_later_version_is_exact_and_keeps_the_zones(tmp_path: Path) -> None:
    old, new = text_of(OF), text_of(rule_set(*PUBLIC[:1], version=3))
    assert run(old, tmp_path)[0] == 0
    mine = tmp_path / "etc" / "policies" / "mine.xml"
    mine.write_text('<policy target="DROP"/>\n')
    [out, *_] = policies(old)
    bind = "".join(f" && {each}" for each in commands(out, "HOST", "ANY"))
    status, said = run(old, tmp_path, bind)
    assert status == 0, said
    for text in (old, old, new, new):
        assert run(text, tmp_path)[0] == 0
        found = files(tmp_path)
        assert set(found) == {"mine.xml", *(f"{name}.xml" for name in xml_of(text))}
        assert re.findall(r'<(\w+-zone) name="(\w+)" ?/>', found[f"{out}.xml"]) == [
            ("ingress-zone", "HOST"),
            ("egress-zone", "ANY"),
        ]
    assert found["mine.xml"] == '<policy target="DROP"/>\n'
    assert not list(tmp_path.rglob("*.new"))


def test_no_policy_of_the_script_has_a_zone_or_denies() -> None:
    found = xml_of(text_of(OF))
    assert [name.partition("_")[2] for name in policies(text_of(OF))] == [
        *("out", "in", "lan_out", "lan_in")
    ]
    for name in policies(text_of(OF)):
        assert found[name].attrib == {"priority": "-100", "target": "CONTINUE"}
        assert {child.tag for child in found[name]} == {"rule"}
        assert all(rule[-1].tag == "accept" for rule in found[name])


def test_rules_of_the_lan_are_in_policies_of_their_own() -> None:
    found = xml_of(text_of(OF))
    for name in policies(text_of(OF)):
        sets = {rule[0].get("ipset", "") for rule in found[name]}
        assert all(("_lan" in each) is ("_lan_" in name) for each in sets)
        assert sets


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_xml_of_sets_that_do_not_overlap(of) -> None:
    text = FORMAT.render(of).text
    if text is None:
        return
    found = xml_of(text)
    for name in found:
        assert len(name) <= (18 if name in policies(text) else 31)
    assert FORMAT.read_back(text) == FORMAT.expected_lines(of)


@pytest.mark.parametrize("words", [*HOSTILE, "a -- b --> <entry>192.0.2.9</entry>"])
def test_hostile_words_end_no_comment(words: str) -> None:
    found = xml_of(text_of(rule_set(entry("192.0.2.1", resource=words))))
    entries = [each.text for one in found.values() for each in one.iter("entry")]
    assert entries == ["192.0.2.1"]


def test_two_rule_sets_share_no_name() -> None:
    regions = ["north-america", "north-america-2", "x" * 70, "x" * 71, "eu", "europe"]
    named = [set(xml_of(text_of(rule_set(*PUBLIC, name=region)))) for region in regions]
    assert len(set.union(*named)) == sum(map(len, named))


def test_the_limit_counts_the_largest_set() -> None:
    assert FORMAT.limit is not None
    of = rule_set(entry("192.0.2.1", "192.0.2.3", ports=(1,)), entry("192.0.2.5"))
    assert FORMAT.limit.count(text_of(of)) == 2


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("<entry>3.74.63.86</entry>", "<entry>3.74.63.87</entry>"),
        ("  <entry>3.74.63.86</entry>", "  <entry>3.74.63.86</entry><entry>::/0</entry>"),
        ("<destination ", "<source "),
        ('family="ipv4"', 'family="ipv6"'),
        ('target="CONTINUE"', 'target="ACCEPT"'),
        ("<accept/>", "<drop/>"),
        ("put_policy() {", "put_policy() { reboot"),
        ("<entry>10.0.0.0/8</entry>", "<entry>11.0.0.0/8</entry>"),
        ('port="22551"', 'port="22552"'),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    try:
        found = FORMAT.read_back(EUROPE.replace(good, broken, 1))
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])


# The host's own traffic by one rule set, what is forwarded by another: two regions at once.
_ZONES = {
    "lan.xml": '<zone target="DROP"><interface name="lan0"/></zone>',
    "wan.xml": '<zone target="DROP"><interface name="wan0"/></zone>',
}
_OF_HOST = '<ingress-zone name="HOST"/><egress-zone name="ANY"/>'
_NEIGHBOURS = "".join(
    f'<rule family="ipv6"><icmp-type name="neighbour-{each}"/><accept/></rule>'
    for each in ("solicitation", "advertisement")
)
_DENIED = (
    '<rule family="ipv4"><destination address="198.51.100.7"/>'
    '<port port="8000" protocol="tcp"/><drop/></rule>'
)
_MINE = {
    "shut.xml": f'<policy target="DROP">{_OF_HOST}{_NEIGHBOURS}</policy>',
    "deny.xml": f'<policy priority="-200" target="CONTINUE">{_OF_HOST}{_DENIED}</policy>',
}
_START = """
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$PWD/bus
dbus-daemon --session --nofork --nopidfile --address=$DBUS_SYSTEM_BUS_ADDRESS > bus.log 2>&1 &
for one in $(seq 50); do [ -e bus ] && break; sleep 0.1; done
ip netns exec gateway firewalld --nofork --nopid --system-config $PWD/etc \
    --log-target=console > firewalld.log 2>&1 &
for one in $(seq 100); do firewall-cmd --state > /dev/null 2>&1 && break; sleep 0.1; done
firewall-cmd --state
"""


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
    lan = {
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
    }
    # The user's own deny stands above what the page documents.
    own = {
        Probe("gateway", "tcp", "198.51.100.7", 8000): False,
        Probe("client", "tcp", "198.51.100.7", 8000): True,
    }
    return cases | lan | own


def test_packets_of_a_host_and_through_a_gateway(tmp_path: Path) -> None:
    three_hosts.need("firewalld", "firewall-offline-cmd", "dbus-daemon")
    for folder, made in (("zones", _ZONES), ("policies", _MINE)):
        (tmp_path / "etc" / folder).mkdir(parents=True)
        for name, text in made.items():
            (tmp_path / "etc" / folder / name).write_text(f"{text}\n")
    (tmp_path / "etc" / "firewalld.conf").write_text("DefaultZone=public\n")
    host, forwarded = text_of(OF), text_of(rule_set(*PUBLIC, *HOME, name="africa"))
    for name, text in (("host", host), ("forwarded", forwarded)):
        (tmp_path / name).write_text(text)
    out, _, lan_out, lan_in = policies(host)
    bound = [(out, "HOST", "ANY"), (lan_out, "HOST", "lan"), (lan_in, "lan", "HOST")]
    bound.append((policies(forwarded)[0], "lan", "wan"))
    # As the commands in the head do, which another test runs, in less time.
    bind = [
        rf"sed -i 's|^</policy>|<ingress-zone name=\"{start}\"/>"
        rf"<egress-zone name=\"{end}\"/></policy>|' etc/policies/{name}.xml"
        for name, start, end in bound
    ]
    setup = "\n".join(["sh host etc", "sh forwarded etc", *bind, _START])
    cases = _cases()
    found = three_hosts.through(cases, setup, tmp_path)
    assert found == {probe for probe, passes in cases.items() if passes}
