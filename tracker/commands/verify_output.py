"""The output of `verify`: a plan, a report of one or several machines, and files."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tracker.commands.output import format_table
from tracker.errors import UsageError
from tracker.text import clean
from tracker.verify.machines import MachinesReport
from tracker.verify.plan import ProbeTask
from tracker.verify.report import RegionSummary, Result, VerifyReport, endpoint_text
from tracker.verify.states import MEANINGS, STATES, TO_ALLOW

_MOST_NAMED = 5  # endpoints in the line of a region; the table lists all
_NO_NETWORK = (
    "this machine has no network: {}; the results say nothing about firewalls, and no rules"
    " are suggested; connect it and run this again"
)


def describe_no_network(gateway: str | None) -> str:
    """Return the note for a machine without a route, or with a gateway that does not answer."""
    why = (
        f"its gateway {gateway} does not answer" if gateway else "no route leads to any target"
    )
    return _NO_NETWORK.format(why)


def describe_plan(tasks: Sequence[ProbeTask], proxy: str = "") -> Iterator[str]:
    """Yield the targets of all connections, one per line."""
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
    """Yield the lines of a report: the table by state, what to allow, regions, a summary."""
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
    return clean(f"{'' if report.reached else 'NOT '}everything required{where} is open{also}")


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


class OutputFile:
    """A file that is written once, atomically: a reader sees the old text or the new one.

    Raises UsageError immediately if the file cannot be written. If it is not a regular file, or
    no other can be created in its folder, it is written in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._require_writable()

    def _require_writable(self) -> None:
        was_there = self._path.exists()
        if was_there and not self._path.is_file() and os.access(self._path, os.W_OK):
            return  # opening a pipe would wait for its reader
        try:
            with self._path.open("ab"):
                pass
            if not was_there:
                self._path.unlink()
        except OSError as error:
            raise self._failure(error) from None

    def write(self, text: str) -> None:
        """Write the text. Raises UsageError, and then keeps the old text if possible."""
        try:
            beside = self._create_beside()
            if beside is None:
                self._path.write_text(text, "utf-8")
            else:
                self._replace_by(beside, text)
        except OSError as error:
            raise self._failure(error) from None

    def _create_beside(self) -> tuple[int, str] | None:
        """Return a new file in the same folder; None if it could not replace the old one."""
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            return None
        try:
            return tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        except OSError:
            return None

    def _replace_by(self, beside: tuple[int, str], text: str) -> None:
        handle, name = beside
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)  # node_exporter runs as another user
            Path(name).replace(self._path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise

    def _failure(self, error: OSError) -> UsageError:
        return UsageError(f"{self._path}: cannot be written: {error.strerror}")


def format_machines(report: MachinesReport) -> Iterator[str]:
    """Yield the lines: a table of machines, endpoints that are closed on some, a summary."""
    header = ("Machine", "When", "Version", "Required open", "Found")
    yield format_table(header, [_machine_row(each) for each in report.machines])
    if report.closed:
        yield ""
        rows = [
            (
                clean(each.endpoint),
                ", ".join(f"{count} {state}" for state, count in each.states.items()),
                clean(", ".join(each.hosts)),
            )
            for each in report.closed
        ]
        yield format_table(("Required and not open", "Result", "Machines"), rows)
    yield ""
    notes = dict.fromkeys(note for each in report.machines for note in each.notes)
    yield from (clean(f"note: {note}") for note in notes)
    seen = {state for each in report.closed for state in each.states}
    for state in STATES:
        if state in seen:
            yield f"  {state}: {MEANINGS[state].words} ({MEANINGS[state].sure})"
    good = sum(each.reached for each in report.machines)
    yield f"everything required is open on {good} of {len(report.machines)} machines"


def _machine_row(report: VerifyReport) -> tuple[str, ...]:
    required = sum(each.required for each in report.by_region)
    opened = sum(each.required_open for each in report.by_region)
    found = [f"{count} {state}" for state, count in report.summary.items() if count]
    return (
        clean(report.host or "-"),
        clean(report.started_at or "-"),
        str(report.version),
        f"{opened} of {required}",
        clean(", ".join(found)),
    )
