"""The application: its routes, and how it answers for files, queries and pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from tracker.config.validation import parse_networks
from tracker.errors import FwtrackerError, StoreError, UsageError
from tracker.site.web import api, pages, responses
from tracker.site.web.app_state import AppState
from tracker.site.web.clients import ClientAddresses, is_known_host
from tracker.site.web.connections import ConnectionTable
from tracker.site.web.files import FEEDS, PublishedFile, Withdrawn, move_feed
from tracker.site.web.middleware import AccessToken, RateLimiter, ServiceMiddleware
from tracker.site.web.query import check_query

_WORKERS = 4  # answers computed at the same time, limited for the sake of memory
_TEXT = "text/plain; charset=utf-8"
_NO_STORE = {"Cache-Control": "no-store"}
_NO_FILE = "no such file is published; manifest.json of the source names those that are"
_UNKNOWN_HOST = (
    "the Host header is not a name of this server; ask under one of its names, or add this one"
    " to `names` in [serve]"
)

Handler = Callable[[AppState, Request], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class WebApp:
    """The application. It limits how many answers are computed at the same time.

    `app` is the ASGI application for a server; `state` has the data for the answers.
    """

    def __init__(self, state: AppState) -> None:
        self.state = state
        self.rate = RateLimiter(state.config.serve.rate)
        self.connections = ConnectionTable(state.config.serve.client_connections)
        self._workers: CapacityLimiter | None = None
        router = Router(self._build_routes(), redirect_slashes=False, default=_refuse_unknown)
        self.app = ServiceMiddleware(router, state.status)

    def leave(self) -> None:
        """Make each further answer the last one of its connection."""
        self.app.leaving = True

    def admit(self, tokens: list[AccessToken]) -> None:
        """Require these tokens from now on, and apply the limits of the configuration."""
        own = self.state.config.serve
        self.rate = RateLimiter(own.rate)
        self.app.tokens = tokens
        clients = ClientAddresses(parse_networks("trusted_proxies", own.trusted_proxies))
        for limited in (self.app, self.connections):
            limited.clients, limited.share = clients, own.client_connections

    def _build_routes(self) -> list[Route]:
        computed = {**STATE_ROUTES, **pages.ASSET_ROUTES}
        aliases = {path: partial(self._serve_alias, name) for path, name in api.FILES.items()}
        questions = {path: partial(self._limit_rate, each) for path, each in api.ROUTES.items()}
        asked = {
            **{path: partial(self._limit_rate, page) for path, page in pages.ROUTES.items()},
            **{
                path: partial(self._check_query, path.replace(":int", ""), endpoint)
                for path, endpoint in {**aliases, **questions}.items()
            },
        }
        routes = {
            "/healthz": self._serve_health,
            **{path: partial(self._compute, handler) for path, handler in computed.items()},
            **{path: partial(self._check_host, endpoint) for path, endpoint in asked.items()},
            "/{source}/{name:path}": self._serve_path,
        }
        return [Route(path, endpoint) for path, endpoint in routes.items()]  # type: ignore[arg-type]  # partial objects are functions to Starlette

    async def _serve_health(self, request: Request) -> Response:
        """Return whether the service is alive, at once and without waiting for a worker."""
        return show_health(self.state, request)

    async def _check_host(self, endpoint: Endpoint, request: Request) -> Response:
        """Return the answer, or 421 if the Host header is not ours and the path needs no token.

        This is checked only if names are configured, and never for published files: firewalls
        load them under any name.
        """
        names, path = self.state.config.serve.names, request.url.path
        if names and not self.app.tokens_for(path):
            host = request.headers.get("host", "")
            if not is_known_host(host, names):
                return self._refuse(request, 421, _UNKNOWN_HOST)
        return await endpoint(request)

    async def _check_query(self, path: str, endpoint: Endpoint, request: Request) -> Response:
        """Return the answer of an address of `/v1`, or 400 for an unknown parameter."""
        try:
            check_query(path, request)
        except UsageError as error:
            return self._refuse(request, 400, str(error))
        return await endpoint(request)

    async def _serve_path(self, request: Request) -> Response:
        """Return a file of the published tree."""
        return await self._serve_file(request, request.path_params["name"])

    async def _serve_alias(self, name: str, request: Request) -> Response:
        """Return a file of the tree under an address of the interface; feeds get its links."""
        number = request.path_params.get("number")
        move = partial(move_feed, source=request.path_params["source"])
        shown = move if name in FEEDS else None
        return await self._serve_file(request, name.format(number=number), shown)

    async def _serve_file(
        self,
        request: Request,
        name: str,
        change: Callable[[PublishedFile], PublishedFile] | None = None,
    ) -> Response:
        source = request.path_params["source"]
        files = self.state.files(source)
        if files is None:
            return self._refuse(request, 404, self.state.explain_unknown(source))
        try:
            found = await self._read(partial(files.get, name))
        except Withdrawn:
            return self._refuse(
                request,
                410,
                f"{name} was withdrawn; manifest.json of the source names what there is",
            )
        if found is None:
            return self._refuse(request, 404, _NO_FILE)
        return responses.build_file_response(request, change(found) if change else found)

    def _refuse(
        self, request: Request, status: int, detail: str, headers: dict[str, str] | None = None
    ) -> Response:
        """Return a refusal; for a browser with a link to the source, if there is one."""
        source = request.path_params.get("source", "")
        known = source if source in self.state.config.sources else ""
        return responses.build_refusal(request, status, detail, headers, known)

    async def _read(self, get: Callable[[], PublishedFile | None]) -> PublishedFile | None:
        """Read directly from memory or a local disk; from a bucket without blocking others."""
        return await run_sync(get) if self.state.remote else get()

    async def _limit_rate(self, handler: Handler, request: Request) -> Response:
        """Return an answer that takes work, unless the client asks too often."""
        client = request.client.host if request.client else ""
        if wait := self.rate.wait(client):
            after = {"Retry-After": str(int(wait) + 1)}
            return self._refuse(request, 429, "too many questions a minute from there", after)
        return await self._compute(handler, request)

    async def _compute(self, handler: Handler, request: Request) -> Response:
        """Return the handler's answer, computed in a thread, a few at the same time."""
        self._workers = self._workers or CapacityLimiter(_WORKERS)
        try:
            return await run_sync(
                partial(handler, self.state, request),
                limiter=self._workers,
                abandon_on_cancel=True,
            )
        except responses.NotFound as error:
            return self._refuse(request, 404, str(error))
        except responses.Mismatch as error:
            return self._refuse(request, 409, str(error))
        except UsageError as error:
            return self._refuse(request, 400, str(error))
        except StoreError:
            raise
        except FwtrackerError as error:
            return self._refuse(request, 503, str(error), {"Retry-After": "60"})


async def _refuse_unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for an address without a route."""
    refusal = responses.build_refusal(Request(scope), 404, "no page or file has that address")
    await refusal(scope, receive, send)


def show_health(state: AppState, _request: Request) -> Response:
    """Return 200 while the scheduler can still start checks."""
    if not state.alive():
        return Response(
            "the schedule has stopped; restart the service\n", 500, _NO_STORE, _TEXT
        )
    return Response("alive\n", 200, _NO_STORE, _TEXT)


def show_readiness(state: AppState, _request: Request) -> Response:
    """Return 200 once every source has a version; also on a standby."""
    lines, ready = [], True
    for source in state.sources:
        try:
            manifest = state.manifest(source)
        except FwtrackerError as error:
            manifest, said = None, str(error)
        else:
            said = f"version {manifest.version}" if manifest else "no version yet"
        ready = ready and manifest is not None
        lines.append(f"{source}: {said}")
    lines.append("leading" if state.status.leads else "standing by")
    return Response("\n".join(lines) + "\n", 200 if ready else 503, _NO_STORE, _TEXT)


def show_metrics(state: AppState, request: Request) -> Response:
    """Return Prometheus text, or OpenMetrics if the client prefers that."""
    from tracker.site.web.metrics import (  # noqa: PLC0415  a library that only this needs
        render_metrics,
    )

    body, kind = render_metrics(state, request.headers.get("accept", ""))
    return Response(body, 200, {**_NO_STORE, "Content-Type": kind})


STATE_ROUTES: dict[str, Handler] = {
    "/readyz": show_readiness,
    "/metrics": show_metrics,
}
