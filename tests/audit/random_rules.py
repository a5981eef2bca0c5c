"""Random rule sets of nftables and iptables, as scripts that load them.

An accept may have a condition that holds for our packets: that is what an audit assumes of
conditions that it names and does not judge. A drop may have any.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

GUESTS = {4: "10.66.0.0/16", 6: "fd00:66::/32"}
NETS = {
    4: ("192.0.2.0/24", "192.0.2.1", "192.0.2.64-192.0.2.127", "198.51.100.0/25"),
    6: ("2001:db8::/32", "2001:db8::1", "2001:db8:5::/48"),
}
LAN = {
    4: ("192.168.7.0/24", "10.0.0.0/8", "172.16.0.0/12", "169.254.0.0/16"),
    6: ("fd00::/8", "fe80::/10"),
}
# Whom a rule is for is not judged: chains of outbound rules are not shared with inbound ones.
CHAINS = {"d": ("d1", "d2", "d3"), "s": ("s1", "s2")}


@dataclass(frozen=True)
class Script:
    """A command that loads a text, those that show what is loaded, and what the text is for."""

    load: str
    text: str
    show: tuple[str, ...]
    hook: str


class _Maker:
    """Draws rules; `far` is the side of the documented address: `d` or `s`."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.hook = self.chance.choice(("output", "forward"))
        self.far = "d"

    def pick(self, *of: str) -> str:
        return self.chance.choice(of)

    def is_likely(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def nets(self, family: int, count: int) -> list[str]:
        pool = LAN if self.far == "s" else NETS
        return self.chance.sample(pool[family], min(count, len(pool[family])))


class _Nft(_Maker):
    def text(self) -> str:
        hooks = ["input", self.hook, *(each for each in self.extra_hooks())]
        lines = ["flush ruleset", "table inet t {", *self.sets()]
        for self.far, names in CHAINS.items():
            for number in reversed(range(len(names))):
                inside = self.rules(names[number + 1 :], 3)
                lines += [f"chain {names[number]} {{", *inside, "}"]
        for number, hook in enumerate(hooks):
            self.far = "s" if hook == "input" else "d"
            policy = self.pick("accept", "drop", "drop")
            base = f"type filter hook {hook} priority {number}; policy {policy};"
            lines += [f"chain base{number} {{", base, *self.rules(CHAINS[self.far], 5), "}"]
        return "\n".join([*lines, "}", *self.noise(), ""])

    def extra_hooks(self) -> list[str]:
        return (
            [self.pick(self.hook, "input", "postrouting", "prerouting")]
            if self.is_likely(30)
            else []
        )

    def noise(self) -> list[str]:
        """What is no filter: it must say nothing and stop nothing."""
        if self.is_likely(50):
            return []
        return [
            "table ip n { chain p { type nat hook postrouting priority 100;",
            'oifname "nope" masquerade',
            "jump q",
            "}",
            "chain q { ip daddr 192.0.2.99 tcp dport 1 snat to 10.9.9.9; }",
            "}",
        ]

    def sets(self) -> list[str]:
        four, six = "192.0.2.0/26, 198.51.100.7", "2001:db8::-2001:db8::ff, 2001:db8:5::9"
        pairs = "192.0.2.1 . 443, 192.0.2.64-192.0.2.127 . 1-1000"
        map_ = "443 : accept, 1-100 : drop, 20000-30000 : return"
        return [
            f"set nets4 {{ type ipv4_addr; flags interval; elements = {{ {four} }}; }}",
            f"set nets6 {{ type ipv6_addr; flags interval; elements = {{ {six} }}; }}",
            "set pairs { type ipv4_addr . inet_service; flags interval;",
            f"elements = {{ {pairs} }}; }}",
            "set empty4 { type ipv4_addr; }",
            "set seen4 { type ipv4_addr; flags dynamic; }",
            "map ports { type inet_service : verdict; flags interval;",
            f"elements = {{ {map_} }}; }}",
        ]

    def rules(self, below: Sequence[str], most: int) -> list[str]:
        return [self.rule(below) for _ in range(self.chance.randrange(1, most + 1))]

    def rule(self, below: Sequence[str]) -> str:
        matches = [self.match() for _ in range(self.pick_count())]
        kind = self.chance.choices(
            ("accept", "drop", "jump", "return", "vmap", "none"), (35, 25, 15, 10, 12, 3)
        )[0]
        if self.is_likely(20):
            matches.append("counter")
        if kind == "vmap":
            return " ".join([*matches, self.vmap(below)])
        if kind == "jump" and below:
            return " ".join([*matches, self.pick("jump", "jump", "goto"), self.pick(*below)])
        if kind in {"jump", "none"}:
            return " ".join([*matches, "counter"])
        if self.is_likely(12):
            matches.insert(0, self.condition(kind))
        if kind == "drop" and self.is_likely(30):
            kind = "reject"
        return " ".join([*matches, kind])

    def pick_count(self) -> int:
        return self.chance.choices((0, 1, 2), (15, 50, 35))[0]

    def condition(self, kind: str) -> str:
        if kind == "drop":
            return self.pick('oifname "nope"', 'iifname != "nope"', "meta skuid 12345")
        return self.pick('oifname != "nope"', 'iifname != "nope"')

    def match(self) -> str:
        far = f"{self.far}addr"
        four, six = self.nets(4, 2), self.nets(6, 2)
        port = self.pick("443", "80", "{ 80, 443 }", "400-500", "22543", "22551", "1000-65535")
        makers = (
            (6, f"ip {far} {four[0]}"),
            (3, f"ip {far} {{ {', '.join(four)} }}"),
            (3, f"ip {far} != {four[0]}"),
            (5, f"ip6 {far} {six[0]}"),
            (2, f"ip6 {far} != {{ {', '.join(six)} }}"),
            (3, f"ip {far} @nets4"),
            (2, f"ip6 {far} @nets6"),
            (1, f"ip {far} @empty4"),
            (1, f"ip {far} @seen4"),
            (1, f"ip {far} . tcp dport @pairs"),
            (1, f"ip {far} . tcp dport {{ 192.0.2.1 . 443, 10.0.0.0/8 . 22551 }}"),
            (1, "meta l4proto . th dport { tcp . 443, udp . 6771, tcp . 22551 }"),
            (8, f"tcp dport {port}"),
            (3, f"tcp dport != {port}"),
            (3, f"udp dport {self.pick('443', '6771', '1-1000', '{ 443, 6771 }')}"),
            (3, f"meta l4proto {self.pick('tcp', 'udp', '{ tcp, udp }')}"),
            (1, f"meta l4proto != {self.pick('tcp', 'udp')}"),
            (2, f"meta l4proto {{ tcp, udp }} th dport {port}"),
            (2, f"meta nfproto {self.pick('ipv4', 'ipv6')}"),
            (1, f"ip protocol {self.pick('tcp', 'udp')}"),
            (
                2,
                "ct state "
                + self.pick("new", "established,related", "new,established", "!= new"),
            ),
            (1, "tcp flags & (fin|syn|rst|ack) == syn"),
            (1, "fib daddr type local"),
            (1, f"meta mark {self.pick('0x1', '0x0')}"),
            (1, "meta length 20-39"),
            (1, "icmp type echo-request"),
        )
        return self.chance.choices([each for _, each in makers], [n for n, _ in makers])[0]

    def vmap(self, below: Sequence[str]) -> str:
        one, two = (f"jump {self.pick(*below)}" if below else "accept" for _ in range(2))
        far = f"{self.far}addr"
        return self.pick(
            f"tcp dport vmap {{ 443 : {one}, 80 : drop, 1000-30000 : {two} }}",
            f"meta l4proto vmap {{ tcp : {one}, udp : {two} }}",
            f"meta nfproto vmap {{ ipv4 : {one}, ipv6 : {two} }}",
            f"meta protocol vmap {{ ip : {one}, ip6 : accept }}",
            f"ip {far} vmap {{ 192.0.2.0/24 : {one}, 10.0.0.0/8 : accept,"
            " 198.51.100.7 : drop }",
            f"ct state vmap {{ established : accept, new : {one}, invalid : drop }}",
            "tcp dport vmap @ports",
        )


def make_nft(seed: int) -> Script:
    """A rule set of nftables."""
    maker = _Nft(seed)
    show = ("nft -j list ruleset", "nft list ruleset")
    return Script("nft -f -", maker.text(), show, maker.hook)


class _Iptables(_Maker):
    def text(self, family: int) -> str:
        self.family = family
        base = {"INPUT": "s", self.hook.upper(): "d"}
        lines = ["*filter"]
        for name in ("INPUT", "FORWARD", "OUTPUT"):
            policy = self.pick("ACCEPT", "DROP", "DROP") if name in base else "ACCEPT"
            lines.append(f":{name} {policy} [0:0]")
        lines += [f":{name} - [0:0]" for names in CHAINS.values() for name in names]
        for name, self.far in base.items():
            lines += self.rules(name, CHAINS[self.far], 5)
        for self.far, names in CHAINS.items():
            for number, name in enumerate(names):
                lines += self.rules(name, names[number + 1 :], 3)
        lines.append("COMMIT")
        self.far = "d"
        if self.is_likely(30):
            table = "raw" if self.hook == "output" else "mangle"
            name = self.hook.upper()
            early = f"-A {name} {self.match()} -j DROP"
            lines += [f"*{table}", f":{name} ACCEPT [0:0]", early, "COMMIT"]
        if self.is_likely(20):
            nat = "-A POSTROUTING -o nope -j MASQUERADE"
            lines += ["*nat", ":POSTROUTING ACCEPT [0:0]", nat, "COMMIT"]
        return "\n".join([*lines, ""])

    def rules(self, name: str, below: Sequence[str], most: int) -> list[str]:
        count = self.chance.randrange(1, most + 1)
        return [f"-A {name} {self.rule(below)}" for _ in range(count)]

    def rule(self, below: Sequence[str]) -> str:
        matches = self.matches()
        kind = self.chance.choices(
            ("ACCEPT", "DROP", "REJECT", "RETURN", "jump", "goto"), (38, 20, 8, 12, 16, 6)
        )[0]
        if kind in {"jump", "goto"}:
            option = "-j" if kind == "jump" else "-g"
            return " ".join([*matches, f"{option} {self.pick(*below)}" if below else "-j DROP"])
        if kind == "ACCEPT" and self.is_likely(10):
            matches.append(
                "! -i nope" if self.hook == "forward" else "-m owner ! --uid-owner 9"
            )
        elif kind == "DROP" and self.is_likely(15):
            matches.append("! -i nope" if self.far == "s" else f"! -s {GUESTS[self.family]}")
        if kind == "ACCEPT" and "owner" in " ".join(matches):
            matches.pop()
        return " ".join([*matches, f"-j {kind}"])

    def matches(self) -> list[str]:
        found = [self.match()] if self.is_likely(75) else []
        if self.is_likely(45) and not any("-p " in each for each in found):
            found.append(self.service())
        return found

    def service(self) -> str:
        protocol = self.pick("tcp", "tcp", "udp")
        port = self.pick("443", "80", "400:500", "22543", "22551", "6771", "1000:65535")
        return self.pick(
            f"-p {protocol} -m {protocol} --dport {port}",
            f"-p {protocol} -m {protocol} ! --dport {port}",
            f"-p {protocol} -m multiport --dports 443,{port},7000:8000",
            f"-p {protocol}",
            "! -p udp",
            "-p tcp -m tcp --syn",
        )

    def match(self) -> str:
        net = self.nets(self.family, 1)[0]
        side, range_ = (
            f"-{self.far}",
            f"-m iprange --{'dst' if self.far == 'd' else 'src'}-range",
        )
        one = f"{range_} {net}" if "-" in net else f"{side} {net}"
        excluded = f"-m iprange ! {range_[11:]} {net}" if "-" in net else f"! {side} {net}"
        way = "dst" if self.far == "d" else "src"
        makers = (
            (8, one),
            (3, excluded),
            (4, self.service()),
            (2, f"-m set --match-set nets{self.family} {way}"),
            (2, "-m conntrack --ctstate NEW"),
            (1, "-m conntrack --ctstate RELATED,ESTABLISHED"),
            (1, "-m conntrack ! --ctstate NEW"),
            (1, "-m conntrack --ctstate DNAT"),
            (1, "-m addrtype --dst-type LOCAL"),
            (1, "-m addrtype ! --dst-type LOCAL"),
            (1, "-m mark --mark 0x1"),
            (1, "-m length --length 20:39"),
        )
        return self.chance.choices([each for _, each in makers], [n for n, _ in makers])[0]


_SETS = """create nets4 hash:net family inet
add nets4 192.0.2.0/26
add nets4 198.51.100.7
add nets4 10.0.0.0/8
create nets6 hash:net family inet6
add nets6 2001:db8::/48
add nets6 fd00::/8
"""


def make_iptables(seed: int) -> Script:
    """A rule set of iptables and ip6tables, with sets of ipset."""
    maker = _Iptables(seed)
    texts = {4: maker.text(4), 6: maker.text(6)}
    lines = ["nft flush ruleset", "cat > $$.all"]
    for name, mark in (("ipset", "S"), ("iptables", "4"), ("ip6tables", "6")):
        restore = "ipset restore -exist" if name == "ipset" else f"{name}-restore"
        lines.append(f"sed -n 's/^{mark}://p' $$.all | {restore}")
    marked = [f"S:{line}" for line in _SETS.splitlines()]
    for family, text in texts.items():
        marked += [f"{family}:{line}" for line in text.splitlines()]
    show = ("iptables-save; ip6tables-save", "ipset save")
    return Script("\n".join(lines), "\n".join([*marked, ""]), show, maker.hook)
