"""A service that takes plain text as JSON: `{"title": ..., "text": ...}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from notifiers._plaintext import text_of
from notifiers._post import check_url, post_json
from notifiers._secret import Secret, read_secret
from notifiers._words import words_of

if TYPE_CHECKING:
    from tracker.model import Message

WHAT = "the example URL"


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The environment variable that the URL is in."""

    url_env: str


def check(settings: Settings) -> None:
    """Raise `UsageError` when the URL is not there or is none."""
    _url(settings)


def send(settings: Settings, message: Message) -> str:
    """Post the text; "HTTP 200" when it was taken. Raises UsageError and DeliveryError."""
    words = words_of(message)
    status, _ = post_json(_url(settings), {"title": words.subject, "text": text_of(words)})
    return f"HTTP {status}"


def _url(settings: Settings) -> Secret:
    url = read_secret(settings.url_env, None, WHAT)
    check_url(url, WHAT)
    return url
