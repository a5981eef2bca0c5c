"""A ruleset as `nft -j list ruleset` prints it (libnftables-json(5)), or as text without -j.

Also reads our own nftables.nft. Only tables of family ip, ip6 and inet, and base chains of type
filter; nat chains do not filter. If a rule matches on more than addresses, protocol and
destination port, that is a condition if it narrows down the clients; otherwise the rule is not
understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tracker.audit.parsed_config import (
    ConfigParseError,
    Location,
    ParsedConfig,
    ReadOptions,
    Skipped,
    locate,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.chains import Chain, ChainRule, Hook, RuleVerdict
from tracker.audit.readers.shared.documents import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    looks_like,
    parse_json,
)
from tracker.audit.readers.shared.hooks import add_chain_permits, add_fragment_permits
from tracker.audit.readers.shared.nft_match import (
    MatchPart,
    Ruleset,
    elements_of,
    parse_match,
    strip_comment,
)
from tracker.audit.readers.shared.nft_text import looks_like_nft_text, parse_nft_text
from tracker.audit.readers.shared.own_files import read_own_file
from tracker.formats import nftables
from tracker.formats.shared.linux import unsupported_by_linux
from tracker.text import clean

_FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
_HOOKS: dict[str, Hook] = {
    "prerouting": "prerouting",
    "input": "input",
    "forward": "forward",
    "output": "output",
    "postrouting": "postrouting",
}
_CONNTRACK_PRIORITY = -200  # the priority of connection tracking
_EARLY = "a match of connections before they are tracked is not understood"
_NAME_SET_COMMENTS = ("name ", "names of ")  # comments of our rules that use sets of host names
_OURS = "\nadd rule inet filter "


def read(content: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of a ruleset. Raises ConfigParseError for other text."""
    if not content.lstrip().startswith("{"):
        if _OURS in content:
            return read_own_file(content, nftables.FORMAT)
        objects = parse_nft_text(content)
    else:
        try:
            objects = as_list(as_object(parse_json(content), "the file").get("nftables"))
        except UnexpectedShape as error:
            raise ConfigParseError(f"is not a ruleset of nft -j: {error}") from None
    return read_objects(objects, options)


def read_objects(objects: list[Any], options: ReadOptions) -> ParsedConfig:
    """Return the permits of the objects of a ruleset, as in libnftables-json(5)."""
    config, rules = ParsedConfig(), Ruleset()
    for number, each in enumerate(objects):
        try:
            _add_declaration(as_object(each, "an object"), number, rules)
        except UnexpectedShape as error:
            config.skipped.append(Skipped(locate(0, f"object {number}"), str(error)))
    if rules.bases:
        _convert_chains([name for name in rules.bases if name in rules.chains], rules, config)
        _note_unreached(rules, config)
        add_chain_permits(rules.chains, config, options.chain)
    elif any(rules.bodies.values()):
        _convert_chains(list(rules.chains), rules, config)
        add_fragment_permits(rules.chains, config)
    else:
        add_chain_permits(rules.chains, config, options.chain)
    return config


def _add_declaration(each: dict[str, Any], number: int, rules: Ruleset) -> None:
    """Add a chain, set or rule. Raises UnexpectedShape."""
    for kind in each.keys() & {"table", "chain", "set", "map", "rule"}:
        body = as_object(each[kind], kind)
        if body.get("family") not in (*_FAMILIES,):
            continue  # bridge, arp and netdev work below addresses and ports
        if kind == "table":
            if "dormant" in as_list(body.get("flags")):
                name = body.get("name", body.get("table"))
                rules.dormant.add(f"{body['family']} {name}")
            continue
        where = _table_name(body)
        if where in rules.dormant:
            continue  # a dormant table filters nothing
        if kind == "rule":
            name = f"{where} {as_text(body.get('chain'), 'chain')}"
            rules.bodies.setdefault(name, []).append((number, body))
            continue
        name = f"{where} {as_text(body.get('name'), 'name')}"
        if kind == "chain":
            _add_chain(body, name, rules)
        else:
            rules.sets[name] = body


def _add_chain(body: dict[str, Any], name: str, rules: Ruleset) -> None:
    """Add a chain; base chains that do not filter are only recorded."""
    families = _FAMILIES[as_text(body.get("family"), "family")]
    chain = Chain(name, locate(0, f"chain {name}"), families, label=name)
    if hook := body.get("hook"):
        rules.bases.append(name)
        if _is_early(body.get("prio")):
            rules.early.add(name)
        if body.get("type") not in {"filter", "route"}:
            return
        chain.hook = _HOOKS.get(as_text(hook, "hook"))
        chain.policy = "drop" if body.get("policy") == "drop" else "accept"
    rules.chains[name] = chain


def _is_early(priority: Any) -> bool:
    """Return whether a base chain runs before connections are tracked (nft(8), priority)."""
    name, _, offset = str(priority).replace(" ", "").partition("-")
    if name == "raw":
        return True
    number = -int(offset) if name == "" and offset.isdecimal() and len(offset) < 9 else 0  # noqa: PLR2004
    return number <= _CONNTRACK_PRIORITY


def _convert_chains(ahead: list[str], rules: Ruleset, config: ParsedConfig) -> None:
    """Convert the rules of these chains, and of all chains that they jump to."""
    done: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in done or name not in rules.chains:
            continue
        done.add(name)
        chain = rules.chains[name]
        for number, body in rules.bodies.get(name, ()):
            if _is_name_set_rule(body):
                continue
            found = _convert_or_skip(body, number, name, rules, config)
            if name in rules.early and "'ct'" in str(body.get("expr")):
                found = [replace(each, unknown=_EARLY, skip=False) for each in found]
            chain.rules += found
        ahead += [rule.to for rule in chain.rules if rule.to]


def _is_name_set_rule(body: dict[str, Any]) -> bool:
    """Return whether it is a rule of ours for addresses that a resolver adds to a set."""
    said = str(body.get("comment", ""))
    ends = [each for each in as_list(body.get("expr")) if isinstance(each, dict)]
    return said.startswith(_NAME_SET_COMMENTS) and any("accept" in each for each in ends)


def _convert_or_skip(
    body: dict[str, Any], number: int, name: str, rules: Ruleset, config: ParsedConfig
) -> list[ChainRule]:
    said = f" {clean(str(body['comment']))}" if "comment" in body else ""
    at = locate(0, f"{name} handle {body.get('handle', number)}{said}")
    if "line" in body:  # from nft's text output
        at = locate(body["line"], body["text"])
    try:
        return list(convert_rule(body, at, _table_name(body), rules))
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))
        # Its effect is unknown: it may allow or stop anything.
        ends: tuple[RuleVerdict, ...] = ("accept", "drop")
        return [ChainRule(at, verdict, unknown=str(error)) for verdict in ends]


def _note_unreached(rules: Ruleset, config: ParsedConfig) -> None:
    """Add a note for each chain with rules that no base chain, of any type, leads to."""
    reached: set[str] = set()
    ahead = list(rules.bases)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            where = name.rpartition(" ")[0]
            for _, body in rules.bodies.get(name, ()):
                ahead += [f"{where} {to}" for to in _find_targets(body, where, rules, 0)]
    for name, bodies in rules.bodies.items():
        if bodies and name not in reached:
            config.notes.append(f"nothing jumps to chain {name}: its rules have no effect")


def _find_targets(value: Any, where: str, rules: Ruleset, depth: int) -> Iterator[str]:
    """Yield the chains that a rule refers to, also in the maps that it uses."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        target = value.get("target")
        if isinstance(target, str):
            yield target
        for each in value.values():
            yield from _find_targets(each, where, rules, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _find_targets(each, where, rules, depth + 1)
    elif isinstance(value, str) and value.startswith("@"):
        named = rules.sets.get(f"{where} {value[1:]}", {})
        yield from _find_targets(named.get("elem"), where, rules, depth + 1)


def _table_name(body: dict[str, Any]) -> str:
    return f"{as_text(body.get('family'), 'family')} {as_text(body.get('table'), 'table')}"


_MAX_DEPTH = 40  # of nested expressions
# Statements that neither allow nor stop anything.
_WITHOUT_EFFECT = {
    *("counter", "log", "comment", "mangle", "notrack", "set", "last", "flow", "secmark"),
    *("ct helper", "ct timeout", "ct expectation", "audit"),
}
_ENDS: dict[str, RuleVerdict] = {
    "accept": "accept",
    "drop": "drop",
    "reject": "drop",
    "return": "return",
}
_JUMPS: dict[str, RuleVerdict] = {"jump": "jump", "goto": "goto"}


def convert_rule(
    body: dict[str, Any], at: Location, where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """Yield the rules that a rule consists of; `where` is its table. Raises UnexpectedShape."""
    rule = ChainRule(at, "none")
    for statement in as_list(body.get("expr")):
        for key, value in as_object(statement, "a statement").items():
            if key == "match":
                rule = _narrow(rule, parse_match(as_object(value, key), where, rules))
            elif key in _ENDS:
                yield replace(rule, verdict=_ENDS[key])
            elif key in _JUMPS:
                to = as_text(as_object(value, key).get("target"), "target")
                yield replace(rule, verdict=_JUMPS[key], to=f"{where} {to}")
            elif key == "vmap":
                yield from _expand_verdict_map(rule, as_object(value, key), where, rules)
            elif key == "queue":
                yield replace(rule, verdict="drop", unknown="a program decides (queue)")
            elif key not in _WITHOUT_EFFECT and not _is_comment_of_iptables(key, value):
                rule = _narrow(rule, MatchPart(unknown=f'"{key}" is not understood'))


def _is_comment_of_iptables(key: str, value: Any) -> bool:
    return key == "xt" and isinstance(value, dict) and value.get("name") == "comment"


def _narrow(rule: ChainRule, part: MatchPart) -> ChainRule:
    flows = [
        both for one in rule.flows for other in part.flows if (both := one.intersect(other))
    ]
    return replace(
        rule,
        flows=tuple(flows),
        conditions=rule.conditions + part.conditions,
        skip=rule.skip or part.skip or {rule.only, part.only} == {"inbound", "outbound"},
        unknown=rule.unknown or part.unknown,
        only=rule.only or part.only,
    )


def _expand_verdict_map(
    rule: ChainRule, body: dict[str, Any], where: str, rules: Ruleset
) -> Iterator[ChainRule]:
    """Yield a rule for each element of `tcp dport vmap { 80 : accept, 81 : drop }`."""
    data = body.get("data")
    if isinstance(data, str):
        elements = elements_of(f"{where} {data.removeprefix('@')}", rules)
    else:
        elements = as_list(as_object(data, "a map").get("set"))
    for pair in elements:
        key, verdict = _split_pair(pair)
        match = {"op": "==", "left": body.get("key"), "right": strip_comment(key)}
        part = parse_match(match, where, rules)
        for ready in convert_rule({"expr": [verdict]}, rule.location, where, rules):
            yield replace(_narrow(rule, part), verdict=ready.verdict, to=ready.to)


def _split_pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  a key and a verdict
        raise UnexpectedShape("a map's element is not a pair")
    return value[0], value[1]


READER = Reader(
    name="nftables",
    about="a ruleset of nftables",
    export="nft -j list ruleset > nft.json (or nft list ruleset)",
    sniff=lambda start: (
        looks_like(start, "nftables") or _OURS in start or looks_like_nft_text(start)
    ),
    read=read,
    unsupported=unsupported_by_linux,
    fix="nftables",
    takes=("chain",),
)
