"""The result for each endpoint, in words that the table, JSON and JUnit share. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args
from xml.etree import ElementTree as ET

import msgspec

from tracker.model import LAN, Count, Direction, Number, Port, Protocol, Requirement
from tracker.verify.plan import ProbeTask

# What XML 1.0 cannot represent (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

State = Literal[
    "open", "refused", "blocked", "dns-fails", "tls-intercepted", "tls-fails", "cannot-tell"
]
STATES: tuple[State, ...] = get_args(State)
MEANINGS: dict[State, str] = {
    "open": "reached",
    "refused": "answered, and refused the connection",
    "blocked": "no answer, or the network does not let it through",
    "dns-fails": "its name does not resolve to it",
    "tls-intercepted": "something else answered: the certificate is not the expected one",
    "tls-fails": "reached, but the TLS handshake failed",
    "cannot-tell": "not tried, or no answer where none is required",
}
# Of several attempts for one endpoint, the state that comes first here is reported.
_WORST_FIRST: tuple[State, ...] = (
    *("tls-intercepted", "dns-fails", "blocked", "refused", "tls-fails", "cannot-tell", "open"),
)


class Attempt(msgspec.Struct, frozen=True):
    """An address and port that was tried; `name` is the host that led there."""

    address: str | None
    port: Port
    name: str | None
    state: State
    detail: str


class Result(msgspec.Struct, frozen=True):
    """The result for one endpoint."""

    direction: Direction
    target: str
    protocol: Protocol
    from_port: Port | None
    to_port: Port | None
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    state: State
    detail: str
    attempts: tuple[Attempt, ...] = ()


class VerifyReport(msgspec.Struct, frozen=True):
    """A verification as `verify --json` prints it; `reached` decides the exit status."""

    schema: Literal[1]
    source: str
    version: Number
    regions: tuple[str, ...]
    reached: bool
    summary: dict[str, Count]
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


def summarize_attempts(task: ProbeTask, attempts: Iterable[Attempt]) -> Result:
    """Return the worst of all attempts, and how many had the same state."""
    tried = tuple(attempts)
    if not tried:
        return _build_result(task, "cannot-tell", task.why or "not tried in time")
    state = min((each.state for each in tried), key=_WORST_FIRST.index)
    same = [each for each in tried if each.state == state]
    share = f"{len(same)} of {len(tried)}: " if len(same) < len(tried) else ""
    details = "; ".join(dict.fromkeys(each.detail for each in same if each.detail))
    return _build_result(task, state, f"{share}{details}", tried)


def _build_result(
    task: ProbeTask, state: State, detail: str, tried: tuple[Attempt, ...] = ()
) -> Result:
    endpoint = task.endpoint
    return Result(
        endpoint.direction,
        endpoint.target,
        endpoint.protocol,
        endpoint.from_port,
        endpoint.to_port,
        task.regions,
        task.resource,
        task.requirement,
        state,
        detail,
        tried,
    )


def is_reached(results: Iterable[Result]) -> bool:
    """Return whether all that is required and can be tried from here is open.

    Where nothing is marked as required, everything is. Inbound endpoints and the local
    network are never tried and do not count.
    """
    outward = [each for each in results if each.direction == "outbound" and each.target != LAN]
    required = [each for each in outward if each.requirement == "required"]
    marked = any(each.requirement for each in outward)
    return all(each.state == "open" for each in (required if marked else outward))


def count_states(results: Iterable[Result]) -> dict[str, int]:
    """Count the results by state; a state without any has 0."""
    counted = Counter(each.state for each in results)
    return {state: counted[state] for state in STATES}


def render_junit(report: VerifyReport) -> str:
    """Return a report as JUnit XML, with a test case for each endpoint.

    `open` is a success, `cannot-tell` is skipped, all else is a failure.
    """
    tried = [each for each in report.results if each.state != "cannot-tell"]
    counts = {
        "tests": len(report.results),
        "failures": sum(each.state != "open" for each in tried),
        "errors": 0,
        "skipped": len(report.results) - len(tried),
    }
    name = f"fwtracker verify {report.source} version {report.version}"
    numbers = {key: str(value) for key, value in counts.items()}
    root = ET.Element("testsuites", {"name": name, **numbers})
    suite = ET.SubElement(root, "testsuite", {"name": name, **numbers})
    for result in report.results:
        _add_case(suite, result)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ET.Element, result: Result) -> None:
    where = ", ".join(result.regions) or "all"
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": _xml_text(where), "name": _xml_text(endpoint_text(result))},
    )
    if result.state == "cannot-tell":
        ET.SubElement(case, "skipped", {"message": _xml_text(result.detail)})
    elif result.state != "open":
        message = _xml_text(f"{result.state}: {result.detail}")
        failure = ET.SubElement(case, "failure", {"type": result.state, "message": message})
        failure.text = _xml_text(f"{result.resource} ({result.requirement or 'not marked'})")


def endpoint_text(result: Result) -> str:
    """Return `outbound 192.0.2.1 tcp/443`."""
    first, last = result.from_port, result.to_port
    span = "not stated" if first is None else first if first == last else f"{first}-{last}"
    return f"{result.direction} {result.target} {result.protocol}/{span}"


def _xml_text(text: str) -> str:
    return _NOT_XML.sub(" ", text)
