"""The choice of the base chains of netfilter that decide: a gateway's, a host's, or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tracker.audit.parsed_config import ConfigParseError, Judged, Location, ParsedConfig
from tracker.audit.readers.shared.chain_walk import (
    ChainWalk,
    RuleContext,
    is_for_guests,
    note_partial,
)
from tracker.audit.readers.shared.chains import Chain, Chains, Flow, Hook, restricts_anything
from tracker.model import Direction


def add_chain_permits(
    chains: Chains, config: ParsedConfig, wanted: str = "", scope: str = ""
) -> None:
    """Add the permits of the chains to `config`, and notes on what is uncertain.

    Outbound traffic is what a gateway forwards or a host sends; a machine that forwards nothing
    new is a host. `wanted` is the hook or base chain that the user chose. Raises
    ConfigParseError if there is none of that name.
    """
    chosen = _choose_chain(chains, wanted)
    hook: Hook = chosen[0].hook if chosen and chosen[0].hook else "output"
    why = "chosen with --chain"
    if not chosen:
        hook, why = _judge_role(chains, config.families)
    ways: tuple[tuple[Direction, Hook, tuple[Hook, ...]], ...] = (
        ("outbound", hook, ("prerouting",) if hook == "forward" else ()),
        ("inbound", "input", ("prerouting",)),
    )
    for direction, own, before in ways:
        after: tuple[Hook, ...] = ("postrouting",) if direction == "outbound" else ()
        group = [
            each
            for each in chains.values()
            if (each in chosen if chosen and direction == "outbound" else each.hook == own)
        ]
        also = [each for each in chains.values() if each.hook in before + after]
        for family in config.families:
            walk = ChainWalk(chains, direction, family, config, scope)
            _walk_hook(walk, own, group, also)
    labels = dict.fromkeys(
        each.label or each.name for each in chosen or chains.values() if each.hook == hook
    )
    what = f"chain {', '.join(labels)}" if labels else f"no chain of hook {hook}"
    config.judged.append(Judged(f"{scope}: {what}" if scope else what, why))
    config.fix_into = hook


def _choose_chain(chains: Chains, wanted: str) -> list[Chain]:
    """Return the base chains that the user chose, by name or by hook."""
    if not wanted:
        return []
    bases = [each for each in chains.values() if each.hook in {"forward", "output"}]
    found = [each for each in bases if wanted in {each.label, each.label.split(" ")[-1]}]
    found = found or [each for each in bases if each.hook == wanted.lower()]
    if not found:
        names = ", ".join(dict.fromkeys(each.label for each in bases)) or "none"
        raise ConfigParseError(
            f'no chain of hook forward or output is called "{wanted}"; there are: {names}'
        )
    return [each for each in found if each.hook == found[0].hook]


def _judge_role(chains: Chains, families: tuple[int, ...]) -> tuple[Hook, str]:
    """Return the hook of outbound connections, by the machine's role, and the reason."""
    forward = [each for each in chains.values() if each.hook == "forward"]
    if not any(each.hook in {"forward", "output"} for each in chains.values()):
        return "output", "nothing filters what goes out, so all of it gets through"
    found = {_judge_forward(chains, family, forward) for family in families}
    if "some" in found:
        return "forward", "it forwards some of what is new, so this is a gateway"
    if "guests" in found:
        return "output", "hook forward is for what runs on this host alone"
    if "nothing" in found:
        return "output", "hook forward lets nothing new through, so this is a host"
    return "output", "hook forward stops nothing, so this is taken for a host"


def _judge_forward(
    chains: Chains, family: int, forward: list[Chain]
) -> Literal["all", "some", "guests", "nothing"]:
    """Return which new connections the chains of hook forward allow."""
    own = [each for each in forward if family in each.families]
    strict = [each for each in own if restricts_anything(each, chains)]
    if not strict:
        return "all"
    scratch = ParsedConfig()
    reasons: dict[Location, str] = {}
    for number, chain in enumerate(strict):
        walk = ChainWalk(chains, "outbound", family, scratch, stage=number)
        walk.walk_base(chain)
        reasons |= walk.partial
    accepts = [each for each in scratch.permits if not each.is_deny and not each.for_some]
    guests = {at for at, why in reasons.items() if is_for_guests(why)}
    if len({each.stage for each in accepts if each.location not in guests}) == len(strict):
        return "some"
    return "guests" if guests or any(each.for_some for each in scratch.permits) else "nothing"


def _walk_hook(walk: ChainWalk, hook: Hook, group: list[Chain], also: list[Chain]) -> None:
    """Walk the base chains of one hook for one family; each is a stage if it stops anything.

    `also` are base chains that the same packets pass before and after.
    """
    own = [each for each in group if walk.family in each.families]
    strict = [
        each
        for each in [*own, *also]
        if walk.family in each.families and restricts_anything(each, walk.chains)
    ]
    free = own or [Chain("", Location(0, f"no chain of hook {hook}"), (walk.family,))]
    for number, chain in enumerate(strict or free[:1]):
        walk.stage = number
        walk.walk_base(chain)
    note_partial(walk)


def add_fragment_permits(chains: Chains, config: ParsedConfig) -> None:
    """Add permits of chains without a hook; the direction is taken from the matches."""
    config.is_fragment = True
    jumped = {rule.to for chain in chains.values() for rule in chain.rules if rule.to}
    for chain in chains.values():
        if chain.name in jumped:
            continue
        for family in chain.families:
            _walk_fragment(chains, chain, family, config)


def _walk_fragment(chains: Chains, chain: Chain, family: int, config: ParsedConfig) -> None:
    for rule in chain.rules:
        sides = {(bool(flow.target), bool(flow.source)) for flow in rule.flows}
        direction: Direction = "inbound" if sides == {(False, True)} else "outbound"
        walk = ChainWalk(chains, direction, family, config)
        if rule.verdict == "accept" and not rule.skip and sides == {(False, False)}:
            walk.add_skipped(rule, "no hook leads to its chain, so its direction is not known")
            continue
        walk.walk_chain(replace(chain, rules=[rule]), 0, Flow(), RuleContext(), ())
        note_partial(walk)
