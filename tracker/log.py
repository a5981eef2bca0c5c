"""The log on stderr: lines for people, or one JSON object a line. Values are made one line."""

from __future__ import annotations

import logging
import time

from tracker.text import clean

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


def start(verbose: int, form: str, *, quiet: bool) -> None:
    """Set up the root logger once: `verbose` 0, 1 or 2; `form` is text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    level = logging.ERROR if quiet else _LEVELS[min(verbose, 2)]
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Their own lines hold full URLs, and a webhook's URL is its secret.
    for library in ("httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """`info: action1: ...`; text of a page cannot start a new line or move the cursor."""
        return f"{record.levelname.lower()}: {clean(record.getMessage())}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One object a line, with the time in UTC."""
        import json  # noqa: PLC0415  only for this form

        return json.dumps(
            {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": clean(record.getMessage()),
            }
        )
