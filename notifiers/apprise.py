"""Any service that the library Apprise supports, with the extra `apprise`.

Apprise returns yes or no and gives the reason only in its log. The log contains URLs, so it is
read here, kept from all other handlers, and quoted without any part of a URL. Each URL is a
separate delivery; a message that one of them accepted is delivered, and is never sent again.
"""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

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
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from notifiers.shared.message import MessageText
    from tracker.change_set import Impact
    from tracker.notifications import Message


LOG_LIMIT = 80
PART = re.compile(r"[\w-]{4,}")  # of a URL: any of these may be a token
STATUS = re.compile(r"\berror=(\d{3})\b")  # how its plug-ins log an HTTP status
LIMIT_SECONDS = 60.0  # for each URL
# Percent of the room for the sections, tried one after the other until the message fits.
SHARES, LAST_SHARES = (100, 90, 80), range(100, 0, -10)
TITLE_MARKS = 4  # characters that Apprise puts around a title in the body
SEE_ALL = ("See all of it:", "See more:")
SHORT = 300  # characters; a service that accepts fewer, such as SMS, gets only the subject
TYPES = {"info": "info", "action": "warning", "breaking": "failure"}  # colours and icons
BREAK = "\u200b"  # zero-width space
MARKDOWN = re.compile(r"[\\_*\[\]()~`>#+=|{}.!&-]")  # Apprise escapes these by a backslash
WHAT = "the Apprise URLs"


class SizeLimit(NamedTuple):
    """How much a service accepts of title and text together."""

    most: int
    in_bytes: bool = False


# As the services document them; the library's numbers are those of other versions.
LIMITS = {
    # https://docs.ntfy.sh/publish/#limitations: a longer one becomes an attachment
    **dict.fromkeys(("ntfy", "ntfys"), SizeLimit(4096, in_bytes=True)),
    # https://discord.com/developers/docs/resources/webhook#execute-webhook
    "discord": SizeLimit(2000),
    # https://pushover.net/api#limits: 1,024 characters without the title
    "pover": SizeLimit(1024),
    # https://docs.rocket.chat/docs/message: Message_MaxAllowedSize, by default
    **dict.fromkeys(("rocket", "rockets"), SizeLimit(1000)),
    # https://developers.mattermost.com/integrate/webhooks/incoming: 16,383; older ones 4,000
    **dict.fromkeys(("mmost", "mmosts"), SizeLimit(4000)),
}
# In URLs of these, `priority=` accepts "high", and this word for a message without a sound:
# at some of them what Apprise calls "low" does not show the message at all.
WITHOUT_SOUND = {
    **dict.fromkeys(("ntfy", "ntfys"), "low"),
    **dict.fromkeys(("pover", "gotify", "gotifys", "prowl"), "moderate"),
}


class AppriseSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the URLs are, one per line: exactly one of the two is set."""

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
    """Raise `UsageError` if Apprise or a URL is missing or cannot be used."""
    _read_services(settings)


def send(settings: AppriseSettings, message: Message) -> str:
    """Send to each URL; return how many accepted the message, and why others did not.

    Raises:
        UsageError: Apprise or a URL is missing or cannot be used.
        DeliveryError: no service accepted it. Final if each of them gave a final answer.
    """
    services = _read_services(settings)
    failures = [failure for each in services if (failure := _send_to(each, message))]
    reasons = "; ".join(map(str, failures))
    if len(failures) == len(services):
        raise DeliveryError(reasons, retriable=any(each.retriable for each in failures))
    taken = f"taken by {len(services) - len(failures)} of {len(services)}"
    return f"{taken}; not by: {reasons}" if failures else taken


def fit_message(
    words: MessageText, limit: int, size: Callable[[str], int] = len
) -> tuple[str, str]:
    """Return title and text, together within what a service accepts, as `size` counts it.

    If there is little room, whole sections are left out, the last ones first; the command that
    shows everything stays.
    """
    room = limit - size(words.subject) - TITLE_MARKS
    if room < SHORT:
        return "", _clip_to(words.subject, limit, size)
    full = render_text(words, room)
    characters = room * len(full) // size(full)  # bytes and escapes are more than characters
    texts = (
        render_text(_keep_sections(words, number), characters * share // 100)
        for number in range(len(words.sections) + 1, -1, -1)
        for share in (SHARES if number > 1 else LAST_SHARES)
    )
    fitting = next((text for text in texts if size(text) <= room), "")
    return words.subject, fitting or _clip_to(words.lead, room, size)


def _keep_sections(words: MessageText, number: int) -> MessageText:
    """Return the message with its first sections, and one command in place of the others."""
    if number > len(words.sections):
        return words
    lines = (line for section in words.all_sections for line in section.lines)
    command = [line for line in lines if line.label in SEE_ALL][:1]
    kept = words.sections[:number]
    if any(line in section.lines for section in kept for line in command):
        command = []
    return replace(words, sections=kept, facts=tuple(command), more="More")


def _clip_to(text: str, limit: int, size: Callable[[str], int]) -> str:
    """Return the text, clipped to the limit as `size` counts it."""
    shown = clip(text, limit)
    while size(shown) > limit:
        shown = clip(shown, len(shown) - max((size(shown) - limit) // 4, 1))
    return shown


def defuse(text: str) -> str:
    """Return text in which no service sees a mention: `@everyone`, `<!channel>`, `<@&12>`.

    A zero-width space follows each `@` and `<!`: Discord, Slack, Mattermost, Rocket.Chat and
    Telegram then see no name. Hosts, addresses and commands contain neither.
    """
    return text.replace("@", f"@{BREAK}").replace("<!", f"<{BREAK}!")


def _send_to(service: AppriseService, message: Message) -> DeliveryError | None:
    """Send to one service; return why it did not accept the message, or None."""
    plugin, words, impact = service.plugin, compose_text(message), rate_impact(message)
    limit, size = _find_limit(service)
    title, body = fit_message(words, limit, size)
    with capture_log() as log:
        sender = _import_apprise().Apprise(asset=plugin.asset)
        sender.add(_set_urgency(service, impact))
        taken = sender.notify(
            body=defuse(body),
            title=defuse(title),
            notify_type=TYPES[impact],
            body_format="text",
            timeout=LIMIT_SECONDS,
        )
    return None if taken else map_log_to_error(service.url, log)


def _find_limit(service: AppriseService) -> tuple[int, Callable[[str], int]]:
    """Return how much a service accepts, and how it counts, by its own documentation.

    For a service that is not listed here the limit is Apprise's. Text for a service with markup
    is counted as Apprise escapes it.
    """
    known, plugin = LIMITS.get(_scheme_of(service.url)), service.plugin
    limit = known or SizeLimit(plugin.body_maxlen)

    def size(text: str) -> int:
        """Return how much of the limit a text uses as it is sent."""
        sent = _escape(plugin, defuse(text))
        return len(sent.encode()) if limit.in_bytes else len(sent)

    return limit.most, size


def _escape(plugin: Any, text: str) -> str:
    """Return plain text as Apprise sends it to a service with markup, or a bit longer."""
    # Since Apprise 2.3 a service may have several formats, chosen by the format of the text.
    resolve = getattr(plugin, "resolve_format", None)
    form = resolve("text") if resolve else plugin.notify_format
    if form == "html":
        return str(plugin.escape_html(text, convert_new_lines=True))
    return MARKDOWN.sub(r"\\\g<0>", text) if form == "markdown" else text


def _set_urgency(service: AppriseService, impact: Impact) -> Any:
    """Return the service with a priority by impact, if it has any and the URL sets none."""
    url, scheme = service.url.reveal(), _scheme_of(service.url)
    if scheme not in WITHOUT_SOUND or "priority=" in url or impact == "action":
        return service.plugin
    word = "high" if impact == "breaking" else WITHOUT_SOUND[scheme]
    joined = f"{url}{'&' if '?' in url else '?'}priority={word}"
    urgent = _import_apprise().Apprise.instantiate(joined, asset=service.plugin.asset)
    return urgent or service.plugin


def _scheme_of(url: Secret) -> str:
    return url.reveal().partition(":")[0].lower()


def _read_services(settings: AppriseSettings) -> list[AppriseService]:
    apprise = _import_apprise()
    # No redirects: they would show the message, and secrets in the URL, to another host.
    asset = apprise.AppriseAsset(
        app_id="fwtracker",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        storage_mode="memory",
    )
    urls = read_secrets(settings.urls_env, settings.urls_file, WHAT)
    return [_build_service(apprise, asset, url, number) for number, url in enumerate(urls, 1)]


def _build_service(
    apprise: ModuleType, asset: object, url: Secret, number: int
) -> AppriseService:
    with capture_log() as log:
        plugin = apprise.Apprise.instantiate(url.reveal(), asset=asset)
    if plugin is None:
        reason = quote_log(url, log)
        raise UsageError(f"{WHAT}: Apprise cannot use number {number} of them{reason}")
    return AppriseService(url, plugin)


def _import_apprise() -> ModuleType:
    try:
        import apprise  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "apprise":
            raise
    else:
        quiet_loggers("urllib3", "requests")
        return apprise
    from tracker.plugins import build_command  # noqa: PLC0415  only if it is missing

    raise UsageError(
        f"the channel type apprise needs a library; install it: {build_command('apprise')}"
    )


class _LogList(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.entries: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Append the text of a log record."""
        self.entries.append(record.getMessage())


@contextmanager
def capture_log() -> Iterator[list[str]]:
    """Collect Apprise's warnings and errors in a list; no other handler gets them.

    It logs whole URLs at DEBUG, and their hosts, which may be tokens, in warnings. Python
    warnings are dropped: libraries of its hundred plug-ins cause deprecation warnings.
    """
    logger, handler = logging.getLogger("apprise"), _LogList()
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield handler.entries
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def map_log_to_error(url: Secret, log: list[str]) -> DeliveryError:
    """Return why a service did not accept the message; final only if its status says so."""
    statuses = [int(status) for text in log for status in STATUS.findall(text)]
    final = bool(statuses) and not any(map(is_transient, statuses))
    scheme = clip(url.reveal().partition(":")[0], 20)
    advice = "; check its URL" if final else ""
    return DeliveryError(f"{scheme}{quote_log(url, log)}{advice}", retriable=not final)


def quote_log(url: Secret, log: list[str]) -> str:
    """Return `: ` and the first log entry, without any part of the URL; "" for no entry."""
    from urllib.parse import unquote  # noqa: PLC0415

    if not log:
        return ""
    rest = url.reveal().partition("://")[2]
    parts = {*PART.findall(rest), *PART.findall(unquote(rest))}
    text = log[0]
    for part in sorted(parts, key=len, reverse=True):
        # Apprise lower-cases hosts, which may be tokens.
        text = re.sub(re.escape(part), REDACTED, text, flags=re.IGNORECASE)
    return f": {clip(text, LOG_LIMIT)}"
