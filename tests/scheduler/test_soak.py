"""Hours of serving on a clock that is set, with all that may fail; a day: `make soak`."""

from __future__ import annotations

import pytest

from tests.scheduler import soak


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_hours_of_serving_keep_every_invariant():
    soak.main(hours=12, seed=3)
