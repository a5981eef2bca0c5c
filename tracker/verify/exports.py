"""A report as JUnit XML, and as text for Prometheus. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from tracker.times import parse_utc
from tracker.verify.report import Result, VerifyReport, endpoint_text
from tracker.verify.states import MEANINGS

# Characters that XML 1.0 does not allow (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIX = "fwtracker_verify"


def render_junit(report: VerifyReport) -> str:
    """Return a report as JUnit XML, with a test case for each endpoint.

    `open` is a success. `cannot-tell` is skipped, as are endpoints of other sites. Any other
    state is a failure.
    """
    failed = [each for each in report.results if _is_failure(each)]
    skipped = [each for each in report.results if _is_skipped(each)]
    counts = {
        "tests": len(report.results),
        "failures": len(failed),
        "errors": 0,
        "skipped": len(skipped),
    }
    name = f"fwtracker verify {report.source} version {report.version}"
    numbers = {key: str(value) for key, value in counts.items()}
    root = ET.Element("testsuites", {"name": name, **numbers})
    suite = ET.SubElement(root, "testsuite", {"name": name, **numbers})
    if report.host:
        suite.set("hostname", _xml_text(report.host))
    if report.started_at:
        suite.set("timestamp", report.started_at.removesuffix("Z"))
    for result in report.results:
        _add_case(suite, result)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _is_skipped(result: Result) -> bool:
    return not result.is_open and (result.state == "cannot-tell" or not result.applies)


def _is_failure(result: Result) -> bool:
    return not result.is_open and not _is_skipped(result)


def _add_case(suite: ET.Element, result: Result) -> None:
    where = ", ".join(result.regions) or "all"
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": _xml_text(where), "name": _xml_text(endpoint_text(result))},
    )
    if seconds := [each.seconds for each in result.attempts if each.seconds]:
        case.set("time", f"{sum(seconds):.3f}")
    message = _xml_text(f"{result.state}: {result.detail}")
    if _is_skipped(result):
        said = _xml_text(result.detail) if result.applies else f"for another site; {message}"
        ET.SubElement(case, "skipped", {"message": said})
    elif _is_failure(result):
        failure = ET.SubElement(case, "failure", {"type": result.state, "message": message})
        failure.text = _xml_text(f"{result.resource} ({result.requirement or 'not marked'})")


def _xml_text(text: str) -> str:
    return _NOT_XML.sub(" ", text)


def render_prometheus(report: VerifyReport) -> str:
    """Return a report in Prometheus's text format, for node_exporter's textfile folder."""
    lines = [
        *_metric("reached", "Whether all required endpoints are open.", [({}, report.reached)]),
        *_metric("results", "Endpoints by what was found.", _count_samples(report)),
        *_metric("region_reached", "The same for each region.", _region_samples(report)),
        *_metric("open", "Whether an endpoint is open.", _open_samples(report)),
        *_metric("connect_seconds", "The slowest connection of it.", _time_samples(report)),
    ]
    if isinstance(report.network, bool):
        words = "Whether this machine has a network at all."
        lines += _metric("network", words, [({}, float(report.network))])
    if report.started_at:
        when = int(parse_utc(report.started_at).timestamp())
        lines += _metric("started_at_seconds", "When it was tried.", [({}, when)])
    source = f'source="{_label_text(report.source)}",version="{report.version}"'
    # Each sample starts with the labels source and version.
    return "".join(line.replace("{", "{" + source, 1) for line in lines)


Sample = tuple[dict[str, str], float]


def _metric(name: str, words: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {words}\n# TYPE {_PREFIX}_{name} gauge\n"
    for labels, value in samples:
        said = "".join(f',{key}="{_label_text(text)}"' for key, text in labels.items())
        yield f"{_PREFIX}_{name}{{{said}}} {float(value):g}\n"


def _label_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _count_samples(report: VerifyReport) -> Iterator[Sample]:
    for state in MEANINGS:
        yield {"state": state}, report.summary.get(state, 0)


def _region_samples(report: VerifyReport) -> Iterator[Sample]:
    for each in report.by_region:
        yield {"region": each.region or ""}, each.reached


def _labels(result: Result) -> dict[str, str]:
    first, last = result.from_port or "", result.to_port or ""
    return {
        "target": result.target,
        "protocol": result.protocol,
        "port": f"{first}" if first == last else f"{first}-{last}",
    }


def _open_samples(report: VerifyReport) -> Iterator[Sample]:
    """Yield a sample for each endpoint that was tried: 1 if it is open."""
    for each in report.results:
        if each.is_outward:
            needed = each.requirement or ""
            applies = "yes" if each.applies else "no"
            more = {"requirement": needed, "applies": applies, "state": each.state}
            yield {**_labels(each), **more}, each.is_open


def _time_samples(report: VerifyReport) -> Iterator[Sample]:
    for each in report.results:
        times = [one.seconds for one in each.attempts if one.seconds]
        if each.is_outward and times:
            yield _labels(each), max(times)
