"""PagerDuty by its Events API v2: an incident if there is work to do, else a change event.

Severity follows impact: error for breaking changes, warning for those that need action. Each
version that needs work is a separate incident, and people close it when the work is done: we
cannot see the firewall. A later incident repeats the earlier work that is still on the page.
With `resolve = "next"` a version closes the incidents of earlier versions, by the keys in the
channel's receipts: those that were opened here and not closed.

A problem with fwtracker itself is one incident per source and kind: a repeat joins the open
incident, and the notice that the problem is over resolves it, if this channel opened it, by its
receipts or by an attempt whose answer was lost. Problems that can wait have severity info.

A version that only removes endpoints, and a message that asks for no work (new wording, a
baseline, a test), is a change event: it is listed among the recent changes of the service,
alerts no one and need not be resolved. A routing key of rules (a ruleset, an orchestration)
accepts no change events. For such a key a version that removes endpoints becomes an alert of
severity info, so that it is not lost; rules can suppress that severity. A message that asks for
no work must not wake people: an event without effect proves the key, the message counts as
delivered, and the receipt says why.

Facts: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from notifiers.shared.http_post import check_secret_url, post_json
from notifiers.shared.message import (
    Section,
    build_endpoint_lines,
    derive_delivery_id,
    fit_sections,
)
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret, read_secret, require_one_place
from notifiers.shared.summary import group_changes, rate_impact
from notifiers.shared.text import clip, count_noun, to_line
from tracker.change_set import hide_renames
from tracker.errors import DeliveryError
from tracker.notifications import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notifiers.shared.message import Line, MessageText
    from tracker.change_set import Impact
    from tracker.notifications import ChannelPast, Message

Severity = Literal["error", "warning", "info"]

SEVERITY: dict[Impact, Severity] = {"breaking": "error", "action": "warning"}
CAN_WAIT = frozenset({"drift", "filter", "config"})  # kinds of notices
EVENT_LIMIT = 512_000  # bytes
SUMMARY_LIMIT = 1024  # characters; it is read aloud in calls, so it does not list addresses
DETAILS_ROOM = 450_000  # characters
ALERT_ROOM = 4_000  # bytes for the routing key and the further fields of an alert
RECEIPT_LIMIT = 1_000
MOST_RESOLVED = 5  # incidents per version: people have closed older ones
PAGE_SECONDS = 10.0  # between the two events of a test that pages
ACCEPTED = 202
ALERT, CHANGE = "/v2/enqueue", "/v2/change/enqueue"
PAGE_TEXT = "This page is a test and is resolved by itself. Nothing has changed, nothing to do."
WHAT = "the PagerDuty routing key"
ADVICE = {ALERT: "check the routing key", CHANGE: "the routing key of a service would do"}
NO_CHANGES = "no change events"
RULES_KEY = "R"  # the first letter of the keys of rules
AS_CHANGE, NOT_SHOWN = "as a change event", "asks for nothing and is not shown there"
# The keys are at the start of a receipt; a server's reply may follow them.
KEYS = re.compile(
    rf"HTTP {ACCEPTED}, (?:triggered [^\s,]+|{AS_CHANGE}|{NOT_SHOWN})"
    r"(?:, (?:resolved|left open) [^\s,]+)*"
)
ATTEMPT = re.compile(r"may have triggered [^\s,]+(?:, may have triggered [^\s,]+)*")
OPENED = re.compile(r"(?:triggered|left open) ([^\s,]+)")
RESOLVED = re.compile(r", resolved ([^\s,]+)")

Event = dict[str, Any]


class PagerDutySettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the routing key is, which PagerDuty server has the account, and who resolves.

    `resolve` is about versions: "never" leaves it to people, "next" lets the next version that
    needs work resolve. A problem with fwtracker itself is resolved when it is over.
    """

    routing_key_env: str | None = None
    routing_key_file: str | None = None
    server: str = "https://events.pagerduty.com"
    resolve: Literal["never", "next"] = "never"

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
    ended = list_ended_keys(message)
    for key in ended:
        _resolve(settings, key)  # a failure fails the delivery, which is then tried again
    event = build_event(message)
    if "event_action" in event:
        return clip(_send_alert(settings, message, event, ended), RECEIPT_LIMIT)
    return clip(_send_change(settings, message, event, ended), RECEIPT_LIMIT)


def describe_attempt(settings: PagerDutySettings, message: Message) -> str:
    """Return `may have triggered KEY` if the message opens an incident to be resolved later."""
    to_people = not isinstance(message, Notice) and settings.resolve == "never"
    if rate_severity(message) is None or to_people:
        return ""
    if _only_removes(message) and _accepts_changes(settings, message):
        return ""
    return f"may have triggered {build_dedup_key(message)}"


def _accepts_changes(settings: PagerDutySettings, message: Message) -> bool:
    """Return whether the routing key accepts change events, as far as known so far."""
    past = () if isinstance(message, Notice) else message.past.receipts
    is_of_rules = _read_key(settings).reveal().startswith(RULES_KEY)
    return not is_of_rules and not any(NO_CHANGES in receipt for receipt in past)


def page(settings: PagerDutySettings, message: Message) -> str:
    """Open an incident that is marked as a test, and resolve it; return what was done."""
    alert = build_alert(message, "error", f"fwtracker/{clip(message.source, 100)}/test")
    alert["payload"]["summary"] = f"TEST of fwtracker, {to_line(message.source)}: {PAGE_TEXT}"
    alert["payload"]["custom_details"] = {"In short": PAGE_TEXT}
    key = alert["dedup_key"]
    _post_event(settings, ALERT, alert)
    try:
        time.sleep(PAGE_SECONDS)
    finally:
        try:
            _resolve(settings, key)
        except DeliveryError as error:
            raise DeliveryError(
                f"triggered {key}, which could not be resolved: {error}; resolve it there",
                retriable=False,
            ) from None
    return f"HTTP {ACCEPTED}, triggered {key}, resolved {key}"


def build_event(message: Message) -> Event:
    """Return an alert, or a change event if no one is to be paged; without the routing key."""
    severity = rate_severity(message)
    if severity is None or _only_removes(message):
        return _build_base(message)
    return build_alert(message, severity)


def build_alert(message: Message, severity: Severity, key: str | None = None) -> Event:
    """Return the event that opens an incident, without the routing key."""
    event = _build_base(message)
    what = "health of the watch" if isinstance(message, Notice) else "firewall requirements"
    return {
        **event,
        "event_action": "trigger",
        "dedup_key": key or build_dedup_key(message),
        "client": "fwtracker",
        "payload": {**event["payload"], "severity": severity, "class": what},
    }


def rate_severity(message: Message) -> Severity | None:
    """Return the severity of an incident; None if the message asks for no work."""
    if isinstance(message, Notice) and message.kind in CAN_WAIT:
        return "info"
    return SEVERITY.get(rate_impact(message))


def _only_removes(message: Message) -> bool:
    """Return whether a version only removes endpoints: nothing to allow or to look at."""
    if isinstance(message, Notice) or rate_impact(message) == "breaking":
        return False
    changes = hide_renames(message.change_set)
    return not (changes.endpoints_added or group_changes(changes).loud)


def list_ended_keys(message: Message) -> list[str]:
    """Return the keys of health incidents that were opened here and end with this message."""
    if not isinstance(message, Notice):
        return []
    keys = (_build_notice_key(message.source, about) for about in message.ends)
    return [key for key in keys if _is_open(key, message.receipts or ())]


def _is_open(key: str, receipts: Iterable[str]) -> bool:
    """Return whether the newest receipt that names a health incident opened it."""
    for opened, closed in map(_read_keys, receipts):
        if key in opened or key in closed:
            return key in opened
    return False


def list_open_keys(receipts: Iterable[str]) -> list[str]:
    """Return the keys that were triggered here and not resolved, by the receipts, newest first.

    Each key belongs to one version: it is closed once and never opened again.
    """
    read = [_read_keys(receipt) for receipt in receipts]
    closed = {key for _, keys in read for key in keys}
    opened = dict.fromkeys(key for keys, _ in read for key in keys)
    return [key for key in opened if key not in closed][:MOST_RESOLVED]


def _read_keys(receipt: str) -> tuple[list[str], list[str]]:
    """Return the keys that were opened and those closed, by a receipt or an attempt."""
    found = KEYS.match(receipt) or ATTEMPT.match(receipt)
    return (OPENED.findall(found[0]), RESOLVED.findall(found[0])) if found else ([], [])


def build_dedup_key(message: Message) -> str:
    """Return `fwtracker/action1/41-5d2c1e0f` or `fwtracker/action1/stale`.

    A repeat of the message or of the problem joins the alert. Another version does not, even
    with the same number (in a restored store) or for another channel.
    """
    if isinstance(message, Notice):
        return _build_notice_key(message.source, message.about)
    name = f"{message.version}-{derive_delivery_id(message)[:8]}"
    return f"fwtracker/{clip(message.source, 100)}/{name}"


def _build_notice_key(source: str, about: str | None) -> str:
    return f"fwtracker/{clip(source, 100)}/{about}"


def _send_alert(
    settings: PagerDutySettings, message: Message, event: Event, ended: Sequence[str] = ()
) -> str:
    """Trigger an alert and resolve those that it replaces; return what was done.

    The keys come first in the text, because they are later read from the receipt.
    """
    _post_event(settings, ALERT, event)
    done = [f"triggered {event['dedup_key']}", *(f"resolved {key}" for key in ended)]
    failed = ""
    for key in _list_replaced(settings, message, event["dedup_key"]):
        try:
            _resolve(settings, key)
        except DeliveryError as error:  # the alert is sent; the next version tries again
            done.append(f"left open {key}")
            failed = failed or f", could not resolve it: {error}"
        else:
            done.append(f"resolved {key}")
    return ", ".join((f"HTTP {ACCEPTED}", *done)) + failed


def _list_replaced(settings: PagerDutySettings, message: Message, key: str) -> list[str]:
    """Return the keys of the incidents of earlier versions, which this version closes."""
    if isinstance(message, Notice) or settings.resolve == "never":
        return []
    return [each for each in list_open_keys(message.past.receipts) if each != key]


def _send_change(
    settings: PagerDutySettings, message: Message, event: Event, ended: Sequence[str]
) -> str:
    """Send a change event, or its replacement if the key accepts no change events."""
    refusal = _post_change(settings, event)
    resolved = "".join(f", resolved {key}" for key in ended)
    if not refusal:
        return f"HTTP {ACCEPTED}, {AS_CHANGE}{resolved}"
    if rate_severity(message) is not None:
        severity = _rate_stand_in(settings, message)
        done = _send_alert(settings, message, build_alert(message, severity))
        return f"{done}, of severity {severity}: {refusal}"
    # PagerDuty drops the acknowledgement of an unknown incident, but refuses a wrong key.
    nothing = _build_notice_key(message.source, "nothing")
    _post_event(settings, ALERT, {"event_action": "acknowledge", "dedup_key": nothing})
    return f"HTTP {ACCEPTED}, {NOT_SHOWN}{resolved}: {refusal}"


def _rate_stand_in(settings: PagerDutySettings, message: Message) -> Severity:
    """Return the severity of an alert in place of a change event; higher if it closes work."""
    if isinstance(message, Notice) or settings.resolve == "never":
        return "info"
    return "warning" if message.past.work else "info"


def _post_change(settings: PagerDutySettings, event: Event) -> str:
    """Post a change event; return why the routing key refuses it, or "" if accepted."""
    if _read_key(settings).reveal().startswith(RULES_KEY):
        return f"keys of rules, which begin with {RULES_KEY}, take {NO_CHANGES}"
    try:
        _post_event(settings, CHANGE, event)
    except DeliveryError as error:
        if error.retriable:
            raise
        return f"the key takes {NO_CHANGES} ({error})"
    return ""


def _resolve(settings: PagerDutySettings, key: str) -> None:
    _post_event(settings, ALERT, {"event_action": "resolve", "dedup_key": key})


def _post_event(settings: PagerDutySettings, path: str, event: Event) -> None:
    key, url = _read_key(settings), Secret(settings.server + path)
    body = {**event, "routing_key": key.reveal()}
    try:
        status, said = post_json(url, body, secrets=(key,), advice=ADVICE[path])
    except DeliveryError as error:
        error.may_have_arrived &= event.get("event_action") == "trigger"  # others open nothing
        raise
    if status != ACCEPTED:
        raise DeliveryError(
            f'HTTP {status} "{said}" is not PagerDuty\'s 202; check `server`', retriable=False
        )


def _read_key(settings: PagerDutySettings) -> Secret:
    return read_secret(settings.routing_key_env, settings.routing_key_file, WHAT)


def _build_base(message: Message) -> Event:
    """Return the fields of both kinds of event: a change event without its key."""
    words = _add_past(message, compose_text(message))
    when = message.at if isinstance(message, Notice) else message.captured_at
    payload: Event = {
        "summary": clip(f"{words.subject}. {words.lead}", SUMMARY_LIMIT),
        "source": to_line(message.source),
        "timestamp": to_line(when),
    }
    event = {"payload": payload, "links": _build_links(message)}
    room = DETAILS_ROOM
    while True:
        shown = dict(fit_sections(words.all_sections, _render_row, room))
        payload["custom_details"] = {"In short": words.lead, **shown}
        if len(msgspec.json.encode(event)) <= EVENT_LIMIT - ALERT_ROOM or not room:
            return event
        room //= 2  # for scripts with several bytes per character


def _add_past(message: Message, words: MessageText) -> MessageText:
    """Return the text with the work of earlier versions after the first section."""
    if isinstance(message, Notice) or message.alive:
        return words
    if not message.version:
        lead = f"{words.lead} This test pages no one; with --page it does."
        return replace(words, lead=lead)
    if not message.past.work:
        return words
    first, *others = words.sections or (None,)
    sections = filter(None, (first, _build_past_section(message.past), *others))
    number = count_noun(len(message.past.work), "endpoint")
    lead = f"{words.lead} Earlier versions asked to allow {number} more: see whether you did."
    return replace(words, lead=lead, sections=tuple(sections))


def _build_past_section(past: ChannelPast) -> Section:
    number = count_noun(len(past.work), "endpoint")
    dates = {
        end: f", since {to_line(added.at)[:10]} (version {added.version})"
        for end, added in past.work.items()
    }
    heading = f"Still on the page, from the last 30 days: {number} to allow unless done"
    return Section(heading, build_endpoint_lines(past.work, past.rows, dates))


def _render_row(line: Line) -> str:
    what = " ".join(filter(None, (line.label, ", ".join(line.values), line.text)))
    return f"{what} - {line.note}" if line.note else what


def _build_links(message: Message) -> list[dict[str, str]]:
    links = [(message.page_url, "The vendor's page")]
    if not isinstance(message, Notice):
        links.append((message.web_page, "All of it"))
    return [
        {"href": to_line(url), "text": text}
        for url, text in links
        if url.startswith(("https://", "http://"))
    ]
