"""The routes of the server, and how each kind of answer is made: files, questions, pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from tracker.errors import FwtrackerError, StoreError, UsageError
from tracker.site.web import api, health, pages, responses
from tracker.site.web.app_state import Site
from tracker.site.web.files import File, Gone
from tracker.site.web.middleware import Guard, Rate, Token

_WORKERS = 4  # answers that are worked out at the same time; memory is what they cost

Work = Callable[[Site, Request], Response]


nowhere: ASGIApp = responses.problem(404, "no page or file has that address")


class Server:
    """The application. What is asked of it at the same time is bounded."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.rate = Rate(site.config.serve.rate)
        self._workers: CapacityLimiter | None = None
        router = Router(self._routes(), redirect_slashes=False, default=nowhere)
        self.app = Guard(router, site.board)

    def leave(self) -> None:
        """From now on tell clients to come back by a new connection."""
        self.app.leaving = True

    def admit(self, tokens: list[Token]) -> None:
        """The tokens from now on, and the rate of the configuration in force."""
        self.app.tokens = tokens
        self.rate = Rate(self.site.config.serve.rate)

    def _routes(self) -> list[Route]:
        asked = {**api.ROUTES, **pages.ROUTES}
        work = {path: partial(self._worked, answer) for path, answer in asked.items()}
        given = {path: partial(self._given, name) for path, name in api.FILES.items()}
        free = {
            path: partial(self._free, answer)
            for path, answer in (health.ROUTES | pages.ASSETS).items()
        }
        routes = {**free, **given, **work, "/{source}/{name:path}": self._published}
        return [Route(path, answer) for path, answer in routes.items()]  # type: ignore[arg-type]

    async def _published(self, request: Request) -> Response:
        """A file of the published tree."""
        return await self._file(request, request.path_params["name"])

    async def _given(self, name: str, request: Request) -> Response:
        """The same file under an address of the interface."""
        number = request.path_params.get("number")
        return await self._file(request, name.format(number=number))

    async def _file(self, request: Request, name: str) -> Response:
        source = request.path_params["source"]
        files = self.site.files(source)
        if files is None:
            return responses.refusal(request, 404, f'no source is called "{source}"')
        try:
            found = await self._read(partial(files.get, name))
        except Gone:
            return responses.refusal(
                request, 410, f"{name} was withdrawn; index.html lists what there is"
            )
        if found is None:
            return responses.refusal(request, 404, "no such file is published")
        return responses.file(request, found)

    async def _read(self, get: Callable[[], File | None]) -> File | None:
        """From memory or a local disk at once, from a bucket without others waiting."""
        return await run_sync(get) if self.site.remote else get()

    async def _worked(self, work: Work, request: Request) -> Response:
        """An answer that has to be worked out, beside the others and not too often."""
        client = request.client.host if request.client else ""
        if wait := self.rate.wait(client):
            after = {"Retry-After": str(int(wait) + 1)}
            return responses.refusal(
                request, 429, "too many questions a minute from there", after
            )
        return await self._free(work, request)

    async def _free(self, work: Work, request: Request) -> Response:
        self._workers = self._workers or CapacityLimiter(_WORKERS)
        try:
            return await run_sync(
                partial(work, self.site, request), limiter=self._workers, abandon_on_cancel=True
            )
        except responses.NotThere as error:
            return responses.refusal(request, 404, str(error))
        except UsageError as error:
            return responses.refusal(request, 400, str(error))
        except StoreError:
            raise
        except FwtrackerError as error:
            return responses.refusal(request, 503, str(error), {"Retry-After": "60"})
