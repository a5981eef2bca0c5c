"""The matches of nftables rules, in the form of libnftables-json(5), converted to flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tracker.audit.parsed_config import ANY_PORT, AddressRange, Ports, parse_ports, parse_range
from tracker.audit.readers.shared.chain_walk import WAY_BACK
from tracker.audit.readers.shared.chains import Chain, Flow, find_address_gaps, find_gaps
from tracker.audit.readers.shared.documents import UnexpectedShape, as_list, as_object, as_text
from tracker.model import Direction

_REPLIES = {"established", "related", "invalid", "untracked"}
# Keys of matches that limit a rule to an interface or a user.
_CLIENT_KEYS = {
    *("iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup", "iiftype", "oiftype"),
    *("skuid", "skgid", "sdif", "sdifname", "ibrname", "obrname"),
}
_INTERFACES = {"iif", "oif", "iifname", "oifname"}
_TRANSPORT = {"tcp", "udp", "th", "sctp", "dccp", "udplite"}
_SERVICES = {"http": 80, "https": 443, "domain": 53, "ssh": 22, "ntp": 123, "smtp": 25}
_PROTOCOLS = {"6": "tcp", "17": "udp"}
_IP = {"ip": 4, "ip6": 6, "ipv4": 4, "ipv6": 6}


@dataclass(slots=True)
class Ruleset:
    """Chains, their rules as written, and sets, by family, table and name.

    `bases` are the chains with a hook, of any type; `early` are those among them that run
    before connections are tracked; `dormant` are tables that are switched off.
    """

    chains: dict[str, Chain] = field(default_factory=dict)
    bodies: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    bases: list[str] = field(default_factory=list)
    early: set[str] = field(default_factory=set)
    dormant: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class MatchPart:
    """A parsed match: alternative flows, conditions, or that the rule is about replies."""

    flows: tuple[Flow, ...] = (Flow(),)
    conditions: tuple[str, ...] = ()
    skip: bool = False
    unknown: str = ""
    only: Direction | None = None


def parse_match(body: dict[str, Any], where: str, rules: Ruleset) -> MatchPart:
    """Parse a match; one that is not understood narrows nothing, and sets `unknown`."""
    try:
        return _convert_match(body, where, rules)
    except UnexpectedShape as error:
        return MatchPart(unknown=str(error))


def _convert_match(body: dict[str, Any], where: str, rules: Ruleset) -> MatchPart:
    op, left = str(body.get("op")), as_object(body.get("left"), "left")
    if op not in {"==", "in", "!="}:
        raise UnexpectedShape(f'a match by "{op}" is not understood')
    values = list(_right_values(body.get("right"), where, rules))
    negated = op == "!="
    if "ct" in left:
        return _parse_state_match(as_object(left["ct"], "ct"), values, negated=negated)
    if "fib" in left:
        return _parse_fib_match(as_object(left["fib"], "fib"), values, negated=negated)
    if _names_tcp_flags(left):
        return _parse_flags_match(values, negated=negated)
    key = _meta_key(left)
    if key in _CLIENT_KEYS or _is_source_port(left):
        loop = key in _INTERFACES and not negated and values == ["lo"]
        said = f"{key or 'sport'} {'!= ' if negated else ''}{_join_values(values)}"
        return MatchPart(skip=loop, conditions=() if loop else (said,))
    fields = as_list(left.get("concat")) or [left]
    who = tuple(key for each in fields if (key := _meta_key_of(each)) in _CLIENT_KEYS)
    if who and negated:
        raise UnexpectedShape(f"what it excludes by {', '.join(who)} is not understood")
    flows = tuple(flow for value in values for flow in _parse_flows(fields, value))
    return MatchPart(_exclude(flows) if negated else flows, who)


def _flags_of(found: dict[str, Any]) -> set[str]:
    return {flag for flag in as_list(found.get("flags")) if isinstance(flag, str)}


def _parse_state_match(ct: dict[str, Any], values: list[Any], *, negated: bool) -> MatchPart:
    """Parse connection states: a rule only for replies permits nothing new."""
    if ct.get("key") != "state":
        raise UnexpectedShape(f'a match of "ct {ct.get("key")}" is not understood')
    states = {as_text(value, "a state") for value in values}
    return MatchPart(skip=("new" in states) if negated else states <= _REPLIES)


def _parse_fib_match(fib: dict[str, Any], values: list[Any], *, negated: bool) -> MatchPart:
    """Parse `fib daddr type local`, which is inbound only, and checks of the return path."""
    flags = {flag for flag in as_list(fib.get("flags")) if isinstance(flag, str)}
    if "daddr" in flags and fib.get("result") == "type" and values == ["local"]:
        return MatchPart(only="outbound" if negated else "inbound")
    if "saddr" in flags:
        return MatchPart(conditions=(WAY_BACK,))
    raise UnexpectedShape('a match of "fib" is not understood')


def _names_tcp_flags(left: dict[str, Any]) -> bool:
    inner = left.get("&")
    payload = (inner[0] if isinstance(inner, list) and inner else left) or {}
    found = payload.get("payload") if isinstance(payload, dict) else None
    return isinstance(found, dict) and found.get("field") == "flags"


def _parse_flags_match(values: list[Any], *, negated: bool) -> MatchPart:
    """Parse `tcp flags & (fin | syn | rst | ack) == syn`, true of each new connection."""
    if values != ["syn"]:
        raise UnexpectedShape("a match of TCP flags is not understood")
    return MatchPart((Flow(protocol="tcp"),), skip=negated)


def _is_source_port(left: dict[str, Any]) -> bool:
    payload = left.get("payload")
    return (
        isinstance(payload, dict)
        and payload.get("field") == "sport"
        and payload.get("protocol") in _TRANSPORT
    )


def _meta_key(left: dict[str, Any]) -> str:
    meta = left.get("meta")
    key = meta.get("key") if isinstance(meta, dict) else None
    return key if isinstance(key, str) else ""


def _meta_key_of(value: Any) -> str:
    return _meta_key(value) if isinstance(value, dict) else ""


def _right_values(right: Any, where: str, rules: Ruleset) -> Iterator[Any]:
    """Yield the alternatives on the right: one value, a list, or the elements of a set."""
    if isinstance(right, str) and right.startswith("@"):
        yield from map(strip_comment, elements_of(f"{where} {right[1:]}", rules))
    elif isinstance(right, dict) and "set" in right:
        yield from map(strip_comment, as_list(right["set"]))
    elif isinstance(right, list):
        yield from map(strip_comment, right)
    else:
        yield right


def elements_of(name: str, rules: Ruleset) -> list[Any]:
    """Return the elements of a set or map. Raises UnexpectedShape if they are dynamic."""
    found, short = rules.sets.get(name), name.rpartition(" ")[2]
    if found is None:
        raise UnexpectedShape(f'the set "{short}" is not in the file')
    if {"dynamic", "timeout"} & _flags_of(found):
        raise UnexpectedShape(f'the set "{short}" is filled while the firewall runs')
    return as_list(found.get("elem"))


def strip_comment(element: Any) -> Any:
    """Return an element without its comment and counter."""
    if isinstance(element, dict) and "elem" in element:
        return as_object(element["elem"], "an element").get("val")
    return element


def _parse_flows(fields: list[Any], value: Any) -> list[Flow]:
    """Return the flows of one value, or of one value for each field."""
    parts = [value]
    if len(fields) > 1:
        parts = as_list(as_object(value, "an element").get("concat"))
    if len(parts) != len(fields):
        raise UnexpectedShape("an element does not have its set's fields")
    flows = [Flow()]
    for each, part in zip(fields, parts, strict=True):
        if _meta_key_of(each) in _CLIENT_KEYS:
            continue
        one = _parse_flow(as_object(each, "a field"), part)
        flows = [both for flow in flows if (both := flow.intersect(one))]
    return flows


def _parse_flow(left: dict[str, Any], value: Any) -> Flow:
    if (key := _meta_key(left)) == "l4proto":
        return Flow(protocol=_parse_protocol(value))
    if key in {"nfproto", "protocol"}:
        return _parse_family(value)
    found = left.get("payload")
    payload = found if isinstance(found, dict) else {}
    protocol, name = str(payload.get("protocol")), str(payload.get("field"))
    if protocol in {"ip", "ip6"} and name in {"daddr", "saddr"}:
        span = _parse_address(value)
        if span.family != _IP[protocol]:
            raise UnexpectedShape("an address is of another family")
        flow = Flow(family=span.family)
        return replace(flow, target=span) if name == "daddr" else replace(flow, source=span)
    if protocol in _TRANSPORT and name == "dport":
        return Flow(protocol=None if protocol == "th" else protocol, ports=_parse_ports(value))
    if (protocol, name) in {("ip", "protocol"), ("ip6", "nexthdr")}:
        return Flow(protocol=_parse_protocol(value), family=_IP[protocol])
    if protocol in {"icmp", "icmpv6"}:
        return Flow(protocol=protocol)
    what = f"{protocol} {name}" if left.get("payload") else " ".join(map(str, left))
    raise UnexpectedShape(f'a match of "{key or what}" is not understood')


def _parse_family(value: Any) -> Flow:
    """Parse `ip`, `ipv6`; any other protocol of the link, such as arp, has no family here."""
    name = as_text(value, "a protocol").lower()
    return Flow(family=_IP.get(name, 0))


def _parse_protocol(value: Any) -> str:
    name = as_text(value, "a protocol").lower()
    return _PROTOCOLS.get(name, name)


def _parse_address(value: Any) -> AddressRange:
    written = value
    if isinstance(value, dict) and "prefix" in value:
        prefix = as_object(value["prefix"], "a prefix")
        written = f"{prefix.get('addr')}/{prefix.get('len')}"
    elif isinstance(value, dict) and "range" in value:
        written = "-".join(as_text(each, "an address") for each in as_list(value["range"]))
    span = parse_range(written) if isinstance(written, str) else None
    if span is None:
        raise UnexpectedShape("an address is not valid")
    return span


def _parse_ports(value: Any) -> Ports:
    written = value
    if isinstance(value, dict) and "range" in value:
        ends = [as_text(each, "a port") for each in as_list(value["range"])]
        written = "-".join(ends)
    name = as_text(written, "a port")
    ports = parse_ports(str(_SERVICES.get(name, name)))
    if ports is None:
        raise UnexpectedShape(f'"{name}" is not a port')
    return ports


def _exclude(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return everything but these flows, if each has only an address, a port or the like."""
    first = flows[0] if flows else Flow()
    ports = sorted(flow.ports for flow in flows if flow.ports)
    spans = sorted(span for flow in flows if (span := flow.target or flow.source))
    if spans and len(spans) == len(flows) and not ports:
        left = find_address_gaps(spans, spans[0].family)
        if first.target:
            return tuple(replace(first, target=span) for span in left)
        return tuple(replace(first, source=span) for span in left)
    if ports and len(ports) == len(flows) and len({flow.protocol for flow in flows}) == 1:
        return tuple(replace(first, ports=gap) for gap in find_gaps(ports, *ANY_PORT))
    if flows == tuple(Flow(protocol=flow.protocol) for flow in flows):
        gone = {flow.protocol for flow in flows}
        return tuple(Flow(protocol=each) for each in ("tcp", "udp") if each not in gone)
    if flows == tuple(Flow(family=flow.family) for flow in flows):
        families = {flow.family for flow in flows}
        return tuple(Flow(family=each) for each in (4, 6) if each not in families)
    raise UnexpectedShape("what it excludes is not understood")


def _join_values(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values[:3])
