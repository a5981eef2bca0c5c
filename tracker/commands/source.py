"""`source list`, `new` and `check`: list, create and try out definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from tracker.commands.common import HELP, Setup, command, echo_note, echo_settling, print_json
from tracker.commands.completion import complete_sources
from tracker.commands.json_types import ListedSource, SourceList
from tracker.config import DEFAULT, SOURCES
from tracker.errors import FwtrackerError, NotAPage, UsageError
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.model import Page

if TYPE_CHECKING:
    from tracker.check.context import CheckContext, CheckOutcome
    from tracker.commands.source_json import SourceCheck
    from tracker.drafts.feed_draft import FeedSurvey
    from tracker.drafts.parts import Part, Removal
    from tracker.drafts.survey import FoundTable, Survey
    from tracker.model import Entry

_FAILED, _USAGE, _HELD = 1, 2, 3
_URL_LINE = re.compile(r'^(url\s*=\s*)"[^"\n]*"', re.MULTILINE)
_SHOWN_ROWS, _SHOWN_CELL, _SHOWN_LINES = 2, 40, 3
_FOLDER_NOTE = "beside the configuration file, where it is read"


@click.group(context_settings=HELP)
def source() -> None:
    """List source definitions, create a first one, or see what one reads."""


@command("list", short_help="List the sources, and the shipped definitions.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def _list(setup: Setup, *, as_json: bool) -> int:
    """List the sources of the configuration, and the definitions that ship with fwtracker."""
    used = list(_iter_configured(setup))
    shipped = list(_iter_shipped())
    if as_json:
        print_json(SourceList(tuple(used), tuple(shipped)))
        return 0
    for one in used:
        click.echo(
            clean_line(f"{one.name}: {one.title}; {_describe_version(one)}; {one.place}")
        )
        click.echo(clean_line(f"    {one.url}"))
    click.echo(
        '\nDefinitions that ship; use = "NAME", or: fwtracker source new NAME --from NAME'
    )
    for one in shipped:
        click.echo(f"{one.name}: {one.title}\n    {one.url}")
    return 0


def _describe_version(one: ListedSource) -> str:
    if not one.enabled:
        return "disabled"
    return f"version {one.version}" if one.version else "no version yet"


def _iter_configured(setup: Setup) -> Iterator[ListedSource]:
    """Yield the enabled sources, and then the disabled ones."""
    for name, one in setup.config.sources.items():
        versions = setup.tree(name).versions()
        newest = max(versions, default=None)
        yield ListedSource(name, one.title, one.place, one.url, enabled=True, version=newest)
    for name, one in setup.config.disabled.items():
        yield ListedSource(name, one.title, one.place, one.url, enabled=False, version=None)


def _iter_shipped() -> Iterator[ListedSource]:
    from tracker.sources import list_shipped, load_source  # noqa: PLC0415

    for name in list_shipped():
        one = load_source(name)
        yield ListedSource(name, one.title, one.place, one.url, enabled=None, version=None)


def _config_path() -> Path | None:
    """Return the configuration file of the command line; None if it is not given."""
    path: Path | None = click.get_current_context().params.get("config")
    return path


@command("new", short_help="Show what is on a page and write a first definition.")
@click.argument("name")
@click.option("--url", default="", help="The page or feed: a URL, or a file to try with.")
@click.option("--from", "shipped", default="", help="Write out this shipped definition.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [sources/NAME.toml beside the configuration]",
)
def _new(setup: Setup, name: str, url: str, shipped: str, out: Path | None) -> int:
    """Show what is on a page, and write a first definition NAME that reads what it can.

    Every line of it is a guess: compare it with the page. Nothing is overwritten.
    """
    from tracker.config.validation import check_names  # noqa: PLC0415

    check_names("sources", [name])
    target = _choose_target(setup, name, out)
    if not (url or shipped):
        raise UsageError("name the page with --url, or the definition with --from")
    page = "" if shipped else _load_text(url)
    text = _write_out(shipped, url) if shipped else _make_draft(name, url, page)
    _write_new(target, text)
    where = "" if out is None else f"; move it to {SOURCES}/{name}.toml {_FOLDER_NOTE}"
    click.echo(f"{target} is written{where}")
    if not shipped:
        click.echo(_try_draft(name, text, url, page))
    click.echo(f"Next: compare it with the page; then fwtracker source check {name}")
    return 0


def _choose_target(setup: Setup, name: str, out: Path | None) -> Path:
    folder = (_config_path() or DEFAULT).parent
    target = out or folder / SOURCES / f"{name}.toml"
    if target.exists():
        raise UsageError(
            f"{target}: already exists; remove it, or choose another file with --out"
        )
    known = {**setup.config.sources, **setup.config.disabled}
    if out is None and name in known:
        place = known[name].place
        raise UsageError(
            f'the source "{name}" is already defined in {place}; choose another name'
        )
    return target


def _write_out(shipped: str, url: str) -> str:
    """Return a shipped definition, with another page's URL if one is given."""
    from tracker.parse.settling import write_text  # noqa: PLC0415
    from tracker.sources import read_shipped  # noqa: PLC0415

    text = read_shipped(shipped)
    if not url:
        return text
    changed, count = _URL_LINE.subn(lambda line: line[1] + write_text(_as_url(url)), text, 1)
    if not count:
        raise UsageError(f"{shipped} has more than one page; write it out without --url")
    return changed


def _as_url(url: str) -> str:
    """Return a URL unchanged, or the path of a file as a URL."""
    return url if "://" in url else Path(url).resolve().as_uri()


def _write_new(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None


def _make_draft(name: str, url: str, text: str) -> str:
    """Print a survey of a page or feed, and return a first definition for it."""
    from tracker.drafts.feed_draft import draft_feed, survey_feed  # noqa: PLC0415
    from tracker.drafts.page_draft import draft_page, survey_text  # noqa: PLC0415

    feed = survey_feed(text)
    if feed is not None:
        _echo_lines(_describe_feed(feed))
        return draft_feed(feed, name, _as_url(url))
    survey, select = survey_text(text)
    _echo_lines(_describe_survey(survey))
    if not survey.has_values:
        raise NotAPage(
            f"{url}: no table and no list has a host or an address, so nothing is written; the"
            " page may be drawn by a script, or need a login: look for a feed of the same"
        )
    return draft_page(survey, name, _as_url(url), select=select)


def _echo_lines(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(clean_line(line))
    click.echo()


def _load_text(url: str) -> str:
    """Return the text of a URL or a file. Raises FetchError and NotAPage."""
    from tracker.fetch.decode import decode  # noqa: PLC0415

    if "://" not in url:
        try:
            return decode(Path(url).read_bytes(), None, url)
        except OSError as error:
            raise NotAPage(f"{url}: cannot be read: {error.strerror}") from None
    from tracker.fetch.fetcher import Fetcher  # noqa: PLC0415
    from tracker.parse.pages import explain_refusal  # noqa: PLC0415

    with Fetcher(explain=explain_refusal) as fetcher:
        fetcher.allow(url)
        fetched = fetcher.get(url)
        return decode(fetched.body or b"", fetched.content_type, fetched.url)


def _describe_survey(survey: Survey) -> Iterator[str]:
    """Yield lines about a page: its headings, its tables with some cells, its lists."""
    yield f"{_count(survey.headings, 'heading')}, {_count(survey.tables, 'table')}"
    for table in survey.tables:
        yield from _describe_table(table)
    for found in survey.lists:
        lines = (*found.values, *found.items, *found.sentences)
        yield f'below "{found.heading}": {_count(lines, "line")} with a host or an address'
        yield from (f"  {_cut(line)}" for line in lines[:_SHOWN_LINES])


def _describe_table(table: FoundTable) -> Iterator[str]:
    header = " | ".join(map(_cut, table.header)) or "no header"
    rows = _count(table.rows, "row")
    yield f'table {table.number}, under "{table.heading}", {rows}: {header}'
    for row in table.rows[:_SHOWN_ROWS]:
        yield f"  {' | '.join(map(_cut, row))}"


def _describe_feed(survey: FeedSurvey) -> Iterator[str]:
    yield f"a feed ({survey.kind}); hosts and addresses stand at:"
    for part in survey.parts:
        yield f"  {part.path or 'each line'}: {part.number}, as {', '.join(part.examples)}"


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CELL else f"{text[: _SHOWN_CELL - 1]}…"


def _try_draft(name: str, draft: str, url: str, text: str) -> str:
    """Return the result of a first reading with the draft, which may fail."""
    import tomllib  # noqa: PLC0415

    from tracker.config import convert  # noqa: PLC0415
    from tracker.parse.read import parse_page, read_pages  # noqa: PLC0415
    from tracker.sources import build_source  # noqa: PLC0415
    from tracker.sources.definition import Definition  # noqa: PLC0415
    from tracker.store.records import hold_findings  # noqa: PLC0415

    table = tomllib.loads(draft)
    try:
        one = build_source(name, convert(table, Definition, ""), "the first definition", table)
        page = parse_page(url, text, definition=one.definition)
        reading = read_pages([page], one)
    except FwtrackerError as error:
        return f"It does not read the page yet: {error}"
    holds = len(hold_findings(reading.findings))
    doubts = f"; {holds} doubts would hold them" if holds else ""
    ignored = f"; {_count(reading.removed, 'value')} ignored" if reading.removed else ""
    return f"It reads {len(reading.entries)} entries{ignored}{doubts}"


@command("check", short_help="Read a source now; show how each part was read.")
@click.argument("name", shell_complete=complete_sources)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def _check(setup: Setup, name: str, *, as_json: bool) -> int:
    """Fetch and read a source now; print its entries, and what each rule took or ignored.

    Nothing is stored. Exit status 1 if a run would fail, 3 if it would hold the page.
    """
    from tracker.check.context import CheckContext  # noqa: PLC0415
    from tracker.parse.pages import explain_refusal  # noqa: PLC0415
    from tracker.pipeline import dry_run  # noqa: PLC0415

    one = setup.source(name)
    with _CachingFetcher(explain=explain_refusal) as fetcher:
        context = CheckContext(one, setup.tree(name), setup.config, fetcher, notify=False)
        found = _examine(context)
        outcome = dry_run(context)
    if as_json:
        print_json(_build_check(name, found, outcome))
    else:
        _report_check(name, found, outcome)
    if outcome.error:
        return _USAGE if outcome.usage else _FAILED
    return _HELD if outcome.outcome == "held" else 0


@dataclass
class _CachingFetcher(Fetcher):
    """Fetches each page once, and caches it for later uses."""

    fetched: dict[str, Fetched] = field(default_factory=dict)

    def get(self, url: str, known: Page | None = None) -> Fetched:  # noqa: ARG002  always unconditional
        """Return the page at `url`. Raises FetchError."""
        if url not in self.fetched:
            self.fetched[url] = super().get(url)
        return self.fetched[url]


class Examination(TypedDict):
    """How a definition read its pages; empty if they cannot be read."""

    entries: tuple[Entry, ...]
    parts: list[Part]
    removals: list[Removal]


def _examine(context: CheckContext) -> Examination:
    """Return the reading of the pages, and how their parts were handled.

    Errors are left to the dry run, which reports them as a run would.
    """
    from tracker.drafts.parts import list_parts  # noqa: PLC0415
    from tracker.parse.pages.page_set import fetch_pages, read_page_set  # noqa: PLC0415

    found = Examination(entries=(), parts=[], removals=[])
    with suppress(FwtrackerError):
        urls, one = context.page_urls, context.source
        pages = fetch_pages(context.fetcher_for_page(), one, urls)
        found["parts"], found["removals"] = list_parts(pages.parsed, one)
        found["entries"] = read_page_set(pages, one, urls[0]).entries
    return found


def _build_check(name: str, found: Examination, outcome: CheckOutcome) -> SourceCheck:
    from tracker.commands.source_json import SourceCheck  # noqa: PLC0415

    return SourceCheck(
        source=name,
        entries=found["entries"],
        parts=tuple(found["parts"]),
        removals=tuple(found["removals"]),
        outcome=outcome.outcome,
        findings=outcome.findings,
        error=outcome.error,
    )


def _report_check(name: str, found: Examination, outcome: CheckOutcome) -> None:
    from tracker.commands.output import (  # noqa: PLC0415
        format_entries,
        format_findings,
        join_settling,
    )
    from tracker.drafts.parts import describe_parts  # noqa: PLC0415

    if found["entries"]:
        click.echo(f"{format_entries(found['entries'])}\n")
    for line in describe_parts(found["parts"], found["removals"]):
        click.echo(clean_line(line))
    for line in format_findings(outcome.findings):
        echo_note(line)
    if outcome.error:
        echo_note(f"fwtracker: {name}: {outcome.error.message}")
        echo_settling(outcome.error.settle)
    elif outcome.outcome == "held":
        echo_settling(join_settling(outcome.findings))
        click.echo(f"{name}: {len(found['entries'])} entries; a run would hold them for review")
    else:
        click.echo(f"{name}: {len(found['entries'])} entries; a run would publish or keep them")


def clean_line(line: str) -> str:
    """Return a line without control characters; its indent stays."""
    from tracker.text import clean  # noqa: PLC0415

    return f"{line[: len(line) - len(line.lstrip())]}{clean(line)}"


for _each in (_list, _new, _check):
    source.add_command(_each)
