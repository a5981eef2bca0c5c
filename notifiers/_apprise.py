"""What Apprise says about a failure: its log, kept from others and read for the reason."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notifiers._answer import may_pass
from notifiers._secret import REDACTED, Secret
from notifiers._text import clip
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

QUOTED = 80
PART = re.compile(r"[\w-]{4,}")  # of a URL: any of these may be a token
STATUS = re.compile(r"\berror=(\d{3})\b")  # how its plug-ins tell an HTTP status


class _List(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@contextmanager
def kept_log() -> Iterator[list[str]]:
    """Apprise's warnings and errors as a list that fills; nobody else gets any of its log.

    It tells whole URLs at DEBUG, and their hosts, which may be tokens, in warnings. Nor
    does anybody hear that a library of one of its hundred plug-ins is deprecated.
    """
    logger, handler = logging.getLogger("apprise"), _List()
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield handler.told
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def failure_of(url: Secret, log: list[str]) -> DeliveryError:
    """Why one service did not take the message: final only where its status says so."""
    statuses = [int(status) for text in log for status in STATUS.findall(text)]
    final = bool(statuses) and not any(map(may_pass, statuses))
    scheme = clip(url.reveal().partition(":")[0], 20)
    advice = "; check its URL" if final else ""
    return DeliveryError(f"{scheme}{quoted(url, log)}{advice}", retriable=not final)


def quoted(url: Secret, log: list[str]) -> str:
    """`: ` and the first thing told, without any part of the URL; or nothing."""
    from urllib.parse import unquote  # noqa: PLC0415

    if not log:
        return ""
    rest = url.reveal().partition("://")[2]
    parts = {*PART.findall(rest), *PART.findall(unquote(rest))}
    text = log[0]
    for part in sorted(parts, key=len, reverse=True):
        # Apprise puts hosts, which may be tokens, in lower case.
        text = re.sub(re.escape(part), REDACTED, text, flags=re.IGNORECASE)
    return f": {clip(text, QUOTED)}"
