"""PagerDuty by its Events API v2: an incident where there is work, a change event elsewhere.

Severity follows impact. What is breaking or asks for an action triggers an alert, one for
each version. What asks nobody for anything - new wording, a baseline, a test message - is
sent as a change event: it stands among the recent changes of the service, pages nobody and
needs no resolving.

An alert is resolved by the next version that triggers one: its rule files hold the work of
both, and the older text may by then be wrong. It is not resolved by a version that asks for
nothing, because the work is still there; nor by time, because we cannot see the firewall.

Facts: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from notifiers._counts import impact_of
from notifiers._plaintext import sections_of
from notifiers._post import check_url, post_json
from notifiers._secret import Secret, read_secret
from notifiers._text import clip, fit, plain
from notifiers._words import words_of
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from notifiers._lines import Line
    from tracker.model import Announcement, Impact

SEVERITY: dict[Impact, str] = {"breaking": "error", "action": "warning"}
SECTION_LIMIT = 2000  # characters; it is read on a phone at night
RECEIPT_LIMIT = 190
ACCEPTED = 202
ALERT, CHANGE = "/v2/enqueue", "/v2/change/enqueue"
WHAT = "the PagerDuty routing key"
ADVICE = "check the routing key"

Event = dict[str, Any]


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the routing key is, and which of PagerDuty's servers the account is on."""

    routing_key_env: str | None = None
    routing_key_file: str | None = None
    server: str = "https://events.pagerduty.com"

    def __post_init__(self) -> None:
        if (self.routing_key_env is None) == (self.routing_key_file is None):
            raise ValueError("set exactly one of `routing_key_env` and `routing_key_file`")
        if not re.fullmatch(r"https?://[\w.:\[\]-]+", self.server, re.ASCII):
            raise ValueError(f"`server`: {self.server!r} is not like https://example.com")


def check(settings: Settings) -> None:
    """Raise `UsageError` when the routing key or the server cannot be used."""
    _key(settings)
    check_url(Secret(settings.server), "`server` of the PagerDuty channel")


def send(settings: Settings, announcement: Announcement) -> str:
    """Post the event; what was done with it, such as "HTTP 202, triggered ...".

    Raises:
        UsageError: the routing key is not there.
        DeliveryError: PagerDuty did not take the event.
    """
    if "event_action" not in (told := event(announcement)):
        _post(settings, CHANGE, told)
        return f"HTTP {ACCEPTED}, as a change event"
    _post(settings, ALERT, told)
    done = f"HTTP {ACCEPTED}, triggered {told['dedup_key']}"
    previous = announcement.change_set.from_
    if previous is None:
        return done
    return clip(f"{done}, {_resolve(settings, key_of(announcement, previous))}", RECEIPT_LIMIT)


def event(announcement: Announcement) -> Event:
    """An alert event, or a change event where there is nothing to do; without the key."""
    words, severity = words_of(announcement), SEVERITY.get(impact_of(announcement))
    payload = {
        "summary": words.subject,
        "source": plain(announcement.source),
        "timestamp": plain(announcement.captured_at),
        "custom_details": {
            "In short": words.lead,
            **{heading: _shown(lines) for heading, lines in sections_of(words)},
        },
    }
    told = {"payload": payload, "links": _links(plain(announcement.page_url))}
    if severity is None:
        return told
    return {
        **told,
        "event_action": "trigger",
        "dedup_key": key_of(announcement, announcement.version),
        "client": "fwtracker",
        "payload": {**payload, "severity": severity, "class": "firewall requirements"},
    }


def key_of(announcement: Announcement, version: int) -> str:
    """`fwtracker/action1/41`: a repeat of the version joins the alert that is open."""
    return f"fwtracker/{clip(announcement.source, 100)}/{version}"


def _resolve(settings: Settings, key: str) -> str:
    """Resolve an older alert, if it is open; in words, what came of it.

    The alert that it makes room for has arrived: a failure here must not send it again.
    """
    try:
        _post(settings, ALERT, {"event_action": "resolve", "dedup_key": key})
    except DeliveryError as error:
        return f"could not resolve {key}: {error}"
    return f"resolved {key}"


def _post(settings: Settings, path: str, told: Event) -> None:
    key, url = _key(settings), Secret(settings.server + path)
    body = {**told, "routing_key": key.reveal()}
    status, said = post_json(url, body, secrets=(key,), advice=ADVICE)
    if status != ACCEPTED:
        raise DeliveryError(
            f'HTTP {status} "{said}" is not PagerDuty\'s 202; check `server`', retriable=False
        )


def _key(settings: Settings) -> Secret:
    return read_secret(settings.routing_key_env, settings.routing_key_file, WHAT)


def _shown(lines: tuple[Line, ...]) -> list[str]:
    return fit([(_row(line), line.weight) for line in lines], SECTION_LIMIT)


def _row(line: Line) -> str:
    what = " ".join(filter(None, (line.label, ", ".join(line.values), line.text)))
    return f"{what} - {line.note}" if line.note else what


def _links(page_url: str) -> list[dict[str, str]]:
    if not page_url.startswith(("https://", "http://")):
        return []
    return [{"href": page_url, "text": "The vendor's page"}]
