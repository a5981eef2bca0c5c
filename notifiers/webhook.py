"""Any program that accepts JSON by HTTP: the change set and the message, signed.

What a receiver gets, and how it verifies the sender: docs/webhook.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict, replace

from notifiers.shared.bodies import render_text
from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message import derive_delivery_id
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret, read_secret, require_one_place
from notifiers.shared.summary import rate_impact
from notifiers.shared.webhook_body import (
    SCHEMA,
    AddedEndpoint,
    DatedChangeSet,
    NoticeBody,
    RemovedEndpoint,
    VersionBody,
)
from tracker.notifications import Notice, Presence

if TYPE_CHECKING:
    from tracker.change_set import ChangeSet
    from tracker.notifications import Announcement, Message

UNKNOWN = Presence(None)
BODY_LIMIT = 1_000_000  # bytes; many servers accept no more by default
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
    """Post the message; return "HTTP 200", or another 2xx status.

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
    """Return the body, within the size that receivers accept.

    If it is too long, the details of rows are left out first, then the whole change set: the
    published files contain both.
    """
    body: VersionBody | NoticeBody = (
        _build_notice_body(message)
        if isinstance(message, Notice)
        else _build_version_body(message)
    )
    data = msgspec.json.encode(body)
    if len(data) > BODY_LIMIT and body.change_set:
        lists = replace(body.change_set, changes=())
        data = msgspec.json.encode(replace(body, change_set=lists))
    if len(data) > BODY_LIMIT:
        data = msgspec.json.encode(replace(body, change_set=None))
    return data


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return `sha256=` and the hex HMAC-SHA256 of `timestamp.body`.

    The time is signed too, so that a receiver can refuse a replay of a recorded body.
    """
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    signed = f"{timestamp}.".encode() + body
    return f"sha256={hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()}"


def _build_version_body(message: Announcement) -> VersionBody:
    return VersionBody(
        **_build_common_fields(message),
        type="version",
        version=message.version,
        digest=message.digest,
        captured_at=message.captured_at,
        cause=message.cause,
        rule_files_of=message.rule_files_of,
        baseline=message.baseline,
        entries=message.entries,
        regions=message.regions,
        rule_files=message.rule_files,
        delta_files=message.delta_files,
        change_set=_build_change_set(message),
        change_set_files=_list_change_files(message.change_set),
    )


def _build_change_set(message: Announcement) -> DatedChangeSet:
    """Return the change set; each endpoint has the times when it was first and last seen."""
    changes, stays = message.change_set, message.stays
    added = (
        AddedEndpoint(**asdict(end), **_build_first_seen(stays.get(end, UNKNOWN)))
        for end in changes.endpoints_added
    )
    removed = (
        RemovedEndpoint(
            **asdict(end),
            **_build_first_seen(stays.get(end, UNKNOWN)),
            **_build_last_seen(stays.get(end, UNKNOWN)),
        )
        for end in changes.endpoints_removed
    )
    dated = {"endpoints_added": tuple(added), "endpoints_removed": tuple(removed)}
    return DatedChangeSet(**{**asdict(changes), **dated})


def _build_first_seen(stay: Presence) -> dict[str, Any]:
    came = stay.came
    return {"since": came and came.at, "since_version": came and came.version}


def _build_last_seen(stay: Presence) -> dict[str, Any]:
    went = stay.went
    gone = {"gone": went and went.at, "gone_version": went and went.version}
    return {**gone, "until": stay.until}


def _build_notice_body(notice: Notice) -> NoticeBody:
    own = asdict(notice)
    del own["receipts"]  # only for types that describe their attempts
    known = {"notice": own.pop("number"), **own, **_build_common_fields(notice)}
    return NoticeBody(type="notice", **known)


def _build_common_fields(message: Message) -> dict[str, Any]:
    words, changes = compose_text(message), message.change_set
    web_page = message.web_page or ""
    return {
        "schema": SCHEMA,
        "delivery": derive_delivery_id(message),
        "source": message.source,
        "title": message.title or message.source,
        "impact": rate_impact(message),
        "page_url": message.page_url,
        "subject": words.subject,
        "from_": changes and changes.from_,
        "summary": changes and changes.summary,
        "base_url": web_page.removesuffix(f"{message.source}/index.html") or None,
        "web_page": web_page or None,
        "text": render_text(words),
    }


def _list_change_files(change_set: ChangeSet) -> tuple[str, ...]:
    """Return the paths of the change set in the published tree, one file per step."""
    first = change_set.from_
    steps = range(first + 1, change_set.to + 1) if first is not None else ()
    return tuple(f"changes/{version:06d}.json" for version in steps)


def _read_signing_secret(settings: WebhookSettings) -> Secret | None:
    if settings.secret_env is None and settings.secret_file is None:
        return None
    return read_secret(settings.secret_env, settings.secret_file, WHAT_SECRET)
