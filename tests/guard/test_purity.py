"""The rules are pure, and nothing of the shell: as the guard itself is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.project.test_arrows import IMPURE, OUTER, ROOT, among, files, ids
from tracker.guard import domains, history, removals, values
from tracker.guard.guard import NAMES
from tracker.guard.limits import Name

READERS = [ROOT / "tracker" / name for name in ("read.py", "collect.py", "candidate.py")]
FILES = files("tracker", "guards")


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_a_rule_has_no_clock_no_files_and_no_network(file: Path) -> None:
    assert among(file, *IMPURE, *(f"tracker.{name}" for name in OUTER)) == []


def test_only_one_module_knows_the_public_suffix_list() -> None:
    found = [file for file in files("tracker") if among(file, "publicsuffixlist")]
    assert found == [ROOT / "tracker" / "guards" / "suffixes.py"]


def test_every_rule_of_a_module_is_listed() -> None:
    for module in (domains, removals, history, values):
        rules = [
            item
            for name, item in vars(module).items()
            if getattr(item, "__annotations__", {}).get("return") == "Iterator[Finding]"
            and not name.startswith("_")
        ]
        assert list(module.RULES) == rules


def test_the_names_are_those_of_the_type() -> None:
    assert get_args(Name) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_every_finding_that_can_hold_is_listed() -> None:
    """What can be held can be let through by name, too: its name stands in the list."""
    source = "\n".join(
        file.read_text("utf-8")
        for file in (*files("tracker", "reading"), *files("tracker", "guards"), *READERS)
    )
    held = set(re.findall(r'Finding\(\s*(?:name=)?"([a-z-]+)",\s*(?:verdict=)?"hold"', source))
    assert held
    assert held <= set(NAMES)
