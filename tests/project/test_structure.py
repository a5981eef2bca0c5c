"""The shape of the program: no circle among its modules, short chains, short files."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_CHAIN = 14  # modules
LONGEST_FILE = 400  # lines

Graph = Mapping[str, set[str]]


def module_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def find_modules(root: Path) -> dict[str, Path]:
    files = (file for part in ("tracker", "notifiers") for file in (root / part).rglob("*.py"))
    return {module_name(file, root): file for file in files}


MODULES = find_modules(ROOT)


def is_left_out(node: ast.AST, *, late: bool) -> bool:
    """Say whether nothing in a node runs with its module; types alone never run."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not late


def statements(node: ast.AST, *, late: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run with a module, and if `late` those in its functions too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not is_left_out(child, late=late):
            yield from statements(child, late=late)


def imported(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name with the module to take where the name is none: `from a import b`."""
    if isinstance(statement, ast.Import):
        yield from ((alias.name, alias.name) for alias in statement.names)
    else:
        assert not statement.level, "imports are absolute"
        module = statement.module or ""
        yield from ((f"{module}.{alias.name}", module) for alias in statement.names)


def graph(modules: Mapping[str, Path], *, late: bool) -> Graph:
    found: dict[str, set[str]] = {}
    for module, file in modules.items():
        tree = ast.parse(file.read_text("utf-8"))
        named = (name for each in statements(tree, late=late) for name in imported(each))
        taken = {name if name in modules else base for name, base in named}
        found[module] = (taken & modules.keys()) - {module}
    return found


def find_circle(of: Graph) -> list[str]:
    try:
        TopologicalSorter(of).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def longest_chain(of: Graph) -> list[str]:
    """One of the longest, from the module that no other of it imports."""
    found: dict[str, list[str]] = {}
    for module in TopologicalSorter(of).static_order():  # what is imported comes first
        below = max((found[each] for each in sorted(of[module])), key=len, default=[])
        found[module] = [module, *below]
    return max(found.values(), key=len)


def test_the_modules_and_their_imports_are_found() -> None:
    every, top = graph(MODULES, late=True), graph(MODULES, late=False)
    assert len(MODULES) > 200
    assert "tracker.check.cause" in every["tracker.pipeline"] - top["tracker.pipeline"]
    assert "tracker.model" in top["tracker.change_set"]
    assert "notifiers.shared.message" in top["notifiers.shared.message_text"]


def test_no_module_leads_back_to_itself_not_even_by_a_late_import() -> None:
    assert find_circle(graph(MODULES, late=True)) == []


def test_no_chain_of_imports_is_longer_than_that() -> None:
    chain = longest_chain(graph(MODULES, late=False))
    assert len(chain) <= LONGEST_CHAIN, " -> ".join(chain)


def test_no_file_is_longer_than_that() -> None:
    lengths = {name: len(file.read_text().splitlines()) for name, file in MODULES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


@pytest.fixture
def invented(tmp_path: Path) -> dict[str, Path]:
    """Three modules, of which the last imports the first late, and a package."""
    sources = {
        "tracker/__init__.py": "",
        "tracker/a.py": "from tracker import b\nimport json\n",
        "tracker/b.py": "from tracker.c import d\n",
        "tracker/c.py": "def f():\n    from tracker.a import g\n    return g\n",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return find_modules(tmp_path)


def test_a_circle_over_a_late_import_is_seen(invented: dict[str, Path]) -> None:
    assert find_circle(graph(invented, late=False)) == []
    circle = find_circle(graph(invented, late=True))
    steps = {tuple(sorted(pair)) for pair in pairwise(circle)}
    letters = ("tracker.a", "tracker.b", "tracker.c")
    assert steps == {letters[:2], letters[1:], letters[::2]}


def test_a_chain_is_counted_in_modules(invented: dict[str, Path]) -> None:
    chain = longest_chain(graph(invented, late=False))
    assert chain == ["tracker.a", "tracker.b", "tracker.c"]


def test_what_is_imported_for_types_alone_is_no_arrow(tmp_path: Path) -> None:
    file = tmp_path / "tracker" / "a.py"
    file.parent.mkdir()
    file.write_text("if TYPE_CHECKING:\n    from tracker import b\n")
    (tmp_path / "tracker" / "b.py").write_text("")
    assert graph(find_modules(tmp_path), late=True)["tracker.a"] == set()
