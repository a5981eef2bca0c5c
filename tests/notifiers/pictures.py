"""The pictures in docs/: mails and Slack messages as a browser shows them.

`python -m tests.notifiers.pictures FOLDER` writes mail.html and slack.html, of a change, and
held-mail.html and held-slack.html, of a held page; a browser makes pictures of them. Slack's
page is our drawing of its blocks: enough to see what is too long, too much, or in the wrong
order.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from notifiers import email, slack
from tests.support import announcements as made
from tests.support import noticed

SLACK = """<!doctype html>
<html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 15px/1.46 Lato, "DejaVu Sans", sans-serif; color: #1d1c1d; margin: 16px; }
h1 { font-size: 18px; line-height: 1.3; margin: 0 0 8px; }
p { margin: 0 0 10px; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 680px; }
code { font: 12px "DejaVu Sans Mono", monospace; color: #c01343; background: #f8f8f8;
       border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px; }
</style></head><body>
%s
</body></html>
"""


def slack_page(payload: dict[str, Any]) -> str:
    """Slack's blocks as HTML: headers, sections, and the marks that they use."""
    return SLACK % "\n".join(map(_block, payload["blocks"]))


def _block(block: dict[str, Any]) -> str:
    text = block["text"]["text"]
    if block["type"] == "header":
        return f"<h1>{escape(text)}</h1>"
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", _linked(text))
    bold = re.sub(r"^[*](.+)[*]$", r"<b>\1</b>", shown, flags=re.MULTILINE)
    return f"<p>{bold}</p>"


def _linked(text: str) -> str:
    # What is not a link comes escaped: Slack wants & < > as entities.
    return re.sub(r"<(https?://[^>|]+)>", r'<a href="\1">\1</a>', text)


def main(folder: Path) -> None:
    """Write the pages into the folder."""
    attached = made.published()
    for prefix, mailed, posted in (
        ("", attached, replace(attached, attachments=())),
        ("held-", noticed.HELD, noticed.HELD),
    ):
        parts = email.compose_mail(mailed, "fwtracker@example.com", ["netops@example.com"])
        mail = parts.get_body(("html",)).get_content()
        chat = slack_page(slack.build_payload(posted))
        (folder / f"{prefix}mail.html").write_text(mail, "utf-8")
        (folder / f"{prefix}slack.html").write_text(chat, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
