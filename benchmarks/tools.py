"""The command line of each tool, and its files: what to watch, and which channels to notify."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# urlwatch orders saved pages by whole seconds: it merges two changes within one second.
URLWATCH_PAUSE = 1.1


@dataclass(frozen=True)
class Sinks:
    """Two channels on loopback: the URL to post to, and the port for mail."""

    slack: str
    mail: int


def fwtracker(environment: Path, urls: Mapping[str, str], config: Path) -> list[str]:
    """Return the command for cron: check these sources, each by the definition of action1.

    `publish` is set because a page that goes back and forth would be held.
    """
    lines = ["[guard]", 'publish = ["rollback"]']
    if "action1" not in urls:
        lines += ["[sources.action1]", "enabled = false"]
    for source, url in urls.items():
        lines += [f"[sources.{source}]", 'use = "action1"', f'url = "{url}"']
    config.write_text("\n".join(lines) + "\n", "utf-8")
    return [str(environment / "bin/fwtracker"), "run", "--config", str(config)]


def add_channels(config: Path, sinks: Sinks) -> None:
    """Add two channels to its configuration."""
    secret = config.with_suffix(".slack")
    secret.write_text(sinks.slack, "utf-8")
    secret.chmod(0o600)
    with config.open("a", encoding="utf-8") as file:
        file.write(
            f'[[channels]]\nname = "slack"\ntype = "slack"\nurl_file = "{secret}"\n'
            f'[[channels]]\nname = "mail"\ntype = "email"\nhost = "127.0.0.1"\n'
            f'port = {sinks.mail}\nsecurity = "none"\nsender = "a@example.com"\n'
            f'to = ["b@example.com"]\n'
        )


def urlwatch(environment: Path, urls: Sequence[str], jobs: Path) -> list[str]:
    """Return its default command: the page as text, reported on stdout. JSON is valid YAML."""
    config = jobs.with_suffix(".config")
    report = {"report": {"stdout": {"enabled": True, "color": False}}}
    jobs.write_text(_documents(urls, {"filter": ["html2text"]}), "utf-8")
    config.write_text(json.dumps(report), "utf-8")
    options = ["--urls", str(jobs), "--config", str(config), "--cache", "cache.db"]
    return [str(environment / "bin/urlwatch"), *options]


def webchanges(environment: Path, urls: Sequence[str], jobs: Path, sinks: Sinks) -> list[str]:
    """Return its default command, with Slack and mail and without the version check."""
    config, hooks = jobs.with_suffix(".config"), jobs.with_suffix(".py")
    mail = {
        "enabled": True,
        "from": "a@example.com",
        "to": "b@example.com",
        "smtp": {"host": "127.0.0.1", "port": sinks.mail, "starttls": False, "auth": False},
    }
    report = {
        "stdout": {"enabled": True, "color": False},
        "webhook": {"enabled": True, "webhook_url": sinks.slack},
        "email": mail,
    }
    settings = {"report": report, "version_check": {"enabled": False}}
    jobs.write_text(_documents(urls, {"filters": ["html2text"]}), "utf-8")
    config.write_text(json.dumps(settings), "utf-8")
    hooks.write_text("", "utf-8")
    options = ["--jobs", str(jobs), "--config", str(config), "--hooks", str(hooks)]
    return [str(environment / "bin/webchanges"), *options, "--database", "cache.db"]


def _documents(urls: Sequence[str], job: Mapping[str, object]) -> str:
    """Return a YAML document for each job."""
    each = (json.dumps({"name": f"page {n}", "url": url, **job}) for n, url in enumerate(urls))
    return "\n---\n".join(each)
