"""Any program that takes JSON by HTTP: the change set and the message, signed.

What a receiver gets, and how it proves that it is from us: docs/webhook.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict
from msgspec.structs import fields as fields_of

from notifiers.shared.bodies import render_text
from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message import derive_delivery_id
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret, read_secret, require_one_place
from tracker.model import Notice, Presence

if TYPE_CHECKING:
    from tracker.model import Announcement, ChangeSet, Message

SCHEMA = 1  # of the body; the change set has its own
UNKNOWN = Presence(None)
BODY_LIMIT = 1_000_000  # bytes; many servers take no more unless they are told to
SIGNATURE = "X-Fwtracker-Signature"
TIMESTAMP = "X-Fwtracker-Timestamp"
DELIVERY = "X-Fwtracker-Delivery"
WHAT = "the webhook URL"
WHAT_SECRET = "the webhook's signing secret"  # noqa: S105 - its name in messages


class WebhookSettings(UrlSettings, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the URL is, and the secret to sign with; without a secret nothing is signed."""

    secret_env: str | None = None
    secret_file: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_one_place(self, "secret", optional=True)


SETTINGS = WebhookSettings


def check(settings: WebhookSettings) -> None:
    """Raise `UsageError` when URL or secret is not there, or the URL is none."""
    read_url(settings, WHAT)
    _read_signing_secret(settings)


def send(settings: WebhookSettings, message: Message) -> str:
    """Post the message; "HTTP 200", or whatever status of success there was.

    Raises:
        UsageError: URL or secret is not there, or the URL is none.
        DeliveryError: the answer was no success.
    """
    import time  # noqa: PLC0415

    url, secret = read_url(settings, WHAT), _read_signing_secret(settings)
    body = payload(message)
    headers = {DELIVERY: derive_delivery_id(message)}
    if secret:
        timestamp = str(int(time.time()))
        headers |= {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, body)}
    secrets = (secret,) if secret else ()
    status, _ = post_json(url, body, headers=headers, secrets=secrets)
    return f"HTTP {status}"


def payload(message: Message) -> bytes:
    """The body. A change set that makes it too long is null; that of a version has files."""
    fields = _noticed(message) if isinstance(message, Notice) else _announced(message)
    body = msgspec.json.encode(fields)
    if len(body) <= BODY_LIMIT:
        return body
    return msgspec.json.encode({**fields, "change_set": None})


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of `timestamp.body`.

    The time is signed too, so that a receiver can refuse what was recorded and is played
    again later.
    """
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    signed = f"{timestamp}.".encode() + body
    return f"sha256={hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()}"


def _announced(told: Announcement) -> dict[str, Any]:
    return {
        **_common("version", told),
        "version": told.version,
        "digest": told.digest,
        "captured_at": told.captured_at,
        "baseline": told.baseline,
        "entries": told.entries,
        "regions": told.regions,
        "rule_files": told.rule_files,
        "delta_files": told.delta_files,
        "web_page": told.web_page or None,
        "change_set": _dated(told),
        "change_set_files": _files(told.change_set),
    }


def _dated(told: Announcement) -> dict[str, Any]:
    """The change set, its endpoints with the versions and times that they came and went."""
    changes, stays = told.change_set, told.stays
    fields = {field.encode_name: getattr(changes, field.name) for field in fields_of(changes)}
    added = [
        {**asdict(end), **_came(stays.get(end, UNKNOWN))} for end in changes.endpoints_added
    ]
    removed = [
        {**asdict(end), **_came(stays.get(end, UNKNOWN)), **_went(stays.get(end, UNKNOWN))}
        for end in changes.endpoints_removed
    ]
    return {**fields, "endpoints_added": added, "endpoints_removed": removed}


def _came(stay: Presence) -> dict[str, Any]:
    came = stay.came
    return {"since": came and came.at, "since_version": came and came.version}


def _went(stay: Presence) -> dict[str, Any]:
    went = stay.went
    gone = {"gone": went and went.at, "gone_version": went and went.version}
    return {**gone, "until": stay.until}


def _noticed(told: Notice) -> dict[str, Any]:
    own = asdict(told)
    return {**_common("notice", told), "notice": own.pop("number"), **own}


def _common(kind: str, told: Message) -> dict[str, Any]:
    words = compose_text(told)
    return {
        "schema": SCHEMA,
        "type": kind,
        "delivery": derive_delivery_id(told),
        "source": told.source,
        "page_url": told.page_url,
        "subject": words.subject,
        "text": render_text(words),
    }


def _files(change_set: ChangeSet) -> list[str]:
    """Where the change set is in the published tree: a file for each step."""
    first = change_set.from_
    steps = range(first + 1, change_set.to + 1) if first is not None else ()
    return [f"changes/{version:06d}.json" for version in steps]


def _read_signing_secret(settings: WebhookSettings) -> Secret | None:
    if settings.secret_env is None and settings.secret_file is None:
        return None
    return read_secret(settings.secret_env, settings.secret_file, WHAT_SECRET)
