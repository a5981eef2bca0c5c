"""Regions that a source chooses: served pages show these, and `/v1` says all."""

from __future__ import annotations

import pytest

from tests.site.web.rig import serving

CHOICE = {"sources": {"action1": {"regions": ["Europe"]}}}


@pytest.fixture
def server(place):
    with serving(place, CHOICE) as running:
        yield running


@pytest.mark.parametrize("path", ["", "?q=agents", "version?n=2", "history", "compare"])
def test_pages_show_the_chosen_regions(server, path):
    answer = server.get(f"/action1/{path}")
    assert answer.status_code == 200
    assert "a.example.com" not in answer.text
    assert "Oceania" not in answer.text


def test_the_page_says_what_is_shown(server):
    said = "Shown: Europe, as the configuration chooses; the JSON files say all regions"
    assert said in server.get("/action1/").text


def test_a_value_of_another_region_is_said_to_be_on_the_page_only(server):
    text = server.get("/action1/value?q=a.example.com").text
    said = "a.example.com is not in force. On the page it is in Oceania, which is not shown."
    assert said in text
    assert "3.74.63.86 is in force in Europe." in server.get("/action1/value?q=3.74.63.86").text


def test_the_interface_says_all_but_takes_the_choice_for_rule_files(server):
    assert "a.example.com" in server.get("/v1/action1/latest").text
    shown = server.get("/v1/action1/endpoints")
    assert "3.74.63.86" in shown.text
    assert "a.example.com" not in shown.text
    named = server.get("/v1/action1/endpoints?region=Oceania")
    assert "a.example.com" in named.text
