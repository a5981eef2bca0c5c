"""The example store keeps what every store promises."""

from pathlib import Path

import pytest

from tests.contract.test_stores import *  # noqa: F403  the suite, on another store
from tracker.store import open_store
from tracker.store.blobs import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_store(f"example://{tmp_path}/store")
