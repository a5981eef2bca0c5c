"""Chains of rules, as netfilter has them: from hooks, through jumps, to openings in order.

The readers of nftables and iptables turn their rules into these; what a rule lets through is
worked out here, once for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    AddressRange,
    ConfigParseError,
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
    """What a match lets pass: null is any. `source` where connections come from."""

    target: AddressRange | None = None
    source: AddressRange | None = None
    protocol: str | None = None
    ports: Ports | None = None

    def meet(self, other: Flow) -> Flow | None:
        """What both let pass; None where that is nothing."""
        target, source = _both(self.target, other.target), _both(self.source, other.source)
        ports = _both_ports(self.ports, other.ports)
        same = None in {self.protocol, other.protocol} or self.protocol == other.protocol
        if target is False or source is False or ports is False or not same:
            return None
        return Flow(target, source, self.protocol or other.protocol, ports)


@dataclass(frozen=True, slots=True)
class ChainRule:
    """One rule: any of `flows` and all of `conditions`, then the verdict.

    `conditions` are what we do not judge (an interface, a mark); `skip` says that the rule is
    only about replies or loopback and opens nothing new.
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


def _both(
    one: AddressRange | None, other: AddressRange | None
) -> AddressRange | Literal[False] | None:
    """What lies in both; False where nothing does."""
    if one is None or other is None:
        return one or other
    first, last = max(one.first, other.first), min(one.last, other.last)
    return (
        AddressRange(one.family, first, last)
        if one.family == other.family and first <= last
        else False
    )


def _both_ports(one: Ports | None, other: Ports | None) -> Ports | Literal[False] | None:
    if one is None or other is None:
        return one or other
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else False


_HOOKS: tuple[Hook, ...] = ("input", "forward", "output")
_DEEPEST = 16  # jumps; the kernel has the same limit
_MOST = 500_000  # steps, and openings, of one file


@dataclass(slots=True)
class _Walk:
    """One way through the chains, in one direction and for one address family."""

    chains: dict[str, Chain]
    direction: Direction
    family: int
    config: ParsedConfig
    partly: dict[Location, str] = field(default_factory=dict)
    steps: int = 0

    def chain(
        self, chain: Chain, within: Flow, conditions: tuple[str, ...], depth: int
    ) -> bool:
        """Adds what a chain decides for `within`; True where it decides all of it."""
        for rule in chain.rules:
            self.steps += len(rule.flows)
            if self.steps > _MOST:
                raise ConfigParseError(
                    "jumps between its chains more often than can be followed"
                )
            flows = [both for each in rule.flows if (both := within.meet(each))]
            if not flows or rule.skip:
                continue
            if self.rule(rule, flows, conditions + rule.conditions, depth):
                return True
        return False

    def rule(
        self, rule: ChainRule, flows: list[Flow], conditions: tuple[str, ...], depth: int
    ) -> bool:
        """What one rule adds; True where nothing gets past it."""
        whole = flows == [Flow()] and not conditions
        if rule.verdict in {"accept", "drop"}:
            for flow in flows:
                self.decide(rule, flow, conditions)
            return whole
        if rule.verdict == "return":
            if not whole:
                self.add_skipped(rule, "leaves its chain early for a part: not worked out")
            return whole
        if rule.verdict in {"jump", "goto"}:
            return self.jump(rule, flows, conditions, depth) or (
                whole and rule.verdict == "goto"
            )
        return False

    def jump(
        self, rule: ChainRule, flows: list[Flow], conditions: tuple[str, ...], depth: int
    ) -> bool:
        """Goes through the other chain for each flow."""
        chain = self.chains.get(rule.to)
        if chain is None or depth >= _DEEPEST:
            self.add_skipped(rule, "goes to a chain that is not in the file, or in a circle")
            return False
        ended = [self.chain(chain, flow, conditions, depth + 1) for flow in flows]
        return all(ended) and flows == [Flow()] and not conditions

    def decide(self, rule: ChainRule, flow: Flow, conditions: tuple[str, ...]) -> None:
        """An opening, or a stop where it is for everybody."""
        target, source = flow.target, flow.source
        if self.direction == "inbound":
            target, source = source, target
        is_deny = rule.verdict == "drop"
        if source or conditions:
            self.partly.setdefault(rule.location, ", ".join(conditions) or f"only for {source}")
            if is_deny:
                return
        if flow.protocol and not parse_protocol(flow.protocol):
            return  # neither tcp nor udp
        target = target or ANYWHERE[0 if self.family == 4 else 1]  # noqa: PLR2004  IPv4
        if target.family == self.family:
            self.add(target, flow, rule.location, is_deny=is_deny)

    def add(self, target: AddressRange, flow: Flow, at: Location, *, is_deny: bool) -> None:
        """One opening or stop more. Raises DumpError where there are too many to hold."""
        if len(self.config.permits) >= _MOST:
            raise ConfigParseError(f"lets through more than {_MOST} single things")
        protocol = None if flow.protocol is None else parse_protocol(flow.protocol)
        ports = flow.ports or ANY_PORT
        self.config.permits.append(
            Permit(self.direction, target, protocol, ports, at, is_deny=is_deny)
        )

    def add_skipped(self, rule: ChainRule, why: str) -> None:
        """A rule that is not worked out, once."""
        item = Skipped(rule.location, why)
        if item not in self.config.skipped:
            self.config.skipped.append(item)


def add_chains(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Adds to the dump what the chains let through, and what is not certain of it.

    Outbound is what the gateway's chains forward where they restrict anything, else what the
    machine's own output is. Without any hook the chains are a part of a ruleset, and each is
    taken for itself.
    """
    hooks = {hook: [each for each in chains.values() if each.hook == hook] for hook in _HOOKS}
    if not any(hooks.values()):
        _fragments(chains, config)
        return
    forwards = any(_restricts(each, chains) for each in hooks["forward"])
    outbound: Hook = "forward" if forwards else "output"
    config.notes.append(f"outbound is what passes the chains of hook {outbound}")
    _through(chains, hooks[outbound], outbound, config)
    _through(chains, hooks["input"], "input", config)
    _unreached(chains, config)


def _through(
    chains: dict[str, Chain], group: list[Chain], hook: Hook, config: ParsedConfig
) -> None:
    """All base chains of one hook, for each address family."""
    for family in config.families:
        direction: Direction = "inbound" if hook == "input" else "outbound"
        walk = _Walk(chains, direction, family, config)
        own = [each for each in group if family in each.families]
        strict = [each for each in own if _restricts(each, chains)]
        chain = (
            strict or own or [Chain("", Location(0, f"no chain of hook {hook}"), (family,))]
        )[0]
        if not walk.chain(chain, Flow(), (), 0) and chain.policy == "accept":
            walk.add(ANYWHERE[0 if family == 4 else 1], Flow(), chain.location, is_deny=False)  # noqa: PLR2004  IPv4
        for other in strict[1:]:
            why = f"a second chain of hook {hook} that stops something: not compared"
            config.skipped.append(Skipped(other.location, why))
        _tell_partly(walk)


def _fragments(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Chains of which no hook is in the file: the direction is what their rules look at."""
    jumped = {rule.to for chain in chains.values() for rule in chain.rules if rule.to}
    for chain in chains.values():
        if chain.name in jumped:
            continue
        for family in chain.families:
            _fragment(chains, chain, family, config)


def _fragment(
    chains: dict[str, Chain], chain: Chain, family: int, config: ParsedConfig
) -> None:
    for rule in chain.rules:
        sides = {(bool(flow.target), bool(flow.source)) for flow in rule.flows}
        direction: Direction = "inbound" if sides == {(False, True)} else "outbound"
        walk = _Walk(chains, direction, family, config)
        if rule.verdict == "accept" and not rule.skip and sides == {(False, False)}:
            walk.add_skipped(rule, "no hook leads to its chain, so its direction is not known")
            continue
        walk.rule(rule, list(rule.flows), rule.conditions, 0)
        _tell_partly(walk)


def _unreached(chains: dict[str, Chain], config: ParsedConfig) -> None:
    """Says which chains with rules nothing leads to."""
    reached = _reached([each.name for each in chains.values() if each.hook], chains)
    for chain in chains.values():
        if chain.rules and chain.name not in reached:
            config.notes.append(
                f"nothing jumps to {chain.location.text}: its rules have no effect"
            )


def _restricts(chain: Chain, chains: dict[str, Chain]) -> bool:
    """Whether a base chain, or one that it leads to, stops anything at all."""
    if chain.policy == "drop":
        return True
    return any(
        rule.verdict == "drop" and not rule.skip
        for name in _reached([chain.name], chains)
        for rule in chains[name].rules
    )


def _reached(ahead: list[str], chains: dict[str, Chain]) -> set[str]:
    """The names of these chains and all that they lead to."""
    reached: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name not in reached and name in chains:
            reached.add(name)
            ahead += [rule.to for rule in chains[name].rules if rule.to]
    return reached


def _tell_partly(walk: _Walk) -> None:
    """Rules that look at more than we compare: the operator has to."""
    for at, why in walk.partly.items():
        note = f"line {at.line}: " if at.line else ""
        text = f"{note}{at.text}: counts for some only ({why}); that is not compared"
        if text not in walk.config.notes:
            walk.config.notes.append(text)


def gaps(taken: Iterable[tuple[int, int]], first: int, last: int) -> Iterator[tuple[int, int]]:
    """What lies between sorted ranges, from `first` to `last`."""
    for low, high in taken:
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


def address_gaps(spans: Iterable[AddressRange], family: int) -> Iterator[AddressRange]:
    """All addresses of a family but these."""
    whole = ANYWHERE[0 if family == 4 else 1]  # noqa: PLR2004  IPv4
    taken = sorted((span.first, span.last) for span in spans)
    for gap in gaps(taken, whole.first, whole.last):
        yield AddressRange(family, *gap)
