"""The questions that programs ask, `/v1/...`: what is in force, what came, which endpoints.

Addresses, parameters and answers are described in `openapi.py`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from tracker import formats, sources
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.history.archive import as_of, changes, moment, numbers, version
from tracker.model import (
    Endpoint,
    Snapshot,
    endpoint_key,
    endpoints_of,
)
from tracker.publish.grace import Leaving
from tracker.publish.publish import leaving_now
from tracker.publish.rules import chosen, rendered, require
from tracker.site.web import responses
from tracker.site.web.app_state import Site
from tracker.site.web.schemas import REQUIREMENTS, Changes, Probe, SourceInfo
from tracker.store.media import media_type

MOST_SETS = 200  # change sets in one answer
PAST = {"version", "as_of"}


def list_sources(site: Site, request: Request) -> Response:
    """All sources."""
    return responses.json(request, [_info(site, name) for name in site.sources])


def _info(site: Site, name: str) -> SourceInfo:
    manifest = site.manifest(name)
    return SourceInfo(
        name,
        sources.load(name).title,
        manifest.version if manifest else None,
        manifest.checked_at if manifest else None,
        manifest.expires if manifest else None,
    )


def probe(site: Site, request: Request) -> Response:
    """The number in force."""
    snapshot = in_force(site, _source(site, request))
    if snapshot is None:
        return no_version(request)
    return responses.json(request, Probe(snapshot.version, snapshot.digest))


def changes_since(site: Site, request: Request) -> Response:
    """All changes after a version, in one answer."""
    source = _source(site, request)
    latest = in_force(site, source)
    if latest is None:
        return no_version(request)
    since = whole(request, "since", 0)
    tree = site.tree(source)
    wanted = [number for number in numbers(tree) if since < number <= latest.version]
    taken = wanted[:MOST_SETS]
    upto = taken[-1] if taken else latest.version
    before = set(endpoints_of(version(tree, since).entries if 0 < since <= upto else ()))
    after = set(endpoints_of(version(tree, upto).entries)) if taken else before
    return responses.json(
        request,
        Changes(
            source,
            since,
            upto,
            latest.version,
            len(taken) < len(wanted),
            tuple(changes(tree, number) for number in taken),
            _ordered(after - before),
            _ordered(before - after),
        ),
    )


def endpoints(site: Site, request: Request) -> Response:
    """A choice of endpoints in any rule format; never an empty list that means "any"."""
    source = _source(site, request)
    snapshot = asked(site, source, request)
    if snapshot is None:
        return no_version(request)
    form = formats.load(one(request, "format") or "endpoints-json")
    choice, late = _choice(request), Leaving()
    if not PAST & request.query_params.keys():
        late = leaving_now(site.tree(source), site.config, site.now())
    require(choice, snapshot.entries + late.entries)
    made = rendered(chosen(snapshot, site.config.assumptions, late, choice), form)
    if made.rendered.text is None:
        why = made.finding.message if made.finding else "it can express nothing of that choice"
        return responses.problem(404, f"{form.name}: {why}; an empty list is never sent")
    headers = {"Fwtracker-Version": str(snapshot.version)}
    kind = media_type(made.path)
    return responses.made(request, made.rendered.text.encode(), kind, headers)


def _choice(request: Request) -> Rules:
    """The parameters as a `[[rules]]` table of the configuration would have them."""
    requirements = many(request, "requirement")
    for word in requirements or ():
        if word not in REQUIREMENTS:
            raise UsageError(f'requirement is one of {", ".join(REQUIREMENTS)}, not "{word}"')
    return Rules(
        name="query",
        regions=many(request, "region"),
        components=many(request, "component"),
        requirement=requirements,  # type: ignore[arg-type]  # tried above
        only_for=many(request, "only_for"),
    )


def asked(site: Site, source: str, request: Request) -> Snapshot | None:
    """The version that `version` or `as_of` names, by default the one in force."""
    number, when = one(request, "version"), one(request, "as_of")
    if number:
        return version(site.tree(source), whole(request, "version", 1))
    if when:
        return as_of(site.tree(source), moment(when))
    return in_force(site, source)


def in_force(site: Site, source: str) -> Snapshot | None:
    """The version that the manifest names, which is the last that was published whole."""
    manifest = site.manifest(source)
    return site.tree(source).snapshot(manifest.version) if manifest else None


def no_version(request: Request) -> Response:
    """Before the first check that read the page."""
    source = request.path_params["source"]
    return responses.problem(503, f"no version of {source} yet", {"Retry-After": "60"})


def _source(site: Site, request: Request) -> str:
    source: str = request.path_params["source"]
    if source not in site.config.sources:
        raise responses.NotThere(f'no source is called "{source}"')
    return source


def one(request: Request, name: str) -> str | None:
    """A parameter that may be given once."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise UsageError(f"{name} may be given once")
    return given[0] if given else None


def many(request: Request, name: str) -> tuple[str, ...] | None:
    """A parameter that may be repeated; None where it is not given, which chooses nothing."""
    return tuple(request.query_params.getlist(name)) or None


def whole(request: Request, name: str, default: int) -> int:
    """A parameter that is a whole number. Raises UsageError."""
    given = one(request, name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10):  # noqa: PLR2004
        raise UsageError(f'{name} is a whole number, not "{given}"')
    return int(given)


def _ordered(ends: set[Endpoint]) -> tuple[Endpoint, ...]:
    return tuple(sorted(ends, key=endpoint_key))


def openapi(_site: Site, request: Request) -> Response:
    """The description of all this."""
    from tracker.site.web.openapi import document  # noqa: PLC0415  made when it is asked for

    return responses.json(request, document())


ROUTES: dict[str, Callable[[Site, Request], Response]] = {
    "/v1/openapi.json": openapi,
    "/v1/sources": list_sources,
    "/v1/{source}/version": probe,
    "/v1/{source}/changes": changes_since,
    "/v1/{source}/endpoints": endpoints,
}
# The same bytes as the files of the tree, under the addresses of the interface.
FILES = {
    "/v1/{source}/latest": "latest.json",
    "/v1/{source}/versions": "index.json",
    "/v1/{source}/versions/{number:int}": "versions/{number:06d}.json",
    "/v1/{source}/manifest": "manifest.json",
    "/v1/{source}/feed.atom": "feed.atom",
}
