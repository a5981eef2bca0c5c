"""An announcement as an e-mail message: text, HTML, the change set attached.

Pure but for the Date header. How the message travels is `email`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from notifiers._mark import mark_of
from notifiers._page import html_of
from notifiers._plaintext import text_of
from notifiers._text import plain
from notifiers._words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from tracker.model import Announcement

ATTACHED_BYTES = 5_000_000  # mail servers often refuse 10 MB, and base64 adds a third


def compose(announcement: Announcement, sender: str, to: Sequence[str]) -> EmailMessage:
    """The whole message, with no secret in it. `sender` and `to` are bare addresses."""
    from datetime import UTC, datetime  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415
    from email.utils import format_datetime  # noqa: PLC0415

    words = words_of(announcement)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id(announcement, sender)
    message["Auto-Submitted"] = "auto-generated"  # no holiday replies, please
    message["X-Fwtracker"] = _stamp(announcement)
    message.set_content(text_of(words), cte="quoted-printable")
    message.add_alternative(html_of(words), subtype="html", cte="quoted-printable")
    _attach(message, announcement)
    return message


def message_id(announcement: Announcement, sender: str) -> str:
    """The same for each repeat, so that mail programs show a repeat once."""
    mark = mark_of(announcement)
    name = f"fwtracker.{_slug(announcement.source)}.{announcement.version}.{mark}"
    return f"<{name}@{sender.rpartition('@')[2]}>"


def _attach(message: EmailMessage, announcement: Announcement) -> None:
    """The change set as JSON; none for a baseline, which has no change."""
    if announcement.baseline:
        return
    data = msgspec.json.format(msgspec.json.encode(announcement.change_set), indent=2)
    if len(data) > ATTACHED_BYTES:
        return  # it is in the published tree; a refused message would tell nothing
    name = f"{_slug(announcement.source)}-{announcement.version:06d}-changes.json"
    message.add_attachment(data, maintype="application", subtype="json", filename=name)


def _stamp(announcement: Announcement) -> str:
    digest = plain(announcement.digest)[:12]
    return f"{_slug(announcement.source)} version {announcement.version} {digest}"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text)[:40]
