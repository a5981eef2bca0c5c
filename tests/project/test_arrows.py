"""The arrows of the design: who may import whom, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = (
    "filters/entry_filters",
    "history/blame",
    "publish/rule_sets",
    "publish/rule_files",
    "publish/rule_state",
)
PURE_PACKAGES = ("parse", "drafts", "formats", "guard", "diff", "audit")
IMPURE = frozenset({"httpx", "os", "socket", "time", "datetime", "pathlib"})
OUTER = ("pipeline", "store", "cli", "commands", "scheduler", "site")


def files(*parts: str) -> list[Path]:
    return sorted(ROOT.joinpath(*parts).rglob("*.py"))


@cache
def parsed(file: Path) -> ast.Module:
    """The source of a file, parsed once for all tests."""
    return ast.parse(file.read_text("utf-8"))


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Every module that a file imports, wherever in it; `from a import b` as `a.b`."""
    return tuple(_find_imports(file))


def _find_imports(file: Path) -> Iterator[str]:
    package = file.relative_to(ROOT).parts[:-1]
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def among(file: Path, *modules: str) -> list[str]:
    """The imports of a file that are one of these modules, or inside one."""
    return [
        name
        for name in imports(file)
        if any(name == module or name.startswith(f"{module}.") for module in modules)
    ]


def ids(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


TRACKER = files("tracker")
PURE_FILES = [ROOT / "tracker" / f"{name}.py" for name in PURE] + [
    file for package in PURE_PACKAGES for file in files("tracker", package)
]


def test_the_source_is_found() -> None:
    assert len(TRACKER) > 30
    assert all(file.is_file() for file in PURE_FILES)
    assert "tracker.diff.pairing.pair_entries" in set(imports(ROOT / "tracker/diff/diff.py"))


@pytest.mark.parametrize("name", ["model", "change_set", "notifications", "errors"])
def test_the_words_of_the_project_import_only_each_other(name: str) -> None:
    file = ROOT / "tracker" / f"{name}.py"
    assert set(among(file, "tracker", "notifiers")) == set(
        among(file, "tracker.model", "tracker.change_set", "tracker.errors")
    )


@pytest.mark.parametrize("file", PURE_FILES, ids=ids)
def test_a_pure_module_has_no_clock_no_files_and_no_network(file: Path) -> None:
    assert among(file, *IMPURE) == []
    assert "open" not in {
        node.func.id
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


@pytest.mark.parametrize("file", PURE_FILES, ids=ids)
def test_a_pure_module_imports_nothing_of_the_shell(file: Path) -> None:
    assert among(file, *(f"tracker.{name}" for name in OUTER)) == []


@pytest.mark.parametrize(
    "file", files("tracker", "parse/markup") + files("tracker", "parse/shapes"), ids=ids
)
def test_extraction_knows_no_vendor(file: Path) -> None:
    names = set(among(file, "tracker.sources")) - set(among(file, "tracker.sources.definition"))
    assert names == set()


# What each room of the reader must not know: whatever stands on it, and shapes and cells each
# other. Both stand on the vocabulary, the values and the grid.
ABOVE = {
    "markup": ("shapes", "cells", "rows", "completeness", "pages", "read"),
    "shapes": ("cells", "rows", "completeness", "pages", "read"),
    "cells": ("shapes", "rows", "completeness", "pages", "read"),
    "rows": ("shapes", "completeness", "pages", "read"),
    "completeness": ("shapes", "pages", "read"),
    "feeds": ("shapes", "cells", "rows", "pages", "read"),
}


@pytest.mark.parametrize("room", ABOVE)
def test_the_rooms_of_the_reader_know_only_those_below_them(room: str) -> None:
    above = [f"tracker.parse.{name}" for name in ABOVE[room]]
    found = {ids(file): among(file, *above) for file in files("tracker", "parse", room)}
    assert len(found) > 1
    assert {file: names for file, names in found.items() if names} == {}


TOPMOST = ("read",)  # what tells the whole reading


def test_what_all_rooms_of_the_reader_stand_on_knows_none_of_them() -> None:
    rooms = [f"tracker.parse.{room}" for room in (*ABOVE, "pages") if room != "markup"]
    shared = [
        path for path in (ROOT / "tracker/parse").glob("*.py") if path.stem not in TOPMOST
    ]
    assert [ids(file) for file in shared if among(file, *rooms)] == []


def test_only_fetching_knows_http() -> None:
    """One HTTP client, for pages, webhooks and the heartbeat."""
    assert {ids(file) for file in TRACKER if among(file, "httpx")} == {
        "tracker/fetch/client.py",
        "tracker/fetch/fetcher.py",
        "tracker/fetch/urls.py",
    }
    assert {ids(file) for file in TRACKER if among(file, "httpcore")} == {
        "tracker/fetch/client.py",
        "tracker/fetch/network.py",
    }


@pytest.mark.parametrize("file", files("tracker", "fetch"), ids=ids)
def test_fetching_knows_no_meaning_of_a_page(file: Path) -> None:
    words = ("model", "errors", "text", "times", "__version__", "fetch")
    assert among(file, "tracker") == among(file, *(f"tracker.{name}" for name in words))


@pytest.mark.parametrize("file", files("tracker", "store"), ids=ids)
def test_the_store_imports_only_words_and_itself(file: Path) -> None:
    allowed = (
        "tracker.model",
        "tracker.errors",
        "tracker.store",
        "tracker.text",
        "tracker.plugins",  # modules of places, and how to install what is missing
        "tracker.decoding",
    )
    assert set(among(file, "tracker", "notifiers")) == set(among(file, *allowed))


# All that fetching and notifying share besides words: connections, URLs, delays.
SHARED = (
    "tracker.times",
    "tracker.fetch.client",
    "tracker.fetch.network",
    "tracker.fetch.urls",
)


@pytest.mark.parametrize("file", files("notifiers"), ids=ids)
def test_notifiers_know_only_the_words_of_the_tracker(file: Path) -> None:
    words = tuple(
        f"tracker.{name}"
        for name in ("model", "change_set", "notifications", "errors", "plugins")
    )
    shared = SHARED if ids(file) == "notifiers/shared/http_post.py" else ()
    assert among(file, "tracker") == among(file, *words, *shared)


PAGE = sorted((ROOT / "tracker/site").glob("*.py"))


@pytest.mark.parametrize("file", PAGE, ids=ids)
def test_the_page_knows_neither_server_nor_check(file: Path) -> None:
    shell = ("pipeline", "cli", "commands", "scheduler", "site.web", "fetch")
    outer = (
        "starlette",
        "uvicorn",
        "httpx",
        "socket",
        "time",
        *(f"tracker.{m}" for m in shell),
    )
    assert among(file, *outer) == []


def test_only_serve_starts_the_service() -> None:
    parts = ("service", "jobs", "status")  # `cron` only reads a text
    service = (
        "tracker.site.web",
        "tracker.scheduler.schedule",
        *(f"tracker.scheduler.{name}" for name in parts),
    )
    own = set(files("tracker", "site", "web")) | set(files("tracker", "scheduler"))
    users = [ids(file) for file in TRACKER if file not in own and among(file, *service)]
    assert users == ["tracker/commands/serve.py"]


def test_only_configuration_doctor_and_schemas_know_the_notifiers() -> None:
    """The schemas describe what a webhook is sent."""
    found = [ids(file) for file in TRACKER if among(file, "notifiers")]
    assert found == [
        "tracker/config/__init__.py",
        "tracker/doctor/settings.py",  # proves the heartbeat's URL as its caller does
        "tracker/schema/build.py",
    ]


def test_the_rooms_that_the_drawing_names_are_there() -> None:
    """docs/architecture.md: the second column of its tables."""
    rows = re.findall(
        r"^\| [^|]+ \| (`[^|]+`) \|", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE
    )
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 20
    assert [
        n for n in named if not any((ROOT / d / n).exists() for d in ("tracker", "."))
    ] == []
