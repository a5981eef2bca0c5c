"""A store with three versions, and the server on it."""

from __future__ import annotations

import shutil

import pytest

from tests.site.readings import entry, stored
from tests.site.web.rig import serving

FIRST = [entry(), entry("Oceania", "a.example.com", 443)]
SECOND = [*FIRST, entry("Oceania", "203.0.114.9", 443, components=["Relay"])]
THIRD = [entry(port=443), *SECOND[1:]]


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Published once; a test that changes something has a copy of it."""
    folder = tmp_path_factory.mktemp("published")
    stored(folder, FIRST, SECOND, THIRD)
    return folder


@pytest.fixture
def place(published, tmp_path):
    shutil.copytree(published, tmp_path / "s")
    return tmp_path / "s"


@pytest.fixture
def server(request, published):
    """The server; on a copy of the store where the test asks for its place as well."""
    has_own = "place" in request.fixturenames
    with serving(request.getfixturevalue("place") if has_own else published) as running:
        yield running
