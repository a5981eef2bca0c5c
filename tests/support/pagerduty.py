"""PagerDuty as its documentation describes it: which events it accepts, and what is open then.

Sources, of https://github.com/PagerDuty/developer-docs (docs/events-API-v2), which is what
https://developer.pagerduty.com/docs/events-api-v2-overview shows:
OVERVIEW 01-Overview.md, ALERTS 02-Trigger-Events.md, CHANGES 03-Change-Events.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from tests.support.servers import Answer, HookServer, Recorded

ALERTS, CHANGES = "/v2/enqueue", "/v2/change/enqueue"
TAKEN = Answer(202, b'{"status":"success","message":"Event processed"}')
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
VERSION = re.compile(r"/\d+-[0-9a-f]{8}$")  # the end of the key of a version's incident
OF_CHANGES = {"summary", "source", "timestamp", "custom_details"}
OF_ALERTS = OF_CHANGES | {"severity", "component", "group", "class"}
AT_THE_TOP = {"routing_key", "event_action", "dedup_key", "payload", "images", "links"} | {
    *("client", "client_url")
}


def find_faults(path: str, body: dict[str, Any]) -> Iterator[str]:
    """Yield what PagerDuty's documentation forbids in an event, with the place in it."""
    if len(msgspec.json.encode(body)) > 512 * 1000:
        yield "OVERVIEW, Size Limits: payloads are limited to 512 KB"
    if not body.get("routing_key"):
        yield "ALERTS and CHANGES, Parameters: `routing_key` is required"
    for link in body.get("links", ()):
        if set(link) - {"href", "text"} or not link.get("href"):
            yield "ALERTS, The `links` Property: `href` is required, `text` is not"
    yield from _find_faults_of_change(body) if path == CHANGES else _find_faults_of_alert(body)


def _find_faults_of_change(body: dict[str, Any]) -> Iterator[str]:
    if set(body) - {"routing_key", "payload", "links"}:
        yield "CHANGES, Parameters and Context Properties: nothing else"
    if body["routing_key"].startswith("R"):
        yield "OVERVIEW, Getting Started: change events cannot be sent to ruleset keys (R...)"
    yield from _find_faults_of_payload(body.get("payload", {}), {"summary"}, OF_CHANGES)


def _find_faults_of_alert(body: dict[str, Any]) -> Iterator[str]:
    if set(body) - AT_THE_TOP:
        yield "ALERTS, Parameters: nothing else"
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        yield "ALERTS, Parameters: `event_action` is trigger, acknowledge or resolve"
    if not 0 < len(body.get("dedup_key", "")) <= 255:
        yield "ALERTS, Parameters: `dedup_key` has 255 characters at most; we always name one"
    if body.get("event_action") == "trigger":
        needed = {"summary", "source", "severity"}
        yield from _find_faults_of_payload(body.get("payload", {}), needed, OF_ALERTS)


def _find_faults_of_payload(
    payload: dict[str, Any], needed: set[str], known: set[str]
) -> Iterator[str]:
    if not needed <= {name for name, value in payload.items() if value}:
        yield f"ALERTS and CHANGES, Parameters: {sorted(needed)} are required"
    if set(payload) - known:
        yield f"ALERTS and CHANGES, Parameters: nothing but {sorted(known)}"
    if len(payload.get("summary", "")) > 1024:
        yield "ALERTS and CHANGES, Parameters: `summary` has 1024 characters at most"
    if payload.get("severity", "info") not in ("critical", "error", "warning", "info"):
        yield "ALERTS, Parameters: `severity` is critical, error, warning or info"
    if not TIMESTAMP.fullmatch(payload.get("timestamp", "2015-07-17T08:42:58Z")):
        yield "OVERVIEW, Common Event Format: `timestamp` is of ISO 8601"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "ALERTS, Parameters: `custom_details` is an object"


@dataclass
class PagerDuty:
    """An account: the incidents that are open, and those that were, by deduplication key."""

    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    resolved: list[str] = field(default_factory=list)  # by events, open or not
    changes: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    takes_changes: bool = True
    down: bool = False
    loses_answer: Callable[[], bool] = lambda: False  # but still accepts the event

    def receive(self, path: str, body: dict[str, Any]) -> Answer:
        """Process an event; return the answer."""
        if self.down:
            return Answer(503)
        found = list(find_faults(path, body))
        self.faults += found
        if found or (path == CHANGES and not self.takes_changes):
            return Answer(400, b'{"status":"invalid event","errors":["not for this key"]}')
        self._apply(path, body)
        if self.loses_answer():
            return Answer(hang_up=True)
        return TAKEN

    def _apply(self, path: str, body: dict[str, Any]) -> None:
        """Join an open incident, open one, or drop the event: ALERTS, Alert De-Duplication."""
        if path == CHANGES:
            self.changes.append(body)
        elif body["event_action"] == "trigger":
            self.open.setdefault(body["dedup_key"], body)
            self.opened.add(body["dedup_key"])
        elif body["event_action"] == "resolve":
            self.resolved.append(body["dedup_key"])
            self.open.pop(body["dedup_key"], None)

    def close(self, key: str) -> None:
        """Resolve an incident, as a person does."""
        del self.open[key]

    def versions(self) -> list[str]:
        """Return the open keys of versions, such as `fwtracker/action1/41-5d2c1e0f`."""
        return [key for key in self.open if VERSION.search(key)]


class PagerDutyServer(HookServer):
    """An account behind HTTP on loopback."""

    def __init__(self) -> None:
        super().__init__()
        self.account = PagerDuty()
        self.requests = _Events(self)

    def __enter__(self) -> Self:
        super().__enter__()
        return self


class _Events(list):
    """Requests, each of which the account answers; they come one after the other."""

    def __init__(self, server: PagerDutyServer) -> None:
        super().__init__()
        self.server = server

    def append(self, request: Recorded) -> None:
        super().append(request)
        body = msgspec.json.decode(request.body)
        self.server.answers[:] = [self.server.account.receive(request.path, body)]
