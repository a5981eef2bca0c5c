"""The demo: generations of the page, one check after another, printed as they happen."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tracker.check.context import CheckContext, CheckOutcome
from tracker.config import Config, parse
from tracker.demo.servers import DemoSite, MailSink, SlackSink, serving
from tracker.errors import UsageError
from tracker.fetch.fetcher import Fetcher
from tracker.parse.pages import explain_refusal
from tracker.pipeline import run_check
from tracker.sources.load import load_source
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.text import clean

_URL_VARIABLE = "FWTRACKER_DEMO_SLACK_URL"
_MARK = "made-by-fwtracker-demo"
_SHOWN_LINES = 16

# What the vendor does, and the sample page that shows it.
STEPS = (
    ("The page as it was in April 2024, one table a region.", "2024-04/table-spans.html"),
    ("An hour later: nothing new.", "2024-04/table-spans.html"),
    (
        "The vendor rebuilds the page: columns of stacked boxes, the same facts.",
        "2024-04/stacks.html",
    ),
    ("November 2024: relay servers are added, in yet another layout.", "2024-11/bare.html"),
    ("2026: the page is only an index; each region has a page of its own.", "2026-02"),
    ("By a mistake of the vendor's the page of April 2024 is back.", "2024-04/stacks.html"),
)

Say = Callable[[str], None]


def play(folder: Path, say: Say) -> None:
    """Run all steps and keep the result in `folder`, which is emptied first.

    Raises UsageError where `folder` has files that no demo made.
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
    """Put the webhook's address into the environment, where secrets are looked for."""
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
    """Print what the channels received since the last step, and forget it."""
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
    """Return what to type for `fwtracker`: the demo's environment may not be on PATH."""
    here = Path(sys.argv[0])
    if shutil.which("fwtracker") or here.name != "fwtracker":
        return "fwtracker"
    return os.path.relpath(here)
