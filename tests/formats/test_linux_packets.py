"""Packets against what Linux loads: through each endpoint of the page, through nothing beside.

Outbound and inbound, IPv4 and IPv6, TCP and UDP, ranges and networks, with a neighbour of each
address and port and the other protocol; the local network by its own rules.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from tests.formats.netns import need
from tests.formats.packets import Packet, through
from tests.formats.samples import SAMPLES, entry, rule_set
from tracker.formats import load
from tracker.formats.iptables import expected_lines
from tracker.model import LAN, Service

HOME, NEAR, FAR = "192.168.9.9", "192.168.9.8", "203.0.113.200"
HOME6, NEAR6, FAR6 = "fd00::9", "fd00::8", "2001:db8:ffff::1"
MORE = (
    entry("203.0.113.5", services=(Service("udp", 3478, 3481),)),
    entry("2001:db8::1", "2001:db8:1::/64", "198.51.100.0/28", ports=(443, (8000, 8003))),
    entry("198.51.100.77", "2001:db8:2::1", ports=(8443,), direction="inbound"),
    entry(LAN, ports=(7680,)),
)
OF = rule_set(*SAMPLES["2024-04-europe"].entries, *MORE)
NFT = """
table inet filter {{
	chain mine {{
		type filter hook {hook} priority filter; policy drop;
		ct state established,related accept
		{jump}
	}}
}}
"""
SET = "-m set --match-set action1_europe_"
SETS = {
    "output": (
        f"{SET}out{{n}} dst,dst",
        f"-p tcp {SET}lan{{n}} dst {SET}lto dst",
        f"-p udp {SET}lan{{n}} dst {SET}luo dst",
    ),
    "input": (
        f"{SET}in{{n}} src,dst",
        f"-p tcp {SET}lan{{n}} src {SET}lti dst",
        f"-p udp {SET}lan{{n}} src {SET}lui dst",
    ),
}
WAYS = ("nftables", "iptables-legacy", "iptables-nft", "ipset-legacy", "ipset-nft")


def setup(way: str, hook: str, folder: Path, *, jump: bool = True, open_: bool = False) -> str:
    """Loads our files and the user's own chain that ends in a drop."""
    for name in ("nftables", "iptables", "ipset"):
        (folder / name).write_text(load(name).render(OF).text or "")
    end = "out" if hook == "output" else "in"
    if way == "nftables":
        own = "accept" if open_ else f"jump action1_europe_{end}" if jump else ""
        (folder / "own").write_text(NFT.format(hook=hook, jump=own))
        return "nft -f nftables\nnft -f own"
    variant = way.partition("-")[2]
    lines = ["ipset restore < ipset"]
    for program, number in (("iptables", 4), ("ip6tables", 6)):
        tool = f"{program}-{variant}"
        chain = hook.upper()
        rules = ["-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"]
        if open_:
            rules.append("-j ACCEPT")
        elif jump and way.startswith("ipset"):
            rules += [f"{each.format(n=number)} -j ACCEPT" for each in SETS[hook]]
        elif jump:
            rules.append(f"-j action1-europe-{end}")
        lines.append(f"{tool}-restore -n < iptables")
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


def packets(hook: str) -> dict[Packet, bool]:
    """Each packet at an edge of what is documented, and whether it is to get through."""
    lines = sorted(expected_lines(OF))
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


def _documented(packet: Packet, lines: list[str], hook: str) -> bool:
    """Said from the lines alone, not by what any format makes of them."""
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
            return True
    return False


@pytest.fixture(autouse=True)
def _programs() -> None:
    need("nft", "ip", "ipset", "iptables-legacy", "ip6tables-nft")


@pytest.mark.parametrize("hook", ["output", "input"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_documented_gets_through_and_nothing_beside(way, hook, tmp_path) -> None:
    cases = packets(hook)
    wanted = {packet for packet, passes in cases.items() if passes}
    assert len(wanted) > 5
    assert len(cases) > 1.8 * len(wanted)
    assert through(cases, setup(way, hook, tmp_path), tmp_path) == wanted


@pytest.mark.parametrize("way", ["nftables", "iptables-legacy", "iptables-nft"])
def test_the_probe_can_tell(way: str, tmp_path: Path) -> None:
    cases = packets("output")
    # Without our rules nothing gets through, and with all open everything does.
    assert not through(cases, setup(way, "output", tmp_path, jump=False), tmp_path)
    assert through(cases, setup(way, "output", tmp_path, open_=True), tmp_path) == set(cases)
