"""What receivers document of their limits, as checks of what is sent to them.

Each function takes what a channel would post, and returns what the receiver would refuse or
cut. Lengths are in characters unless something else is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import msgspec

Json = Any

# https://docs.slack.dev/reference/block-kit/blocks: blocks of a message, a header's text, a
# section's text; https://docs.slack.dev/reference/methods/chat.postMessage: `text` is cut at
# 40,000, and 4,000 are recommended.
SLACK_BLOCKS, SLACK_HEADER, SLACK_SECTION, SLACK_TEXT = 50, 150, 3000, 4000
# https://learn.microsoft.com/microsoftteams/limits-specifications-teams: 28 KB for a message of
# a webhook; https://adaptivecards.io/explorer/: elements, with the version that brought them.
TEAMS_BYTES = 28 * 1024
CARD_ELEMENTS = {"RichTextBlock": (1, 2), "TextRun": (1, 2), "Action.OpenUrl": (1, 0)}
TEAMS_VERSION = (
    1,
    5,
)  # https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards
RUN_KEYS = {"type", "text", "size", "weight", "color", "isSubtle", "fontType", "highlight"}
# https://developer.pagerduty.com/docs/send-alert-event: summary, dedup_key, the whole event
PAGERDUTY_SUMMARY, PAGERDUTY_KEY, PAGERDUTY_BYTES = 1024, 255, 512_000
SEVERITIES = {"critical", "error", "warning", "info"}
# RFC 5322, 2.1.1: octets of a line; RFC 2047, 2: an encoded word, and a line that has one
MAIL_LINE, ENCODED_WORD, ENCODED_LINE = 998, 75, 76
# Services by Apprise: a URL for each, and how much it takes, in characters or bytes.
SERVICES = {
    # https://discord.com/developers/docs/resources/webhook#execute-webhook: `content`
    "discord": ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV-js", 2000, len),
    # https://docs.ntfy.sh/publish/#limitations: a longer one becomes an attachment
    "ntfy": ("ntfy://localhost/topic", 4096, lambda text: len(text.encode())),
    # https://pushover.net/api#limits: 1,024 for the message; 250 for the title, apart from it
    "pushover": (f"pover://u{'a' * 29}@t{'b' * 29}", 1024, len),
    # https://docs.rocket.chat/docs/message: Message_MaxAllowedSize, escapes included
    "rocket": ("rocket://tokenaaaaa/tokenbbbbb@localhost/#general", 1000, len),
    # https://developers.mattermost.com/integrate/webhooks/incoming: 4,000 before 5.0
    "mattermost": ("mmost://localhost/abcdefghijklmnop", 4000, len),
}
# What CommonMark lets a backslash stand before, of which Apprise escapes the most:
# https://spec.commonmark.org/0.31.2/#backslash-escapes
ESCAPED = re.compile(r"[\\_*\[\]()~`>#+=|{}.!-]")


def check_slack(payload: Json) -> Iterator[str]:
    if not 0 < len(payload["text"]) <= SLACK_TEXT:
        yield "text"
    if len(payload["blocks"]) > SLACK_BLOCKS:
        yield "too many blocks"
    for block in payload["blocks"]:
        header = block["type"] == "header"
        if block["type"] not in {"header", "section"}:
            yield f"block {block['type']}"
        if block["text"]["type"] != ("plain_text" if header else "mrkdwn"):
            yield "type of a text"
        if not 0 < len(block["text"]["text"]) <= (SLACK_HEADER if header else SLACK_SECTION):
            yield f"length of a {block['type']}"
        if re.search(r"&(?!amp;|lt;|gt;)|<(?!https?://)", block["text"]["text"]):
            yield "control characters that are not escaped"


def check_teams(payload: Json) -> Iterator[str]:
    if len(msgspec.json.encode(payload)) > TEAMS_BYTES:
        yield "size"
    card = payload["attachments"][0]["content"]
    version = tuple(map(int, card["version"].split(".")))
    if version > TEAMS_VERSION:
        yield "version"
    runs = [run for block in card["body"] for run in block["inlines"]]
    for element in (*card["body"], *runs, *card["actions"]):
        if CARD_ELEMENTS.get(element["type"], (9, 9)) > version:
            yield f"element {element['type']}"
    for run in runs:
        if not run["text"] or set(run) - RUN_KEYS:
            yield f"run {run}"


def check_pagerduty(event: Json) -> Iterator[str]:
    payload = event["payload"]
    if not 0 < len(payload["summary"]) <= PAGERDUTY_SUMMARY:
        yield "summary"
    if len(event.get("dedup_key", "")) > PAGERDUTY_KEY:
        yield "dedup_key"
    if "event_action" in event and payload.get("severity") not in SEVERITIES:
        yield "severity"
    if not payload["source"]:
        yield "source"
    if len(msgspec.json.encode(event)) > PAGERDUTY_BYTES:
        yield "size"


def check_mail(mail: EmailMessage) -> Iterator[str]:
    data = mail.as_bytes()
    if any(len(line) > MAIL_LINE for line in data.split(b"\r\n")):
        yield "a line longer than 998 octets"
    if b"\n" in data.replace(b"\r\n", b"") or b"\r" in data.replace(b"\r\n", b""):
        yield "a line that does not end with CR LF"
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    for line in head.split("\r\n"):
        words = re.findall(r"=\?[^ ]*\?=", line)
        if words and (len(line) > ENCODED_LINE or max(map(len, words)) > ENCODED_WORD):
            yield "encoded words"
    names = [name.lower() for name in mail]
    once = {"from", "to", "subject", "date", "message-id", "references"}
    if any(names.count(name) != 1 for name in once):
        yield "a header that is missing or stands twice"
    if not re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", mail["Message-ID"]):
        yield "Message-ID"


def check_service(name: str, title: str, body: str) -> Iterator[str]:
    """Yield what is too long, of what Apprise is given for a service."""
    _, most, size = SERVICES[name]
    text = f"{title}\n{body}" if title else body
    if name == "rocket":
        text = ESCAPED.sub(r"\\\g<0>", text)
    if size(text) > most:
        yield f"{size(text)} of {most}"
    if re.search("@(?!\u200b)|<(?!\u200b)[!@]", text):
        yield "a mention"
