"""The same news on every channel, byte for byte, so that a change shows in review.

After a wanted change: FWTRACKER_UPDATE_GOLDEN=1 python -m pytest tests/notifiers/test_golden.py
writes them again; look at the diff before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import notifiers
from notifiers import apprise, email, pagerduty, slack, teams, webhook
from notifiers.shared.message_text import compose_text
from tests.support import announcements as made
from tests.support import noticed

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
TOLD = {
    "baseline": made.baseline(),
    "change": made.change(),
    "published": made.published(),
    "digest": made.digest(),
    "edited": made.edited("definition", "cell-read-as", "table-ignored"),
    "wording": made.wording(),
    "test": made.trial(),
    "sign-of-life": replace(made.trial(), alive=True),
    **{f"notice-{name}": notice for name, notice in noticed.EVERY.items()},
}


def mailed(told, kind: str) -> str:
    """A part of a mail, as a mail program has it; the text with its subject."""
    mail = email.compose_mail(told, "fwtracker@example.com", ["netops@example.com"])
    text = mail.get_body((kind,)).get_content().replace("\r\n", "\n")
    return f"{mail['Subject']}\n\n{text}" if kind == "plain" else text


def indented(data) -> str:
    encoded = data if isinstance(data, bytes) else msgspec.json.encode(data)
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


SHOWN = {
    "apprise.txt": lambda told: "\n\n".join(apprise.fit_message(compose_text(told), 32_768)),
    "email.html": lambda told: mailed(told, "html"),
    "email.txt": lambda told: mailed(told, "plain"),
    "pagerduty.json": lambda told: indented(pagerduty.build_event(told)),
    "slack.json": lambda told: indented(slack.build_payload(told)),
    "teams.json": lambda told: indented(teams.build_payload(told)),
    "webhook.json": lambda told: indented(webhook.build_payload(told)),
}


@pytest.mark.parametrize("news", TOLD)
@pytest.mark.parametrize("name", SHOWN)
def test_a_message_is_as_it_was(name: str, news: str) -> None:
    path, text = GOLDEN / news / name, SHOWN[name](TOLD[news])
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text, "see this file's first lines"


def test_every_channel_has_its_golden_files() -> None:
    assert {Path(name).stem for name in SHOWN} == set(notifiers.names())
    found = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.*")}
    assert found == {f"{news}/{name}" for news in TOLD for name in SHOWN}
