"""A web site on loopback whose pages a test changes at will."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

MAIN = "/documentation/firewall-configuration/"
SAMPLES = Path(__file__).parents[2] / "tracker" / "samples"


@dataclass
class Reply:
    """The site's answer for one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    zipped: bool = False
    raw: bytes | None = None  # sent as it is, instead of the other fields


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    status: int
    client: tuple[str, int]  # one connection, one port


class Site:
    """Serves `pages` by path: a Reply, or a list of them, the last of which is repeated."""

    def __init__(self, port: int = 0) -> None:
        self._port = port  # 0: any that is free
        self.pages: dict[str, Reply | list[Reply]] = {}
        self.asked: list[Asked] = []

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client may hang up
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return self.root + MAIN

    def forget(self) -> None:
        """Remove all pages and recorded requests."""
        self.pages, self.asked = {}, []

    def show(self, body: str | bytes, path: str = MAIN, **reply: object) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = Reply(body=raw, **reply)

    def show_sample(self, name: str) -> None:
        """Show a sample page, or all pages of a sample folder."""
        self.pages.clear()
        source = SAMPLES / name
        if source.is_file():
            self.show(source.read_bytes())
            return
        for page in source.rglob("index.html"):
            inner = page.parent.relative_to(source).as_posix()
            self.show(page.read_bytes(), MAIN if inner == "." else f"{MAIN}{inner}/")

    def statuses(self) -> list[int]:
        return [asked.status for asked in self.asked]

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805  the handler's self is inner
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                reply = site.pages.get(self.path, Reply(status=404))
                if isinstance(reply, list):
                    reply = reply.pop(0) if len(reply) > 1 else reply[0]
                if reply.raw is not None:
                    site.asked.append(
                        Asked(self.path, dict(self.headers), 0, self.client_address)
                    )
                    self.wfile.write(reply.raw)
                    self.close_connection = True
                    return
                self._answer(reply)

            def _answer(self, reply: Reply) -> None:
                etag = f'"{hashlib.sha256(reply.body).hexdigest()[:12]}"'
                same = reply.etag and self.headers.get("If-None-Match") == etag
                status = 304 if same else reply.status
                body = b"" if same else reply.body
                headers = {"Content-Type": "text/html; charset=utf-8", **reply.headers}
                if reply.etag:
                    headers["ETag"] = etag
                if reply.zipped and body:
                    body = gzip.compress(body)
                    headers["Content-Encoding"] = "gzip"
                asked = Asked(self.path, dict(self.headers), status, self.client_address)
                site.asked.append(asked)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
