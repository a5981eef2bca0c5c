"""Chains of rules as netfilter has them: from hooks, through jumps, to permits in order.

The readers of nftables and iptables convert their rules into these types; what the chains let
through is computed here, once for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    AddressRange,
    ConfigParseError,
    Judged,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    Skipped,
    parse_protocol,
)
from tracker.model import Direction

Hook = Literal["input", "forward", "output"]
RuleVerdict = Literal["accept", "drop", "jump", "goto", "return", "none"]


@dataclass(frozen=True, slots=True)
class Flow:
    """What a match lets pass; None is any. `source` is where connections come from."""

    target: AddressRange | None = None
    source: AddressRange | None = None
    protocol: str | None = None
    ports: Ports | None = None

    def intersect(self, other: Flow) -> Flow | None:
        """Return what both let pass; None where that is nothing."""
        target, source = (
            _intersect(self.target, other.target),
            _intersect(self.source, other.source),
        )
        ports = _intersect_ports(self.ports, other.ports)
        same = None in {self.protocol, other.protocol} or self.protocol == other.protocol
        if target is False or source is False or ports is False or not same:
            return None
        return Flow(target, source, self.protocol or other.protocol, ports)


@dataclass(frozen=True, slots=True)
class ChainRule:
    """One rule: any of `flows` and all of `conditions`, then the verdict.

    `conditions` are not judged (an interface, a mark). `skip` marks a rule that is only about
    replies or loopback and permits nothing new.
    """

    location: Location
    verdict: RuleVerdict
    flows: tuple[Flow, ...] = (Flow(),)
    to: str = ""
    conditions: tuple[str, ...] = ()
    skip: bool = False


@dataclass(slots=True)
class Chain:
    """A chain; one without a hook runs only where another jumps to it."""

    name: str
    location: Location
    families: tuple[int, ...]
    hook: Hook | None = None
    policy: Literal["accept", "drop"] = "accept"
    rules: list[ChainRule] = field(default_factory=list)


def _intersect(
    one: AddressRange | None, other: AddressRange | None
) -> AddressRange | Literal[False] | None:
    """Return what lies in both, None being any; False where nothing does."""
    if one is None or other is None:
        return one or other
    first, last = max(one.first, other.first), min(one.last, other.last)
    return (
        AddressRange(one.family, first, last)
        if one.family == other.family and first <= last
        else False
    )


def _intersect_ports(one: Ports | None, other: Ports | None) -> Ports | Literal[False] | None:
    if one is None or other is None:
        return one or other
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else False


_HOOKS: tuple[Hook, ...] = ("input", "forward", "output")
_MAX_JUMPS = 16  # the kernel has the same limit
_MAX_PERMITS = 500_000  # of one file, as well as steps


@dataclass(slots=True)
class _Walk:
    """A walk through the chains, in one direction and for one address family."""

    chains: dict[str, Chain]
    direction: Direction
    family: int
    config: ParsedConfig
    partial: dict[Location, str] = field(default_factory=dict)
    steps: int = 0

    def walk_chain(
        self, chain: Chain, within: Flow, conditions: tuple[str, ...], depth: int
    ) -> bool:
        """Add what a chain decides for `within`; return whether it decides all of it."""
        for rule in chain.rules:
            self.steps += len(rule.flows)
            if self.steps > _MAX_PERMITS:
                raise ConfigParseError(
                    "jumps between its chains more often than can be followed"
                )
            flows = [both for each in rule.flows if (both := within.intersect(each))]
            if not flows or rule.skip:
                continue
            if self.walk_rule(rule, flows, conditions + rule.conditions, depth):
                return True
        return False

    def walk_rule(
        self, rule: ChainRule, flows: list[Flow], conditions: tuple[str, ...], depth: int
    ) -> bool:
        """Add what one rule decides; return whether nothing gets past it."""
        whole = flows == [Flow()] and not conditions
        if rule.verdict in {"accept", "drop"}:
            for flow in flows:
                self.add_decision(rule, flow, conditions)
            return whole
        if rule.verdict == "return":
            if not whole:
                self.add_skipped(rule, "leaves its chain early for a part: not worked out")
            return whole
        if rule.verdict in {"jump", "goto"}:
            return self.walk_jump(rule, flows, conditions, depth) or (
                whole and rule.verdict == "goto"
            )
        return False

    def walk_jump(
        self, rule: ChainRule, flows: list[Flow], conditions: tuple[str, ...], depth: int
    ) -> bool:
        """Walk the other chain for each flow; return whether nothing comes back."""
        chain = self.chains.get(rule.to)
        if chain is None or depth >= _MAX_JUMPS:
            self.add_skipped(rule, "goes to a chain that is not in the file, or in a circle")
            return False
        ended = [self.walk_chain(chain, flow, conditions, depth + 1) for flow in flows]
        return all(ended) and flows == [Flow()] and not conditions

    def add_decision(self, rule: ChainRule, flow: Flow, conditions: tuple[str, ...]) -> None:
        """Add a permit, or a deny where it applies to every source."""
        target, source = flow.target, flow.source
        if self.direction == "inbound":
            target, source = source, target
        is_deny = rule.verdict == "drop"
        if source or conditions:
            self.partial.setdefault(
                rule.location, ", ".join(conditions) or f"only for {source}"
            )
            if is_deny:
                return
        if flow.protocol and not parse_protocol(flow.protocol):
            return  # neither tcp nor udp
        target = target or ANYWHERE_IN[self.family]
        if target.family == self.family:
            self.add_permit(target, flow, rule.location, is_deny=is_deny)

    def add_permit(
        self, target: AddressRange, flow: Flow, at: Location, *, is_deny: bool
    ) -> None:
        """Add a permit. Raises ConfigParseError where there are too many to hold."""
        if len(self.config.permits) >= _MAX_PERMITS:
            raise ConfigParseError(f"lets through more than {_MAX_PERMITS} single things")
        protocol = None if flow.protocol is None else parse_protocol(flow.protocol)
        ports = flow.ports or ANY_PORT
        self.config.permits.append(
            Permit(self.direction, target, protocol, ports, at, is_deny=is_deny)
        )

    def add_skipped(self, rule: ChainRule, why: str) -> None:
        """Record once that a rule is not evaluated."""
        item = Skipped(rule.location, why)
        if item not in self.config.skipped:
            self.config.skipped.append(item)


def add_chain_permits(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Add to `config` what the chains let through, and notes on what is uncertain.

    Outbound is what the chains forward where they restrict anything, else the machine's own
    output. Chains without any hook are a part of a ruleset, and each is read by itself.
    """
    hooks = {hook: [each for each in chains.values() if each.hook == hook] for hook in _HOOKS}
    if not any(hooks.values()):
        config.is_fragment = True
        _walk_fragments(chains, config)
        return
    forwards = any(_restricts(each, chains) for each in hooks["forward"])
    outbound: Hook = "forward" if forwards else "output"
    why = "they stop something" if forwards else "those of hook forward stop nothing"
    config.judged.append(Judged(f"chains of hook {outbound}", why))
    config.fix_into = outbound
    _walk_hook(chains, hooks[outbound], outbound, config)
    _walk_hook(chains, hooks["input"], "input", config)
    _note_unreached(chains, config)


def _walk_hook(
    chains: dict[str, Chain], group: list[Chain], hook: Hook, config: ParsedConfig
) -> None:
    """Walk the base chains of one hook, for each address family."""
    for family in config.families:
        direction: Direction = "inbound" if hook == "input" else "outbound"
        walk = _Walk(chains, direction, family, config)
        own = [each for each in group if family in each.families]
        strict = [each for each in own if _restricts(each, chains)]
        chain = (
            strict or own or [Chain("", Location(0, f"no chain of hook {hook}"), (family,))]
        )[0]
        if not walk.walk_chain(chain, Flow(), (), 0) and chain.policy == "accept":
            walk.add_permit(ANYWHERE_IN[family], Flow(), chain.location, is_deny=False)
        for other in strict[1:]:
            why = f"a second chain of hook {hook} that stops something: not compared"
            config.skipped.append(Skipped(other.location, why))
        _note_partial(walk)


def _walk_fragments(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Walk chains without a hook; what a rule matches tells its direction."""
    jumped = {rule.to for chain in chains.values() for rule in chain.rules if rule.to}
    for chain in chains.values():
        if chain.name in jumped:
            continue
        for family in chain.families:
            _walk_fragment(chains, chain, family, config)


def _walk_fragment(
    chains: dict[str, Chain], chain: Chain, family: int, config: ParsedConfig
) -> None:
    for rule in chain.rules:
        sides = {(bool(flow.target), bool(flow.source)) for flow in rule.flows}
        direction: Direction = "inbound" if sides == {(False, True)} else "outbound"
        walk = _Walk(chains, direction, family, config)
        if rule.verdict == "accept" and not rule.skip and sides == {(False, False)}:
            walk.add_skipped(rule, "no hook leads to its chain, so its direction is not known")
            continue
        walk.walk_rule(rule, list(rule.flows), rule.conditions, 0)
        _note_partial(walk)


def _note_unreached(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Note which chains with rules nothing leads to."""
    reached = _reachable([each.name for each in chains.values() if each.hook], chains)
    for chain in chains.values():
        if chain.rules and chain.name not in reached:
            config.notes.append(
                f"nothing jumps to {chain.location.text}: its rules have no effect"
            )


def _restricts(chain: Chain, chains: dict[str, Chain]) -> bool:
    """Return whether a base chain, or one that it leads to, drops anything."""
    if chain.policy == "drop":
        return True
    return any(
        rule.verdict == "drop" and not rule.skip
        for name in _reachable([chain.name], chains)
        for rule in chains[name].rules
    )


def _reachable(ahead: list[str], chains: dict[str, Chain]) -> set[str]:
    """Return the names of these chains and of all that they lead to."""
    reached: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name not in reached and name in chains:
            reached.add(name)
            ahead += [rule.to for rule in chains[name].rules if rule.to]
    return reached


def _note_partial(walk: _Walk) -> None:
    """Note the rules that match on more than is compared."""
    for at, why in walk.partial.items():
        note = f"line {at.line}: " if at.line else ""
        text = f"{note}{at.text}: counts for some only ({why}); that is not compared"
        if text not in walk.config.notes:
            walk.config.notes.append(text)


def find_gaps(
    taken: Iterable[tuple[int, int]], first: int, last: int
) -> Iterator[tuple[int, int]]:
    """Yield what lies between sorted ranges, from `first` to `last`."""
    for low, high in taken:
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


def find_address_gaps(spans: Iterable[AddressRange], family: int) -> Iterator[AddressRange]:
    """Yield all addresses of a family except these."""
    whole = ANYWHERE_IN[family]
    taken = sorted((span.first, span.last) for span in spans)
    for gap in find_gaps(taken, whole.first, whole.last):
        yield AddressRange(family, *gap)
