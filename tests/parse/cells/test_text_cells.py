"""The bracket of a purpose is understood or refused; components are names."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE
from tracker.errors import Unreadable
from tracker.parse.cells.text_cells import (
    Purpose,
    find_values_in_words,
    read_components,
    read_purpose,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Purpose(None, None, "")),
        ("Windows Update.", Purpose(None, None, "Windows Update.")),
        ("(Required) Connection.", Purpose("required", None, "Connection.")),
        ("(REQUIRED)", Purpose("required", None, "")),
        ("( Mandatory ) Connection.", Purpose("required", None, "Connection.")),
        ("(Recommended) Sharing (P2P).", Purpose("recommended", None, "Sharing (P2P).")),
        ("(Optional) Sharing.", Purpose("optional", None, "Sharing.")),
        ("(Required - only for Europe) Relay.", Purpose("required", "Europe", "Relay.")),
        (
            "(Required – only for the Middle East) Relay.",
            Purpose("required", "Middle East", "Relay."),
        ),
        ("(Required for Europe only) Relay.", Purpose("required", "Europe", "Relay.")),
        ("(Optional, only in East Asia) x", Purpose("optional", "East Asia", "x")),
        ("Required", Purpose("required", None, "")),
        ("Optional.", Purpose("optional", None, "")),
        ("Required: Connection.", Purpose("required", None, "Connection.")),
        ("optional - Sharing.", Purpose("optional", None, "Sharing.")),
        ("Recommended — Sharing.", Purpose("recommended", None, "Sharing.")),
        *(
            (text, Purpose(None, None, text))
            for text in (
                "Required: no",
                "Required: Yes",
                "Required - only for Europe",
                "Required: if you deploy",
                "Optional - until 1 May",
                "Required for deployment",
                "Optional components",
                "Required-ness",
            )
        ),
        ("Connection (Required)", Purpose(None, None, "Connection (Required)")),
        ("(Not required) x", Purpose(None, None, "(Not required) x")),
        ("(Requiredness) x", Purpose(None, None, "(Requiredness) x")),
    ],
)
def test_the_bracket_gives_requirement_and_audience(text: str, expected: Purpose) -> None:
    assert read_purpose(text, WHERE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(Required if you deploy) x",
        "(Required - not for Europe) x",
        "(Required - except for Europe) x",
        "(Required or optional) x",
        "(Required - Europe) x",
        "(Required - only for Europe (EU)) x",
    ],
)
def test_a_condition_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="condition that is not understood"):
        read_purpose(text, WHERE)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("Agents", ("Agents",)),
        ("Agents, Deployer", ("Agents", "Deployer")),
        ("Agents ; Deployer,", ("Agents", "Deployer")),
        ("Action1 Console (web browser)", ("Action1 Console (web browser)",)),
        ("Console (web, mobile), Agents", ("Console (web, mobile)", "Agents")),
        ("Agent's R&D/Test-Suite", ("Agent's R&D/Test-Suite",)),
    ],
)
def test_components_are_names_separated_by_commas(text: str, names: tuple[str, ...]) -> None:
    assert read_components(text, WHERE) == names


@pytest.mark.parametrize(
    "text",
    [
        "(Required) Connection to Action1 Cloud.",
        "Deploying apps and 3rd party patch management.",
        "Region: Europe",
        "3.74.63.86",
        "server.action1.com",
        "Need help?",
        "x" * 61,
    ],
)
def test_what_can_be_no_name_of_a_component_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="not the name of a component"):
        read_components(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        "Connection to Booking.com for travel",
        "Downloads setup.sh and readme.md files.",
        "Agents of version 5.2.60.1",
    ],
)
def test_products_files_and_versions_in_words_are_no_values(text: str) -> None:
    assert find_values_in_words(text) == ()


def test_values_in_words_are_found_and_versions_are_not() -> None:
    text = "Agents before 5.221.608.1 use old.example.com or 10.0.0.1, e.g. abroad."
    assert find_values_in_words(text) == ("10.0.0.1", "old.example.com")
