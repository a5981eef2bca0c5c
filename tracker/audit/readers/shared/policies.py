"""Policies between addresses, as in FortiOS and PAN-OS, converted to permits.

Such a firewall is between networks, so its policies have no direction: one to only private
addresses is inbound, one between private addresses is both, and any other is outbound. A policy
may be limited to some interfaces or zones. Outbound traffic is judged on one path, from one of
them to another, as policies on two paths never add up.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.audit.documented import LAN_SPANS
from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    AddressRange,
    ConfigParseError,
    Judged,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    Target,
    parse_ports,
)
from tracker.model import Direction, Protocol

_MAX_PERMITS = 500_000
# Addresses that no packet is sent to; rules have them if a list must not be empty.
_PLACEHOLDERS = (
    AddressRange(4, 0, 0),
    AddressRange(6, 0, 0),
    AddressRange(4, (1 << 32) - 1, (1 << 32) - 1),
)
ANY_PLACE = "any"
_FIRST_EPHEMERAL = 1024  # the first of the ports that systems choose for clients
_SHOWN = 4
_NO_PATH = ("", "")
# Usual names of interfaces and zones on the internet's side.
_OUTSIDE = re.compile(
    r"(?:^|[-_ .])(?:un-?trust(?:ed)?|outside|s?d?-?wan|internet|external|public|isp|uplink)"
    r"\d*(?:$|[-_ .])",
    re.IGNORECASE,
)

ServicePorts = tuple[tuple[Protocol | None, Ports | None], ...]
ANY_SERVICE: ServicePorts = ((None, ANY_PORT),)
Path = tuple[str, str]  # the interfaces or zones that a packet enters and leaves by


class UnknownName(Exception):
    """An object or setting that is not understood. Never leaves the readers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy; addresses that are None and places that are empty mean any.

    `unknown` is the part that is not understood, which is then as wide as possible. `families`
    are those in which a host name among its destinations counts.
    """

    location: Location
    allows: bool
    sources: tuple[Target, ...] | None
    destinations: tuple[Target, ...] | None
    services: ServicePorts
    came_from: tuple[str, ...] = ()
    goes_to: tuple[str, ...] = ()
    unknown: str = ""
    families: tuple[int, ...] = (4, 6)

    @property
    def is_ever_met(self) -> bool:
        """Return whether any packet can match its addresses."""
        return all(
            ends is None or without_placeholders(ends)
            for ends in (self.sources, self.destinations)
        )

    def without_places(self) -> Policy:
        """Return the policy, but for all places."""
        return replace(self, came_from=(), goes_to=())

    def is_on(self, path: Path) -> bool:
        """Return whether it applies to traffic on this path."""
        return all(
            not places or place in places
            for place, places in zip(path, (self.came_from, self.goes_to), strict=True)
        )


def add_policies(
    policies: Sequence[Policy], scope: str, chain: str, places: str, config: ParsedConfig
) -> None:
    """Add the permits of a firewall's policies, in order, and the path that is judged.

    `chain` is the user's choice of a path, as `lan>wan1`; `places` is the product's word for
    its ends. Raises ConfigParseError for a path that no policy is for.
    """
    met = [policy for policy in policies if policy.is_ever_met]
    path = _choose_path(met, scope, chain, places, config)
    if path == _NO_PATH:  # nothing is allowed out: list all that is not understood
        met = [each.without_places() if each.unknown else each for each in met]
    for policy in met:
        for permit in _permits_of(policy, path, config):
            if len(config.permits) >= _MAX_PERMITS:
                raise ConfigParseError(f"lets through more than {_MAX_PERMITS} single things")
            config.permits.append(replace(permit, scope=scope))


def _choose_path(
    policies: Sequence[Policy], scope: str, chain: str, places: str, config: ParsedConfig
) -> Path:
    """Return the path that the user chose, or the one with most policies that allow out."""
    named = _count_paths(policies)
    if chain:
        path = next((each for each in named if ">".join(each) == chain), None)
        if path is None:
            there = ", ".join(">".join(each) for each in list(named)[:_SHOWN]) or "none"
            raise ConfigParseError(
                f'no policy lets anything out by --chain "{chain}"; there are: {there}'
            )
        why = "asked for"
    else:
        # Of the paths with most policies, the one with most denies, as it is the strictest.
        path = max(
            named,
            key=lambda each: (*_leads_out(each), *named[each]),
            default=_NO_PATH,
        )
        why = _explain_choice(path, named, places)
    what = f"policies of {scope}" if scope else "policies"
    what += "" if path == _NO_PATH else f" from {path[0]} to {path[1]}"
    config.judged.append(Judged(what, why))
    return path


def _leads_out(path: Path) -> tuple[bool, bool]:
    """Return whether a path, by names, does not start outside, and whether it leads there."""
    return not _OUTSIDE.search(path[0]), bool(_OUTSIDE.search(path[1]))


def _explain_choice(path: Path, named: Mapping[Path, tuple[int, int]], places: str) -> str:
    if not named:
        return "no policy lets anything out: nothing gets through"
    allow, deny = named[path]
    counts = f"policies that let something out: {allow}, that deny something: {deny}"
    if len(named) == 1:
        return counts
    others = [f'"{">".join(each)}"' for each in named if each != path]
    more = ", ..." if len(others) > _SHOWN else ""
    return (
        f"{counts}; the way out of {len(named)} pairs of {places} with most policies, judge"
        f" another with --chain {', '.join(others[:_SHOWN])}{more}"
    )


def _count_paths(policies: Sequence[Policy]) -> dict[Path, tuple[int, int]]:
    """Return the outbound paths, with the number of policies that allow and deny on each.

    The place "any" is one that no policy names.
    """
    out = [each for each in policies if each.allows and not _is_private(each.destinations)]
    places = (
        _named_places([each.came_from for each in policies], [each.came_from for each in out]),
        _named_places([each.goes_to for each in policies], [each.goes_to for each in out]),
    )
    every, allow, deny = (
        _count_on(each, places)
        for each in (
            out,
            [policy for policy in out if not policy.unknown],
            [policy for policy in policies if not policy.allows],
        )
    )
    return {
        path: (allow[path], deny[path])
        for path in itertools.product(*places)
        if every[path] and (path[0] != path[1] or path[0] == ANY_PLACE)
    }


def _count_on(
    policies: Iterable[Policy], places: tuple[list[str], list[str]]
) -> dict[Path, int]:
    """Return how many policies apply to each path between the places."""
    counted: Counter[Path] = Counter()
    everywhere = 0
    for policy in policies:
        if policy.came_from or policy.goes_to:
            ends = policy.came_from or places[0], policy.goes_to or places[1]
            counted.update(set(itertools.product(*ends)))
        else:
            everywhere += 1
    return {path: counted[path] + everywhere for path in itertools.product(*places)}


def _named_places(
    every: Iterable[tuple[str, ...]], out: Iterable[tuple[str, ...]]
) -> list[str]:
    """Return the places that policies name, and "any" if one is not limited to a place."""
    named = dict.fromkeys(place for places in every for place in places)
    return [*named, *([] if all(out) else [ANY_PLACE])]


def _permits_of(policy: Policy, path: Path, config: ParsedConfig) -> Iterator[Permit]:
    """Yield a policy's permits; a note names the sources that an allow is limited to."""
    for direction, targets, unknown in _sides_of(policy, path):
        if direction == "outbound" and policy.allows and not _is_any(policy.sources):
            _note_partial(policy, policy.sources or (), config)
        for target, (protocol, ports) in itertools.product(targets, policy.services):
            yield Permit(
                direction,
                target,
                protocol,
                ports,
                policy.location,
                is_deny=not policy.allows,
                families=policy.families,
                unknown=unknown,
            )


_Side = tuple[Direction | None, tuple[Target, ...], str]


def _sides_of(policy: Policy, path: Path) -> Iterator[_Side]:
    """Yield the directions that a policy counts in, its far ends, and the unknown part."""
    to_lan, to_any = _is_private(policy.destinations), _is_any(policy.destinations)
    far = _of_same_family(policy.destinations, policy.sources)
    near = _of_same_family(policy.sources, policy.destinations)
    if to_lan and _is_private(policy.sources):
        yield None, far, policy.unknown or _narrowing(policy, ends=True)
        return
    if to_lan or (to_any and (not policy.allows or not _describe_places(policy))):
        # Both the machines and the places that a deny is limited to matter.
        yield "inbound", near, policy.unknown or _narrowing(policy, ends=to_lan)
    if not (to_lan and policy.allows) and policy.is_on(path):
        yield "outbound", far, policy.unknown or _narrowing_by_source(policy)


def _narrowing(policy: Policy, *, ends: bool) -> str:
    """Return the limits of a deny inside: it may or may not be for these targets."""
    if policy.allows:
        return ""
    if places := _describe_places(policy):
        return f"it denies only from {places}"
    return "it denies only some addresses" if ends else ""


def _narrowing_by_source(policy: Policy) -> str:
    """Return the machines that a deny is limited to: they may be the user's."""
    if policy.allows or policy.sources is None or _is_any(policy.sources):
        return ""
    return f"it denies only what comes from {_join_first(policy.sources)}"


def _describe_places(policy: Policy) -> str:
    """Return the places that a policy is limited to; empty if there are none."""
    if not (policy.came_from or policy.goes_to):
        return ""
    ends = (" ".join(each) or ANY_PLACE for each in (policy.came_from, policy.goes_to))
    return " to ".join(ends)


def _is_any(targets: tuple[Target, ...] | None) -> bool:
    """Return whether targets are any address of a family."""
    return targets is None or any(
        isinstance(each, AddressRange) and each.is_everything for each in targets
    )


def _of_same_family(
    targets: tuple[Target, ...] | None, others: tuple[Target, ...] | None
) -> tuple[Target, ...]:
    """Return the targets in those families of which the other end has addresses."""
    families = {each.family for each in others or () if isinstance(each, AddressRange)}
    if others is None or len(families) != 1 or any(isinstance(each, str) for each in others):
        return without_placeholders(targets)
    return tuple(
        each
        for each in without_placeholders(targets)
        if isinstance(each, str) or each.family in families
    )


def _is_private(targets: Iterable[Target] | None) -> bool:
    """Return whether there are targets, all of them in the local network."""
    found = list(without_placeholders(tuple(targets))) if targets is not None else []
    return bool(found) and all(
        isinstance(each, AddressRange) and is_in_lan(each) for each in found
    )


def is_any_source(text: str) -> bool:
    """Return whether source ports include all that systems choose from (RFC 6056, 3.2)."""
    ports = parse_ports(text)
    return ports is not None and ports[0] <= _FIRST_EPHEMERAL and ports[1] == ANY_PORT[1]


def is_in_lan(span: AddressRange) -> bool:
    """Return whether a range is completely inside one of the private networks."""
    return any(
        lan.family == span.family and lan.first <= span.first and span.last <= lan.last
        for lan in LAN_SPANS
    )


def without_placeholders(targets: tuple[Target, ...] | None) -> tuple[Target, ...]:
    """Return targets without placeholder addresses; None means any address."""
    return (
        ANYWHERE
        if targets is None
        else tuple(each for each in targets if each not in _PLACEHOLDERS)
    )


def _note_partial(policy: Policy, sources: tuple[Target, ...], config: ParsedConfig) -> None:
    at = policy.location
    line = f"line {at.line}: " if at.line else ""
    what = f"only from {_join_first(sources)}"
    config.notes.append(f"{line}{at.text}: counts for some only ({what}); that is not compared")


def _join_first(targets: tuple[Target, ...]) -> str:
    more = ", ..." if len(targets) > 2 else ""  # noqa: PLR2004  as many as fit a line
    return ", ".join(map(str, targets[:2])) + more
