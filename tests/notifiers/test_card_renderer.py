"""Microsoft's own reader of Adaptive Cards, on the card of every situation.

It is the npm package `adaptivecards`, which `make` installs; tests/browser has it draw them.
"""

from __future__ import annotations

import json

import pytest

from notifiers import teams
from tests.notifiers.test_golden import TOLD
from tests.notifiers.test_room import work
from tests.support import announcements as made
from tests.support.checkers import need, run

# For each card of stdin: what its reader or its validation objects to, and the card as read.
SCRIPT = """
const { AdaptiveCard, SerializationContext, Version } = require("adaptivecards");
const cards = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = cards.map(json => {
    const context = new SerializationContext(Version.parse(json.version, undefined));
    const card = new AdaptiveCard();
    card.parse(json, context);
    const found = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at));
    const events = [...found, ...card.validateProperties().validationEvents];
    return { said: events.map(event => event.message), card: card.toJSON() };
});
console.log(JSON.stringify(read));
"""
SITUATIONS = {**TOLD, "work": work(), "many": made.many(10_000)}


def card(told) -> dict:
    return teams.build_payload(told)["attachments"][0]["content"]


def read(cards: list[dict], folder) -> list[dict]:
    need("node", npm=("adaptivecards",))
    done = run("node", "-e", SCRIPT, folder=folder, given=json.dumps(cards))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def as_read(tmp_path_factory) -> dict[str, dict]:
    found = read([card(told) for told in SITUATIONS.values()], tmp_path_factory.mktemp("cards"))
    return dict(zip(SITUATIONS, found, strict=True))


def texts(body: list[dict]) -> list[list[str]]:
    """The texts of each block; a run without style is read as a mere string."""
    return [
        [run if isinstance(run, str) else run["text"] for run in block["inlines"]]
        for block in body
    ]


@pytest.mark.parametrize("name", SITUATIONS)
def test_its_reader_takes_the_whole_card(as_read, name: str) -> None:
    sent, found = card(SITUATIONS[name]), as_read[name]
    assert found["said"] == []
    assert texts(found["card"]["body"]) == texts(sent["body"])
    assert [each["url"] for each in found["card"].get("actions", [])] == [
        each["url"] for each in sent["actions"]
    ]


def test_it_objects_to_what_its_version_does_not_have(tmp_path) -> None:
    wrong = card(made.change())
    wrong["body"].append({"type": "Table", "rows": []})  # of 1.5, in a card of 1.4
    assert read([wrong], tmp_path)[0]["said"] != []
