"""A machine without nft: a skip that says so, and a failure in CI."""

from __future__ import annotations

import pytest

from tests.formats import netns


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_tool_is_loud(ci: str, outcome, monkeypatch) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"NOT TESTED with the real nft: .* no-such-tool"):
        netns.need("no-such-tool")
