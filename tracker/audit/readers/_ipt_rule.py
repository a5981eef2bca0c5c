"""One rule of iptables, from its words to what the chains are worked out with."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tracker.audit.parsed_config import ANY_PORT, Place, Ports, Sets, Span, ports_of, span_of
from tracker.audit.readers._flows import ChainRule, Flow, Verdict
from tracker.audit.readers._gaps import gaps, span_gaps


class Strange(Exception):
    """A rule that is not understood; the text says what of it. Never leaves the readers."""


_VERDICTS: dict[str, Verdict] = {
    "ACCEPT": "accept",
    "DROP": "drop",
    "REJECT": "drop",
    "RETURN": "return",
    "LOG": "none",
    "NFLOG": "none",
}
_REPLIES = {"ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"}
_SERVICES = {"http": "80", "https": "443", "domain": "53", "ssh": "22", "ntp": "123"}
_MODULES = {
    *("tcp", "udp", "conntrack", "state", "multiport", "comment", "set", "iprange"),
    *("icmp", "icmp6", "owner"),
}
# Options of targets that let nothing through and stop nothing by themselves.
_IGNORED = {
    *("--comment", "--reject-with", "--log-prefix", "--log-level", "--nflog-group"),
    *("--nflog-prefix", "--log-uid"),
}
_NO_VALUE = {"--log-tcp-options", "--log-ip-options", "--log-tcp-sequence"}
_NARROWER = {
    *("--sport", "--source-port", "--sports", "--source-ports", "--uid-owner", "--gid-owner"),
    *("--in-interface", "--out-interface", "-i", "-o"),
}


@dataclass(slots=True)
class _Rule:
    """A rule in the making."""

    family: int
    sets: Sets
    flows: list[Flow] = field(default_factory=lambda: [Flow()])
    conditions: list[str] = field(default_factory=list)
    verdict: Verdict = "none"
    to: str = ""
    skip: bool = False

    def narrow(self, flows: list[Flow]) -> None:
        """Only what one of these lets pass, too."""
        self.flows = [
            both for one in self.flows for other in flows if (both := one.meet(other))
        ]


def rule_of(text: str, at: Place, family: int, sets: Sets) -> ChainRule:
    """A rule's words after its chain's name. Raises Strange."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise Strange("a quote is not closed") from None
    made = _Rule(family, sets)
    while words:
        negated = words[0] == "!"
        if negated:
            del words[0]
        _option(made, words, negated=negated)
    return ChainRule(
        at, made.verdict, tuple(made.flows), made.to, tuple(made.conditions), made.skip
    )


def _option(made: _Rule, words: list[str], *, negated: bool) -> None:
    """Takes one option with its values from the front of the words."""
    name = words.pop(0) if words else "!"
    if name in _NO_VALUE:
        return
    if not words:
        raise Strange(f"{name} has no value")
    value = words.pop(0)
    if name in _WITH_TWO:
        more = words.pop(0) if words else ""
        _WITH_TWO[name](made, value, more, negated)
    elif name in _FLOWS:
        made.narrow(_FLOWS[name](value, made.family, negated))
    elif name in {"-j", "-g"}:
        made.verdict = _VERDICTS.get(value, "jump" if name == "-j" else "goto")
        made.to = "" if value in _VERDICTS else f"{made.family} {value}"
    elif name in _NARROWER:
        _narrower(made, name, value, negated=negated)
    elif not _understood(made, name, value, negated=negated):
        raise Strange(f"{name} {value} is not understood")


def _understood(made: _Rule, name: str, value: str, *, negated: bool) -> bool:
    """Options that say nothing of what is let through, or that it is replies alone."""
    if name in {"--ctstate", "--state"}:
        states = set(value.split(","))
        made.skip = made.skip or (("NEW" in states) if negated else states <= _REPLIES)
        return True
    return name in _IGNORED or (name == "-m" and value in _MODULES)


def _narrower(made: _Rule, name: str, value: str, *, negated: bool) -> None:
    if name in {"-i", "-o"} and value == "lo" and not negated:
        made.skip = True
    else:
        made.conditions.append(f"{'! ' if negated else ''}{name} {value}")


def _address(text: str, family: int, negated: bool) -> list[Span]:  # noqa: FBT001  a table's
    span = span_of(text)
    if span is None or span.family != family:
        raise Strange(f"{text} is no address of IPv{family}")
    return list(span_gaps([span], family)) if negated else [span]


def _ports(text: str, negated: bool) -> list[Ports]:  # noqa: FBT001  a table's
    found = []
    for part in text.split(","):
        ports = ports_of(_SERVICES.get(part, part), ":")
        if ports is None:
            raise Strange(f"{part} is no port")
        found.append(ports)
    return list(gaps(sorted(found), *ANY_PORT)) if negated else found


def _protocol(text: str, negated: bool) -> list[Flow]:  # noqa: FBT001  a table's
    if negated:
        raise Strange("a protocol that is excluded is not understood")
    name = {"6": "tcp", "17": "udp"}.get(text.lower(), text.lower())
    return [Flow() if name in {"all", "0"} else Flow(protocol=name)]


_FLOWS: dict[str, Callable[[str, int, bool], list[Flow]]] = {
    "-d": lambda v, f, n: [Flow(target=each) for each in _address(v, f, n)],
    "-s": lambda v, f, n: [Flow(source=each) for each in _address(v, f, n)],
    "-p": lambda v, _, n: _protocol(v, n),
    "--dport": lambda v, _, n: [Flow(ports=each) for each in _ports(v, n)],
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


def _flags(made: _Rule, which: str, flags: str, negated: bool) -> None:  # noqa: ARG001, FBT001  a table's
    """`--syn` as iptables-save writes it is every new connection; other flags are not."""
    if negated or (which, flags) != ("FIN,SYN,RST,ACK", "SYN"):
        raise Strange("a match of TCP flags is not understood")


def _match_set(made: _Rule, name: str, sides: str, negated: bool) -> None:  # noqa: FBT001  a table's
    """The members of a set, on the sides that the rule looks at: `dst`, `src`, `dst,dst`."""
    members = made.sets.get(name)
    if members is None:
        raise Strange(f"the set {name} is not in a file given beside this one")
    if negated or not sides:
        raise Strange("a set that is excluded is not understood")
    first, *rest = sides.split(",")
    if "src" in rest:
        raise Strange("a match of source ports by a set is not understood")
    flows = []
    for member in members:
        span = member.target if isinstance(member.target, Span) else None
        flow = Flow(protocol=member.protocol, ports=member.ports)
        if span and span.family != made.family:
            continue
        flows.append(
            replace(flow, target=span) if first == "dst" else replace(flow, source=span)
        )
    made.narrow(flows)


_WITH_TWO: dict[str, Callable[[_Rule, str, str, bool], None]] = {
    "--match-set": _match_set,
    "--tcp-flags": _flags,
}
