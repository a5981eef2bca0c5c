"""The demo: generations of the page, one check after another, printed as they happen.

The vendor's page, Slack and the mail server are servers on loopback.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socketserver
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Thread
from typing import Any, cast

from tracker.check.context import CheckContext, CheckOutcome
from tracker.config import Config, parse
from tracker.errors import UsageError
from tracker.fetch.fetcher import Fetcher
from tracker.parse.pages import explain_refusal
from tracker.pipeline import run_check
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.text import clean

_URL_VARIABLE = "FWTRACKER_DEMO_SLACK_URL"
_MARK = "made-by-fwtracker-demo"
_SHOWN_LINES = 16

# What the vendor changes, and the sample page with the change.
STEPS = (
    ("The page as it was in April 2024, one table per region.", "2024-04/table-spans.html"),
    ("An hour later: nothing new.", "2024-04/table-spans.html"),
    (
        "The vendor rebuilds the page: columns of stacked boxes, the same facts.",
        "2024-04/stacks.html",
    ),
    ("November 2024: relay servers are added, in yet another layout.", "2024-11/bare.html"),
    ("2026: the page is only an index; each region has a page of its own.", "2026-02"),
    ("By mistake, the vendor publishes the page of April 2024 again.", "2024-04/stacks.html"),
)

Say = Callable[[str], None]


def play(folder: Path, say: Say) -> None:
    """Run all steps and keep the result in `folder`, which is emptied first.

    Raises UsageError if `folder` has files that no demo made.
    """
    _prepare_folder(folder)
    with ExitStack() as stack:
        site, slack, mail = DemoSite(), SlackSink(), MailSink()
        for server in (site, slack, mail):
            stack.enter_context(serving(server))
        stack.enter_context(_webhook_variable(slack.url))
        fetcher = stack.enter_context(Fetcher(explain=explain_refusal))
        tree = Tree(open_store(str(folder)), "action1")
        check = CheckContext(
            load_source("action1"), tree, _demo_config(mail.port), fetcher, site.url
        )
        for number, (what, site.page) in enumerate(STEPS, start=1):
            say(f"{number}. {what}")
            _report_outcome(run_check(check), say)
            _report_received(slack, mail, say)
    say(_closing_text(folder, tree))


def _prepare_folder(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise UsageError(
            f"{folder}: not empty and not made by a demo; choose another with --out"
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()


@contextmanager
def _webhook_variable(url: str) -> Iterator[None]:
    """Put the webhook's URL into the environment, from which secrets are read."""
    os.environ[_URL_VARIABLE] = url
    try:
        yield
    finally:
        del os.environ[_URL_VARIABLE]


def _demo_config(mail_port: int) -> Config:
    slack = {"name": "slack", "type": "slack", "url_env": _URL_VARIABLE}
    mail = {
        "name": "mail",
        "type": "email",
        "host": "127.0.0.1",
        "port": mail_port,
        "security": "none",
        "sender": "fwtracker@example.com",
        "to": ["netops@example.com"],
    }
    return parse({"channels": [slack, mail]})


def _report_outcome(outcome: CheckOutcome, say: Say) -> None:
    from tracker.commands.output import format_counts  # noqa: PLC0415

    line = f"   -> {outcome.outcome}"
    if outcome.version:
        line += f", version {outcome.version}"
    if outcome.summary and outcome.version and outcome.version > 1:
        line += f": {format_counts(outcome.summary)}"
    say(line)
    for finding in outcome.findings:
        say(f"      {finding.verdict} {finding.name}: {finding.message}")
    if outcome.error:
        say(f"      {outcome.error.message}")
    for note in outcome.notes:
        say(f"      {note}")


def _report_received(slack: SlackSink, mail: MailSink, say: Say) -> None:
    """Print what the channels received since the last step, and clear it."""
    for payload in slack.received:
        size = len(json.dumps(payload))
        say(f"   Slack received {size} bytes: {clean(str(payload.get('text', '')))}")
    for message in mail.received:
        say(f"   Mail received: {clean(str(message['Subject']))}")
        body = message.get_body(("plain",))
        lines = body.get_content().splitlines() if body else []
        for line in lines[:_SHOWN_LINES]:
            say(f"   | {line}")
        if len(lines) > _SHOWN_LINES:
            say(f"   | ... and {len(lines) - _SHOWN_LINES} more lines")
    slack.received.clear()
    mail.received.clear()


def _closing_text(folder: Path, tree: Tree) -> str:
    manifest = tree.manifest()
    program, versions = _program_name(), len(tree.versions())
    rules = [name for name in (manifest.files if manifest else ()) if name.startswith("rules/")]
    return f"""
{folder}/action1/ now holds {versions} versions and {len(rules)} rule files. Look around:

  {program} history --snapshots {folder}
  {program} diff 1 2 --snapshots {folder}
  {program} held --snapshots {folder}
  cat {folder}/action1/rules/europe/nftables.nft

On the live page, into ./snapshots:

  {program} run action1
  {program} show"""


def _program_name() -> str:
    """Return the command for `fwtracker`: the demo's environment may not be on PATH."""
    here = Path(sys.argv[0])
    if shutil.which("fwtracker") or here.name != "fwtracker":
        return "fwtracker"
    return os.path.relpath(here)


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
        """Return the bytes at `path`; None if there are none."""
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
    """Answers GET with an ETag, so that an unchanged page gets a 304."""

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
    """Accepts posts of an incoming webhook; `received` are their payloads."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SlackHandler)
        self.received: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """The URL to post to."""
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
        """The port to connect to."""
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
