"""The page on loopback, in a separate process so that its cost is not measured.

    /still/NAME     always the first generation, with ETag and Last-Modified
    /bare/NAME      the same without them, so that only its bytes show that it is unchanged
    /moving/NAME    with them; `POST` changes it to the other generation

`GET /answers` returns the statuses since the last such request.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import Request, urlopen

from pages import generations

PAGES = generations()
DATES = ("Wed, 17 Apr 2024 09:00:00 GMT", "Tue, 05 Nov 2024 09:00:00 GMT")
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 21))
turned: Counter[str] = Counter()
answers: list[int] = []


class Server(ThreadingHTTPServer):
    """A server that accepts many connections at once."""

    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """Answers for pages with validators, and for the harness."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment per answer; a second would wait for the first's ACK

    def do_GET(self) -> None:
        """Send a page, or the statuses so far."""
        if self.path == "/answers":
            self._send(200, json.dumps(answers).encode(), {})
            answers.clear()
            return
        number = turned[self.path] % len(PAGES)
        body = PAGES[number]
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        known = {} if self.path.startswith("/bare/") else _validators(tag, number)
        # RFC 9110, 13.2.2: with If-None-Match the date is ignored.
        fresh = bool(known) and self.headers.get("If-None-Match") == tag
        answers.append(304 if fresh else 200)
        self._send(answers[-1], b"" if fresh else body, known)

    def do_POST(self) -> None:
        """Change the page to its other generation."""
        turned[self.path] += 1
        self._send(204, b"", {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "text/html; charset=utf-8")
        if status == 200:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


def _validators(tag: str, number: int) -> dict[str, str]:
    return {"ETag": tag, "Last-Modified": DATES[number]}


class Site:
    """The server as the harness sees it."""

    def __init__(self, base: str) -> None:
        self.base = base

    def url(self, kind: str, name: str, number: int = 0) -> str:
        """Return the URL of a page of this kind that only `name` loads, on one of the hosts."""
        base = self.base.replace(HOSTS[0], HOSTS[number % len(HOSTS)])
        return f"{base}/{kind}/{name}"

    def turn(self, url: str) -> None:
        """Serve the other generation at `url` from now on."""
        with urlopen(Request(url, method="POST")) as answer:
            answer.read()

    def answers(self) -> list[int]:
        """Return the statuses since the last call."""
        with urlopen(f"{self.base}/answers") as answer:
            told: list[int] = json.load(answer)
        return told


@contextmanager
def serving() -> Iterator[Site]:
    """Serve the pages from another process until the block ends."""
    with subprocess.Popen([sys.executable, Path(__file__)], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            yield Site(server.stdout.readline().decode().strip())
        finally:
            server.terminate()


def main() -> None:
    """Serve on a port that is free on all hosts, and print it."""
    servers: list[Server] = []
    for host in HOSTS:
        port = servers[0].server_address[1] if servers else 0
        servers.append(Server((host, port), Handler))
    for server in servers[1:]:
        Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{HOSTS[0]}:{servers[0].server_address[1]}", flush=True)
    servers[0].serve_forever()


if __name__ == "__main__":
    main()
