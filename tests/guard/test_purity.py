"""The rules are pure, and nothing of the shell: as the guard itself is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.test_arrows import IMPURE, OUTER, ROOT, among, files, ids
from tracker.guard import page_rules, value_rules

RULES = {page_rules: page_rules.PAGE_RULES, value_rules: value_rules.VALUE_RULES}
FILES = files("tracker", "guard")


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_a_rule_has_no_clock_no_files_and_no_network(file: Path) -> None:
    assert among(file, *IMPURE, *(f"tracker.{name}" for name in OUTER)) == []


def test_only_one_module_knows_the_public_suffix_list() -> None:
    found = [file for file in files("tracker") if among(file, "publicsuffixlist")]
    assert found == [ROOT / "tracker" / "domain_suffixes.py"]


def test_every_rule_of_a_module_is_listed() -> None:
    for module, listed in RULES.items():
        rules = [
            item
            for name, item in vars(module).items()
            if getattr(item, "__annotations__", {}).get("return") == "Iterator[Finding]"
            and not name.startswith("_")
        ]
        assert list(listed) == rules
