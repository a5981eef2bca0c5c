"""`parse`: read a page and print its entries; nothing is stored."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, echo_note, print_json, verbose
from tracker.errors import NotAPage, PageError
from tracker.sources import Source

if TYPE_CHECKING:
    from tracker.parse.pages.page_set import PageSet


@command()
@click.argument("page", metavar="PAGE")
@click.option("--source", "name", help="The source of this page.  [the configured one]")
@click.option("--json", "as_json", is_flag=True, help="Print entries and findings as JSON.")
def parse(setup: Setup, page: str, name: str | None, *, as_json: bool) -> int:
    """Read PAGE, a URL, a file or - for standard input, and print its entries.

    With -v, also show how each cell was read, and which rule took each table and list.
    """
    from tracker.commands.output import format_entries, format_findings  # noqa: PLC0415
    from tracker.parse.pages.page_set import read_page_set  # noqa: PLC0415

    source = setup.source(name)
    found = _load_pages(page, source)
    if verbose():
        with suppress(PageError):  # the reading below reports what settles it
            _explain(found, source)
    reading = read_page_set(found, source, page)
    if as_json:
        from tracker.commands.json_types import PageReading  # noqa: PLC0415

        print_json(PageReading(source.name, tuple(reading.entries), tuple(reading.findings)))
        return 0
    click.echo(format_entries(reading.entries))
    click.echo(f"\n{len(reading.entries)} entries")
    for line in format_findings(reading.findings):
        echo_note(line)
    return 0


def _explain(found: PageSet, source: Source) -> None:
    """Print how each cell, table and list was read."""
    from tracker.drafts.parts import (  # noqa: PLC0415
        describe_parts,
        explain_cells,
        list_parts,
    )

    for line in explain_cells(found.parsed, source):
        echo_note(line)
    for line in describe_parts(*list_parts(found.parsed, source)):
        echo_note(line)


def _load_pages(page: str, source: Source) -> PageSet:
    """Return the page of a URL with its linked pages, or that of a file or standard input."""
    from tracker.fetch.decode import decode  # noqa: PLC0415
    from tracker.parse.pages.page_set import PageSet, fetch_pages  # noqa: PLC0415
    from tracker.parse.pages.selectors import check_selectors  # noqa: PLC0415
    from tracker.parse.read import parse_page  # noqa: PLC0415

    if "://" in page:
        from tracker.fetch.fetcher import Fetcher  # noqa: PLC0415
        from tracker.parse.pages import explain_refusal  # noqa: PLC0415

        with Fetcher(explain=explain_refusal) as fetcher:
            fetcher.allow(page)
            return fetch_pages(fetcher, source, (page,))
    where = "standard input" if page == "-" else page
    check_selectors(source.definition, source.place)
    body = decode(_read_body(page), None, where)
    text = parse_page(where, body, definition=source.definition)
    return PageSet(pages=(), bodies={}, parsed=(text,))


def _read_body(page: str) -> bytes:
    if page == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(page).read_bytes()
    except OSError as error:
        raise NotAPage(f"{page}: cannot be read: {error.strerror}") from None
