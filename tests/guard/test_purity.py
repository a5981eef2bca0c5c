"""The rules are pure, and nothing of the shell: as the guard itself is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.project.test_arrows import IMPURE, OUTER, ROOT, among, files, ids
from tracker.guard import page_rules, value_rules
from tracker.guard.limits import FINDING_NAMES, FindingName

RULES = {page_rules: page_rules.PAGE_RULES, value_rules: value_rules.VALUE_RULES}
FILES = files("tracker", "guard")
READERS = [
    *files("tracker", "parse"),
    *files("tracker", "guard"),
    ROOT / "tracker" / "candidate.py",
]


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


def test_the_names_are_those_of_the_type() -> None:
    assert get_args(FindingName) == FINDING_NAMES
    assert len(set(FINDING_NAMES)) == len(FINDING_NAMES)


def test_every_finding_that_can_hold_is_listed() -> None:
    """What can be held can be let through by name, too: its name stands in the list."""
    source = "\n".join(file.read_text("utf-8") for file in READERS)
    held = set(re.findall(r'Finding\(\s*(?:name=)?"([a-z-]+)",\s*(?:verdict=)?"hold"', source))
    assert held
    assert held <= set(FINDING_NAMES)
