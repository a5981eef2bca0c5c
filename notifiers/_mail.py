"""A message as a mail: text, HTML, the change set attached.

Pure but for the Date header. How the message travels is `email`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from notifiers._mark import mark_of
from notifiers._page import html_of
from notifiers._plaintext import text_of
from notifiers._text import plain
from notifiers._words import words_of
from tracker.model import Announcement, Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from tracker.model import Message

ATTACHED_BYTES = 5_000_000  # mail servers often refuse 10 MB, and base64 adds a third

VERSION_DIGITS = 6  # as in the published tree
MOST_FILES = 10  # deltas that are attached one by one
RULE = "=" * 12


def compose(
    message: Message, sender: str, to: Sequence[str], *, attached: bool = True
) -> EmailMessage:
    """The whole mail, with no secret in it. `sender` and `to` are bare addresses.

    `attached`: with change set and deltas, as far as they are not too much.
    """
    from datetime import UTC, datetime  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415
    from email.utils import format_datetime  # noqa: PLC0415

    if isinstance(message, Announcement) and not attached:
        message = replace(message, attachments=())
    words = words_of(message)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id(message, sender)
    mail["Auto-Submitted"] = "auto-generated"  # no holiday replies, please
    mail["X-Fwtracker"] = _stamp(message)
    mail.set_content(text_of(words), cte="quoted-printable")
    mail.add_alternative(html_of(words), subtype="html", cte="quoted-printable")
    if attached:
        _attach_changes(mail, message)
    if isinstance(message, Announcement):
        _attach_deltas(mail, message)
    return mail


def message_id(message: Message, sender: str) -> str:
    """The same for each repeat, so that mail programs show a repeat once."""
    name = f"fwtracker.{_slug(message.source)}.{_number(message)}.{mark_of(message)}"
    return f"<{name}@{sender.rpartition('@')[2]}>"


def _attach_changes(mail: EmailMessage, message: Message) -> None:
    """The change set as JSON; none for a baseline, which has no change."""
    if message.change_set is None or (isinstance(message, Announcement) and message.baseline):
        return
    data = msgspec.json.format(msgspec.json.encode(message.change_set), indent=2)
    number = _number(message).zfill(VERSION_DIGITS)
    name, kind = f"{_slug(message.source)}-{number}-changes.json", "json"
    if len(data) > ATTACHED_BYTES:
        from gzip import compress  # noqa: PLC0415

        name, kind, data = f"{name}.gz", "gzip", compress(data, mtime=0)
    if len(data) <= ATTACHED_BYTES:  # else a server may refuse all of it; it is in the tree
        mail.add_attachment(data, maintype="application", subtype=kind, filename=name)


def _attach_deltas(mail: EmailMessage, told: Announcement) -> None:
    """The deltas as text: no gateway refuses that, as many do a script or an archive.

    A few are attached as they are; many, as one text for each step, with a heading for each
    file. The names sort in the order in which they are to be applied.
    """
    files = {each.path: each.data for each in told.attachments}
    if len(files) > MOST_FILES:
        files = _by_step(files)
    for path, data in files.items():
        short = path.removeprefix("deltas/").replace("/", "-")
        name = f"{_slug(told.source)}-{short}.txt"
        mail.add_attachment(_text(data), subtype="plain", filename=name)


def _by_step(files: dict[str, bytes]) -> dict[str, bytes]:
    """One text for each folder of deltas; where there are too many of those, one in all."""
    texts: dict[str, list[str]] = {}
    for path, data in files.items():
        step = "/".join(path.split("/")[:2])
        texts.setdefault(step, []).append(f"{RULE} {path} {RULE}\n{_text(data)}")
    if len(texts) > MOST_FILES:
        first, last = next(iter(texts)), next(reversed(texts))
        every = [text for step in texts.values() for text in step]
        texts = {f"{first}-to-{last.removeprefix('deltas/')}": every}
    return {f"{step}/deltas": "\n".join(parts).encode() for step, parts in texts.items()}


def _text(data: bytes) -> str:
    return data.decode(errors="replace").rstrip("\n") + "\n"


def _number(message: Message) -> str:
    """`2`, or `notice-7`."""
    return f"notice-{message.number}" if isinstance(message, Notice) else f"{message.version}"


def _stamp(message: Message) -> str:
    if isinstance(message, Notice):
        return f"{_slug(message.source)} notice {message.number} {message.kind}"
    digest = plain(message.digest)[:12]
    return f"{_slug(message.source)} version {message.version} {digest}"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text)[:40]
