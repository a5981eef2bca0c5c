"""A gateway that loads the files as documented, and packets of the hosts behind it.

Between a network of its own and all others: what the page names gets through, also of two
regions at once, after a new version, its delta and its rollback; services of the LAN in another
network do not, nor what the user's own deny above our rules stops.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.formats import three_hosts
from tests.formats.samples import entry, rule_set
from tests.formats.three_hosts import OTHER_LAN, OTHER_LAN6, Probe
from tracker.formats import RuleSet, load
from tracker.model import LAN

DENIED = "198.51.100.7"
# Of Windows beside a public address, and of agents among themselves: both are the LAN's.
OF_LAN = (
    entry("203.0.113.9", ports=(443, 135, 445, (49152, 65535))),
    entry(LAN, ports=(22551,)),
    entry(LAN, ports=(22551,), direction="inbound"),
)
ONE = rule_set(
    entry("203.0.113.5", ports=(443, (8000, 8003))),
    entry("2001:db8::1"),
    entry(DENIED),
    *OF_LAN,
)
TWO = rule_set(entry("203.0.113.5"), entry("203.0.113.6"), entry(DENIED), *OF_LAN, version=3)
AMERICA = rule_set(
    entry("198.51.100.20", "203.0.113.5", ports=(8443,)), *OF_LAN, name="america"
)
OPEN = {
    "one": {
        *(("203.0.113.5", port) for port in (443, 8000, 8003)),
        *(("2001:db8::1", 443), ("203.0.113.9", 443)),
    },
    "two": {("203.0.113.5", 443), ("203.0.113.6", 443), ("203.0.113.9", 443)},
    "america": {("198.51.100.20", 8443), ("203.0.113.5", 8443), ("203.0.113.9", 443)},
}
TARGETS = {target for found in OPEN.values() for target, _ in found} | {DENIED, OTHER_LAN}
PROBES = {
    Probe("client", "tcp", target, port)
    for target in {*TARGETS, OTHER_LAN6}
    for port in (443, 445, 8000, 8003, 8004, 8443, 22551, 50000)
}
NFT = """table inet filter {
	chain mine {
		type filter hook forward priority filter; policy drop;
	}
}
flush chain inet filter mine
table inet filter {
	chain mine {
		ct state established,related accept
		ip daddr 198.51.100.7 drop
		JUMPS
	}
}
"""
WAYS = ("nftables", "iptables-legacy", "iptables-nft", "ipset-legacy")
AT = "ip netns exec gateway"
ALL_OPEN = f"""
{AT} nft flush ruleset
for tool in iptables-legacy ip6tables-legacy; do
    {AT} $tool -P FORWARD ACCEPT
    {AT} $tool -F
done
"""


def steps(way: str, folder: Path) -> dict[str, str]:
    """What the gateway does, step by step, with the names of what is open after each."""
    name = way.partition("-")[0]
    fmt = load(name)
    assert fmt.delta is not None
    texts = {
        "one": fmt.render(ONE).text,
        "america": fmt.render(AMERICA).text,
        "apply": fmt.delta(ONE, TWO),
        "rollback": fmt.delta(TWO, ONE),
        "two": fmt.render(TWO).text,
    }
    for file, text in texts.items():
        (folder / file).write_text(text or "")
    europe, both = (
        own_rules(way, found, folder) for found in (["europe"], ["europe", "america"])
    )
    return {
        "one": f"{loading(way, 'one')}\n{europe}",
        "one america": f"{loading(way, 'america')}\n{both}",
        "two america": loading(way, "apply"),
        "america one": loading(way, "rollback"),
        "america two": loading(way, "two"),
    }


def loading(way: str, file: str) -> str:
    """As the head of the file says."""
    if way == "nftables":
        return f"{AT} nft -f {file}"
    if way.startswith("ipset"):
        return f"{AT} ipset restore < {file}"
    variant = way.partition("-")[2]
    tools = (f"iptables-{variant}", f"ip6tables-{variant}")
    return "\n".join(f"{AT} {tool}-restore -n < {file}" for tool in tools)


def own_rules(way: str, regions: list[str], folder: Path) -> str:
    """The user's own chain: replies, a deny, ours, and a drop."""
    if way == "nftables":
        jumps = "; ".join(
            f"jump action1_{each}_{end}" for each in regions for end in ("out", "in")
        )
        file = f"own{len(regions)}"
        (folder / file).write_text(NFT.replace("JUMPS", jumps))
        return f"{AT} nft -f {file}"
    variant, lines = way.partition("-")[2], []
    for tool, family in ((f"iptables-{variant}", 4), (f"ip6tables-{variant}", 6)):
        rules = ["-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"]
        rules += [f"-d {DENIED} -j DROP"] if family == 4 else []
        for each in regions:
            sets = f"-m set --match-set action1_{each}_"
            rules += (
                [f"{sets}out{family} dst,dst -j ACCEPT", f"{sets}in{family} src,dst -j ACCEPT"]
                if way.startswith("ipset")
                else [f"-j action1-{each}-out", f"-j action1-{each}-in"]
            )
        lines += [f"{AT} {tool} -F FORWARD", f"{AT} {tool} -P FORWARD DROP"]
        lines += [f"{AT} {tool} -A FORWARD {rule}" for rule in rules]
    return "\n".join(lines)


def opened(names: str) -> set[Probe]:
    found = set[tuple[str, int]]().union(*(OPEN[name] for name in names.split()))
    return {each for each in PROBES if (each.target, each.port) in found}


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    three_hosts.need("nft", "ipset", "iptables-legacy", "ip6tables-nft")


@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_lets_through_what_is_documented_and_no_lan_service(way, tmp_path) -> None:
    made = steps(way, tmp_path)
    *found, all_open = three_hosts.through_each(PROBES, [*made.values(), ALL_OPEN], tmp_path)
    for names, said in zip(made, found, strict=True):
        assert said == opened(names), names
    # The far end answers on every port of every address, so a rule stopped the others.
    assert all_open == PROBES


def test_the_lan_rules_are_in_the_files_that_the_gateway_loads() -> None:
    lan: RuleSet = replace(ONE, entries=OF_LAN)
    for name in ("nftables", "iptables", "ipset"):
        said = load(name).read_back(load(name).render(lan).text or "")
        assert {"outbound lan tcp/445", "inbound lan tcp/22551"} <= said


def test_the_documentation_names_the_chains_and_sets_of_the_files() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "firewalls.md").read_text()
    section = docs[docs.index("\n## Linux: ") :]
    names = {
        "nftables": [f"action1_europe_{end}" for end in ("out", "in", "lanout", "lanin")],
        "iptables": [f"action1-europe-{end}" for end in ("out", "in", "lano", "lani")],
        "ipset": [f"action1_europe_{end}" for end in ("out4", "in4", "lan4")],
    }
    for name, found in names.items():
        text = load(name).render(ONE).text or ""
        for each in found:
            assert f"`{each}`" in section
            assert each in text
