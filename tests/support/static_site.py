"""A simple web server for published files, such as operators have: only types and ETags."""

from __future__ import annotations

import hashlib
import mimetypes
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Answered:
    """An answered request: its path, the status, the bytes of the body."""

    path: str
    status: int
    size: int


class StaticSite:
    """Serves the files below `root`, which a test may change, and records its answers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answered: list[Answered] = []

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
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
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bodies(self) -> list[Answered]:
        """Return the answers with a file as the body."""
        return [each for each in self.answered if each.status == 200]

    def _make_handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805  the handler's self is inner
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = site.root / self.path.lstrip("/")
                status, body = (200, path.read_bytes()) if path.is_file() else (404, b"")
                etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                if status == 200 and self.headers.get("If-None-Match") == etag:
                    status, body = 304, b""
                site.answered.append(Answered(self.path, status, len(body)))
                self.send_response(status)
                self.send_header("ETag", etag)
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
