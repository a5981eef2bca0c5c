"""Loopback servers of the demo: the vendor's page, a Slack and a mail server."""

from __future__ import annotations

import hashlib
import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Thread
from typing import Any, cast

PAGE_PATH = "/documentation/firewall-configuration/"


class DemoSite(ThreadingHTTPServer):
    """Serves the sample `page` (`2024-04/stacks.html`, or a folder `2026-02`) at PAGE_PATH."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = ""

    @property
    def url(self) -> str:
        """The main page's address."""
        return f"http://127.0.0.1:{self.server_address[1]}{PAGE_PATH}"

    def body(self, path: str) -> bytes | None:
        """Return the bytes at `path`; None where there are none."""
        if not path.startswith(PAGE_PATH):
            return None
        found = sample_folder().joinpath(self.page)
        if found.is_dir():
            inner = path.removeprefix(PAGE_PATH).strip("/")
            found = (
                found.joinpath(inner, "index.html") if inner else found.joinpath("index.html")
            )
        elif path != PAGE_PATH:
            return None
        return found.read_bytes() if found.is_file() else None


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with an ETag, so that an unchanged page is answered by 304."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer 200, 304 or 404."""
        site = self.server
        assert isinstance(site, DemoSite)  # noqa: S101  only DemoSite makes it
        body = site.body(self.path)
        etag = f'"{hashlib.sha256(body or b"").hexdigest()[:16]}"'
        if body is not None and self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", etag)
        else:
            self._answer(404 if body is None else 200, body or b"", etag)

    def _answer(self, status: int, body: bytes, etag: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log: the demo prints its own steps."""


def sample_folder() -> Traversable:
    """Return the folder of sample pages that ships with the package."""
    return files("tracker").joinpath("samples")


class SlackSink(ThreadingHTTPServer):
    """Takes incoming-webhook posts; `received` are their payloads."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SlackHandler)
        self.received: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.server_address[1]}/services/demo"


class _SlackHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer as Slack does: 200 and `ok`."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        cast("SlackSink", self.server).received.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Write no log."""


class MailSink(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs (RFC 5321); `received` are the messages."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SmtpHandler)
        self.received: list[EmailMessage] = []

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self.server_address[1])


class _SmtpHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Serve one connection: commands until QUIT, and messages."""
        self._send_line("220 demo")
        while line := self.rfile.readline(1000):
            verb = line[:4].upper()
            if verb == b"DATA":
                self._send_line("354 go on")
                self._receive_message()
            self._send_line("221 bye" if verb == b"QUIT" else "250 ok")
            if verb == b"QUIT":
                return

    def _receive_message(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        cast("MailSink", self.server).received.append(message)

    def _send_line(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in the background until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
