"""Real servers on loopback: a webhook receiver and a mail server, both scripted.

Each is a context manager with its own thread and a free port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from email.message import EmailMessage

LOOPBACK = "127.0.0.1"


@dataclass
class Answer:
    """One scripted answer. `drip`: seconds between the bytes of the body."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    hang_up: bool = False  # close without any answer


@dataclass
class Recorded:
    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


class Met(list):
    """Requests of hooks, recorded and answered once the barrier has all that it waits for."""

    def __init__(self, barrier: threading.Barrier):
        super().__init__()
        self.barrier = barrier

    def append(self, request):
        self.barrier.wait(20)
        super().append(request)


class HookServer:
    """Answers by the script, and then repeats the last answer; records the requests."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [Answer()]
        self.requests: list[Recorded] = []
        self.leaving = threading.Event()
        self._tls = tls

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.handle_error = lambda *_: None  # a client may hang up
        if self._tls:
            plain = self._server.socket
            self._server.socket = self._tls.wrap_socket(plain, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{LOOPBACK}:{self.port}"

    def bodies(self) -> list[Any]:
        """Return the posted bodies, as decoded JSON."""
        return [json.loads(request.body) for request in self.requests]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                asked = Recorded(self.path, dict(self.headers), body, self.command)
                hook.requests.append(asked)
                more = len(hook.answers) > 1
                self.reply(hook.answers.pop(0) if more else hook.answers[0])

            def reply(self, answer: Answer) -> None:
                hook.leaving.wait(answer.delay)
                if answer.hang_up:
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                step = 1 if answer.drip else max(1, len(answer.body))
                for start in range(0, len(answer.body), step):
                    self.wfile.write(answer.body[start : start + step])
                    if hook.leaving.wait(answer.drip):
                        return

            def log_message(self, *_: object) -> None:
                """Write no log."""

        return Handler


@dataclass
class Mail:
    sender: str
    to: list[str]
    data: bytes
    user: str | None
    tls: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)


class MailServer:
    """An SMTP server: plain, STARTTLS or TLS, with or without login.

    `answers` scripts a command by its name: {"DATA": "451 later"}; for RCPT the key may
    be "RCPT address". An empty QUIT hangs up. Every accepted mail is in `mails`.
    """

    def __init__(
        self,
        security: str = "none",
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
    ) -> None:
        self.mails: list[Mail] = []
        self.answers = dict(answers or {})
        self.logins: list[tuple[str, str]] = []
        self._security, self._tls, self._login = security, tls, login
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # its own log of all
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        tls = self._tls if self._security == "tls" else None
        server = await self._loop.create_server(self._session, LOOPBACK, 0, ssl=tls)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._leave.wait()

    def _session(self) -> SMTP:
        starttls = self._security == "starttls"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of login without TLS
            return SMTP(
                self,
                hostname="mail.test",
                loop=self._loop,
                tls_context=self._tls if starttls else None,
                require_starttls=starttls,
                authenticator=self._authenticate if self._login else None,
                auth_required=bool(self._login),
                auth_require_tls=starttls or not self._login,
            )

    def _authenticate(self, _server, _session, _envelope, _how, given) -> AuthResult:
        pair = (given.login.decode(), given.password.decode())
        self.logins.append(pair)
        good = pair == self._login
        echo = f"535 5.7.8 no such {pair[0]} {pair[1]}"
        return AuthResult(success=good, handled=False, message=None if good else echo)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        answer = self.answers.get(f"RCPT {address}", self.answers.get("RCPT"))
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 fine"

    async def handle_MAIL(  # noqa: N802
        self, _server, _session, envelope, address, _options
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 fine")

    async def handle_DATA(self, _server, session, envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        user = self.logins[-1][0] if self.logins else None
        tls = session.ssl is not None or self._security == "tls"
        mail = Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content, user, tls)
        self.mails.append(mail)
        return "250 queued"

    async def handle_QUIT(self, server, _session, _envelope) -> str:  # noqa: N802
        if self.answers.get("QUIT") == "":
            server.transport.abort()
        return self.answers.get("QUIT", "221 bye")


class SilentServer:
    """Accepts connections and sends only `greeting`, one byte each `drip` seconds."""

    def __init__(self, greeting: bytes = b"", drip: float = 0.05) -> None:
        self._greeting, self._drip = greeting, drip
        self._leaving = threading.Event()

    def __enter__(self) -> Self:
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._socket.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._leaving.is_set():
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                continue
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        for byte in self._greeting:
            try:
                client.sendall(bytes([byte]))
            except OSError:
                return
            if byte == ord("\n"):
                time.sleep(0.01)
            elif self._leaving.wait(self._drip):
                return
        self._leaving.wait(5)


@dataclass
class Rig:
    """A notifier with its own server, for the tests that are run for all notifiers.

    `environment` has its secrets by variable; `settings` names the variables. `received`
    returns each message as the texts in which the channel would interpret markup, `shown` as
    the text that a person reads.
    """

    settings: dict[str, Any]
    environment: dict[str, str]
    received: Callable[[], list[list[str]]]
    shown: Callable[[], list[str]]


def free_port() -> int:
    """Return a port without a listener."""
    with socket.create_server((LOOPBACK, 0)) as held:
        return held.getsockname()[1]
