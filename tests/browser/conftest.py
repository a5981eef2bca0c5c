"""Chromium on the live and on the published pages of a store with a history and a held page.

Missing, it is skipped, loudly; in CI that is a failure.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib
import os
import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.site.web.rig import serving
from tests.support.site import Site
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.demo.story import play
from tracker.fetch.fetcher import Fetcher
from tracker.pipeline import run_check
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree

WIDE, NARROW = {"width": 1200, "height": 800}, {"width": 360, "height": 740}


def missing(what):
    message = f"{what} is missing: pages are not tried in a browser; see: make browser"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """The demo's three versions, and a page that is held."""
    folder = tmp_path_factory.mktemp("pages") / "store"
    play(folder, lambda _: None)
    with Site() as site, Fetcher() as fetcher:
        site.show_sample("2024-01/stacks.html")
        tree = Tree(open_store(str(folder)), "action1")
        outcome = run_check(
            CheckContext(load_source("action1"), tree, parse({}), fetcher, site.url)
        )
        assert outcome.outcome == "held"
    return folder


@pytest.fixture(scope="session")
def chromium(filled):  # the store first: with the driver comes an event loop
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        missing("playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("Chromium")
    with playwright.sync_playwright() as driver:
        # No sandbox: it wants privileges that a container does not have. The pages are ours.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def live(filled):
    with serving(filled) as server:
        server.state.config = parse({"serve": {"rate": 0}})
        server.server.admit([])
        server.state.next_check = lambda _: datetime.now(UTC) + timedelta(minutes=26, seconds=9)
        yield f"http://127.0.0.1:{server.port}/action1/"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving_folder(folder):
    """Serve a folder as any web server does; yield its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def static(filled):
    """The published files behind any web server."""
    with serving_folder(filled) as address:
        yield f"{address}/action1/index.html"


@pytest.fixture
def browse(chromium):
    """Open a page; whatever its console says fails the test."""
    said, contexts = [], []

    def opened(url, *, viewport=WIDE, scheme="light", script=True, grant=()):
        context = chromium.new_context(
            viewport=viewport,
            color_scheme=scheme,
            java_script_enabled=script,
            permissions=list(grant),
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        page.goto(url)
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
