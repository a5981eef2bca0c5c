"""`parse`: read a page and print its entries; nothing is stored."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracker.commands.common import Setup, command, verbose
from tracker.errors import NotAPage
from tracker.sources import Source


@command()
@click.argument("page", metavar="PAGE")
@click.option("--source", "name", help="Whose page this is.  [the configured source]")
@click.option("--json", "as_json", is_flag=True, help="Print entries and findings as JSON.")
def parse(setup: Setup, page: str, name: str | None, *, as_json: bool) -> int:
    """Read PAGE, a URL, a file or - for standard input, and print its entries.

    With -v, first what became of each cell.
    """
    import msgspec  # noqa: PLC0415

    from tracker.commands.words import entries_table, finding_lines  # noqa: PLC0415
    from tracker.explain import explain  # noqa: PLC0415
    from tracker.read import read_pages  # noqa: PLC0415

    source = setup.source(name)
    texts = _texts(page, source)
    if verbose():
        for line in explain(texts, source):
            click.echo(line, err=True)
    reading = read_pages(texts, source)
    if as_json:
        plain = {
            "source": source.name,
            "entries": reading.entries,
            "findings": reading.findings,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=2))
        return 0
    click.echo(entries_table(reading.entries))
    click.echo(f"\n{len(reading.entries)} entries")
    for line in finding_lines(reading.findings):
        click.echo(line, err=True)
    return 0


def _texts(page: str, source: Source) -> tuple:  # type: ignore[type-arg]  # of tracker.read.Text
    from tracker.decode import decode  # noqa: PLC0415
    from tracker.read import text_of  # noqa: PLC0415

    if "://" in page:
        from tracker.collect import collect  # noqa: PLC0415
        from tracker.fetch import Fetcher  # noqa: PLC0415

        with Fetcher() as fetcher:
            return collect(fetcher, source, page).texts
    if page == "-":
        return (
            text_of("standard input", decode(sys.stdin.buffer.read(), None, "standard input")),
        )
    try:
        body = Path(page).read_bytes()
    except OSError as error:
        raise NotAPage(f"{page}: cannot be read: {error.strerror}") from None
    return (text_of(page, decode(body, None, page)),)
