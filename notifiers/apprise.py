"""Any service that the library Apprise knows, as the extra `fwtracker[apprise]`.

Apprise tells yes or no, and why not only in its log: the log is read here, kept from
everybody else because it tells URLs, and quoted without any part of them. Each URL is sent
to on its own; a message that one of them took is delivered, and is never sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from notifiers._apprise import failure_of, kept_log, quoted
from notifiers._counts import impact_of
from notifiers._plaintext import text_of
from notifiers._quiet import hush
from notifiers._secret import Secret, read_secrets
from notifiers._text import clip
from notifiers._words import words_of
from tracker.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

    from notifiers._message import Words
    from tracker.model import Message

LIMIT_SECONDS = 60.0  # for each URL
SHORT = 300  # characters; a service that takes fewer, such as SMS, gets the subject alone
TYPES = {"info": "info", "action": "warning", "breaking": "failure"}  # colours and icons
WHAT = "the Apprise URLs"


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the URLs are, one a line: exactly one of the two."""

    urls_env: str | None = None
    urls_file: str | None = None

    def __post_init__(self) -> None:
        if (self.urls_env is None) == (self.urls_file is None):
            raise ValueError("set exactly one of `urls_env` and `urls_file`")


class Service(NamedTuple):
    """One URL, and Apprise's object for it."""

    url: Secret
    plugin: Any


def check(settings: Settings) -> None:
    """Raise `UsageError` when Apprise or a URL is not there or cannot be used."""
    _services(settings)


def send(settings: Settings, message: Message) -> str:
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


def message_of(words: Words, limit: int) -> tuple[str, str]:
    """Title and text, together within the characters that a service takes."""
    room = limit - len(words.subject) - 2
    if room < SHORT:
        return "", clip(words.subject, limit)
    budget = room
    while len(text := text_of(words, budget)) > room and budget:
        budget //= 2
    return words.subject, text if len(text) <= room else clip(words.lead, room)


def _told(service: Service, message: Message) -> DeliveryError | None:
    """Send to one service; None when it took the message, or why it did not."""
    plugin, words = service.plugin, words_of(message)
    title, body = message_of(words, plugin.body_maxlen)
    with kept_log() as log:
        sender = _library().Apprise(asset=plugin.asset)
        sender.add(plugin)
        taken = sender.notify(
            body=body,
            title=title,
            notify_type=TYPES[impact_of(message)],
            body_format="text",
            timeout=LIMIT_SECONDS,
        )
    return None if taken else failure_of(service.url, log)


def _services(settings: Settings) -> list[Service]:
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


def _service(apprise: ModuleType, asset: object, url: Secret, number: int) -> Service:
    with kept_log() as log:
        plugin = apprise.Apprise.instantiate(url.reveal(), asset=asset)
    if plugin is None:
        reason = quoted(url, log)
        raise UsageError(f"{WHAT}: Apprise cannot use number {number} of them{reason}")
    return Service(url, plugin)


def _library() -> ModuleType:
    try:
        import apprise  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
    else:
        hush("urllib3", "requests")
        return apprise
    raise UsageError(
        "the channel type apprise needs a library: pip install 'fwtracker[apprise]'"
    )
