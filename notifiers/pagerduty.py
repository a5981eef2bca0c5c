"""PagerDuty by its Events API v2: an incident where there is work, a change event elsewhere.

Severity follows impact. What is breaking or asks for an action triggers an alert, one for
each version. What asks for nothing - new wording, a baseline, a test message - is
sent as a change event: it is listed among the recent changes of the service, alerts no one and
needs no resolving.

An alert is resolved by the next version that triggers one: its rule files hold the work of
both, and the older text may by then be wrong. It is not resolved by a version that asks for
nothing, because the work is still there; nor by time, because we cannot see the firewall.

A problem with fwtracker itself is an incident for each source and kind: a repeat joins the one
that is open, and the notice that it is over resolves it.

Facts: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from notifiers.shared.http_post import check_secret_url, post_json
from notifiers.shared.message import fit_sections
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret, read_secret, require_one_place
from notifiers.shared.summary import rate_impact
from notifiers.shared.text import clip, to_line
from tracker.errors import DeliveryError
from tracker.model import Notice

if TYPE_CHECKING:
    from notifiers.shared.message import Line
    from tracker.model import Impact, Message

SEVERITY: dict[Impact, str] = {"breaking": "error", "action": "warning"}
DETAILS_ROOM = 100_000  # characters; PagerDuty takes 512 KB in all
RECEIPT_LIMIT = 190
ACCEPTED = 202
ALERT, CHANGE = "/v2/enqueue", "/v2/change/enqueue"
WHAT = "the PagerDuty routing key"
ADVICE = "check the routing key"

Event = dict[str, Any]


class PagerDutySettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the routing key is, and which of PagerDuty's servers the account is on."""

    routing_key_env: str | None = None
    routing_key_file: str | None = None
    server: str = "https://events.pagerduty.com"

    def __post_init__(self) -> None:
        require_one_place(self, "routing_key")
        if not re.fullmatch(r"https?://[\w.:\[\]-]+", self.server, re.ASCII):
            raise ValueError(f"`server`: {self.server!r} is not like https://example.com")


SETTINGS = PagerDutySettings


def check(settings: PagerDutySettings) -> None:
    """Raise `UsageError` if the routing key or the server cannot be used."""
    _read_key(settings)
    check_secret_url(Secret(settings.server), "`server` of the PagerDuty channel")


def send(settings: PagerDutySettings, message: Message) -> str:
    """Post the event; return what was done with it, such as "HTTP 202, triggered ...".

    Raises:
        UsageError: the routing key is missing.
        DeliveryError: PagerDuty did not accept the event.
    """
    event, resolved = build_event(message), list_resolved_keys(message)
    if "event_action" in event:
        _post_event(settings, ALERT, event)
        # What it replaces: a failure here must not send the new alert again.
        done = [_try_resolve(settings, key) for key in resolved]
        receipt = ", ".join((f"HTTP {ACCEPTED}, triggered {event['dedup_key']}", *done))
        return clip(receipt, RECEIPT_LIMIT)
    for key in resolved:
        _resolve(settings, key)  # its purpose: a failure here is one of the delivery
    _post_event(settings, CHANGE, event)
    done = [f"resolved {key}" for key in resolved]
    return clip(", ".join((f"HTTP {ACCEPTED}, as a change event", *done)), RECEIPT_LIMIT)


def build_event(message: Message) -> Event:
    """Return an alert event, or a change event if there is nothing to do; without the key."""
    words, severity = compose_text(message), SEVERITY.get(rate_impact(message))
    when, about, what = _describe_kind(message)
    payload = {
        "summary": words.subject,
        "source": to_line(message.source),
        "timestamp": to_line(when),
        "custom_details": {
            "In short": words.lead,
            **dict(fit_sections(words.all_sections, _render_row, DETAILS_ROOM)),
        },
    }
    event = {"payload": payload, "links": _build_links(to_line(message.page_url))}
    if severity is None:
        return event
    return {
        **event,
        "event_action": "trigger",
        "dedup_key": build_dedup_key(message, about),
        "client": "fwtracker",
        "payload": {**payload, "severity": severity, "class": what},
    }


def _describe_kind(message: Message) -> tuple[str, object, str]:
    """Return when it was, what tells it from others of its source, and its class in words."""
    if isinstance(message, Notice):
        return message.at, message.about, "health of the watch"
    return message.captured_at, message.version, "firewall requirements"


def list_resolved_keys(message: Message) -> list[str]:
    """Return the keys of the alerts that are over with this message."""
    if isinstance(message, Notice):
        return [build_dedup_key(message, about) for about in message.ends]
    previous, news = message.change_set.from_, SEVERITY.get(rate_impact(message))
    return [build_dedup_key(message, previous)] if previous is not None and news else []


def build_dedup_key(message: Message, about: object) -> str:
    """Return `fwtracker/action1/41` or `fwtracker/action1/stale`; a repeat joins the alert."""
    return f"fwtracker/{clip(message.source, 100)}/{about}"


def _try_resolve(settings: PagerDutySettings, key: str) -> str:
    """Resolve an older alert, if it is open; return what came of it, in words."""
    try:
        _resolve(settings, key)
    except DeliveryError as error:
        return f"could not resolve {key}: {error}"
    return f"resolved {key}"


def _resolve(settings: PagerDutySettings, key: str) -> None:
    _post_event(settings, ALERT, {"event_action": "resolve", "dedup_key": key})


def _post_event(settings: PagerDutySettings, path: str, event: Event) -> None:
    key, url = _read_key(settings), Secret(settings.server + path)
    body = {**event, "routing_key": key.reveal()}
    status, said = post_json(url, body, secrets=(key,), advice=ADVICE)
    if status != ACCEPTED:
        raise DeliveryError(
            f'HTTP {status} "{said}" is not PagerDuty\'s 202; check `server`', retriable=False
        )


def _read_key(settings: PagerDutySettings) -> Secret:
    return read_secret(settings.routing_key_env, settings.routing_key_file, WHAT)


def _render_row(line: Line) -> str:
    what = " ".join(filter(None, (line.label, ", ".join(line.values), line.text)))
    return f"{what} - {line.note}" if line.note else what


def _build_links(page_url: str) -> list[dict[str, str]]:
    if not page_url.startswith(("https://", "http://")):
        return []
    return [{"href": page_url, "text": "The vendor's page"}]
