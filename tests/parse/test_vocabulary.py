"""What headers, protocols and buttons say."""

from __future__ import annotations

import pytest

from tracker.parse.vocabulary import direction_of, is_button_label, is_page_button, is_protocol

LABELS = ["Copy", "copied!", "Copy to clipboard", "Sort ascending", "View list", "⧉", "Details"]
NO_LABELS = ["Address", "IP address", "URL", "443", "US", "Copy of Europe", "Europe", "Page 2"]
PAGE_BUTTONS = ["Copy", "Expand all", "Previous", "›", "MENU", "Contact us", "CSV", "Dark mode"]
NO_BUTTONS = ["Europe", "US", "IN", "Show Europe", "All regions", "Agents", "Contact Europe"]


@pytest.mark.parametrize("text", LABELS)
def test_a_label_says_what_a_control_does_with_what_stands_beside_it(text: str) -> None:
    assert is_button_label(text)


@pytest.mark.parametrize("text", NO_LABELS)
def test_a_header_a_value_and_a_name_are_not_the_label_of_a_button(text: str) -> None:
    assert not is_button_label(text)


@pytest.mark.parametrize("text", PAGE_BUTTONS)
def test_a_button_of_the_page_is_recognized_by_its_words(text: str) -> None:
    assert is_page_button(text)


@pytest.mark.parametrize("text", NO_BUTTONS)
def test_what_may_be_a_tab_is_not_a_button_of_the_page(text: str) -> None:
    assert not is_page_button(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("TCP", True), ("TCP/UDP", True), ("both: tcp and udp", True), ("TCP 443", False)],
)
def test_a_protocol_stands_alone(text: str, *, expected: bool) -> None:
    assert is_protocol(text) is expected


@pytest.mark.parametrize("text", ["Outbound", "outbound.", "Outbound only", "Outbound only."])
def test_a_direction_may_be_a_short_sentence(text: str) -> None:
    assert direction_of(text) == "outbound"
