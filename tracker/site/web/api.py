"""The interface for programs, `/v1/...`: what is in force, what changed, which endpoints.

Addresses, parameters and answers are described in `openapi.py`; a test checks that both agree.
`/changes` gives a client that has one version the lists of endpoints that lead to the newest
version, in one answer. The change sets in between are details, and come in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tracker import formats
from tracker.alerts.outbox import channel_status
from tracker.check.candidate import number_next
from tracker.config.tables import Rules
from tracker.diff.diff import diff
from tracker.diff.endpoint_changes import compare_endpoints
from tracker.errors import UsageError
from tracker.filters.scope import find_default
from tracker.history.archive import (
    find_number_at,
    find_version_at,
    list_versions,
    load_changes,
    load_version,
    load_versions,
    parse_user_time,
)
from tracker.history.blame import find_occurrences
from tracker.model import Entry, Snapshot
from tracker.publish.freshness import build_probe
from tracker.publish.grace import PendingRemovals
from tracker.publish.index import load_pending_removals
from tracker.publish.rule_files import render_rule_file
from tracker.publish.rule_sets import build_chosen_set, read_settings, require_known_values
from tracker.schema import NAMES, read_schema
from tracker.site.web import responses
from tracker.site.web.app_state import AppState
from tracker.site.web.openapi import SCHEMA_TYPE, build_openapi
from tracker.site.web.query import get_number, get_param, get_params
from tracker.site.web.responses import Mismatch
from tracker.site.web.schemas import MOST_SETS, REQUIREMENTS, Changes, HeldPage
from tracker.site.web.source_status import describe_source, describe_status
from tracker.store.blobs import media_type
from tracker.store.held import list_held
from tracker.store.records import Held
from tracker.store.tree import Tree

PAST = {"version", "as_of"}
_START_AGAIN = "start again with since=0 and put the list of that answer in the place of yours"


def list_sources(state: AppState, request: Request) -> Response:
    """Return all sources."""
    return responses.build_json(
        request, [describe_source(state, name) for name in state.sources]
    )


def get_status(state: AppState, request: Request) -> Response:
    """Return the state of the checks of a source."""
    return responses.build_json(request, describe_status(state, _source(state, request)))


def get_version(state: AppState, request: Request) -> Response:
    """Return the number of the version in force, as in version.json."""
    source = _source(state, request)
    manifest = state.manifest(source)
    if manifest is None:
        return build_no_version(request)
    return responses.build_json(request, build_probe(state.tree(source), manifest))


def list_changes(state: AppState, request: Request) -> Response:
    """Return what changed after a version."""
    source = _source(state, request)
    latest = state.load_in_force(source)
    if latest is None:
        return build_no_version(request)
    return responses.build_json(request, build_changes(state.tree(source), latest, request))


def find_value(state: AppState, request: Request) -> Response:
    """Return since when a value is on the page, in the form of `fwtracker blame --json`."""
    source, value = _source(state, request), get_param(request, "value") or ""
    if state.manifest(source) is None:
        return build_no_version(request)
    found = find_occurrences(load_versions(state.tree(source)), value)
    return responses.build_json(request, found)


def list_endpoints(state: AppState, request: Request) -> Response:
    """Return chosen endpoints in any rule format; never an empty list that means "any"."""
    source = _source(state, request)
    snapshot = load_requested(state, source, request)
    if snapshot is None:
        return build_no_version(request)
    form = formats.load(get_param(request, "format") or "endpoints-json")
    choice, late = _read_choice(request), PendingRemovals()
    if not PAST & request.query_params.keys():
        late = load_pending_removals(state.tree(source), state.config, state.now(), of_all=True)
    entries = snapshot.entries + late.entries
    if choice.regions is None:  # firewalls load this as they load rule files
        shown = find_default(state.config.chosen_regions(source), entries)
        choice = msgspec.structs.replace(choice, regions=shown)
    require_known_values(choice, entries)
    rule_set = build_chosen_set(snapshot, read_settings(state.config), late, choice)
    made = render_rule_file(rule_set, form)
    if made.rendered.text is None:
        why = made.finding.message if made.finding else "it can express nothing of that choice"
        detail = f"{form.name}: {why}; an empty list is never sent"
        return responses.build_refusal(request, 404, detail)
    headers = {"Fwtracker-Version": str(snapshot.version)}
    kind = media_type(made.path)
    return responses.build_response(request, made.rendered.text.encode(), kind, headers)


def _read_choice(request: Request) -> Rules:
    """Return the parameters in the form of a `[[rules]]` table of the configuration."""
    requirements = get_params(request, "requirement")
    for word in requirements or ():
        if word not in REQUIREMENTS:
            raise UsageError(f'requirement is one of {", ".join(REQUIREMENTS)}, not "{word}"')
    return Rules(
        name="query",
        regions=get_params(request, "region"),
        components=get_params(request, "component"),
        requirement=requirements,  # type: ignore[arg-type]  # checked above
        only_for=get_params(request, "only_for"),
    )


def load_requested(state: AppState, source: str, request: Request) -> Snapshot | None:
    """Return the version by `version` or `as_of`; by default the one in force."""
    number, when = get_param(request, "version"), get_param(request, "as_of")
    if number and when:
        raise UsageError("version and as_of both name a version; give one of them")
    if number:
        return load_version(state.tree(source), get_number(request, "version", 1))
    if when:
        return find_version_at(state.tree(source), parse_user_time(when))
    return state.load_in_force(source)


def build_no_version(request: Request) -> Response:
    """Return the answer that is given before the first good check."""
    source = request.path_params["source"]
    detail = f"no version of {source} yet"
    return responses.build_refusal(request, 503, detail, {"Retry-After": "60"})


def _source(state: AppState, request: Request) -> str:
    source: str = request.path_params["source"]
    if source not in state.config.sources:
        raise responses.NotFound(state.explain_unknown(source))
    return source


def list_held_pages(state: AppState, request: Request) -> Response:
    """Return the candidates that wait for a decision, oldest first."""
    tree = state.tree(_source(state, request))
    latest, held = tree.latest(), list_held(tree)
    return responses.build_json(request, [_describe_held(latest, each) for each in held])


def _describe_held(latest: Snapshot | None, held: Held) -> HeldPage:
    candidate = number_next(held.candidate, latest)
    return HeldPage(
        candidate.source,
        candidate.digest,
        held.first_seen,
        candidate.findings,
        diff(latest, candidate),
    )


def list_deliveries(state: AppState, request: Request) -> Response:
    """Return what each channel has received, is owed, and has rejected permanently."""
    tree = state.tree(_source(state, request))
    channels = state.config.channels
    return responses.build_json(request, [channel_status(tree, each) for each in channels])


def get_openapi(_site: AppState, request: Request) -> Response:
    """Return the OpenAPI document."""
    return responses.build_json(request, build_openapi())


def get_schema(_site: AppState, request: Request) -> Response:
    """Return a JSON Schema as it is shipped, also one that is not in the tree."""
    name = request.path_params["name"]
    if name not in NAMES:
        raise responses.NotFound(f'no schema is called "{name}"; there are {", ".join(NAMES)}')
    return responses.build_response(request, read_schema(name), SCHEMA_TYPE)


ROUTES: dict[str, Callable[[AppState, Request], Response]] = {
    "/v1/openapi.json": get_openapi,
    "/v1/schema/{name}.schema.json": get_schema,
    "/v1/sources": list_sources,
    "/v1/{source}/status": get_status,
    "/v1/{source}/version": get_version,
    "/v1/{source}/changes": list_changes,
    "/v1/{source}/blame": find_value,
    "/v1/{source}/endpoints": list_endpoints,
    "/v1/{source}/held": list_held_pages,
    "/v1/{source}/deliveries": list_deliveries,
}
# Files of the tree under addresses of the interface; links in feeds are adapted to these.
FILES = {
    "/v1/{source}/latest": "latest.json",
    "/v1/{source}/versions": "index.json",
    "/v1/{source}/versions/{number:int}": "versions/{number:06d}.json",
    "/v1/{source}/manifest": "manifest.json",
    "/v1/{source}/feed.atom": "feed.atom",
    "/v1/{source}/feed.json": "feed.json",
}


def build_changes(tree: Tree, latest: Snapshot, request: Request) -> Changes:
    """Return the changes after `since`. Raises UsageError; Mismatch for a foreign digest."""
    since = _find_start(tree, latest, request)
    numbers = [number for number in list_versions(tree) if since < number <= latest.version]
    most = _get_details(request)
    taken = numbers[:most]
    more = bool(most) and len(taken) < len(numbers)
    lists = compare_endpoints(_load_entries(tree, since), latest.entries)
    return Changes(
        source=tree.source,
        since=since,
        upto=taken[-1] if more else latest.version,
        latest=latest.version,
        digest=latest.digest,
        more=more,
        changes=tuple(load_changes(tree, number) for number in taken),
        endpoints_added=lists.added,
        endpoints_removed=lists.removed,
        endpoints_changed=lists.changed,
    )


def _find_start(tree: Tree, latest: Snapshot, request: Request) -> int:
    """Return the number that `since` means. Raises UsageError or Mismatch for another store."""
    given, digest = get_param(request, "since") or "0", get_param(request, "digest")
    if not given.isdecimal():
        if digest:
            raise UsageError("digest is that of a version: give its number as since, no time")
        when = parse_user_time(given, is_start=True)
        return min(find_number_at(tree, when), latest.version)
    since = get_number(request, "since", 0)
    if digest:
        _require_same(tree, latest, since, digest)
    elif since > latest.version:
        raise UsageError(
            f"since is {since}, but the newest version is {latest.version}: the store was"
            f" restored or replaced, or the number is of another source; {_START_AGAIN}"
        )
    return since


def _require_same(tree: Tree, latest: Snapshot, since: int, digest: str) -> None:
    """Raise Mismatch if this store does not have the version that the client saw."""
    if since == 0:
        raise UsageError("digest is that of version `since`; with since=0 there is none")
    there = since <= latest.version and since in list_versions(tree)
    if not there or tree.snapshot(since).digest != digest:
        state = "has another digest here" if there else "is not there"
        raise Mismatch(
            f"version {since} {state}: the store was restored or replaced, or the number is of"
            f" another source; {_START_AGAIN}"
        )


def _load_entries(tree: Tree, number: int) -> Sequence[Entry]:
    return load_version(tree, number).entries if number else ()


def _get_details(request: Request) -> int:
    """Return how many change sets the client wants at most. Raises UsageError."""
    found = get_number(request, "details", MOST_SETS)
    if found > MOST_SETS:
        raise UsageError(f"details is {found}; one answer has {MOST_SETS} change sets at most")
    return found
