"""The rules of iptables, as iptables-save writes them, converted to flows and verdicts.

The options are those of iptables(8) and iptables-extensions(8).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tracker.audit.parsed_config import (
    ANY_PORT,
    AddressRange,
    Location,
    NamedSets,
    Ports,
    parse_ports,
    parse_range,
)
from tracker.audit.readers.shared.chain_walk import WAY_BACK
from tracker.audit.readers.shared.chains import (
    ChainRule,
    Flow,
    RuleVerdict,
    find_address_gaps,
    find_gaps,
)
from tracker.model import Direction


class UnknownOption(Exception):
    """An option that is not understood; the text names it. Never leaves this module."""


_VERDICTS: dict[str, RuleVerdict] = {
    "ACCEPT": "accept",
    "DROP": "drop",
    "REJECT": "drop",
    "RETURN": "return",
}
# Targets that may allow or stop a packet, depending on a program or the kernel's state.
_UNCERTAIN = {"QUEUE", "NFQUEUE", "SYNPROXY", "TPROXY", "STEAL", "TARPIT", "DELUDE", "CHAOS"}
# Targets after which the next rule is tried; the options after a target are its own.
_NON_TERMINATING = {
    *(
        "LOG",
        "NFLOG",
        "ULOG",
        "MARK",
        "CONNMARK",
        "SECMARK",
        "CONNSECMARK",
        "TOS",
        "DSCP",
        "TTL",
    ),
    *("TTL", "HL", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "CLASSIFY", "CT", "NOTRACK", "SET"),
    *("TRACE", "AUDIT", "LED", "RATEEST", "IDLETIMER", "TEE", "ECN"),
}
_REPLIES = {"ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"}
_SERVICES = {"http": "80", "https": "443", "domain": "53", "ssh": "22", "ntp": "123"}
# Matches whose options are evaluated here; those of any other are not understood.
_MODULES = {
    *("tcp", "udp", "conntrack", "state", "multiport", "comment", "set", "iprange"),
    *("icmp", "icmp6", "owner", "addrtype", "physdev", "mac", "rpfilter"),
}
# Options that limit a rule to some clients; the second set is of options without a value.
_CLIENT_OPTIONS = {
    *("--sport", "--source-port", "--sports", "--source-ports", "--uid-owner", "--gid-owner"),
    *("--in-interface", "--out-interface", "-i", "-o", "--mac-source", "--src-type"),
    *("--physdev-in", "--physdev-out"),
}
_CLIENT_FLAGS = {
    *("--physdev-is-bridged", "--physdev-is-in", "--physdev-is-out", "--socket-exists"),
}
_RPFILTER_FLAGS = {"--invert", "--validmark", "--loose", "--accept-local"}  # of -m rpfilter


@dataclass(slots=True)
class _Rule:
    """A rule whose options are being parsed; `prefix` is the family and table of its chain."""

    family: int
    prefix: str
    sets: NamedSets
    flows: list[Flow] = field(default_factory=lambda: [Flow()])
    conditions: list[str] = field(default_factory=list)
    verdict: RuleVerdict = "none"
    to: str = ""
    skip: bool = False
    unknown: str = ""
    only: Direction | None = None

    def narrow(self, flows: list[Flow]) -> None:
        """Limit the rule's flows to their intersections with these."""
        self.flows = [
            both for one in self.flows for other in flows if (both := one.intersect(other))
        ]


def parse_rule(text: str, at: Location, prefix: str, sets: NamedSets) -> ChainRule:
    """Parse a rule after the name of its chain; `unknown` names what is not understood."""
    rule = _Rule(int(prefix[0]), prefix, sets)
    try:
        words = shlex.split(text)
        while words:
            negated = words[0] == "!"
            if negated:
                del words[0]
            try:
                _take_option(rule, words, negated=negated)
            except UnknownOption as error:
                rule.unknown = rule.unknown or str(error)
    except ValueError:
        rule = _Rule(int(prefix[0]), prefix, sets, verdict="drop")
        rule.unknown = "a quote is not closed"
    return ChainRule(
        at,
        rule.verdict,
        tuple(rule.flows),
        rule.to,
        tuple(rule.conditions),
        rule.skip,
        rule.unknown,
        rule.only,
    )


def _take_option(rule: _Rule, words: list[str], *, negated: bool) -> None:
    """Parse one option with its values, from the front of the words. Raises UnknownOption."""
    name = words.pop(0) if words else "!"
    if name in _CLIENT_FLAGS | _RPFILTER_FLAGS:
        rule.conditions += [f"{'! ' if negated else ''}{name}"] if name in _CLIENT_FLAGS else []
    else:
        _apply_option(rule, name, words, negated=negated)


def _apply_option(rule: _Rule, name: str, words: list[str], *, negated: bool) -> None:
    values = _take_values(words)
    value = values[0] if values else ""
    if name in {"-j", "-g"}:
        _take_target(rule, name, value, words)
    elif name == "-m" and value == "rpfilter":
        rule.conditions.append(WAY_BACK)
    elif name in _WITH_TWO:
        _WITH_TWO[name](rule, value, values[1] if len(values) > 1 else "", negated)
    elif name in _FLOWS:
        rule.narrow(_FLOWS[name](value, rule.family, negated))
    elif name in _CLIENT_OPTIONS:
        _add_condition(rule, name, value, negated=negated)
    elif name in {"--ctstate", "--state"}:
        _add_states(rule, name, set(value.split(",")), negated=negated)
    elif name == "--dst-type":
        _add_type(rule, value, negated=negated)
    elif name != "--comment" and not (name == "-m" and value in _MODULES):
        raise UnknownOption(f"{' '.join([name, *values])} is not understood")


def _take_values(words: list[str]) -> list[str]:
    """Remove and return the values of an option, up to the next option or exclamation mark."""
    values: list[str] = []
    while words and words[0] != "!" and (not values or not words[0].startswith("-")):
        if not values and words[0].startswith("-") and len(words[0]) > 1:
            break
        values.append(words.pop(0))
    return values


def _take_target(rule: _Rule, name: str, value: str, words: list[str]) -> None:
    """Parse the target; the options after it are its own and decide nothing."""
    words.clear()
    if value in _NON_TERMINATING:
        return
    if value in _VERDICTS:
        rule.verdict = _VERDICTS[value]
    elif value.isupper() and value in _UNCERTAIN:
        rule.verdict, rule.unknown = "drop", f"the target {value} is not understood"
    else:
        rule.verdict, rule.to = ("jump" if name == "-j" else "goto"), f"{rule.prefix} {value}"


def _add_states(rule: _Rule, name: str, states: set[str], *, negated: bool) -> None:
    """Add connection states: a rule only for replies permits nothing new."""
    if rule.prefix.endswith(" raw"):
        raise UnknownOption(f"{name} before connections are tracked is not understood")
    if negated:
        rule.skip = rule.skip or "NEW" in states
        known = states <= {"NEW", *_REPLIES}
    else:
        rule.skip = rule.skip or states <= _REPLIES
        known = "NEW" in states or rule.skip
    if not known:
        raise UnknownOption(f"{name} {','.join(sorted(states))} is not understood")


def _add_type(rule: _Rule, value: str, *, negated: bool) -> None:
    """Add the type of a destination: only inbound traffic is for this machine itself."""
    if value != "LOCAL":
        raise UnknownOption(f"--dst-type {value} is not understood")
    rule.only = "outbound" if negated else "inbound"


def _add_condition(rule: _Rule, name: str, value: str, *, negated: bool) -> None:
    if name in {"-i", "-o"} and value == "lo" and not negated:
        rule.skip = True
    else:
        rule.conditions.append(f"{'! ' if negated else ''}{name} {value}")


def _parse_address(text: str, family: int, negated: bool) -> list[AddressRange]:  # noqa: FBT001  as the table calls it
    span = parse_range(text)
    if span is None or span.family != family:
        raise UnknownOption(f"{text} is not an address of IPv{family}")
    return list(find_address_gaps([span], family)) if negated else [span]


def _parse_ports(text: str, negated: bool) -> list[Ports]:  # noqa: FBT001  as the table calls it
    found = []
    for part in text.split(","):
        ports = parse_ports(_SERVICES.get(part, part), ":")
        if ports is None:
            raise UnknownOption(f"{part} is not a port")
        found.append(ports)
    return list(find_gaps(sorted(found), *ANY_PORT)) if negated else found


def _parse_protocol(text: str, negated: bool) -> list[Flow]:  # noqa: FBT001  as the table calls it
    name = {"6": "tcp", "17": "udp"}.get(text.lower(), text.lower())
    if name in {"all", "0"}:
        return [] if negated else [Flow()]
    if negated:
        return [Flow(protocol=each) for each in ("tcp", "udp") if each != name]
    return [Flow(protocol=name)]


_FLOWS: dict[str, Callable[[str, int, bool], list[Flow]]] = {
    "-d": lambda v, f, n: [Flow(target=each) for each in _parse_address(v, f, n)],
    "-s": lambda v, f, n: [Flow(source=each) for each in _parse_address(v, f, n)],
    "-p": lambda v, _, n: _parse_protocol(v, n),
    "--dport": lambda v, _, n: [Flow(ports=each) for each in _parse_ports(v, n)],
    "--icmp-type": lambda _, __, ___: [Flow(protocol="icmp")],
    "--icmpv6-type": lambda _, __, ___: [Flow(protocol="icmpv6")],
}
_FLOWS |= {
    "--dst-range": _FLOWS["-d"],
    "--src-range": _FLOWS["-s"],
    "--destination": _FLOWS["-d"],
    "--source": _FLOWS["-s"],
    "--dports": _FLOWS["--dport"],
    "--destination-port": _FLOWS["--dport"],
    "--destination-ports": _FLOWS["--dport"],
}


def _match_flags(rule: _Rule, which: str, flags: str, negated: bool) -> None:  # noqa: FBT001  as the table calls it
    """Parse `--syn` as iptables-save writes it, any new connection. Refuse other flags."""
    if (which, flags) != ("FIN,SYN,RST,ACK", "SYN"):
        raise UnknownOption("a match of TCP flags is not understood")
    rule.skip = rule.skip or negated


def _match_set(rule: _Rule, name: str, sides: str, negated: bool) -> None:  # noqa: FBT001  as the table calls it
    """Narrow to the members of a set, on the sides that the rule gives: `dst`, `dst,dst`."""
    members = rule.sets.get(name)
    if members is None:
        raise UnknownOption(f"the set {name} is not in a file given beside this one")
    if negated or not sides:
        raise UnknownOption("a set that is excluded is not understood")
    if any(member.is_deny for member in members):
        raise UnknownOption(f"the set {name} has members that are not understood")
    first, *rest = sides.split(",")
    if "src" in rest:
        raise UnknownOption("a match of source ports by a set is not understood")
    flows = []
    for member in members:
        span = member.target if isinstance(member.target, AddressRange) else None
        flow = Flow(protocol=member.protocol, ports=member.ports)
        if span and span.family != rule.family:
            continue
        flows.append(
            replace(flow, target=span) if first == "dst" else replace(flow, source=span)
        )
    rule.narrow(flows)


_WITH_TWO: dict[str, Callable[[_Rule, str, str, bool], None]] = {
    "--match-set": _match_set,
    "--tcp-flags": _match_flags,
}
