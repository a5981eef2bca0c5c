"""Packets against what Linux loads: through each endpoint of the page, through nothing beside.

Outbound and inbound, IPv4 and IPv6, TCP and UDP, ranges and networks, with a neighbour of each
address and port and the other protocol; the local network by its own rules.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.formats.netns import need
from tests.formats.packets import Packet, through_each
from tests.formats.samples import SAMPLES, entry, rule_set
from tracker.formats import load
from tracker.formats.iptables import expected_lines
from tracker.formats.shared.lan import Lan
from tracker.model import LAN, Service

HOME, NEAR, FAR = "192.168.9.9", "192.168.9.8", "203.0.113.200"
HOME6, NEAR6, FAR6 = "fd00::9", "fd00::8", "2001:db8:ffff::1"
MORE = (
    entry("203.0.113.5", services=(Service("udp", 3478, 3481),)),
    entry("2001:db8::1", "2001:db8:1::/64", "198.51.100.0/28", ports=(443, (8000, 8003))),
    entry(
        "198.51.100.77", "198.51.100.99", "2001:db8:2::1", ports=(8443,), direction="inbound"
    ),
    entry(LAN, ports=(7680,)),
)
OF = rule_set(*SAMPLES["2024-04-europe"].entries, *MORE)
NFT = """
table inet filter {{
	chain mine {{
		type filter hook {hook} priority filter; policy drop;
		ct state established,related accept
		{deny}
		{jumps}
	}}
}}
"""
SET = "-m set --match-set action1_europe_"
SETS = {"output": (f"{SET}out{{n}} dst,dst",), "input": (f"{SET}in{{n}} src,dst",)}
LAN_SETS = {
    "output": (
        f"-p tcp {SET}lan{{n}} dst {SET}lto dst",
        f"-p udp {SET}lan{{n}} dst {SET}luo dst",
    ),
    "input": (
        f"-p tcp {SET}lan{{n}} src {SET}lti dst",
        f"-p udp {SET}lan{{n}} src {SET}lui dst",
    ),
}
# What the user's own deny stops above our rules, though the page names it.
DENIED = {"output": "203.0.113.5", "input": "198.51.100.77"}
# Another base chain of the same hook, as firewalld and ufw have theirs.
BESIDE = """
table inet other {{
	chain other {{
		type filter hook {hook} priority filter + 10; policy drop;
		ct state established,related accept
	}}
}}
"""
WAYS = ("nftables", "iptables-legacy", "iptables-nft", "ipset-legacy", "ipset-nft")


def setups(way: str, hook: str, folder: Path) -> dict[str, str]:
    """Loads our files and the user's own chain that ends in a drop, by what it jumps to."""
    kinds = {"nothing": [], "internet": ["internet"], "host": ["internet", "lan"]}
    kinds |= {"other lan": ["internet", "lan"], "all": ["all"]}
    made = {}
    for number, (kind, opened) in enumerate(kinds.items()):
        of = replace(OF, lan=Lan(("10.0.0.0/8",), ("fc11::/16",))) if "other" in kind else OF
        for name in ("nftables", "iptables", "ipset"):
            (folder / f"{name}{number}").write_text(load(name).render(of).text or "")
        load_rules = nft_setup if way == "nftables" else iptables_setup
        made[kind] = load_rules(way, hook, str(number), opened, folder)
    if way == "nftables":
        (folder / "beside").write_text(BESIDE.format(hook=hook))
        made["beside another"] = "nft -f beside"
    return made


def nft_setup(way: str, hook: str, number: str, opened: list[str], folder: Path) -> str:
    end = "out" if hook == "output" else "in"
    rules = {"internet": f"jump action1_europe_{end}", "lan": f"jump action1_europe_lan{end}"}
    jumps = "; ".join(rules.get(each, "accept") for each in opened)
    side = "daddr" if hook == "output" else "saddr"
    deny = "" if "all" in opened else f"ip {side} {DENIED[hook]} drop"
    own = NFT.format(hook=hook, deny=deny, jumps=jumps)
    (folder / f"own{number}").write_text(own)
    again = "nft flush chain inet filter mine; " if number != "0" else ""
    return f"{again}nft -f {way}{number}; nft -f own{number}"


def iptables_setup(way: str, hook: str, number: str, opened: list[str], folder: Path) -> str:
    variant = way.partition("-")[2]
    lines = [f"ipset restore < ipset{number}"]
    short = hook[:-3]
    for program, family in (("iptables", 4), ("ip6tables", 6)):
        tool, chain = f"{program}-{variant}", hook.upper()
        side = "-d" if hook == "output" else "-s"
        denied = DENIED[hook]
        rules = ["-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"]
        rules += [f"{side} {denied} -j DROP"] if family == 4 and "all" not in opened else []
        if way.startswith("ipset"):
            sets = {"internet": SETS, "lan": LAN_SETS}
            matches = [match for each in opened if each != "all" for match in sets[each][hook]]
            rules += [f"{match.format(n=family)} -j ACCEPT" for match in matches]
        else:
            ends = {"internet": short, "lan": f"lan{short[0]}"}
            rules += [f"-j action1-europe-{ends[each]}" for each in opened if each != "all"]
        rules += ["-j ACCEPT"] if "all" in opened else []
        lines += [f"{tool} -F {chain}", f"{tool}-restore -n < iptables{number}"]
        lines += [f"{tool} -A {chain} {rule}" for rule in [*rules, "-j DROP"]]
    return "\n".join(lines)


def beside(packet: Packet, hook: str) -> list[Packet]:
    """Neighbours of an allowed packet: address, port and protocol."""
    end = "target" if hook == "output" else "source"
    other = {"tcp": "udp", "udp": "tcp"}[packet.protocol]
    parts = vars(packet)
    made = [Packet(**parts | {"protocol": other})]
    made += [Packet(**parts | {"port": packet.port + step}) for step in (-1, 1)]
    for step in (-1, 1):
        address = ipaddress.ip_address(parts[end]) + step
        made.append(Packet(**parts | {end: str(address)}))
    return made


def packets(hook: str) -> dict[Packet, str]:
    """Each packet at an edge of what is documented, and what lets it through, if anything."""
    lines = sorted(line for line in expected_lines(OF) if not line.startswith("lan "))
    allowed = {each for line in lines for each in _edges(line, hook)}
    cases = {each: False for packet in allowed for each in beside(packet, hook)}
    lan = {"tcp": (7680, 445, 135, 49152, 22551), "udp": (6771, 22551, 445)}
    for protocol, numbers in lan.items():
        for port in numbers:
            for home, near, far in ((HOME, NEAR, FAR), (HOME6, NEAR6, FAR6)):
                ends = (home, near), (home, far) if hook == "output" else (far, home)
                cases |= {Packet(protocol, *each, port): False for each in ends}
    return {each: _documented(each, lines, hook) for each in sorted({*cases, *allowed})}


def _edges(line: str, hook: str) -> list[Packet]:
    way, target, service = line.split()
    if target == LAN or (way == "outbound") is not (hook == "output"):
        return []
    protocol, _, span = service.partition("/")
    network = ipaddress.ip_network(target)
    home = HOME6 if network.version == 6 else HOME
    return [
        Packet(protocol, *((home, str(each)) if hook == "output" else (str(each), home)), port)
        for each in {network[0], network[-1]}
        for port in {int(edge) for edge in span.split("-")}
    ]


def _documented(packet: Packet, lines: list[str], hook: str) -> str:
    """The kind of line that names it, from the lines alone: `internet`, `lan` or nothing."""
    far = ipaddress.ip_address(packet.target if hook == "output" else packet.source)
    lan = ["192.168.0.0/16", "fc00::/7", "10.0.0.0/8", "172.16.0.0/12"]
    for line in lines:
        way, target, service = line.split()
        protocol, _, span = service.partition("/")
        first, last = (span.split("-") * 2)[:2]
        networks = map(ipaddress.ip_network, lan if target == LAN else [target])
        if (
            (way == "outbound") is (hook == "output")
            and protocol == packet.protocol
            and int(first) <= packet.port <= int(last)
            and any(far in network for network in networks)
        ):
            return "lan" if target == LAN else "internet"
    return ""


@pytest.fixture(autouse=True)
def _programs() -> None:
    need("nft", "ip", "ipset", "iptables-legacy", "ip6tables-nft")


@pytest.mark.parametrize("hook", ["output", "input"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_documented_gets_through_and_nothing_beside(way, hook, tmp_path) -> None:
    cases = packets(hook)
    kinds = setups(way, hook, tmp_path)
    found = dict(zip(kinds, through_each(cases, kinds.values(), tmp_path), strict=True))
    far = "target" if hook == "output" else "source"
    free = {each: kind for each, kind in cases.items() if vars(each)[far] != DENIED[hook]}
    internet = {packet for packet, kind in free.items() if kind == "internet"}
    lan = {packet for packet, kind in free.items() if kind == "lan"}
    assert min(len(internet), len(lan), len(cases) - len(free)) > 1
    assert len(cases) > 1.8 * len(internet | lan)
    # Jumps to the rules for the internet open nothing in the LAN, nor what the user denies.
    assert found["internet"] == internet
    assert found["host"] == internet | lan
    # The packets are of 192.168.0.0/16 and fd00::/16.
    assert found["other lan"] == internet
    # Nothing that ours accept gets past another chain that drops.
    assert found.get("beside another", set()) == set()
    # The probe can tell.
    assert (found["nothing"], found["all"]) == (set(), set(cases))
