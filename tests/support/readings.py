"""Shortcuts to pages, cells and entries for the tests of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tracker.model import Endpoint, Entry, Service
from tracker.parse.grid import Cell
from tracker.parse.markup.document import Document, Link, PageLine
from tracker.parse.page import Reading
from tracker.parse.pages.linked_pages import find_linked_pages
from tracker.parse.read import parse_page, read_pages
from tracker.sources import Source, load_source

ACTION1: Source = load_source("action1")
URL = "https://www.example.org/documentation/firewall-configuration/"
WHERE = "here"
HEADER = ("Resource", "Type", "Port & Protocol", "Required for", "Components")


def read(*pages: str, regions: Sequence[str | None] = ()) -> Reading:
    """Return the reading of pages; `regions` are those of the pages, none by default."""
    named = [*regions, *[None] * (len(pages) - len(regions))]
    texts = [parse_page(URL, page, region) for page, region in zip(pages, named, strict=True)]
    return read_pages(texts, ACTION1)


def region_links(url: str, document: Document, source: Source) -> list[Link]:
    """Return the visible links to pages below `url`, with the first words of each."""
    found = find_linked_pages(url, document.links, "", source)
    return [Link(page.href, (page.words or [""])[0]) for page in found if page.is_page]


def plain(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return entries as in the JSON of a snapshot."""
    found: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(tuple(entries)))
    return found


def page(body: str) -> str:
    """Return a whole HTML page around `body`."""
    return f"<!DOCTYPE html><html><head><title>t</title></head><body>{body}</body></html>"


def table(*rows: str, header: Sequence[str] = HEADER) -> str:
    """Return a table of rows, which are HTML, below a header row."""
    head = "".join(f"<th>{name}</th>" for name in header)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def row(*cells: str) -> str:
    """Return one row of plain cells."""
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def cell(*lines: str, bullets: Sequence[str] = ()) -> Cell:
    """Return a cell: lines of text, then the items of a list."""
    return Cell((*map(PageLine, lines), *(PageLine(text, bullet=True) for text in bullets)))


def entry(**fields: Any) -> Entry:
    """Return a typical entry, with the given fields replaced."""
    usual: dict[str, Any] = {
        "region": "Europe",
        "resource": "Servers",
        "hosts": (),
        "addresses": ("3.74.63.86",),
        "scope": "internet",
        "direction": "outbound",
        "services": (Service("tcp", 443, 443, "HTTPS"),),
        "requirement": "required",
        "only_for": None,
        "components": ("Agents",),
        "purpose": "Connection.",
    }
    return Entry(**(usual | fields))


def endpoint(target: str, port: int = 443, **fields: Any) -> Endpoint:
    """Return an outbound TCP endpoint in Europe, with the given fields replaced."""
    usual: dict[str, Any] = {
        "region": "Europe",
        "direction": "outbound",
        "protocol": "tcp",
        "from_port": port,
        "to_port": port,
    }
    return Endpoint(target=target, **(usual | fields))


def services(*texts: str) -> tuple[Service, ...]:
    """Parse `tcp/443 HTTPS`, `tcp/49152-65535`, `udp/- RPC`, `tcp/80 HTTP?`: ? is inferred."""
    return tuple(map(_service, texts))


def _service(text: str) -> Service:
    endpoint_text, _, name = text.removesuffix("?").partition(" ")
    protocol, _, ports = endpoint_text.partition("/")
    first, _, last = ports.partition("-")
    return Service(
        protocol="udp" if protocol == "udp" else "tcp",
        from_port=int(first) if first else None,
        to_port=int(last or first) if first else None,
        name=name or None,
        inferred=text.endswith("?"),
    )
