"""A service that takes plain text as JSON: `{"title": ..., "text": ...}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers.shared.bodies import render_text
from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message_text import compose_text

if TYPE_CHECKING:
    from tracker.notifications import Message

WHAT = "the example URL"
SETTINGS = UrlSettings


def check(settings: UrlSettings) -> None:
    """Raise `UsageError` if the URL is missing or invalid."""
    read_url(settings, WHAT)


def send(settings: UrlSettings, message: Message) -> str:
    """Post the text; return "HTTP 200" if it was accepted. Raises UsageError, DeliveryError."""
    text = compose_text(message)
    payload = {"title": text.subject, "text": render_text(text)}
    status, _ = post_json(read_url(settings, WHAT), payload)
    return f"HTTP {status}"
