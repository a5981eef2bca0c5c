"""What nftables, iptables and ipset make of the files and deltas, as far as ours go.

Small models, so that thousands of deltas can be followed; the real programs follow some.
Each refuses what the real one refuses: what is not there cannot be deleted or looked in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

WAYS = {"out": "outbound", "in": "inbound"}
LAN_CHAINS = {"lanout": "outbound", "lanin": "inbound"}


class Nftables:
    """`nft -f`: sets with elements, chains with rules, all of one table."""

    def __init__(self) -> None:
        self.sets: dict[str, set[str]] = {}
        self.chains: dict[str, list[str]] = {}

    def load(self, text: str) -> None:
        lines = iter(line.partition("#")[0].strip() for line in text.splitlines())
        for line in lines:
            verb, *words = line.replace(" inet filter", "").split() or [""]
            if verb == "table":
                self._declare(lines)
            elif verb == "flush":
                (self.sets if words[0] == "set" else self.chains)[words[1]].clear()
            elif verb == "delete" and words[0] == "set":
                used = [rule for chain in self.chains.values() for rule in chain]
                assert not any(f"@{words[1]} " in rule for rule in used), line
                del self.sets[words[1]]
            elif words[:1] == ["element"]:
                self._elements(verb, words[1], list(iter(lambda: next(lines), "}")))
            elif verb == "add":
                rule = line.partition(f"rule inet filter {words[1]} ")[2]
                assert re.findall(r"@(\w+)", rule)[0] in self.sets, line
                self.chains[words[1]].append(rule)
            else:
                assert verb == "", line

    def _declare(self, lines: Iterator[str]) -> None:
        depth = 1
        while depth:
            line = next(lines)
            if line.startswith("set "):
                self.sets.setdefault(line.split()[1], set())
            elif line.startswith("chain "):
                self.chains.setdefault(line.split()[1], [])
            depth += line.count("{") - line.count("}")

    def _elements(self, verb: str, name: str, lines: list[str]) -> None:
        found = {line.rstrip(", ") for line in lines}
        assert len(found) == len(lines)
        if verb == "delete":
            assert found <= self.sets[name], (name, found)
            self.sets[name] -= found
        else:
            self.sets[name] |= found

    def opened(self) -> frozenset[str]:
        found: dict[str, set[int]] = defaultdict(set)
        lan: set[int] = set()
        for chain, rules in self.chains.items():
            end = chain.rpartition("_")[2]
            for rule in rules:
                if end in LAN_CHAINS:
                    lan.add(family_of(rule))
                    said = self._lan_rule(LAN_CHAINS[end], rule)
                else:
                    said = self._rule(WAYS[end], rule)
                for line, families in said:
                    found[line] |= families
        assert all(families in ({4, 6}, lan) for families in found.values()), found
        return frozenset(found)

    def _rule(self, way: str, rule: str) -> Iterator[tuple[str, set[int]]]:
        name, family = self._ends(way, rule), family_of(rule)
        if ". th dport" in rule:
            for element in self.sets[name]:
                target, protocol, ports = element.split(" . ")
                assert (":" in target) is (family == 6)
                yield f"{way} {target} {protocol}/{ports}", {4, 6}
            return
        assert f"update @{name} {{" in rule
        [(protocol, ports)] = re.findall(r"(tcp|udp) dport \{ (.+?) \}", rule)
        [(names, host)] = re.findall(r'comment "(name|names of) (.+)"', rule)
        target = host if names == "name" else f"*.{host}"
        for span in ports.split(", "):
            yield f"{way} {target} {protocol}/{span}", {family}

    def _lan_rule(self, way: str, rule: str) -> Iterator[tuple[str, set[int]]]:
        name, family = self._ends(way, rule), family_of(rule)
        assert name.endswith(f"_lan{family}")
        yield from ((f"lan {network}", {4, 6}) for network in self.sets[name])
        [(protocol, ports)] = re.findall(r"(tcp|udp) dport \{ (.+?) \}", rule)
        yield from ((f"{way} lan {protocol}/{span}", {family}) for span in ports.split(", "))

    def _ends(self, way: str, rule: str) -> str:
        """The set that a rule looks in, at the end of a packet that it must look at."""
        assert re.findall(r"[ds]addr", rule)[0] == ("daddr" if way == "outbound" else "saddr")
        return re.findall(r"@(\w+)", rule)[0]


def family_of(rule: str) -> int:
    """The IP version of a rule of nft."""
    return 4 if rule.startswith("ip ") else 6


class Iptables:
    """`iptables-restore -n` and `ip6tables-restore -n`, one after the other."""

    def __init__(self) -> None:
        self.chains: dict[int, dict[str, list[str]]] = {4: {}, 6: {}}

    def load(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert [lines[0], lines[-1]] == ["*filter", "COMMIT"]
        for family, chains in self.chains.items():
            for line in lines[1:-1]:
                if line.startswith(":"):
                    chains[line[1:].split()[0]] = []
                    continue
                own, verb, chain, rule = line.split(" ", 3)
                if own == f"-{family}":
                    (chains[chain].append if verb == "-A" else chains[chain].remove)(rule)

    def opened(self) -> frozenset[str]:
        found: dict[str, set[str]] = defaultdict(set)
        for chains in self.chains.values():
            for chain, rules in chains.items():
                assert len(chain) <= 28
                assert len(set(rules)) == len(rules)
                for rule in rules:
                    way, network, protocol, ports, lan = self._rule(chain, rule)
                    for span in ports.replace(":", "-").split(","):
                        target = "lan" if lan else network
                        found[f"{way} {target} {protocol}/{span}"].add(network)
        lans = [networks for line, networks in found.items() if " lan " in line]
        assert all(networks == lans[0] for networks in lans)
        return frozenset(found).union(f"lan {network}" for lan in lans for network in lan)

    def _rule(self, chain: str, rule: str) -> tuple[str, ...]:
        shape = (
            r"(-[ds]) ([0-9a-f.:/]+) -p (tcp|udp) -m multiport --dports ([0-9:,]+)"
            r'( -m comment --comment "local network")? -j ACCEPT'
        )
        [(end, *rest)] = re.findall(rf"\A{shape}\Z", rule)
        chain_end = chain.rpartition("-")[2]
        way = ({"lano": "outbound", "lani": "inbound"} if rest[3] else WAYS)[chain_end]
        assert end == ("-d" if way == "outbound" else "-s")
        assert len(re.split("[:,]", rest[2])) <= 15
        return (way, *rest)


class Ipset:
    """`ipset restore`: sets, their members with every port by itself."""

    def __init__(self) -> None:
        self.sets: dict[str, tuple[str, set[tuple[str, int]]]] = {}

    def load(self, text: str) -> None:
        for line in text.splitlines():
            verb, *words = line.split() or ["#"]
            if verb == "create":
                kind = " ".join(words[1:-1])
                assert self.sets.setdefault(words[0], (kind, set()))[0] == kind
            elif verb == "flush":
                self.sets[words[0]][1].clear()
            elif verb == "swap":
                one, other = words
                assert self.sets[one][0] == self.sets[other][0]
                self.sets[one], self.sets[other] = self.sets[other], self.sets[one]
            elif verb == "destroy":
                del self.sets[words[0]]
            elif verb in {"add", "del"}:
                members = set(self._members(words[1]))
                held = self.sets[words[0]][1]
                if words[-1] != "-exist":
                    assert not members & held, line
                held.symmetric_difference_update(
                    members - held if verb == "add" else members & held
                )
            else:
                assert verb.startswith("#"), line

    def _members(self, member: str) -> Iterator[tuple[str, int]]:
        found = re.fullmatch(r"(?:(.+),(tcp|udp):)?(\d+)(?:-(\d+))?", member)
        if found is None:
            yield member, 0
            return
        target = f"{found[1]} {found[2]}" if found[1] else ""
        for port in range(int(found[3]), int(found[4] or found[3]) + 1):
            yield target, port

    def opened(self) -> frozenset[str]:
        return frozenset(line for name in self.sets for line in self._lines(name))

    def _lines(self, name: str) -> Iterator[str]:
        _, _, end = name.rpartition("_")
        members = self.sets[name][1]
        if end.startswith("lan"):
            assert all((":" in network) is (end[3:] == "6") for network, _ in members)
            yield from (f"lan {network}" for network, _ in members)
            return
        ports: dict[str, list[int]] = defaultdict(list)
        for target, port in members:
            ports[target].append(port)
        if end in {"lto", "luo", "lti", "lui"}:
            way = "outbound" if end[2] == "o" else "inbound"
            protocol = "tcp" if end[1] == "t" else "udp"
            yield from (f"{way} lan {protocol}/{span}" for span in spans(ports.get("", ())))
            return
        way = WAYS[end[:-1]]
        for target, found in ports.items():
            network, protocol = target.split()
            assert (":" in network) is (end[-1] == "6")
            yield from (f"{way} {network} {protocol}/{span}" for span in spans(found))


def spans(ports: Iterable[int]) -> Iterator[str]:
    """Ports as ranges."""
    left = sorted(ports)
    while left:
        last = 0
        while last + 1 < len(left) and left[last + 1] == left[last] + 1:
            last += 1
        yield f"{left[0]}-{left[last]}" if last else f"{left[0]}"
        left = left[last + 1 :]
