"""A plan and a report as lines for the terminal. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tracker.commands.output import format_table
from tracker.text import clean
from tracker.verify.plan import ProbeTask
from tracker.verify.report import RegionSummary, Result, VerifyReport, endpoint_text
from tracker.verify.states import MEANINGS, STATES, TO_ALLOW

_MOST_NAMED = 5  # endpoints in the line of a region; the table has all
_NO_NETWORK = (
    "this machine has no network: {}; so this says nothing of firewalls, and no rules are"
    " offered; connect it and run this again"
)


def say_no_network(gateway: str | None) -> str:
    """Return the note for a machine without a route, or with a gateway that does not answer."""
    why = (
        f"its gateway {gateway} does not answer" if gateway else "no route leads to any target"
    )
    return _NO_NETWORK.format(why)


def describe_plan(tasks: Sequence[ProbeTask], proxy: str = "") -> Iterator[str]:
    """Yield what will be connected to, one target a line."""
    probes = dict.fromkeys(probe for task in tasks for probe in task.probes)
    ports: dict[str, dict[str, None]] = {}
    for probe in probes:
        said = str(probe).removeprefix(f"{probe.target} ")
        ports.setdefault(probe.target, {})[said] = None
    also = f", directly and through the proxy {proxy}" if proxy else ""
    yield clean(f"connecting to {len(ports)} targets{also}, and to nothing else:")
    yield from (clean(f"{target}  {', '.join(said)}") for target, said in ports.items())
    reasons = Counter(task.why for task in tasks if task.why)
    yield from (clean(f"not tried: {count}, {why}") for why, count in reasons.items())


def format_report(report: VerifyReport) -> Iterator[str]:
    """Yield lines: the table by state, what to allow, each region, and the sum."""
    ordered = sorted(report.results, key=lambda each: STATES.index(each.state))
    yield format_table(
        ("Endpoint", "Result", "Detail"), [_result_row(each) for each in ordered]
    )
    yield from _allow_lines(ordered, report)
    yield ""
    yield from _region_lines(report.by_region)
    yield from (clean(f"note: {note}") for note in report.notes)
    said = [f"{report.summary[state]} {state}" for state in STATES if report.summary[state]]
    yield f"{len(report.results)} endpoints: {', '.join(said) or 'none'}"
    for state in STATES:
        if state != "open" and report.summary[state]:
            yield f"  {state}: {MEANINGS[state].words} ({MEANINGS[state].sure})"
    yield _verdict(report)


def _allow_lines(ordered: Sequence[Result], report: VerifyReport) -> Iterator[str]:
    closed = [each for each in ordered if each.state in TO_ALLOW]
    if closed and report.network is not False:
        yield ""
        yield f"allow these {len(closed)} (--format NAME prints rules for them):"
        yield from (f"  {clean(endpoint_text(each))}" for each in closed)


def _region_lines(regions: Sequence[RegionSummary]) -> Iterator[str]:
    for each in regions:
        name = each.region or "all regions"
        more = len(each.not_open) - _MOST_NAMED
        closed = ", ".join(each.not_open[:_MOST_NAMED]) + (f" and {more} more" * (more > 0))
        verdict = "open" if each.reached else f"open, NOT {closed}"
        yield clean(f"{name}: {each.required_open} of {each.required} required {verdict}")


def _verdict(report: VerifyReport) -> str:
    where = f" for {', '.join(report.sites)}" if report.sites else ""
    by_proxy = sum(each.state != "open" and each.is_open for each in report.results)
    also = f" ({by_proxy} endpoints only through the proxy)" if by_proxy else ""
    return clean(f"{'' if report.reached else 'NOT '}all that is required{where} is open{also}")


def _result_row(result: Result) -> tuple[str, str, str]:
    need = f" ({result.requirement})" if result.requirement else ""
    site = f", only for {', '.join(result.only_for)}" if result.only_for else ""
    away = "" if result.applies else ": not for this site"
    addresses = ", ".join(
        dict.fromkeys(each.address for each in result.attempts if each.address and each.name)
    )
    if addresses in result.detail:
        addresses = ""
    said = [result.detail, f"at {addresses}" if addresses else "", _timing(result)]
    if result.proxy:
        said.append(f"through the proxy {result.proxy.state} {result.proxy.detail}".rstrip())
    return (
        f"{endpoint_text(result)}{need}{site}{away}",
        result.state,
        ", ".join(filter(None, said)),
    )


def _timing(result: Result) -> str:
    """Return the slowest connection: `21 ms`."""
    times = [each.seconds for each in result.attempts if each.seconds]
    return f"{1000 * max(times):.0f} ms" if times else ""
