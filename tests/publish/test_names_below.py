"""Whether hosts are open with the names below them, as the configuration says."""

from __future__ import annotations

import pytest

from tests.formats.samples import entry
from tests.publish.test_rule_sets import snapshot
from tracker.config import parse
from tracker.errors import UsageError
from tracker.publish.freshness import compute_recipe
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_state import RuleState


@pytest.mark.parametrize(
    ("general", "table", "wanted"),
    [
        (None, None, (True, True)),
        (False, None, (False, False)),
        (False, True, (False, True)),
        (None, False, (True, False)),
    ],
)
def test_it_is_said_for_all_rule_sets_and_for_one(general, table, wanted) -> None:
    raw: dict = {"fwtracker": {}, "rules": [{"name": "branch"}]}
    for where, value in ((raw["fwtracker"], general), (raw["rules"][0], table)):
        if value is not None:
            where["names_below"] = value
    state = RuleState(snapshot(entry("a.example.com")), PendingRemovals(), parse(raw))
    found = {each.name: each.names_below for each, _ in state.rule_sets}
    assert (found["europe"], found["branch"]) == wanted
    assert found["all"] is found["europe"]


def test_rule_files_are_made_again_where_it_changes() -> None:
    raw = {"fwtracker": {"names_below": False}}
    same, other = parse({"fwtracker": {"names_below": True}}), parse(raw)
    assert compute_recipe(parse({}), "action1") == compute_recipe(same, "action1")
    assert compute_recipe(parse({}), "action1") != compute_recipe(other, "action1")


def test_another_value_is_an_error_that_names_the_key() -> None:
    with pytest.raises(UsageError, match="names_below"):
        parse({"fwtracker": {"names_below": "no"}})
