"""Any service that the library Apprise knows, as the extra `fwtracker[apprise]`.

Apprise tells yes or no, and why not only in its log: the log is read here, kept from
everybody else because it tells URLs, and quoted without any part of them. Each URL is sent
to on its own; a message that one of them took is delivered, and is never sent again.
"""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from notifiers.shared.bodies import render_text
from notifiers.shared.http_post import is_transient
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import (
    REDACTED,
    Secret,
    quiet_loggers,
    read_secrets,
    require_one_place,
)
from notifiers.shared.summary import rate_impact
from notifiers.shared.text import clip
from tracker.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from notifiers.shared.message import MessageText
    from tracker.model import Message


LOG_LIMIT = 80
PART = re.compile(r"[\w-]{4,}")  # of a URL: any of these may be a token
STATUS = re.compile(r"\berror=(\d{3})\b")  # how its plug-ins tell an HTTP status
LIMIT_SECONDS = 60.0  # for each URL
SHORT = 300  # characters; a service that takes fewer, such as SMS, gets the subject alone
TYPES = {"info": "info", "action": "warning", "breaking": "failure"}  # colours and icons
WHAT = "the Apprise URLs"


class AppriseSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the URLs are, one a line: exactly one of the two."""

    urls_env: str | None = None
    urls_file: str | None = None

    def __post_init__(self) -> None:
        require_one_place(self, "urls")


SETTINGS = AppriseSettings


class AppriseService(NamedTuple):
    """One URL, and Apprise's object for it."""

    url: Secret
    plugin: Any


def check(settings: AppriseSettings) -> None:
    """Raise `UsageError` when Apprise or a URL is not there or cannot be used."""
    _services(settings)


def send(settings: AppriseSettings, message: Message) -> str:
    """Send to each URL; the receipt tells how many took the message, and why others not.

    Raises:
        UsageError: Apprise or a URL is not there or cannot be used.
        DeliveryError: no service took it. Final where each of them answered so.
    """
    services = _services(settings)
    failures = [failure for each in services if (failure := _told(each, message))]
    reasons = "; ".join(map(str, failures))
    if len(failures) == len(services):
        raise DeliveryError(reasons, retriable=any(each.retriable for each in failures))
    taken = f"taken by {len(services) - len(failures)} of {len(services)}"
    return f"{taken}; not by: {reasons}" if failures else taken


def message_of(words: MessageText, limit: int) -> tuple[str, str]:
    """Title and text, together within the characters that a service takes."""
    room = limit - len(words.subject) - 2
    if room < SHORT:
        return "", clip(words.subject, limit)
    budget = room
    while len(text := render_text(words, budget)) > room and budget:
        budget //= 2
    return words.subject, text if len(text) <= room else clip(words.lead, room)


def _told(service: AppriseService, message: Message) -> DeliveryError | None:
    """Send to one service; None when it took the message, or why it did not."""
    plugin, words = service.plugin, compose_text(message)
    title, body = message_of(words, plugin.body_maxlen)
    with capture_log() as log:
        sender = _library().Apprise(asset=plugin.asset)
        sender.add(plugin)
        taken = sender.notify(
            body=body,
            title=title,
            notify_type=TYPES[rate_impact(message)],
            body_format="text",
            timeout=LIMIT_SECONDS,
        )
    return None if taken else map_log_to_error(service.url, log)


def _services(settings: AppriseSettings) -> list[AppriseService]:
    apprise = _library()
    # No redirect: it would show the message, and what stands in the URL, to another host.
    asset = apprise.AppriseAsset(
        app_id="fwtracker",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        storage_mode="memory",
    )
    urls = read_secrets(settings.urls_env, settings.urls_file, WHAT)
    return [_service(apprise, asset, url, number) for number, url in enumerate(urls, 1)]


def _service(apprise: ModuleType, asset: object, url: Secret, number: int) -> AppriseService:
    with capture_log() as log:
        plugin = apprise.Apprise.instantiate(url.reveal(), asset=asset)
    if plugin is None:
        reason = quote_log(url, log)
        raise UsageError(f"{WHAT}: Apprise cannot use number {number} of them{reason}")
    return AppriseService(url, plugin)


def _library() -> ModuleType:
    try:
        import apprise  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
    else:
        quiet_loggers("urllib3", "requests")
        return apprise
    raise UsageError(
        "the channel type apprise needs a library: pip install 'fwtracker[apprise]'"
    )


class _LogList(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@contextmanager
def capture_log() -> Iterator[list[str]]:
    """Apprise's warnings and errors as a list that fills; nobody else gets any of its log.

    It tells whole URLs at DEBUG, and their hosts, which may be tokens, in warnings. Nor
    does anybody hear that a library of one of its hundred plug-ins is deprecated.
    """
    logger, handler = logging.getLogger("apprise"), _LogList()
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


def map_log_to_error(url: Secret, log: list[str]) -> DeliveryError:
    """Why one service did not take the message: final only where its status says so."""
    statuses = [int(status) for text in log for status in STATUS.findall(text)]
    final = bool(statuses) and not any(map(is_transient, statuses))
    scheme = clip(url.reveal().partition(":")[0], 20)
    advice = "; check its URL" if final else ""
    return DeliveryError(f"{scheme}{quote_log(url, log)}{advice}", retriable=not final)


def quote_log(url: Secret, log: list[str]) -> str:
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
    return f": {clip(text, LOG_LIMIT)}"
