"""A verification in the words that the terminal shows: before it, and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tracker.commands.table import table
from tracker.model import SCHEMA, Snapshot, regions_of
from tracker.text import clean
from tracker.verify.junit import endpoint_text
from tracker.verify.plan import Task
from tracker.verify.result import MEANING, STATES, Report, Result, reached, summary

_TO_ALLOW = {"refused", "blocked"}


def intent(tasks: Sequence[Task]) -> Iterator[str]:
    """What will be connected to, one target a line, before anything is."""
    probes = dict.fromkeys(probe for task in tasks for probe in task.probes)
    ports: dict[str, list[str]] = {}
    for probe in probes:
        ports.setdefault(probe.target, []).append(str(probe).removeprefix(f"{probe.target} "))
    yield f"connecting to {len(ports)} targets, and to nothing else:"
    yield from (clean(f"{target}  {', '.join(said)}") for target, said in ports.items())
    reasons = Counter(task.why for task in tasks if task.why)
    yield from (clean(f"not tried: {count}, {why}") for why, count in reasons.items())


def report(
    snapshot: Snapshot, regions: tuple[str, ...], results: Sequence[Result], notes: list[str]
) -> Report:
    """All results with what they are about."""
    return Report(
        schema=SCHEMA,
        source=snapshot.source,
        version=snapshot.version,
        regions=regions or tuple(each for each in regions_of(snapshot.entries) if each),
        reached=reached(results),
        summary=summary(results),
        results=tuple(results),
        notes=tuple(notes),
    )


def lines(report: Report) -> Iterator[str]:
    """The table, by state, what to allow, and the sum."""
    ordered = sorted(report.results, key=lambda each: STATES.index(each.state))
    yield table(("Endpoint", "Result", "Detail"), [_row(each) for each in ordered])
    closed = [each for each in ordered if each.state in _TO_ALLOW]
    if closed:
        yield ""
        yield f"allow these {len(closed)} (--format NAME prints rules for them):"
        yield from (f"  {clean(endpoint_text(each))}" for each in closed)
    yield ""
    yield from (clean(f"note: {note}") for note in report.notes)
    said = [f"{report.summary[state]} {state}" for state in STATES if report.summary[state]]
    yield f"{len(report.results)} endpoints: {', '.join(said) or 'none'}"
    for state in STATES:
        if state != "open" and report.summary[state]:
            yield f"  {state}: {MEANING[state]}"
    yield f"{'' if report.reached else 'NOT '}all that is required is open"


def _row(result: Result) -> tuple[str, str, str]:
    need = f" ({result.requirement})" if result.requirement else ""
    addresses = ", ".join(
        dict.fromkeys(each.address for each in result.attempts if each.address and each.name)
    )
    said = ", ".join(filter(None, (result.detail, f"at {addresses}" if addresses else "")))
    return f"{endpoint_text(result)}{need}", result.state, said
