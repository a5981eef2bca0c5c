"""The first forty characters, which a phone shows: each situation as docs/alerts.md has it.

After a wanted change run this file with FWTRACKER_UPDATE_GOLDEN=1.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from notifiers import apprise, email, pagerduty, slack, teams
from notifiers.shared.message_text import compose_text
from tests.notifiers.test_golden import TOLD
from tests.support import announcements as made

DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"
TABLE = re.compile(r"(<!-- first forty characters -->\n).*?(<!-- end -->)", re.DOTALL)
VERDICT = re.compile(r"[A-Z]+ Action1[ :]")


def build_table() -> str:
    rows = [f"| {name} | `{compose_text(told).subject[:40]}` |" for name, told in TOLD.items()]
    return "\n".join(["| situation | first forty characters |", "|---|---|", *rows]) + "\n"


def test_the_documentation_has_the_table() -> None:
    text = DOCS.read_text("utf-8")
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1":
        text = TABLE.sub(lambda found: found[1] + build_table() + found[2], text)
        DOCS.write_text(text, "utf-8")
    assert TABLE.search(text)[0].split("\n", 1)[1].removesuffix("<!-- end -->") == build_table()


@pytest.mark.parametrize("name", TOLD)
def test_verdict_and_source_come_first_on_every_channel(name: str) -> None:
    told = TOLD[name]
    subject = compose_text(told).subject
    assert VERDICT.match(subject)
    seen = (
        str(email.compose_mail(told, "a@example.com", ["b@example.com"])["Subject"]),
        pagerduty.build_event(told)["payload"]["summary"],
        slack.build_payload(told)["text"],
        teams.build_payload(told)["attachments"][0]["content"]["fallbackText"],
        apprise.fit_message(compose_text(told), 2000)[0],
    )
    assert {text[:40] for text in seen} == {subject[:40]}


@pytest.mark.parametrize("name", ["change", "published", "digest", "edited"])
def test_the_first_value_begins_within_them(name: str) -> None:
    assert "Europe: allow 13.41.18" in compose_text(TOLD[name]).subject[:40]


@pytest.mark.parametrize("region", ["North America", "x" * 200, "United Arab Emirates"])
def test_a_long_region_does_not_hide_the_value(region: str) -> None:
    row = made.entry(region=region, hosts=(), addresses=("255.255.255.25",))
    told = made.hostile(region)
    changes = made.replace(
        told.change_set, endpoints_added=tuple(made.flatten(row)), regions_renamed=()
    )
    subject = compose_text(made.replace(told, change_set=changes)).subject
    assert "allow 255.255.255.25" in subject[:40]
    assert len(subject) <= 150


@pytest.mark.parametrize("name", [name for name in TOLD if name.startswith("notice-")])
def test_a_notice_with_something_to_do_names_the_command(name: str) -> None:
    subject = compose_text(TOLD[name]).subject
    if TOLD[name].kind not in {"over", "scope", "grace"}:
        assert re.search(r' - run "fwtracker [^"]+"$', subject)
