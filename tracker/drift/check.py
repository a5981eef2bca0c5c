"""Drift as a part of a check: look up, compare, count, and report what has lasted.

It runs under the source's lock. A failure of DNS is logged and never fails the check. Names are
looked up by dnspython, at the configured resolvers or those of this machine.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from tracker.drift.differences import (
    Difference,
    DriftState,
    build_finding,
    due_differences,
    find_differences,
    mark_reported,
    rows_by_host,
    update_state,
)
from tracker.errors import UsageError
from tracker.extras import build_command
from tracker.scope import narrow_snapshot
from tracker.times import format_utc

if TYPE_CHECKING:
    import dns.resolver

    from tracker.config.tables import DriftConfig
    from tracker.context import CheckContext, CheckOutcome
    from tracker.model import Snapshot
    from tracker.store.tree import Tree

log = logging.getLogger(__name__)
_STATE = "drift"
_PARALLEL = 8
_RESOLVER = re.compile(r"\[?(?P<address>[0-9a-fA-F.:]+?)\]?(?::(?P<port>\d{1,5}))?")


def run_drift(check: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """Return the outcome with a finding for each difference that is reported now."""
    latest = check.tree.latest()
    if latest is None:
        return outcome
    snapshot = narrow_snapshot(latest, check.source.definition.regions)
    before = load_state(check.tree)
    drift, failed = look_up_now(
        check.tree, snapshot, check.config.drift, format_utc(check.now())
    )
    for line in failed:
        log.warning("%s: DNS cannot be compared for %s", check.source.name, line)
    new = due_differences(drift, check.config.drift.checks)
    drift = mark_reported(drift, new)
    _commit_notice(check, before, drift, new)
    check.tree.remember(_STATE, drift)
    found = tuple(build_finding(each) for each in new)
    return msgspec.structs.replace(outcome, findings=outcome.findings + found)


def _commit_notice(
    check: CheckContext,
    before: DriftState | None,
    after: DriftState,
    new: tuple[Difference, ...],
) -> None:
    """Commit a notice of new differences, or of the end of all that were reported."""
    reported = any(each.reported for each in after.differences)
    ends = (
        not reported
        and before is not None
        and any(each.reported for each in before.differences)
    )
    if not check.config.channels or not (new or ends):
        return
    from tracker.alerts.notices import NoticeWriter  # noqa: PLC0415  needed by few checks

    writer = NoticeWriter(check)
    health = writer.load_health()
    if new:
        since = min(each.first for each in new)
        names = ", ".join(dict.fromkeys(build_finding(each).name for each in new))
        facts = {"since": since, "name": names, "findings": tuple(map(build_finding, new))}
        made = writer.build("drift", health, count=max(each.checks for each in new), **facts)
    else:
        made = writer.build(
            "over", health, since=format_utc(check.now()), name="drift", ends=("drift",)
        )
    writer.commit(health, [made])


def look_up_now(
    tree: Tree, snapshot: Snapshot, options: DriftConfig, now: str
) -> tuple[DriftState, list[str]]:
    """Return the state after one more look-up, and the failures. Writes nothing."""
    hosts = rows_by_host(snapshot.entries)
    answers, failed = resolve_hosts(hosts, options.resolvers, options.timeout)
    found = find_differences(snapshot.entries, answers, now)
    return update_state(load_state(tree), found, answers, now), failed


def load_state(tree: Tree) -> DriftState | None:
    """Return the differences up to the last check; None before the first."""
    return tree.cached_state(_STATE, DriftState)


def resolve_hosts(
    hosts: Iterable[str], resolvers: Iterable[str], timeout: float
) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Return the addresses that any resolver knows for each host, empty for an unknown name.

    A host that could not be looked up is missing there, and a line says why. `resolvers` are
    addresses, `192.0.2.53` or `[2001:db8::53]:5353`; by default those of this machine. Raises
    UsageError where dnspython is missing or a resolver is not an address.
    """
    known = _build_resolvers(tuple(resolvers), timeout)
    names = list(hosts)
    found: dict[str, frozenset[str]] = {}
    failed: list[str] = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        answers = pool.map(lambda host: _query(host, known), names)
        for host, answer in zip(names, answers, strict=True):
            if isinstance(answer, str):
                failed.append(f"{host}: {answer}")
            else:
                found[host] = answer
    return found, failed


def _build_resolvers(wanted: tuple[str, ...], timeout: float) -> list[dns.resolver.Resolver]:
    if not importlib.util.find_spec("dns"):
        raise UsageError(
            f"[drift] needs dnspython: {build_command('drift')}, or set enabled = false"
        )
    made = [_parse_resolver(text) for text in wanted] or [_system_resolver()]
    for each in made:
        each.lifetime = timeout
        each.cache = None
    return made


def _system_resolver() -> dns.resolver.Resolver:
    import dns.resolver  # noqa: PLC0415

    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        raise UsageError(
            "[drift] this machine has no resolver: name one in [drift] resolvers"
        ) from None


def _parse_resolver(text: str) -> dns.resolver.Resolver:
    import dns.inet  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    match = _RESOLVER.fullmatch(text) if text.count(":") < 2 or "[" in text else None  # noqa: PLR2004  an IPv6 address
    address, port = (match["address"], match["port"]) if match else (text, None)
    if not dns.inet.is_address(address):
        raise UsageError(f'[drift] resolvers: "{text}" is not an address; write 192.0.2.53')
    made = dns.resolver.Resolver(configure=False)
    made.nameservers = [address]
    made.port = int(port or 53)
    return made


def _query(host: str, resolvers: Iterable[dns.resolver.Resolver]) -> frozenset[str] | str:
    """Return all addresses that any resolver has, or why none of them could answer."""
    import dns.exception  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    found: set[str] = set()
    denied = failed = 0
    why = ""
    for resolver in resolvers:
        try:
            answers = resolver.resolve_name(host)
            found |= set(answers.addresses())
        except dns.resolver.NXDOMAIN:
            denied += 1
        except dns.exception.DNSException as error:
            failed, why = failed + 1, type(error).__name__
    if found or (denied and not failed):
        return frozenset(found)
    return why or "no answer"
