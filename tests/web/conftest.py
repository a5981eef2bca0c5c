"""A store with three versions, and the server on it."""

from __future__ import annotations

import pytest

from tests.page.readings import entry, stored
from tests.web.rig import serving

FIRST = [entry(), entry("Oceania", "a.example.com", 443)]
SECOND = [*FIRST, entry("Oceania", "203.0.114.9", 443, components=["Relay"])]
THIRD = [entry(port=443), *SECOND[1:]]


@pytest.fixture
def place(tmp_path):
    stored(tmp_path / "s", FIRST, SECOND, THIRD)
    return tmp_path / "s"


@pytest.fixture
def server(place):
    with serving(place) as running:
        yield running
