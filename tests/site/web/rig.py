"""The real server in a thread, on a store that a test has filled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tracker.config import parse
from tracker.scheduler.board import Board
from tracker.site.web import server as web
from tracker.site.web.app import Server
from tracker.site.web.app_state import Site
from tracker.site.web.runner import tokens
from tracker.store import open_store


class Running(httpx.Client):
    """A client of the server, which also shows the server's parts."""

    def __init__(self, site: Site, server: Server, port: int) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False)
        self.site, self.server, self.port = site, server, port


@contextmanager
def serving(place, raw=None, blobs=None) -> Iterator[Running]:
    """Answer from the store at `place` (or from `blobs`) with a configuration."""
    config = parse(raw or {})
    site = Site(config, str(place), blobs or open_store(str(place)), Board())
    server = Server(site)
    server.admit(tokens(config))
    listening = web.listen("127.0.0.1", 0)
    http = web.http(server)
    thread = threading.Thread(target=web.run, args=(http, listening))
    thread.start()
    try:
        with Running(site, server, listening.getsockname()[1]) as client:
            yield client
    finally:
        http.leave()
        thread.join()
