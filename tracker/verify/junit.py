"""A report as JUnit XML, for whatever shows test results: a case for each endpoint."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tracker.verify.result import Report, Result

# What XML 1.0 has no way to write (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """One suite. Open is a success, cannot-tell is skipped, all else is a failure."""
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
        _case(suite, result)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, result: Result) -> None:
    where = ", ".join(result.regions) or "all"
    case = ET.SubElement(
        suite, "testcase", {"classname": _plain(where), "name": _plain(endpoint_text(result))}
    )
    if result.state == "cannot-tell":
        ET.SubElement(case, "skipped", {"message": _plain(result.detail)})
    elif result.state != "open":
        said = _plain(f"{result.state}: {result.detail}")
        failure = ET.SubElement(case, "failure", {"type": result.state, "message": said})
        failure.text = _plain(f"{result.resource} ({result.requirement or 'not marked'})")


def endpoint_text(result: Result) -> str:
    """`outbound 192.0.2.1 tcp/443`."""
    first, last = result.from_port, result.to_port
    span = "not stated" if first is None else first if first == last else f"{first}-{last}"
    return f"{result.direction} {result.target} {result.protocol}/{span}"


def _plain(text: str) -> str:
    return _NOT_XML.sub(" ", text)
