"""The pages over HTTP: in force, history, comparison, one value, held pages, the checks.

Templates have the layout; the functions here choose the data of the store for each page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from tracker.change_set import ChangeSet
from tracker.diff.diff import diff
from tracker.errors import UsageError
from tracker.filters.scope import narrow_changes, narrow_snapshot
from tracker.history.archive import describe_causes, load_changes, load_version, load_versions
from tracker.history.blame import find_occurrences
from tracker.model import Finding, format_cause
from tracker.publish.index import (
    IndexEntry,
    load_index_entries,
    load_pending_removals,
    narrow_index,
)
from tracker.site.changes import (
    ChangeList,
    build_change_list,
    build_comparison,
    format_changes,
    sort_findings,
)
from tracker.site.entries import build_region_tables
from tracker.site.rendering import Links, format_count, render
from tracker.site.rule_files import list_delta_items, list_rule_set_items
from tracker.site.search import build_filter, describe_value, find_entries, find_partly_listed
from tracker.site.static import ASSETS, read_asset
from tracker.site.timeline import build_chart, build_timeline
from tracker.site.web import responses
from tracker.site.web.app_state import AppState
from tracker.site.web.banner import Banner, build_banner
from tracker.site.web.query import get_number, get_param
from tracker.site.web.status_page import list_channel_rows, list_incidents
from tracker.store.held import find_held, list_held
from tracker.store.tree import change_name, version_name
from tracker.times import format_utc

_HTML = "text/html; charset=utf-8"
_PER_PAGE = 30  # versions on one page of the history
_NAV = (
    ("./", "In force"),
    ("./#rule-files", "Rule files"),
    ("./#paste", "What to paste"),
    ("history", "History"),
    ("compare", "Compare"),
    ("value", "Search the past"),
    ("held", "Held"),
    ("status", "Checks"),
)


class SourceItem(NamedTuple):
    """A source in the overview."""

    name: str
    title: str
    banner: Banner


def show_sources(state: AppState, request: Request) -> Response:
    """Return the overview: all sources, with links to their pages."""
    titles = {name: state.config.sources[name].title for name in state.sources}
    found = [
        SourceItem(name, title, build_banner(state, name)) for name, title in titles.items()
    ]
    links = Links(live=True, nav=(("./", "Sources"),), depth=0)
    body = render("pages/sources.html", links=links, here="./", sources=found)
    return responses.build_response(request, body, _HTML)


def redirect_to_source(state: AppState, request: Request) -> Response:
    """Redirect to a source's address with a slash; relative, for proxies that add a path."""
    return Response(None, 308, {"Location": f"{_get_source(state, request)}/"})


def show_in_force(state: AppState, request: Request) -> Response:
    """Return the entries in force, all or those that match a search, and the rule files."""
    source = _get_source(state, request)
    newest, manifest = state.load_in_force(source), state.manifest(source)
    if newest is None or manifest is None:
        return _render(state, request, "pages/no_version.html")
    chosen = state.config.chosen_regions(source)
    snapshot = narrow_snapshot(newest, chosen)
    query = (get_param(request, "q") or "").strip()
    count, matches = "", build_filter(query) if query else None
    if query:
        found = len(find_entries(snapshot.entries, query))
        count = f"{found} of {format_count(len(snapshot.entries), 'entry', 'entries')}"
    late = load_pending_removals(state.tree(source), state.config, state.now())
    links = _build_links(state, source)
    return _render(
        state,
        request,
        "pages/in_force.html",
        here="./",
        chosen=chosen,
        snapshot=snapshot,
        query=query,
        found=count,
        regions=build_region_tables(snapshot.entries, late, matches),
        findings=sort_findings(snapshot.findings),
        rule_sets=list_rule_set_items(source, manifest.files, links),
        deltas=list_delta_items(snapshot.version, manifest.files),
    )


def show_history(state: AppState, request: Request) -> Response:
    """Return the versions, newest first, with the picture of all of them."""
    source = _get_source(state, request)
    index = _list_versions(state, source)
    before = get_number(request, "before", 0)
    listed = [entry for entry in index if not before or entry.version < before][-_PER_PAGE:]

    def changes_of(number: int) -> ChangeSet:
        """Return what a version changed in the regions that are shown."""
        return _load_shown_changes(state, source, number)

    chosen = state.config.chosen_regions(source)
    return _render(
        state,
        request,
        "pages/history.html",
        here="history",
        picture=build_chart(narrow_index(index, changes_of, chosen)),
        versions=build_timeline(
            narrow_index(listed, changes_of, chosen), changes_of, _PER_PAGE
        ),
        older=listed[0].version if listed and listed[0].version > 1 else None,
    )


def show_version(state: AppState, request: Request) -> Response:
    """Return one version: its changes, and its entries."""
    source = _get_source(state, request)
    chosen = state.config.chosen_regions(source)
    whole = load_version(state.tree(source), get_number(request, "n", 1))
    snapshot, change = narrow_snapshot(whole, chosen), None
    if snapshot.previous is not None:
        change = _load_shown_changes(state, source, snapshot.version)
    return _render(
        state,
        request,
        "pages/version.html",
        here="",
        chosen=chosen,
        snapshot=snapshot,
        file=version_name(snapshot.version),
        change_file=change_name(snapshot.version) if change else "",
        counts=format_changes(change) if change else "",
        changes=build_change_list(change) if change else None,
        findings=sort_findings(snapshot.findings),
        regions=build_region_tables(snapshot.entries),
    )


def _load_shown_changes(state: AppState, source: str, number: int) -> ChangeSet:
    changes = load_changes(state.tree(source), number)
    return narrow_changes(changes, state.config.chosen_regions(source))


def show_comparison(state: AppState, request: Request) -> Response:
    """Return any two versions side by side."""
    source = _get_source(state, request)
    index = _list_versions(state, source)
    if not index:
        return _render(state, request, "pages/no_version.html")
    newest = index[-1].version
    left = get_number(request, "a", max(newest - 1, 1))
    right = get_number(request, "b", newest)
    tree, chosen = state.tree(source), state.config.chosen_regions(source)
    changes = diff(load_version(tree, left), load_version(tree, right))
    return _render(
        state,
        request,
        "pages/compare.html",
        here="compare",
        versions=index[::-1],
        left=left,
        right=right,
        comparison=build_comparison(narrow_changes(changes, chosen)),
        causes=describe_causes(tree, left, right),
    )


def show_value(state: AppState, request: Request) -> Response:
    """Return one address, host or port with its whole history."""
    source = _get_source(state, request)
    query = (get_param(request, "q") or "").strip()
    answer, spans, parts = "", None, dict[str, int]()
    if query:
        try:
            spans = find_occurrences(load_versions(state.tree(source)), query)
            answer = describe_value(query, spans, state.config.chosen_regions(source))
            if not spans:
                parts = find_partly_listed(load_versions(state.tree(source)), query)
        except UsageError as error:
            answer = str(error)
    return _render(
        state,
        request,
        "pages/value.html",
        here="value",
        query=query,
        answer=answer,
        spans=spans,
        parts=parts,
        newest=manifest.version if (manifest := state.manifest(source)) else 0,
    )


class HeldItem(NamedTuple):
    """A held candidate: why it is held, and what it would change."""

    digest: str
    since: str
    urls: tuple[str, ...]
    findings: list[Finding]
    counts: str
    changes: ChangeList


def show_held(state: AppState, request: Request) -> Response:
    """Return the held candidates, with the commands to approve or reject each."""
    source = _get_source(state, request)
    tree = state.tree(source)
    found = []
    for item in list_held(tree):
        changes = diff(tree.latest(), item.candidate)
        would_change = narrow_changes(changes, state.config.chosen_regions(source))
        found.append(
            HeldItem(
                item.candidate.digest[:12],
                item.first_seen,
                tuple(page.url for page in item.candidate.pages),
                sort_findings(item.candidate.findings),
                format_changes(would_change) + format_cause(item.candidate.cause),
                build_change_list(would_change),
            )
        )
    option = source if len(state.sources) > 1 else ""  # one source needs no --source
    return _render(state, request, "pages/held.html", here="held", held=found, source=option)


def show_candidate(state: AppState, request: Request) -> Response:
    """Return the entries of a held candidate. Raises NotFound if it is not held."""
    source = _get_source(state, request)
    chosen = state.config.chosen_regions(source)
    try:
        held = find_held(state.tree(source), get_param(request, "digest") or "")
    except UsageError as error:
        raise responses.NotFound(str(error)) from error
    snapshot = narrow_snapshot(held.candidate, chosen)
    return _render(
        state,
        request,
        "pages/candidate.html",
        here="held",
        digest=snapshot.digest[:12],
        chosen=chosen,
        snapshot=snapshot,
        findings=sort_findings(snapshot.findings),
        regions=build_region_tables(snapshot.entries),
    )


class Fact(NamedTuple):
    """A line of the state; `stamp` is a time in the published format."""

    name: str
    text: str = ""
    stamp: str = ""


def show_status(state: AppState, request: Request) -> Response:
    """Return the state of checks and channels, and the notices of this process."""
    source = _get_source(state, request)
    report = state.status.checks_of(source).last
    return _render(
        state,
        request,
        "pages/status.html",
        here="status",
        facts=list(_list_facts(state, source)),
        report=report,
        findings=sort_findings(report.findings) if report else [],
        channels=list_channel_rows(state, source),
        incidents=list_incidents(state.tree(source)),
        notices=list(state.status.notices),
    )


def _list_facts(state: AppState, source: str) -> Iterator[Fact]:
    checks, manifest = state.status.checks_of(source), state.manifest(source)
    leads = "leads and checks" if state.status.leads else "stands by, or only answers"
    yield Fact("This process", leads)
    if manifest:
        yield Fact("Version in force", str(manifest.version))
        yield Fact("Last good check", stamp=manifest.checked_at)
        yield Fact("Counts as fresh until", stamp=manifest.expires)
        if manifest.due:
            yield Fact("Next endpoint to leave the rule files", stamp=manifest.due)
    if checks.running:
        yield Fact("Now", "a check is running")
    if next_check := state.next_check(source):
        yield Fact("Next check", stamp=format_utc(next_check))
    if checks.outcomes:
        counts = (f"{count} {outcome}" for outcome, count in sorted(checks.outcomes.items()))
        yield Fact("Checks since this process started", ", ".join(counts))


def _get_source(state: AppState, request: Request) -> str:
    """Return the source in the address. Raises NotFound."""
    source: str = request.path_params["source"]
    if source not in state.config.sources:
        raise responses.NotFound(state.explain_unknown(source))
    return source


def _build_links(state: AppState, source: str) -> Links:
    public = state.config.fwtracker.public_url
    base = f"{public.rstrip('/')}/{source}/" if public else ""
    return Links(base=base, live=True, nav=_NAV)


def _list_versions(state: AppState, source: str) -> list[IndexEntry]:
    """Return the published versions, oldest first."""
    manifest = state.manifest(source)
    newest = manifest.version if manifest else 0
    return [
        entry for entry in load_index_entries(state.tree(source)) if entry.version <= newest
    ]


def _render(
    state: AppState, request: Request, template: str, *, here: str = "", **values: Any
) -> Response:
    """Return a page of the requested source. `here` is its address in the navigation."""
    source = _get_source(state, request)
    title, links = state.config.sources[source].title, _build_links(state, source)
    known = {"links": links, "title": title, "banner": build_banner(state, source)}
    body = render(template, here=here, **known, **values)
    return responses.build_response(request, body, _HTML)


def serve_asset(name: str) -> Callable[[AppState, Request], Response]:
    """Return a handler for a file that the pages need, from this program, not the store."""
    kind = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]

    def answer(_site: AppState, request: Request) -> Response:
        """Return the file with its media type."""
        return responses.build_response(request, read_asset(name), f"{kind}; charset=utf-8")

    return answer


ROUTES: dict[str, Callable[[AppState, Request], Response]] = {
    "/": show_sources,
    "/{source}": redirect_to_source,
    "/{source}/": show_in_force,
    "/{source}/history": show_history,
    "/{source}/version": show_version,
    "/{source}/compare": show_comparison,
    "/{source}/value": show_value,
    "/{source}/held": show_held,
    "/{source}/candidate": show_candidate,
    "/{source}/status": show_status,
}
ASSET_ROUTES = {f"/{name}": serve_asset(name) for name in ASSETS}
