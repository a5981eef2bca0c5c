"""A loopback web server that shows one generation of a sample page, and then another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Thread

PATH = "/documentation/firewall-configuration/"


class Site(ThreadingHTTPServer):
    """Serves the sample `page` (`2024-04/stacks.html`, or a folder `2026-02`) at PATH."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = ""

    @property
    def url(self) -> str:
        """The main page's address."""
        return f"http://127.0.0.1:{self.server_address[1]}{PATH}"

    def body(self, path: str) -> bytes | None:
        """The bytes at `path`, or None."""
        if not path.startswith(PATH):
            return None
        found = samples().joinpath(self.page)
        if found.is_dir():
            inner = path.removeprefix(PATH).strip("/")
            found = (
                found.joinpath(inner, "index.html") if inner else found.joinpath("index.html")
            )
        elif path != PATH:
            return None
        return found.read_bytes() if found.is_file() else None


class _Handler(BaseHTTPRequestHandler):
    """GET with an ETag, so that an unchanged page is answered by 304."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer 200, 304 or 404."""
        site = self.server
        assert isinstance(site, Site)  # noqa: S101  made by Site alone
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
        """Say nothing: the demo tells its own story."""


def samples() -> Traversable:
    """The folder of sample pages that ships with the package."""
    return files("tracker").joinpath("samples")


@contextmanager
def serving(server: Site | ThreadingHTTPServer) -> Iterator[None]:
    """Serve in the background until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
