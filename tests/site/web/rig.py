"""The real server in a thread, on a store that a test has filled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tracker.config import parse
from tracker.scheduler.status import ServiceStatus
from tracker.site.web import runner as web
from tracker.site.web.app import WebApp
from tracker.site.web.app_state import AppState
from tracker.site.web.runner import load_tokens
from tracker.store import open_store


class Running(httpx.Client):
    """A client of the server, which also shows the server's parts."""

    def __init__(self, state: AppState, server: WebApp, port: int) -> None:
        url = f"http://127.0.0.1:{port}"  # for which no certificates need to be loaded
        super().__init__(base_url=url, timeout=20, trust_env=False, verify=False)
        self.state, self.server, self.port = state, server, port


@contextmanager
def serving(place, raw=None, blobs=None) -> Iterator[Running]:
    """Answer from the store at `place` (or from `blobs`) with a configuration."""
    config = parse(raw or {})
    state = AppState(config, str(place), blobs or open_store(str(place)), ServiceStatus())
    server = WebApp(state)
    server.admit(load_tokens(config))
    listening = web.open_socket("127.0.0.1", 0)
    http = web.build_server(server)
    thread = threading.Thread(target=web.run_server, args=(http, listening))
    thread.start()
    try:
        with Running(state, server, listening.getsockname()[1]) as client:
            yield client
    finally:
        http.leave()
        thread.join()
