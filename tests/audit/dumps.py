"""What firewalls export after our rules were loaded: really loaded where the tool is here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.audit import aws
from tests.formats.netns import need
from tests.support import checkers
from tracker.audit.audit import ConfigFile
from tracker.audit.readers import load_reader
from tracker.formats import RuleSet, load
from tracker.formats.shared.lan import USUAL_LAN
from tracker.formats.shared.linux import unsupported_by_linux as nft_cannot
from tracker.formats.shared.policy import allowed_rules
from tracker.model import LAN, Endpoint


@dataclass(frozen=True)
class Sample:
    """One way to a dump: `make` gives the files for a rule set.

    `count` is how many single changes the default tests try.
    """

    name: str
    kinds: tuple[str, ...]
    make: Callable[[RuleSet], list[str]]
    ports: bool = True
    count: int = 20
    tools: tuple[str, ...] = ()

    def texts(self, of: RuleSet) -> list[ConfigFile]:
        """The files; the last kind is of all that are left."""
        if self.tools:
            need(*self.tools)
        made = self.make(of)
        kinds = [*self.kinds, *self.kinds[-1:] * len(made)]
        return [
            ConfigFile(f"{kind}{number}.dump", text, kind)
            for number, (kind, text) in enumerate(zip(kinds, made, strict=False))
        ]

    def cannot(self, endpoint: Endpoint) -> str | None:
        reasons = [load_reader(kind).unsupported(endpoint) for kind in self.kinds]
        return reasons[0] if all(reasons) else None


def ours(form: str) -> Callable[[RuleSet], list[str]]:
    """Our own rule file, as it is."""

    def make(of: RuleSet) -> list[str]:
        text = load(form).render(of).text
        assert text is not None
        return [text]

    return make


def loaded_nft(of: RuleSet) -> list[str]:
    """What nft says after it has loaded our file, in a namespace."""
    [text] = ours("nftables")(of)
    return [in_namespace("nft -f -", text, "nft -j list ruleset")]


def listed_nft(of: RuleSet) -> list[str]:
    """The same as text."""
    [text] = ours("nftables")(of)
    return [in_namespace("nft -f -", text, "nft list ruleset")]


def in_namespace(load_with: str, text: str, show: str) -> str:
    script = f"{load_with}\n{show}"
    done = checkers.run(*checkers.ISOLATED, "sh", "-ec", script, folder=Path("/"), given=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_iptables(of: RuleSet) -> list[str]:
    """A gateway of iptables and ip6tables that lets through what a rule set opens."""
    files = []
    for name, family in (("iptables", 4), ("ip6tables", 6)):
        rules = ["*filter", ":FORWARD DROP [0:0]", ":INPUT DROP [0:0]", *GATEWAY]
        for opening, network in opened(of, family):
            chain, side = (
                ("INPUT", "-s") if opening.direction == "inbound" else ("FORWARD", "-d")
            )
            ports = f"{opening.from_port}:{opening.to_port}"
            rules.append(
                f"-A {chain} {side} {network} -p {opening.protocol} --dport {ports} -j ACCEPT"
            )
        text = "\n".join([*rules, "COMMIT", ""])
        files.append(in_namespace(f"{name}-restore", text, f"{name}-save"))
    return ["".join(files)]


def loaded_ipset(of: RuleSet) -> list[str]:
    """The same with a set of addresses and ports for what goes out, and one of the LAN."""
    sets = ["create a1 hash:net,port", "create lan hash:net"]
    sets += [f"add lan {network}" for network in USUAL_LAN.v4]
    script = ["ipset restore", "iptables -P FORWARD DROP", "iptables -P INPUT DROP"]
    script.append("iptables -A FORWARD -m set --match-set a1 dst,dst -j ACCEPT")
    for allowed in allowed_rules(of, nft_cannot):
        each = allowed.endpoint
        ports = f"-p {each.protocol} --dport {each.from_port}:{each.to_port} -j ACCEPT"
        if each.target != LAN and ":" not in each.target:
            sets.append(f"add a1 {each.target},{each.protocol}:{each.from_port}-{each.to_port}")
        elif each.direction == "inbound":
            script.append(f"iptables -A INPUT -m set --match-set lan src {ports}")
        else:
            script.append(f"iptables -A FORWARD -m set --match-set lan dst {ports}")
    text = "\n".join([*dict.fromkeys(sets), ""])
    show = "iptables-save; echo MIDDLE; ipset save"
    rules, _, saved = in_namespace("\n".join(dict.fromkeys(script)), text, show).partition(
        "MIDDLE\n"
    )
    return [rules, saved]


def loaded_ipset_alone(of: RuleSet) -> list[str]:
    """Its first set; the one of the LAN says nothing without the rules that name it."""
    lines = loaded_ipset(of)[1].splitlines(keepends=True)
    return ["".join(line for line in lines if " lan " not in line)]


def forti_policies(of: RuleSet) -> list[str]:
    """Our objects with a policy for each service, as the file's own header says."""
    [objects] = ours("fortios")(of)
    block = objects.partition("config firewall service custom")[2].partition("\nend")[0]
    lines = [objects, "config firewall policy"]
    for number, name in enumerate(re.findall(r'edit "(.+)"', block), 1):
        inward = "_in-" in name
        lines += [
            f"    edit {number}",
            '        set srcintf "lan"',
            '        set dstintf "wan1"',
        ]
        for end, own in (("dst", not inward), ("src", inward or "_lan-" in name)):
            four, six = (name, f"{name}-v6") if own else ("all", "all")
            lines += [f'        set {end}addr "{four}"', f'        set {end}addr6 "{six}"']
        lines += [f'        set service "{name}"', "        set action accept", "    next"]
    return ["\n".join([*lines, "end", ""])]


def pan_rules(of: RuleSet) -> list[str]:
    """Our objects with a rule for each service, and one for each category."""
    [objects] = ours("panos")(of)
    lines = [objects]
    for name in re.findall(r"^set service (\S+) protocol", objects, re.MULTILINE):
        inward = "_in-" in name
        ends = {"destination": not inward, "source": inward or "_lan-" in name}
        own = [f"{end} {name if own else 'any'}" for end, own in ends.items()]
        if f"address-group {name} " in objects:
            lines += [f"set rulebase security rules {name} {each}" for each in own]
            lines += [
                f"set rulebase security rules {name} from any to any application any",
                f"set rulebase security rules {name} service {name} action allow",
            ]
    for name in re.findall(r"custom-url-category (\S+) type", objects):
        rule = f"set rulebase security rules urls-{name}"
        lines += [
            f"{rule} source any destination any application [ ssl web-browsing ]",
            f"{rule} category {name} service {name} action allow",
        ]
    return ["\n".join([*lines, ""])]


def exported_windows(of: RuleSet) -> list[str]:
    """What Windows holds after our script, as docs/audit.md exports it."""
    [script] = ours("windows")(of)
    rules = []
    for block in re.findall(r"^    @\{\n(.*?)^    \}", script, re.MULTILINE | re.DOTALL):
        said = re.sub(r" #.*", "", block)
        found = re.findall(r"(\w+) = (@\(.*?\)|.*?$)", said, re.DOTALL | re.MULTILINE)
        rule = {key: re.findall(r"'([^']*)'", value) for key, value in found}
        one = {key: rule[key][0] for key in ("Name", "Direction", "Protocol")}
        more = {key: rule.get(key, ["Any"]) for key in ("LocalPort", "RemotePort")}
        more |= {"RemoteAddress": rule["RemoteAddress"], "Profile": ", ".join(rule["Profile"])}
        rules.append(one | more | WINDOWS)
    return [json.dumps({"Profiles": PROFILES, "Rules": rules}, indent=4)]


WINDOWS = {
    "Enabled": "True",
    "Action": "Allow",
    **dict.fromkeys(("Program", "Service", "LocalUser", "RemoteUser", "RemoteMachine"), "Any"),
    "Package": None,
}
PROFILES = [
    {
        "Name": name,
        "Enabled": "True",
        "DefaultInboundAction": "Block",
        "DefaultOutboundAction": "Block",
    }
    for name in ("Domain", "Private", "Public")
]
GATEWAY = (
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A INPUT -i lo -j ACCEPT",
    "-A FORWARD -p icmp -j ACCEPT",
)


def opened(of: RuleSet, family: int) -> list[tuple[Endpoint, str]]:
    """What an address filter opens: each endpoint with an address, or one of the LAN's."""
    found = []
    for allowed in allowed_rules(of, nft_cannot):
        target = allowed.endpoint.target
        networks = USUAL_LAN.of(family) if target == LAN else [target]
        found += [
            (allowed.endpoint, each) for each in networks if (":" in each) == (family == 6)
        ]
    return list(dict.fromkeys(found))


DUMPS = [
    Sample("ips", ("ips",), ours("ips"), ports=False),
    Sample("domains", ("domains",), ours("domains"), ports=False),
    Sample("csv", ("csv",), ours("endpoints-csv")),
    Sample("nftables-file", ("nftables",), ours("nftables")),
    Sample("nftables-loaded", ("nftables",), loaded_nft, count=12, tools=("nft",)),
    Sample("nftables-text", ("nftables",), listed_nft, count=6, tools=("nft",)),
    Sample("iptables", ("iptables",), loaded_iptables, count=8, tools=("iptables",)),
    Sample("fortios", ("fortios",), ours("fortios")),
    Sample("fortios-policies", ("fortios",), forti_policies),
    Sample("panos", ("panos",), ours("panos")),
    Sample("panos-rules", ("panos",), pan_rules),
    Sample("windows-file", ("windows",), ours("windows")),
    Sample("aws-file", ("aws-sg",), ours("cloudformation")),
    Sample("windows", ("windows",), exported_windows),
    Sample("aws", ("aws-sg", "aws-prefix-list"), aws.exported, count=8),
    Sample("pfsense", ("pfsense",), ours("pfsense")),
    Sample("opnsense", ("opnsense",), ours("opnsense")),
    Sample("ipset", ("iptables", "ipset"), loaded_ipset, count=8, tools=("iptables", "ipset")),
    Sample("ipset-alone", ("ipset",), loaded_ipset_alone, count=8, tools=("ipset",)),
]
