"""The page, live: what is in force, history, comparison, one value, what is held, the checks.

What stands on them is made in `tracker/site/`; here is which part of the store each one shows.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tracker.alerts import outbox
from tracker.diff.diff import diff
from tracker.errors import UsageError
from tracker.history.archive import changes, version, versions
from tracker.history.blame import blame
from tracker.model import ChangeSet, Snapshot
from tracker.publish.index import IndexEntry, known_versions
from tracker.publish.publish import leaving_now
from tracker.review import difference, held
from tracker.site.changes import change_list, counts
from tracker.site.chart import chart
from tracker.site.compare import side_by_side
from tracker.site.entries import number, regions
from tracker.site.layout import page
from tracker.site.links import Links
from tracker.site.markup import Template, join, lines, link, when
from tracker.site.review import candidates, findings
from tracker.site.rule_files import rule_files
from tracker.site.search import matching
from tracker.site.spans import in_words, spans
from tracker.site.static import asset, facts, source_title
from tracker.site.timeline import timeline
from tracker.site.web import responses
from tracker.site.web.api import in_force, one, whole
from tracker.site.web.app_state import Site
from tracker.site.web.forms import comparing, filtering, searching
from tracker.site.web.status import State, status

_HTML = "text/html; charset=utf-8"
_PER_PAGE = 30  # versions on one page of the history
_NAV = (
    ("./", "In force"),
    ("history", "History"),
    ("compare", "Compare"),
    ("value", "Search the past"),
    ("held", "Held"),
    ("status", "Checks"),
)
_SOURCES = Template("<h1>What firewalls must let through</h1>\n{}")
_SECTION = Template(
    '<section aria-labelledby="{id}">\n<h2 id="{id}">{title}</h2>\n{body}</section>\n'
)


def overview(site: Site, request: Request) -> Response:
    """All sources; their pages are one click away."""
    items = []
    for source in site.sources:
        manifest = site.manifest(source)
        said = f"version {manifest.version}, last good check " if manifest else "no version yet"
        checked = when(manifest.checked_at) if manifest else ""
        to = link(f"{source}/", source_title(source))
        items.append(Markup("{}: {}{}").format(to, said, checked))
    links = Links(live=True, nav=(("./", "Sources"),), root=True)
    return _made(
        request, page(links, "Sources", _SOURCES.format(lines(items)), here="./", feed=False)
    )


def enter(site: Site, request: Request) -> Response:
    """A source without its slash; relative, for there may be a proxy with a path of its own."""
    source, _ = _links(site, request)
    return Response(None, 308, {"Location": f"{source}/"})


def now_in_force(site: Site, request: Request) -> Response:
    """What is in force, all of it or what a search means, and the rule files."""
    source, links = _links(site, request)
    snapshot = in_force(site, source)
    if snapshot is None:
        return _nothing_yet(request, links, source)
    text = one(request, "q") or ""
    late = leaving_now(site.tree(source), site.config, site.now())
    found = matching(snapshot.entries, text)
    told = (
        f"{len(found)} of {number(len(snapshot.entries), 'entry', 'entries')}" if text else ""
    )
    form = filtering(text, told)
    manifest = site.manifest(source)
    rules = [name for name in manifest.files if name.startswith("rules/")] if manifest else []
    checked = when(manifest.checked_at) if manifest else ""
    shown = regions(found, links, None if text else late)
    main = join(
        [
            Markup("<h1>{}: what firewalls must let through</h1>\n").format(
                source_title(source)
            ),
            Markup("<p>{} Last good check: {}.</p>\n").format(facts(snapshot), checked),
            _held_alert(site, source),
            form,
            _part("in-force", "In force", shown or Markup("<p>No entry of that kind.</p>")),
            _part("rule-files", "Rule files", rule_files(source, rules, links)),
        ]
    )
    return _made(request, page(links, source_title(source), main, here="./"))


def history(site: Site, request: Request) -> Response:
    """The versions, newest first, with the picture of all of them."""
    source, links = _links(site, request)
    index = _index(site, source)
    before = whole(request, "before", 0)
    listed = [entry for entry in index if not before or entry.version < before][-_PER_PAGE:]
    tree = site.tree(source)
    told = timeline(listed, lambda number: changes(tree, number), links, _PER_PAGE)
    older = ""
    if listed and listed[0].version > 1:
        query = urlencode({"before": listed[0].version})
        older = Markup("<p>{}</p>").format(link(f"history?{query}", "Older versions"))
    main = Markup("<h1>{}: history</h1>\n{}<h2>Versions</h2>\n{}{}").format(
        source_title(source), chart(index), told, older
    )
    return _made(request, page(links, f"{source_title(source)}: history", main, here="history"))


def one_version(site: Site, request: Request) -> Response:
    """One version: what it changed, and what it says."""
    source, links = _links(site, request)
    tree = site.tree(source)
    snapshot = version(tree, whole(request, "n", 1))
    change = changes(tree, snapshot.version)
    first = snapshot.previous is None
    files = [link(f"versions/{snapshot.version:06d}.json", "JSON")]
    files += [] if first else [link(f"changes/{snapshot.version:06d}.json", "change set")]
    title = f"{source_title(source)}: version {snapshot.version}"
    body = Markup("<p>The first version.</p>") if first else _changed(change)
    main = join(
        [
            Markup("<h1>{}</h1>\n<p>{} {}</p>\n").format(
                title, facts(snapshot), join(files, " ")
            ),
            _part("changed", "What it changed", body),
            _findings(snapshot),
            _part("entries", "What it says", regions(snapshot.entries, links)),
        ]
    )
    return _made(request, page(links, title, main))


def compare(site: Site, request: Request) -> Response:
    """Any two versions side by side."""
    source, links = _links(site, request)
    index = _index(site, source)
    if not index:
        return _nothing_yet(request, links, source)
    newest = index[-1].version
    left = whole(request, "a", max(newest - 1, 1))
    right = whole(request, "b", newest)
    tree = site.tree(source)
    told = diff(version(tree, left), version(tree, right))
    form = comparing(index, left, right)
    title = f"{source_title(source)}: version {left} and version {right}"
    table = side_by_side(told, f"Version {left}", f"Version {right}")
    main = Markup("<h1>{}</h1>\n{}{}").format(title, form, table)
    return _made(request, page(links, title, main, here="compare"))


def value(site: Site, request: Request) -> Response:
    """One address, host or port with its whole history."""
    source, links = _links(site, request)
    text = (one(request, "q") or "").strip()
    form = searching(text)
    told, body = "", Markup("")
    if text:
        try:
            found = blame(versions(site.tree(source)), text)
            told, body = in_words(text, found), spans(found, links)
        except UsageError as error:
            told = str(error)
    title = f"{source_title(source)}: {text or 'search the past'}"
    said = Markup("<p>{}</p>\n").format(told) if told else ""
    main = Markup("<h1>{}</h1>\n{}{}{}").format(title, form, said, body)
    return _made(request, page(links, title, main, here="value"))


def waiting(site: Site, request: Request) -> Response:
    """Held candidates: why, what they would change, and the command to approve."""
    source, links = _links(site, request)
    tree = site.tree(source)
    found = [(item, difference(tree, item.candidate)) for item in held(tree)]
    title = f"{source_title(source)}: held for review"
    several = source if len(site.sources) > 1 else ""
    main = Markup("<h1>{}</h1>\n{}").format(title, candidates(found, several))
    return _made(request, page(links, title, main, here="held"))


def checks(site: Site, request: Request) -> Response:
    """The state of checks and channels."""
    source, links = _links(site, request)
    tree = site.tree(source)
    state = State(
        now=site.now(),
        leads=site.board.leads,
        config_error=site.board.config_error,
        manifest=site.manifest(source),
        health=tree.health(),
        checks=site.board.of(source),
        next_check=site.next_check(source),
        accounts=[outbox.account(tree, channel) for channel in site.config.channels],
        notices=tuple(site.board.notices),
    )
    title = f"{source_title(source)}: checks and channels"
    main = Markup("<h1>{}</h1>\n{}").format(title, status(state))
    return _made(request, page(links, title, main, here="status"))


def _links(site: Site, request: Request) -> tuple[str, Links]:
    """The source that is asked for, and where its pages lead. Raises NotThere."""
    source: str = request.path_params["source"]
    if source not in site.config.sources:
        raise responses.NotThere(f'no source is called "{source}"')
    public = site.config.fwtracker.public_url
    base = f"{public.rstrip('/')}/{source}/" if public else ""
    return source, Links(base=base, live=True, nav=_NAV)


def _index(site: Site, source: str) -> list[IndexEntry]:
    """The versions that are published, oldest first."""
    manifest = site.manifest(source)
    newest = manifest.version if manifest else 0
    return [entry for entry in known_versions(site.tree(source)) if entry.version <= newest]


def _made(request: Request, body: bytes) -> Response:
    return responses.made(request, body, _HTML)


def _part(name: str, title: str, body: Markup) -> Markup:
    return _SECTION.format(id=name, title=title, body=body)


def _changed(change: ChangeSet) -> Markup:
    return Markup("<p>{}.</p>\n{}").format(counts(change.summary), change_list(change))


def _findings(snapshot: Snapshot) -> Markup:
    if not snapshot.findings:
        return Markup("")
    listed = Markup('<ul class="findings">\n{}</ul>\n').format(findings(snapshot.findings))
    return _part("findings", "Findings", listed)


def _held_alert(site: Site, source: str) -> Markup:
    count = len(held(site.tree(source)))
    if not count:
        return Markup("")
    said = number(count, "page is", "pages are")
    return Markup('<p class="alert">{} held for {}.</p>\n').format(said, link("held", "review"))


def _nothing_yet(request: Request, links: Links, source: str) -> Response:
    main = Markup("<h1>{}</h1>\n<p>No version yet. {}</p>").format(
        source_title(source), link("status", "The state of the checks")
    )
    return _made(request, page(links, source_title(source), main, feed=False))


def assets(name: str) -> Callable[[Site, Request], Response]:
    """A file that the live pages need, of this program and not of the store."""
    kind = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]

    def answer(_site: Site, request: Request) -> Response:
        return responses.made(request, asset(name), f"{kind}; charset=utf-8")

    return answer


ROUTES: dict[str, Callable[[Site, Request], Response]] = {
    "/": overview,
    "/{source}": enter,
    "/{source}/": now_in_force,
    "/{source}/history": history,
    "/{source}/version": one_version,
    "/{source}/compare": compare,
    "/{source}/value": value,
    "/{source}/held": waiting,
    "/{source}/status": checks,
}
ASSETS = {f"/{name}": assets(name) for name in ("page.css", "page.js")}
