"""The checks that every request passes first: headers, methods, tokens, sizes, rates."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracker.errors import StoreError
from tracker.scheduler.status import ServiceStatus
from tracker.site.static import ASSETS
from tracker.site.web.clients import ClientAddresses
from tracker.site.web.connections import CAPACITY, SURPLUS
from tracker.site.web.responses import build_refusal

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ENCODED = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_LONGEST_PATH = 1024
_LONGEST_QUERY = 2048
_TIME = 20.0  # seconds for one answer
_HEALTH = "/healthz"  # always answered
HEALTH_PATHS = frozenset({_HEALTH, "/readyz"})
# Served without a token, because the page that asks for one needs the stylesheet.
_OPEN_PATHS = HEALTH_PATHS | {f"/{name}" for name in ASSETS}
_FAULT = "fwtracker made a mistake; please report it with what its log says"
_CLIENTS = 4096  # addresses whose rate is kept in memory


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that is required for paths that begin with `path`."""

    path: str
    value: bytes

    def is_shown_by(self, header: str) -> bool:
        """Return whether an Authorization header has the token, in Bearer or Basic form."""
        kind, _, rest = header.partition(" ")
        given = rest.strip().encode()
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif kind.lower() != "bearer":
            return False
        return hmac.compare_digest(given, self.value)


@dataclass
class RateLimiter:
    """A limit of answers per minute for each client; unused ones add up to one minute's."""

    limit: int
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, client: str) -> float:
        """Return the seconds until this client may ask; 0 means now, and counts the answer."""
        if not self.limit:
            return 0.0
        now = self.clock()
        left, then = self._left.pop(client, (float(self.limit), now))
        left = min(left + (now - then) * self.limit / 60, self.limit)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        if len(self._left) > _CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.limit


@dataclass
class ServiceMiddleware:
    """The outermost part of the server.

    `tokens`, `clients` and `share` change with the configuration. `share` limits the requests
    in progress per client: behind a proxy, connections cannot be counted by client.
    """

    app: ASGIApp
    status: ServiceStatus
    tokens: Sequence[AccessToken] = ()
    clients: ClientAddresses = field(default_factory=ClientAddresses)
    share: int = CAPACITY
    leaving: bool = False  # each answer is the last one of its connection
    _running: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the signature is ASGI's."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer, forwarded = scope["client"], Headers(scope=scope).getlist("x-forwarded-for")
        client = self.clients.find_client(peer[0] if peer else "", forwarded)
        scope["client"] = (client, 0)
        self._running[client] += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_marked(message: Message) -> None:
            """Send a message of the response, count it, and add our headers."""
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self.status.answers[str(message["status"])] += 1
                is_last = self.leaving or scope["state"].get(SURPLUS)
                last = [(b"connection", b"close")] if is_last else []
                message["headers"] = [*message["headers"], *_ENCODED, *last]
            await send(message)

        answer = self._refuse(scope) or self.app
        try:
            async with asyncio.timeout(_TIME):
                await answer(scope, receive, send_marked)
        except (TimeoutError, StoreError) as error:
            if started:
                raise  # closing the connection ends the unfinished answer
            detail = str(error) or "this takes too long; ask for less"
            refusal = build_refusal(Request(scope), 503, detail, {"Retry-After": "60"})
            await refusal(scope, receive, send_marked)
        except Exception:
            if not started:
                refusal = build_refusal(Request(scope), 500, _FAULT, {"Connection": "close"})
                await refusal(scope, receive, send_marked)
            raise  # the server logs it, and closes the connection

    def _refuse(self, scope: Scope) -> ASGIApp | None:
        refuse, headers = partial(build_refusal, Request(scope)), Headers(scope=scope)
        if scope["method"] not in {"GET", "HEAD"}:
            return refuse(405, "this server answers GET and HEAD only", {"Allow": "GET, HEAD"})
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            detail = "this server accepts no content; send the request without a body"
            return refuse(413, detail, {"Connection": "close"})
        if len(scope["path"]) > _LONGEST_PATH or len(scope["query_string"]) > _LONGEST_QUERY:
            return refuse(414, "the address is longer than any of this server's; shorten it")
        if scope["path"] != _HEALTH and self._is_crowded(scope):
            detail = "too many connections are open, or too many from there; try again"
            return refuse(503, detail, {"Retry-After": "5"})
        return self._ask_for_token(scope, headers)

    def _is_crowded(self, scope: Scope) -> bool:
        """Return whether the connection is surplus, or the client has used up its share."""
        return scope["state"].get(SURPLUS) or self._running[scope["client"][0]] > self.share

    def tokens_for(self, path: str) -> list[AccessToken]:
        """Return the tokens of the longest path that matches; one of them is required."""
        fitting = [token for token in self.tokens if path.startswith(token.path)]
        longest = max((len(token.path) for token in fitting), default=0)
        return [token for token in fitting if len(token.path) == longest]

    def _ask_for_token(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """Return a refusal if the request has no token for its path."""
        path, shown = scope["path"], headers.get("authorization", "")
        tokens = [] if path in _OPEN_PATHS else self.tokens_for(path)
        if not tokens or any(token.is_shown_by(shown) for token in tokens):
            return None
        detail = "send this path's token, as the password of any user or as a Bearer token"
        realm = {"WWW-Authenticate": 'Basic realm="fwtracker"'}
        return build_refusal(Request(scope), 401, detail, realm)
