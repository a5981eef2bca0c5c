"""A ruleset as `nft -j list ruleset` prints it (libnftables-json(5)), sets and jumps included.

Also our own nftables.nft, which is not JSON. Tables of family ip, ip6 and inet, chains of type
filter; nat and mangle rules let nothing through. What a rule matches on besides addresses,
protocol and destination port is a condition where it narrows down who, and otherwise makes
the rule one that is not understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    AddressRange,
    ConfigParseError,
    Location,
    ParsedConfig,
    Ports,
    ReadOptions,
    Skipped,
    locate,
    parse_ports,
    parse_range,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.chains import (
    Chain,
    ChainRule,
    Flow,
    RuleVerdict,
    add_chain_permits,
    find_address_gaps,
    find_gaps,
)
from tracker.audit.readers.shared.json_data import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    decode,
    looks_like,
)
from tracker.audit.readers.shared.own_files import read_own_file
from tracker.formats import nftables
from tracker.formats.shared.linux import unsupported_by_linux
from tracker.text import clean

_FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}


def read(content: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of a ruleset. Raises ConfigParseError for anything else."""
    if not content.lstrip().startswith("{"):
        return read_own_file(content, nftables.FORMAT)
    config, rules = ParsedConfig(), Ruleset()
    try:
        objects = as_list(as_object(decode(content), "the file").get("nftables"))
        for each in objects:
            _add_declaration(as_object(each, "an object"), rules)
    except UnexpectedShape as error:
        raise ConfigParseError(f"is not a ruleset of nft -j: {error}") from None
    for number, each in enumerate(objects):
        if "rule" in each:
            _add_rule(each["rule"], number, rules, config)
    add_chain_permits(rules.chains, config)
    return config


def _add_declaration(each: dict[str, Any], rules: Ruleset) -> None:
    """Add a chain or set, before the rules that name it. Raises UnexpectedShape."""
    for kind in each.keys() & {"chain", "set", "map"}:
        body = as_object(each[kind], kind)
        name, where = as_text(body.get("name"), "name"), _table_name(body)
        if kind == "chain":
            if families := _FAMILIES.get(as_text(body.get("family"), "family")):
                rules.chains[f"{where} {name}"] = _build_chain(
                    body, f"{where} {name}", families
                )
        else:
            rules.sets[f"{where} {name}"] = body


def _build_chain(body: dict[str, Any], name: str, families: tuple[int, ...]) -> Chain:
    chain = Chain(name, locate(0, f"chain {name}"), families)
    hook = body.get("hook")
    if body.get("type") == "filter" and hook in ("input", "forward", "output"):
        chain.hook = hook
        chain.policy = "drop" if body.get("policy") == "drop" else "accept"
    return chain


def _add_rule(body: Any, number: int, rules: Ruleset, config: ParsedConfig) -> None:
    """Add one rule to its chain, or to what is not understood."""
    at = locate(0, f"rule {number}")
    try:
        body = as_object(body, "a rule")
        name = f"{_table_name(body)} {as_text(body.get('chain'), 'chain')}"
        said = f" {clean(str(body['comment']))}" if "comment" in body else ""
        at = locate(0, f"{name} handle {body.get('handle', number)}{said}")
        if body.get("family") not in (*_FAMILIES,):
            return  # bridge, arp and netdev: below addresses and ports
        if name not in rules.chains:
            raise UnexpectedShape("its chain is not in the file")
        rules.chains[name].rules += convert_rule(body, at, _table_name(body), rules)
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))


def _table_name(body: dict[str, Any]) -> str:
    return f"{as_text(body.get('family'), 'family')} {as_text(body.get('table'), 'table')}"


_NEVER_MATTER = {"counter", "log", "comment"}
_REPLIES = {"established", "related", "invalid", "untracked"}
_SOURCE_ONLY = {"iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup", "skuid", "skgid"}
_TRANSPORT = {"tcp", "udp", "th", "sctp", "dccp", "udplite"}
_ENDS: dict[str, RuleVerdict] = {
    "accept": "accept",
    "drop": "drop",
    "reject": "drop",
    "return": "return",
}
_JUMPS: dict[str, RuleVerdict] = {"jump": "jump", "goto": "goto"}
_SERVICES = {"http": 80, "https": 443, "domain": 53, "ssh": 22, "ntp": 123, "smtp": 25}


@dataclass(slots=True)
class Ruleset:
    """Chains and sets by table and name."""

    chains: dict[str, Chain] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """A parsed match: alternatives, a condition, or that the rule is about replies."""

    flows: tuple[Flow, ...] = (Flow(),)
    conditions: tuple[str, ...] = ()
    skip: bool = False


def convert_rule(
    body: dict[str, Any], at: Location, where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """Yield one rule as rules of its chain; `where` is its table. Raises UnexpectedShape."""
    rule = ChainRule(at, "none")
    for statement in as_list(body.get("expr")):
        for key, value in as_object(statement, "a statement").items():
            if key == "match":
                rule = _narrow(rule, _parse_match(as_object(value, key), where, rules))
            elif key in _ENDS:
                yield replace(rule, verdict=_ENDS[key])
            elif key in _JUMPS:
                to = as_text(as_object(value, key).get("target"), "target")
                yield replace(rule, verdict=_JUMPS[key], to=f"{where} {to}")
            elif key == "vmap":
                yield from _expand_verdict_map(rule, as_object(value, key), where, rules)
            elif key not in _NEVER_MATTER:
                raise UnexpectedShape(f'"{key}" is not understood')


def _narrow(rule: ChainRule, part: _Part) -> ChainRule:
    flows = [
        both for one in rule.flows for other in part.flows if (both := one.intersect(other))
    ]
    return replace(
        rule,
        flows=tuple(flows),
        conditions=rule.conditions + part.conditions,
        skip=rule.skip or part.skip,
    )


def _expand_verdict_map(
    rule: ChainRule, body: dict[str, Any], where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """Yield a rule for each element of `tcp dport vmap { 80 : accept, 81 : drop }`."""
    data = body.get("data")
    named = rules.sets.get(f"{where} {data[1:]}") if isinstance(data, str) else None
    elements = as_object(named or data, "a map").get("elem" if named else "set")
    for pair in as_list(elements):
        key, verdict = _split_pair(pair)
        part = _parse_match({"op": "==", "left": body.get("key"), "right": key}, where, rules)
        for ready in convert_rule({"expr": [verdict]}, rule.location, where, rules):
            yield replace(_narrow(rule, part), verdict=ready.verdict, to=ready.to)


def _split_pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  a key and a verdict
        raise UnexpectedShape("a map's element is not a pair")
    return value[0], value[1]


def _parse_match(body: dict[str, Any], where: str, rules: Ruleset) -> _Part:
    op, left, right = (
        str(body.get("op")),
        as_object(body.get("left"), "left"),
        body.get("right"),
    )
    if op not in {"==", "in", "!="}:
        raise UnexpectedShape(f'a match by "{op}" is not understood')
    values = list(_right_values(right, where, rules))
    if "ct" in left:
        return _parse_state_match(as_object(left["ct"], "ct"), values, negated=op == "!=")
    key = _meta_key(left)
    if key in _SOURCE_ONLY:
        loop = op != "!=" and values == ["lo"]
        return _Part(skip=loop, conditions=() if loop else (f"{key} {_join_values(values)}",))
    fields = as_list(left.get("concat")) or [left]
    flows = tuple(flow for value in values for flow in _parse_flows(fields, value))
    return _Part(_exclude(flows) if op == "!=" else flows)


def _parse_state_match(ct: dict[str, Any], values: list[Any], *, negated: bool) -> _Part:
    """Parse connection states: a rule for replies alone permits nothing new."""
    if ct.get("key") != "state":
        raise UnexpectedShape(f'a match of "ct {ct.get("key")}" is not understood')
    states = {as_text(value, "a state") for value in values}
    return _Part(skip=("new" in states) if negated else states <= _REPLIES)


def _meta_key(left: dict[str, Any]) -> str:
    meta = left.get("meta")
    key = meta.get("key") if isinstance(meta, dict) else None
    return key if isinstance(key, str) else ""


def _right_values(right: Any, where: str, rules: Ruleset) -> Iterator[Any]:
    """Yield the alternatives on the right: one value, a list, or the elements of a set."""
    if isinstance(right, str) and right.startswith("@"):
        yield from _set_elements(f"{where} {right[1:]}", rules)
    elif isinstance(right, dict) and "set" in right:
        yield from map(_strip_comment, as_list(right["set"]))
    elif isinstance(right, list):
        yield from map(_strip_comment, right)
    else:
        yield right


def _set_elements(name: str, rules: Ruleset) -> Iterator[Any]:
    found = rules.sets.get(name)
    if found is None:
        raise UnexpectedShape(f'the set "{name.rpartition(" ")[2]}" is not in the file')
    flags = as_list(found.get("flags"))
    if "dynamic" in flags or "timeout" in flags:
        raise UnexpectedShape(
            f'the set "{name.rpartition(" ")[2]}" is filled while the firewall runs'
        )
    yield from map(_strip_comment, as_list(found.get("elem")))


def _strip_comment(element: Any) -> Any:
    """Return an element without its comment and counter."""
    if isinstance(element, dict) and "elem" in element:
        return as_object(element["elem"], "an element").get("val")
    return element


def _parse_flows(fields: list[Any], value: Any) -> list[Flow]:
    """Return what one value, or one value for each field, lets pass."""
    parts = [value]
    if len(fields) > 1:
        parts = as_list(as_object(value, "an element").get("concat"))
    if len(parts) != len(fields):
        raise UnexpectedShape("an element does not have its set's fields")
    flows = [Flow()]
    for each, part in zip(fields, parts, strict=True):
        one = _parse_flow(as_object(each, "a field"), part)
        flows = [both for flow in flows if (both := flow.intersect(one))]
    return flows


def _parse_flow(left: dict[str, Any], value: Any) -> Flow:
    if (key := _meta_key(left)) == "l4proto":
        return Flow(protocol=_parse_protocol(value))
    if key == "nfproto":
        return Flow(target=ANYWHERE[0 if value == "ipv4" else 1])
    payload = as_object(left.get("payload"), "what is matched")
    protocol, name = str(payload.get("protocol")), str(payload.get("field"))
    if protocol in {"ip", "ip6"} and name in {"daddr", "saddr"}:
        span = _parse_address(value)
        return Flow(target=span) if name == "daddr" else Flow(source=span)
    if protocol in _TRANSPORT and name == "dport":
        return Flow(protocol=None if protocol == "th" else protocol, ports=_parse_ports(value))
    if (protocol, name) in {("ip", "protocol"), ("ip6", "nexthdr")}:
        return Flow(protocol=_parse_protocol(value))
    if protocol in {"icmp", "icmpv6"}:
        return Flow(protocol=protocol)
    raise UnexpectedShape(f'a match of "{protocol} {name}" is not understood')


def _parse_protocol(value: Any) -> str:
    name = as_text(value, "a protocol").lower()
    return {"6": "tcp", "17": "udp"}.get(name, name)


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
    """Return everything but these, where they are addresses, sources or ports alone."""
    ports = sorted(flow.ports for flow in flows if flow.ports)
    spans = sorted(span for flow in flows if (span := flow.target or flow.source))
    if spans and len(spans) == len(flows) and not ports:
        left = find_address_gaps(spans, spans[0].family)
        return tuple(Flow(target=s) if flows[0].target else Flow(source=s) for s in left)
    if ports and len(ports) == len(flows) and len({flow.protocol for flow in flows}) == 1:
        return tuple(replace(flows[0], ports=gap) for gap in find_gaps(ports, *ANY_PORT))
    raise UnexpectedShape("what it excludes is not understood")


def _join_values(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values[:3])


READER = Reader(
    name="nftables",
    about="a ruleset of nftables",
    export="nft -j list ruleset > nft.json",
    sniff=lambda start: looks_like(start, "nftables") or "\nadd rule inet filter " in start,
    read=read,
    unsupported=unsupported_by_linux,
    fix="nftables",
)
