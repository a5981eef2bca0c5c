"""Shortcuts from a definition in TOML and a page to the reading of the page."""

from __future__ import annotations

import tomllib

from tracker.decoding import convert_checked
from tracker.model import Finding
from tracker.parse.page import Reading
from tracker.parse.read import parse_page, read_pages
from tracker.sources import Source
from tracker.sources.definition import Definition, check_definition

URL = "https://docs.example.org/network/"
Endpoint = tuple[str | None, str, str, str, int | None, int | None]


def defined(toml: str) -> Source:
    """Return a source by its definition."""
    definition = convert_checked(tomllib.loads(toml), Definition)
    check_definition(definition, "[sources.vendor]")
    return Source("vendor", definition, "[sources.vendor]", is_named=True)


def read_by(toml: str, *pages: str) -> Reading:
    """Return the reading of pages by a definition; a body without a page gets one around it."""
    source = defined(toml)
    texts = [text if text.startswith(("{", "[", "#")) else html(text) for text in pages]
    parsed = [
        parse_page(f"{URL}{number or ''}", text, definition=source.definition)
        for number, text in enumerate(texts)
    ]
    return read_pages(parsed, source)


def html(body: str) -> str:
    """Return a page with this content."""
    return f"<!doctype html><html><head><title>Network</title></head><body>{body}</body></html>"


def table(header: str, *rows: str) -> str:
    """Return a table; cells are separated by bars."""
    head = "".join(f"<th>{cell.strip()}</th>" for cell in header.split("|"))
    body = "".join(
        "<tr>" + "".join(f"<td>{cell.strip()}</td>" for cell in row.split("|")) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def endpoints(reading: Reading) -> set[Endpoint]:
    """Return all endpoints of a reading."""
    return {
        (e.region, e.direction, target, s.protocol, s.from_port, s.to_port)
        for e in reading.entries
        for target in e.targets
        for s in e.services
    }


def targets(reading: Reading) -> list[str]:
    """Return all hosts and addresses, in order."""
    return [target for entry in reading.entries for target in entry.targets]


def named(reading: Reading, name: str) -> list[Finding]:
    """Return the findings of one name."""
    return [finding for finding in reading.findings if finding.name == name]


def holds(reading: Reading) -> set[str]:
    """Return the names of the findings that hold the page."""
    return {finding.name for finding in reading.findings if finding.verdict == "hold"}
