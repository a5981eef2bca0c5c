"""Rules and sets of nft's JSON as rules of chains. Nothing of hooks or verdict order here.

Schema: libnftables-json(5). What a rule looks at besides addresses, protocol and destination
port is a condition where it narrows down who, and Odd where it cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    Place,
    Ports,
    Span,
    ports_of,
    span_of,
)
from tracker.audit.readers._flows import Chain, ChainRule, Flow, Verdict
from tracker.audit.readers._gaps import gaps, span_gaps
from tracker.audit.readers._json import Odd, items, table, text

_NEVER_MATTER = {"counter", "log", "comment"}
_REPLIES = {"established", "related", "invalid", "untracked"}
_SOURCE_ONLY = {"iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup", "skuid", "skgid"}
_TRANSPORT = {"tcp", "udp", "th", "sctp", "dccp", "udplite"}
_ENDS: dict[str, Verdict] = {
    "accept": "accept",
    "drop": "drop",
    "reject": "drop",
    "return": "return",
}
_JUMPS: dict[str, Verdict] = {"jump": "jump", "goto": "goto"}
_SERVICES = {"http": 80, "https": 443, "domain": 53, "ssh": 22, "ntp": 123, "smtp": 25}


@dataclass(slots=True)
class Ruleset:
    """Chains and sets by table and name."""

    chains: dict[str, Chain] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one match says: alternatives, a condition, or that the rule is about replies."""

    flows: tuple[Flow, ...] = (Flow(),)
    conditions: tuple[str, ...] = ()
    skip: bool = False


def rules_of(
    body: dict[str, Any], at: Place, where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """One rule as rules of its chain. `where` is its table. Raises Odd."""
    made = ChainRule(at, "none")
    for statement in items(body.get("expr")):
        for key, value in table(statement, "a statement").items():
            if key == "match":
                made = _narrowed(made, _match(table(value, key), where, rules))
            elif key in _ENDS:
                yield replace(made, verdict=_ENDS[key])
            elif key in _JUMPS:
                to = text(table(value, key).get("target"), "target")
                yield replace(made, verdict=_JUMPS[key], to=f"{where} {to}")
            elif key == "vmap":
                yield from _verdict_map(made, table(value, key), where, rules)
            elif key not in _NEVER_MATTER:
                raise Odd(f'"{key}" is not understood')


def _narrowed(rule: ChainRule, part: _Part) -> ChainRule:
    flows = [both for one in rule.flows for other in part.flows if (both := one.meet(other))]
    return replace(
        rule,
        flows=tuple(flows),
        conditions=rule.conditions + part.conditions,
        skip=rule.skip or part.skip,
    )


def _verdict_map(
    made: ChainRule, body: dict[str, Any], where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """`tcp dport vmap { 80 : accept, 81 : drop }`: a rule for each element."""
    data = body.get("data")
    named = rules.sets.get(f"{where} {data[1:]}") if isinstance(data, str) else None
    elements = table(named or data, "a map").get("elem" if named else "set")
    for pair in items(elements):
        key, verdict = _pair(pair)
        part = _match({"op": "==", "left": body.get("key"), "right": key}, where, rules)
        for ready in rules_of({"expr": [verdict]}, made.place, where, rules):
            yield replace(_narrowed(made, part), verdict=ready.verdict, to=ready.to)


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  a key and a verdict
        raise Odd("a map's element is no pair")
    return value[0], value[1]


def _match(body: dict[str, Any], where: str, rules: Ruleset) -> _Part:
    op, left, right = str(body.get("op")), table(body.get("left"), "left"), body.get("right")
    if op not in {"==", "in", "!="}:
        raise Odd(f'a match by "{op}" is not understood')
    values = list(_values(right, where, rules))
    if "ct" in left:
        return _state(table(left["ct"], "ct"), values, negated=op == "!=")
    key = _meta_key(left)
    if key in _SOURCE_ONLY:
        loop = op != "!=" and values == ["lo"]
        return _Part(skip=loop, conditions=() if loop else (f"{key} {_shown(values)}",))
    fields = items(left.get("concat")) or [left]
    flows = tuple(flow for value in values for flow in _flows(fields, value))
    return _Part(_complement(flows) if op == "!=" else flows)


def _state(ct: dict[str, Any], values: list[Any], *, negated: bool) -> _Part:
    """Connection states: a rule for replies alone opens nothing, one for new ones all."""
    if ct.get("key") != "state":
        raise Odd(f'a match of "ct {ct.get("key")}" is not understood')
    states = {text(value, "a state") for value in values}
    return _Part(skip=("new" in states) if negated else states <= _REPLIES)


def _meta_key(left: dict[str, Any]) -> str:
    meta = left.get("meta")
    key = meta.get("key") if isinstance(meta, dict) else None
    return key if isinstance(key, str) else ""


def _values(right: Any, where: str, rules: Ruleset) -> Iterator[Any]:
    """The alternatives on the right: one value, a list, or the elements of a set."""
    if isinstance(right, str) and right.startswith("@"):
        yield from _elements(f"{where} {right[1:]}", rules)
    elif isinstance(right, dict) and "set" in right:
        yield from map(_bare, items(right["set"]))
    elif isinstance(right, list):
        yield from map(_bare, right)
    else:
        yield right


def _elements(name: str, rules: Ruleset) -> Iterator[Any]:
    found = rules.sets.get(name)
    if found is None:
        raise Odd(f'the set "{name.rpartition(" ")[2]}" is not in the file')
    flags = items(found.get("flags"))
    if "dynamic" in flags or "timeout" in flags:
        raise Odd(f'the set "{name.rpartition(" ")[2]}" is filled while the firewall runs')
    yield from map(_bare, items(found.get("elem")))


def _bare(element: Any) -> Any:
    """An element without its comment and counter."""
    if isinstance(element, dict) and "elem" in element:
        return table(element["elem"], "an element").get("val")
    return element


def _flows(fields: list[Any], value: Any) -> list[Flow]:
    """What one value, or one for each field, lets pass; protocols of a port are two."""
    parts = [value]
    if len(fields) > 1:
        parts = items(table(value, "an element").get("concat"))
    if len(parts) != len(fields):
        raise Odd("an element does not have its set's fields")
    flows = [Flow()]
    for each, part in zip(fields, parts, strict=True):
        one = _flow(table(each, "a field"), part)
        flows = [both for flow in flows if (both := flow.meet(one))]
    return flows


def _flow(left: dict[str, Any], value: Any) -> Flow:
    if (key := _meta_key(left)) == "l4proto":
        return Flow(protocol=_protocol(value))
    if key == "nfproto":
        return Flow(target=ANYWHERE[0 if value == "ipv4" else 1])
    payload = table(left.get("payload"), "what is matched")
    protocol, name = str(payload.get("protocol")), str(payload.get("field"))
    if protocol in {"ip", "ip6"} and name in {"daddr", "saddr"}:
        span = _span(value)
        return Flow(target=span) if name == "daddr" else Flow(source=span)
    if protocol in _TRANSPORT and name == "dport":
        return Flow(protocol=None if protocol == "th" else protocol, ports=_ports(value))
    if (protocol, name) in {("ip", "protocol"), ("ip6", "nexthdr")}:
        return Flow(protocol=_protocol(value))
    if protocol in {"icmp", "icmpv6"}:
        return Flow(protocol=protocol)
    raise Odd(f'a match of "{protocol} {name}" is not understood')


def _protocol(value: Any) -> str:
    name = text(value, "a protocol").lower()
    return {"6": "tcp", "17": "udp"}.get(name, name)


def _span(value: Any) -> Span:
    written = value
    if isinstance(value, dict) and "prefix" in value:
        prefix = table(value["prefix"], "a prefix")
        written = f"{prefix.get('addr')}/{prefix.get('len')}"
    elif isinstance(value, dict) and "range" in value:
        written = "-".join(text(each, "an address") for each in items(value["range"]))
    span = span_of(written) if isinstance(written, str) else None
    if span is None:
        raise Odd("an address is none")
    return span


def _ports(value: Any) -> Ports:
    written = value
    if isinstance(value, dict) and "range" in value:
        ends = [text(each, "a port") for each in items(value["range"])]
        written = "-".join(ends)
    name = text(written, "a port")
    ports = ports_of(str(_SERVICES.get(name, name)))
    if ports is None:
        raise Odd(f'"{name}" is no port')
    return ports


def _complement(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Everything but these, where they are addresses, sources or ports alone."""
    ports = sorted(flow.ports for flow in flows if flow.ports)
    spans = sorted(span for flow in flows if (span := flow.target or flow.source))
    if spans and len(spans) == len(flows) and not ports:
        left = span_gaps(spans, spans[0].family)
        return tuple(Flow(target=s) if flows[0].target else Flow(source=s) for s in left)
    if ports and len(ports) == len(flows) and len({flow.protocol for flow in flows}) == 1:
        return tuple(replace(flows[0], ports=gap) for gap in gaps(ports, *ANY_PORT))
    raise Odd("what it excludes is not understood")


def _shown(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values[:3])
