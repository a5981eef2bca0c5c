"""The permits of netfilter chains: a walk from a base chain through its jumps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    AddressRange,
    ConfigParseError,
    Location,
    ParsedConfig,
    Permit,
    Skipped,
    parse_protocol,
)
from tracker.audit.readers.shared.chains import Chain, ChainRule, Chains, Flow, RuleVerdict
from tracker.model import Direction

# Bridges that container engines and hypervisors create for guests on the machine itself.
_GUESTS = (
    r"(?:docker|br-[0-9a-f]{12}|br-\*|virbr|lxcbr|lxdbr|incusbr|podman|cni|veth|cali|vnet)"
)
_FOR_GUESTS = re.compile(rf"(?:^|, )(?:-[io]|[io]if(?:name)?) {_GUESTS}")
# Interfaces of paths to guests or the LAN, or from the Internet, by their usual names.
_ELSEWHERE = re.compile(
    rf"(?:-o|oif|oifname) (?:{_GUESTS}|(?:br-)?lan\b)"
    r"|(?:-i|iif|iifname) (?:wan|ppp|untrust|outside|internet)",
    re.IGNORECASE,
)
_USER_CONDITIONS = ("skuid ", "skgid ", "--uid-owner ", "--gid-owner ")
WAY_BACK = "the way back to the sender"
_MAX_JUMPS = 16  # the limit of the kernel
_MAX_PERMITS = 500_000  # of one file; also the limit of steps


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The conditions and doubts on the way to a chain, which apply to a whole walk."""

    conditions: tuple[str, ...] = ()
    unknown: str = ""

    def within(self, rule: ChainRule, doubt: str) -> RuleContext:
        """Return the context of what a rule decides."""
        return RuleContext(
            self.conditions + rule.conditions, self.unknown or rule.unknown or doubt
        )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The place at which a walk continues after a chain that was jumped to."""

    chain: Chain
    at: int
    context: RuleContext


Stack = tuple[_Frame, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One rule in a walk: where its chain continues, and the flows that the rule applies to.

    `doubts` are flows that may have left the chain before it, and why that is not certain.
    """

    frame: _Frame
    within: Flow
    flows: list[Flow]
    stack: Stack
    doubts: list[tuple[Flow, str]]

    def find_doubt(self) -> str:
        """Return why it is uncertain whether the flows reach this rule; empty if they do."""
        found = (
            why for flow in self.flows for doubt, why in self.doubts if doubt.intersect(flow)
        )
        return next(found, "")


@dataclass(slots=True)
class ChainWalk:
    """A walk through the chains, in one direction and for one address family."""

    chains: Chains
    direction: Direction
    family: int
    config: ParsedConfig
    scope: str = ""
    stage: int = 0
    policy: Chain | None = None
    partial: dict[Location, str] = field(default_factory=dict)
    steps: int = 0

    def walk_base(self, chain: Chain) -> None:
        """Add all decisions of a base chain, its policy at the end."""
        self.policy = chain
        if not self.walk_chain(chain, 0, Flow(), RuleContext(), ()):
            self.add_policy(Flow())

    def walk_chain(
        self, chain: Chain, start: int, within: Flow, context: RuleContext, stack: Stack
    ) -> bool:
        """Add the decisions of a chain for `within`; return whether it decides all of that."""
        doubts: list[tuple[Flow, str]] = []
        for at in range(start, len(chain.rules)):
            rule = chain.rules[at]
            if flows := self.flows_of(rule, within):
                step = _Step(_Frame(chain, at + 1, context), within, flows, stack, doubts)
                ended = self.apply_rule(rule, step)
                if ended is not None:
                    return ended
        return False

    def apply_rule(self, rule: ChainRule, step: _Step) -> bool | None:
        """Add the decisions of a rule; return how the chain ends, None if it continues."""
        context, doubt = step.frame.context, step.find_doubt()
        own = context.within(rule, doubt)
        whole = step.flows == [step.within] and not (rule.conditions or own.unknown)
        if rule.verdict in {"accept", "drop"}:
            for flow in step.flows:
                self.add_decision(rule.location, rule.verdict, flow, own)
            return True if whole and not self.is_narrowed(step.within, context) else None
        if rule.verdict == "return":
            if whole:
                return False
            self.leave_early(rule, step.flows, step, doubt)
        if rule.verdict == "jump":
            stack = (*step.stack, step.frame)
            ended = [self.walk_jump(rule, flow, own, stack) for flow in step.flows]
            return True if whole and all(ended) else None
        if rule.verdict == "goto":
            ended = [self.walk_jump(rule, flow, own, step.stack) for flow in step.flows]
            left = [flow for flow, end in zip(step.flows, ended, strict=True) if not end]
            if whole:
                return all(ended)
            self.leave_early(rule, left, step, doubt)
        return None

    def flows_of(self, rule: ChainRule, within: Flow) -> list[Flow]:
        """Return the flows that a rule applies to. Raises ConfigParseError for too many."""
        self.steps += len(rule.flows)
        if self.steps > _MAX_PERMITS:
            raise ConfigParseError("jumps between its chains more often than can be followed")
        if rule.skip or rule.only not in {None, self.direction}:
            return []
        return [
            both
            for each in rule.flows
            if (both := within.intersect(each)) and both.family in {None, self.family}
        ]

    def is_narrowed(self, flow: Flow, context: RuleContext) -> bool:
        """Return whether a flow is limited to some sources or by conditions."""
        return bool(self.near_end(flow) or context.conditions)

    def leads_elsewhere(self, context: RuleContext) -> bool:
        """Return whether the interfaces of a rule show that it is not for the Internet."""
        outbound = self.direction == "outbound"
        return outbound and any(_ELSEWHERE.match(each) for each in context.conditions)

    def near_end(self, flow: Flow) -> AddressRange | None:
        """Return the addresses on the machine's own side, None for any."""
        return flow.source if self.direction == "outbound" else flow.target

    def walk_jump(
        self, rule: ChainRule, flow: Flow, context: RuleContext, stack: Stack
    ) -> bool:
        """Walk the other chain for a flow; return whether it decides all of it."""
        chain = self.chains.get(rule.to)
        if chain is None or len(stack) > _MAX_JUMPS:
            why = "goes to a chain that is not in the file, or in a circle"
            for verdict in ("accept", "drop"):
                self.add_decision(rule.location, verdict, flow, RuleContext((), why))
            return False
        return self.walk_chain(chain, 0, flow, context, stack)

    def leave_early(self, rule: ChainRule, flows: list[Flow], step: _Step, doubt: str) -> None:
        """Decide flows that skip the rest of their chain now, as the earliest decision counts.

        If it is not certain that they skip it, the decisions in the rest are in doubt.
        """
        for flow in flows:
            narrowed = rule.conditions or self.near_end(flow) != self.near_end(step.within)
            if rule.unknown or doubt or narrowed:
                reason = rule.unknown or doubt or "leaves its chain early for some only"
                step.doubts.append((flow, reason))
            elif not self.resume(flow, step.stack):
                self.add_policy(flow)

    def resume(self, flow: Flow, stack: Stack) -> bool:
        """Continue after the jumps that led here; return whether all of a flow is decided."""
        return any(
            self.walk_chain(frame.chain, frame.at, flow, frame.context, stack[:depth])
            for depth, frame in reversed(list(enumerate(stack)))
        )

    def add_policy(self, flow: Flow) -> None:
        """Add a base chain's policy for a flow that no rule decides; a fragment has none."""
        if self.policy is not None:
            self.add_decision(self.policy.location, self.policy.policy, flow, RuleContext())

    def add_decision(
        self, at: Location, verdict: RuleVerdict, flow: Flow, context: RuleContext
    ) -> None:
        """Add a permit or a deny; a deny that is limited to some is one that may stop it."""
        target, source = flow.target, flow.source
        if self.direction == "inbound":
            target, source = source, target
        is_deny = verdict == "drop"
        if flow.protocol and not parse_protocol(flow.protocol):
            return  # neither TCP nor UDP
        unknown, for_some = context.unknown, False
        if (source or context.conditions) and not unknown:
            reason = ", ".join(context.conditions) or f"only for {source}"
            elsewhere = self.leads_elsewhere(context)
            if _contradict(context.conditions) or (is_deny and elsewhere):
                return
            if not is_deny and not elsewhere and not _is_for_users(context.conditions):
                self.partial.setdefault(at, reason)
            elif is_deny and WAY_BACK in context.conditions:
                return  # a regular connection has a way back
            else:
                unknown, for_some = f"it is for some only: {reason}", True
        target = target or ANYWHERE_IN[self.family]
        if target.family == self.family:
            self.add_permit(
                target, flow, at, is_deny=is_deny, unknown=unknown, for_some=for_some
            )

    def add_permit(
        self,
        target: AddressRange,
        flow: Flow,
        at: Location,
        *,
        is_deny: bool,
        unknown: str,
        for_some: bool,
    ) -> None:
        """Add a permit. Raises ConfigParseError if there are too many to keep."""
        if len(self.config.permits) >= _MAX_PERMITS:
            raise ConfigParseError(f"lets through more than {_MAX_PERMITS} single things")
        self.config.permits.append(
            Permit(
                self.direction,
                target,
                None if flow.protocol is None else parse_protocol(flow.protocol),
                flow.ports or ANY_PORT,
                at,
                is_deny=is_deny,
                scope=self.scope,
                stage=self.stage,
                unknown=unknown,
                for_some=for_some,
            )
        )

    def add_skipped(self, rule: ChainRule, why: str) -> None:
        """Record, once for each rule, that it is not evaluated."""
        item = Skipped(rule.location, why)
        if item not in self.config.skipped:
            self.config.skipped.append(item)


def _is_for_users(conditions: tuple[str, ...]) -> bool:
    """Return whether a rule is for some users of the machine; an agent may be another one."""
    return any(each.startswith(_USER_CONDITIONS) and "!=" not in each for each in conditions)


def _contradict(conditions: tuple[str, ...]) -> bool:
    """Return whether conditions exclude each other: `-o docker0` and `! -o docker0`."""
    return any(f"! {each}" in conditions for each in conditions)


def is_for_guests(conditions: str) -> bool:
    """Return whether conditions name a bridge of containers or virtual machines."""
    return bool(_FOR_GUESTS.search(conditions))


def note_partial(walk: ChainWalk) -> None:
    """Add notes on the rules that match on more than is compared."""
    for at, why in walk.partial.items():
        note = f"line {at.line}: " if at.line else ""
        text = f"{note}{at.text}: counts for some only ({why}); that is not compared"
        if text not in walk.config.notes:
            walk.config.notes.append(text)
