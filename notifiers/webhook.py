"""Any program that takes JSON by HTTP: the change set and the message, signed.

What a receiver gets, and how it proves that it is from us: docs/webhook.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET
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
    """Raise `UsageError` if URL or secret is missing, or the URL invalid."""
    read_url(settings, WHAT)
    _read_signing_secret(settings)


def send(settings: WebhookSettings, message: Message) -> str:
    """Post the message; return "HTTP 200", or which other 2xx there was.

    Raises:
        UsageError: URL or secret is missing, or the URL invalid.
        DeliveryError: the status was not 2xx.
    """
    import time  # noqa: PLC0415

    url, secret = read_url(settings, WHAT), _read_signing_secret(settings)
    body = build_payload(message)
    headers = {DELIVERY: derive_delivery_id(message)}
    if secret:
        timestamp = str(int(time.time()))
        headers |= {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, body)}
    secrets = (secret,) if secret else ()
    status, _ = post_json(url, body, headers=headers, secrets=secrets)
    return f"HTTP {status}"


def build_payload(message: Message) -> bytes:
    """Return the body; without a change set that makes it too long, which is in files too."""
    fields = (
        _build_notice_fields(message)
        if isinstance(message, Notice)
        else _build_version_fields(message)
    )
    body = msgspec.json.encode(fields)
    if len(body) <= BODY_LIMIT:
        return body
    return msgspec.json.encode({**fields, "change_set": None})


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return `sha256=` and the hex HMAC-SHA256 of `timestamp.body`.

    The time is signed too, so that a receiver can refuse a body that was recorded and is sent
    again later.
    """
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    signed = f"{timestamp}.".encode() + body
    return f"sha256={hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()}"


def _build_version_fields(message: Announcement) -> dict[str, Any]:
    known: dict[str, Any] = {} if message.cause is UNSET else {"cause": message.cause}
    if message.rule_files_of is not UNSET:
        known["rule_files_of"] = message.rule_files_of
    return {
        **_build_common_fields("version", message),
        "version": message.version,
        "digest": message.digest,
        "captured_at": message.captured_at,
        **known,
        "baseline": message.baseline,
        "entries": message.entries,
        "regions": message.regions,
        "rule_files": message.rule_files,
        "delta_files": message.delta_files,
        "web_page": message.web_page or None,
        "change_set": _build_change_set(message),
        "change_set_files": _list_change_files(message.change_set),
    }


def _build_change_set(message: Announcement) -> dict[str, Any]:
    """Return the change set, its endpoints with when they were first and last seen."""
    changes, stays = message.change_set, message.stays
    fields = {
        field.encode_name: value
        for field in fields_of(changes)
        if (value := getattr(changes, field.name)) is not UNSET
    }
    added = [
        {**asdict(end), **_build_first_seen(stays.get(end, UNKNOWN))}
        for end in changes.endpoints_added
    ]
    removed = [
        {
            **asdict(end),
            **_build_first_seen(stays.get(end, UNKNOWN)),
            **_build_last_seen(stays.get(end, UNKNOWN)),
        }
        for end in changes.endpoints_removed
    ]
    return {**fields, "endpoints_added": added, "endpoints_removed": removed}


def _build_first_seen(stay: Presence) -> dict[str, Any]:
    came = stay.came
    return {"since": came and came.at, "since_version": came and came.version}


def _build_last_seen(stay: Presence) -> dict[str, Any]:
    went = stay.went
    gone = {"gone": went and went.at, "gone_version": went and went.version}
    return {**gone, "until": stay.until}


def _build_notice_fields(notice: Notice) -> dict[str, Any]:
    own = {name: value for name, value in asdict(notice).items() if value is not UNSET}
    return {**_build_common_fields("notice", notice), "notice": own.pop("number"), **own}


def _build_common_fields(kind: str, message: Message) -> dict[str, Any]:
    words = compose_text(message)
    return {
        "schema": SCHEMA,
        "type": kind,
        "delivery": derive_delivery_id(message),
        "source": message.source,
        "page_url": message.page_url,
        "subject": words.subject,
        "text": render_text(words),
    }


def _list_change_files(change_set: ChangeSet) -> list[str]:
    """Return where the change set is in the published tree: a file for each step."""
    first = change_set.from_
    steps = range(first + 1, change_set.to + 1) if first is not None else ()
    return [f"changes/{version:06d}.json" for version in steps]


def _read_signing_secret(settings: WebhookSettings) -> Secret | None:
    if settings.secret_env is None and settings.secret_file is None:
        return None
    return read_secret(settings.secret_env, settings.secret_file, WHAT_SECRET)
