"""Code that all commands share: options, the log, and the chosen source and store."""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from tracker.commands.completion import complete_regions, complete_sources
from tracker.config import Config, load
from tracker.errors import UsageError
from tracker.sources import Source
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.text import clean

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)  # without -v, with -v, with -vv
HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
_SLOW = 3.0  # seconds; after that users wonder what happens


class Setup(NamedTuple):
    """The configuration in force, and the place of the snapshots."""

    config: Config
    snapshots: str

    def tree(self, source: str) -> Tree:
        """Return the versions of one source."""
        return Tree(open_store(self.snapshots), source)

    def source(self, name: str | None) -> Source:
        """Return the source with this name; without a name, the only configured one.

        Raises UsageError.
        """
        if name is None:
            if len(self.config.sources) > 1:
                names = ", ".join(sorted(self.config.sources))
                raise UsageError(f"several sources are configured; name one of them: {names}")
            name = next(iter(self.config.sources))
        return self.config.source(name)


def command(*args: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Return `click.command` with the options that every command has, passed as `setup`."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        """Return the function as a command."""

        @functools.wraps(function)
        def wrapped(
            *,
            config: Path | None,
            snapshots: str | None,
            verbose: int,
            quiet: bool,
            log_format: str,
            **rest: Any,
        ) -> Any:
            """Call the function with the loaded configuration."""
            start_log(verbose, log_format, quiet=quiet)
            loaded = load(config)
            return function(
                setup=Setup(loaded, snapshots or loaded.fwtracker.snapshots), **rest
            )

        for option in reversed(_OPTIONS):
            wrapped = option(wrapped)
        settings: dict[str, Any] = {"context_settings": HELP, **kwargs}
        made: click.Command = click.command(*args, **settings)(wrapped)
        return made

    return decorate


_OPTIONS = (
    click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False, readable=False),
        help="Configuration file.  [default: config/fwtracker.toml if there is one]",
    ),
    click.option("--snapshots", metavar="DIR", help="Where versions are kept.  [snapshots]"),
    click.option("-v", "--verbose", count=True, help="Log each step; twice: every detail."),
    click.option("-q", "--quiet", is_flag=True, help="Print only changes and problems."),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Log format on stderr.",
    ),
)


def start_log(verbose: int, form: str, *, quiet: bool) -> None:
    """Set up the root logger, on stderr: `verbose` is 0, 1 or 2; `form` is text or json.

    In text form, each record is one line without control characters.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter())
    level = logging.ERROR if quiet else _LEVELS[min(verbose, 2)]
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Their records contain full URLs, and the URL of a webhook is a secret.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return `info: action1: ...`."""
        return f"{record.levelname.lower()}: {clean(record.getMessage())}"


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object, with the time in UTC."""
        message = clean(record.getMessage())
        return self._encode(record.created, record.levelname.lower(), record.name, message)

    def format_note(self, text: str) -> str:
        """Return a note of a command in the same form."""
        return self._encode(time.time(), "warning", "fwtracker", text.strip())

    def _encode(self, at: float, level: str, logger: str, message: str) -> str:
        import json  # noqa: PLC0415  only for this form

        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        return json.dumps({"time": when, "level": level, "logger": logger, "message": message})


_COLOURS = {"good": "green", "warning": "yellow", "bad": "red"}


def paint(text: str, verdict: str, *, err: bool = False) -> str:
    """Return a text in the colour of "good", "warning" or "bad", if it goes to a terminal.

    `err`: it goes to stderr. NO_COLOR turns colours off (https://no-color.org).
    """
    stream = sys.stderr if err else sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return click.style(text, fg=_COLOURS[verdict])


@contextmanager
def say_if_slow(doing: str) -> Iterator[None]:
    """Print on a terminal's stderr what is being done, if it takes more than a few seconds."""
    wanted = sys.stderr.isatty() and logging.getLogger().isEnabledFor(logging.WARNING)
    timer = threading.Timer(_SLOW, click.echo, [f"{doing} ..."], {"err": True})
    timer.daemon = True
    if wanted:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def echo_note(text: str) -> None:
    """Print a note to stderr, as a line of JSON if the log is JSON.

    So a log collector finds one object on each line, whatever a command prints.
    """
    if any(isinstance(each.formatter, _JsonFormatter) for each in logging.getLogger().handlers):
        plain = click.unstyle(text).removeprefix("fwtracker: ")
        click.echo(_JsonFormatter().format_note(plain), err=True)
    else:
        click.echo(text, err=True)


def verbose() -> bool:
    """Return whether -v was given."""
    return logging.getLogger().isEnabledFor(logging.INFO)


def echo_settling(settle: str) -> None:
    """Print to stderr the lines that resolve a refused page, ready to paste, if any."""
    if settle:
        where = "configuration" if "[[sources." in settle else "definition of the source"
        echo_note(f"to resolve this, add to the {where}:")
        echo_note(settle)


source_option = click.option(
    "--source",
    "name",
    help="Which source.  [the configured one]",
    shell_complete=complete_sources,
)
region_option = click.option(
    "--region",
    "regions",
    multiple=True,
    help="Only this region; may be repeated.",
    shell_complete=complete_regions,
)


def print_json(value: object) -> None:
    """Print any of our types as indented JSON."""
    import msgspec  # noqa: PLC0415

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
