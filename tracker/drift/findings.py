"""Differences in words, as findings, which channels and the output of `run` show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracker.drift.differences import Difference
from tracker.drift.state import EndedDifference
from tracker.model import Finding

OVER = "dns-over"
_MOST_NAMED = 5  # hosts of one failure


def build_findings(
    begun: Iterable[Difference], ended: Iterable[EndedDifference] = ()
) -> tuple[Finding, ...]:
    """Return what has begun and what is over; hosts that fail for one reason are joined."""
    begun, ended = tuple(begun), tuple(ended)
    return (
        *map(build_finding, (each for each in begun if each.kind != "failing")),
        *_join_failing(begun),
        *map(_build_end, (each for each in ended if each.difference.kind != "failing")),
        *_join_recovered(ended),
    )


def build_finding(difference: Difference) -> Finding:
    """Return a difference as a finding, which never holds a version."""
    since = f"seen in {_count_checks(difference)} since {difference.first}"
    return Finding(
        f"dns-{difference.kind}",
        "publish",
        f"{describe(difference)}; {since}{_name_resolvers(difference)}",
        difference.region,
        difference.resource,
    )


def describe(difference: Difference) -> str:
    """Return what differs, in words."""
    host, address = difference.host, difference.address
    return {
        "unlisted": f"DNS has {address} for {host}, which the page does not list",
        "unanswered": f"the page lists {address} for {host}, which DNS does not have",
        "nameless": f"the page names {host}, which DNS does not know",
        "empty": f"the page names {host}, for which DNS has no address",
        "failing": f"{host} cannot be looked up ({difference.reason})",
    }[difference.kind]


def _count_checks(difference: Difference) -> str:
    return f"{difference.checks} check{'s' if difference.checks > 1 else ''}"


def _name_resolvers(difference: Difference) -> str:
    return f"; by {', '.join(difference.resolvers)}" if difference.resolvers else ""


def _join_failing(begun: Iterable[Difference]) -> Iterator[Finding]:
    by_reason: dict[str, list[Difference]] = {}
    for each in begun:
        if each.kind == "failing":
            by_reason.setdefault(each.reason, []).append(each)
    for reason, found in by_reason.items():
        if len(found) == 1:
            yield build_finding(found[0])
        else:
            first = max(found, key=lambda each: each.checks)
            since = f"in {_count_checks(first)} since {first.first}"
            text = f"{_name_hosts(found)} cannot be looked up ({reason}); {since}"
            yield Finding("dns-failing", "publish", f"{text}{_name_resolvers(first)}")


def _build_end(ended: EndedDifference) -> Finding:
    difference = ended.difference
    text = f"no longer: {describe(difference)}; {ended.why}"
    return Finding(OVER, "publish", text, difference.region, difference.resource)


def _join_recovered(ended: Iterable[EndedDifference]) -> Iterator[Finding]:
    found = [each.difference for each in ended if each.difference.kind == "failing"]
    if found:
        yield Finding(OVER, "publish", f"{_name_hosts(found)} can be looked up again")


def _name_hosts(found: list[Difference]) -> str:
    """Return `3 hosts (a, b, c)`, or the one host."""
    if len(found) == 1:
        return found[0].host
    named = [each.host for each in found[:_MOST_NAMED]]
    more = [f"{len(found) - _MOST_NAMED} more"] if len(found) > _MOST_NAMED else []
    return f"{len(found)} hosts ({', '.join([*named, *more])})"
