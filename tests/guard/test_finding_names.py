"""Every name that a finding is made with is in the list that `[guard] publish` may name.

The names are read from the source itself: from each call of `Finding`, and of each function
that hands one of its parameters on to such a call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import get_args

import pytest

from tests.project.test_arrows import ROOT, TRACKER, imports
from tracker.drift.differences import DifferenceKind
from tracker.filters.scope import SCOPE_CHANGED
from tracker.guard.limits import FINDING_NAMES
from tracker.guard.value_rules import _SPECIAL_RANGES
from tracker.publish.grace import GRACE_OVER

# Where a name is put together, or comes out of a table: what it can be there.
COMPOSED = {
    "tracker/check/cause.py": {SCOPE_CHANGED},
    "tracker/check/scope_change.py": {SCOPE_CHANGED},
    "tracker/alerts/rule_notices.py": {GRACE_OVER},
    "tracker/drift/check.py": {
        *(f"dns-{kind}" for kind in get_args(DifferenceKind)),
        "dns-over",
    },
    "tracker/guard/value_rules.py": {name for name, _, _ in _SPECIAL_RANGES},
    "tracker/parse/completeness/leftovers.py": {
        f"{kind}-outside-tables" for kind in ("address", "host", "ports")
    },
    "tracker/parse/completeness/definition_checks.py": {"table-ignored", "list-ignored"},
}


@dataclass(frozen=True)
class Builder:
    """A function whose parameter at `index` (or by `keyword`) is the name of a finding.

    A method's `index` does not count `self`. `file` is where it is defined.
    """

    called: str
    index: int = 0
    keyword: str = "name"
    file: Path | None = None


@dataclass
class Module:
    file: Path
    tree: ast.Module = field(repr=False)

    @property
    def path(self) -> str:
        return self.file.relative_to(ROOT).as_posix()

    @cached_property
    def constants(self) -> dict[str, str]:
        return {
            target.id: node.value.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @cached_property
    def calls(self) -> list[tuple[ast.Call, list[ast.FunctionDef]]]:
        """Each call with the functions that it stands in, the innermost last."""
        return list(_calls(self.tree, []))

    def may_call(self, builder: Builder) -> bool:
        """Whether a call of that name can be one of the builder: a method's beside it, too."""
        if builder.file is None or builder.file.parent == self.file.parent:
            return True
        module = builder.file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        return f"{module}.{builder.called}" in set(imports(self.file))


def _calls(node: ast.AST, inside: list) -> Iterator[tuple[ast.Call, list]]:
    if isinstance(node, ast.FunctionDef):
        inside = [*inside, node]
    if isinstance(node, ast.Call):
        yield node, inside
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inside)


def names_in(modules: list[Module]) -> dict[str, set[str]]:
    """The names that findings are made with, and by which files."""
    found: dict[str, set[str]] = {}
    builders, seen = [Builder("Finding")], set()
    while builders:
        builder = builders.pop()
        if builder in seen:
            continue
        seen.add(builder)
        for module in modules:
            for call, inside in module.calls if module.may_call(builder) else ():
                if (expression := name_argument(call, builder)) is None:
                    continue
                if handing_on := parameter_of(expression, inside, module):
                    builders.append(handing_on)
                    continue
                for name in possible(expression, module):
                    found.setdefault(name, set()).add(module.path)
    return found


def name_argument(call: ast.Call, builder: Builder) -> ast.expr | None:
    called = call.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", None)
    if name != builder.called:
        return None
    for keyword in call.keywords:
        if keyword.arg == builder.keyword:
            return keyword.value
    return call.args[builder.index] if len(call.args) > builder.index else None


def parameter_of(expression: ast.expr, inside: list, module: Module) -> Builder | None:
    """The function that hands its parameter on, where the expression is one."""
    if not isinstance(expression, ast.Name):
        return None
    for function in reversed(inside):
        arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if expression.id in arguments:
            index = arguments.index(expression.id) - (arguments[0] == "self")
            return Builder(function.name, index, expression.id, module.file)
    return None


def possible(expression: ast.expr, module: Module) -> set[str]:
    if isinstance(expression, ast.Constant):
        return {str(expression.value)}
    if isinstance(expression, ast.Name) and expression.id in module.constants:
        return {module.constants[expression.id]}
    where = f"{module.path}:{expression.lineno}"
    assert module.path in COMPOSED, f"{where}: say in COMPOSED which names these can be"
    return COMPOSED[module.path]


def parsed(file: Path, text: str | None = None) -> Module:
    return Module(file, ast.parse(file.read_text("utf-8") if text is None else text))


@pytest.fixture(scope="module")
def made() -> dict[str, set[str]]:
    return names_in([parsed(file) for file in TRACKER])


def test_every_name_of_a_finding_is_in_the_list(made):
    missing = {name: files for name, files in made.items() if name not in FINDING_NAMES}
    assert missing == {}


def test_the_list_holds_no_name_twice():
    assert len(set(FINDING_NAMES)) == len(FINDING_NAMES)


def test_where_names_are_composed_is_still_there(made):
    assert set(COMPOSED) <= {file for files in made.values() for file in files}


TEXT = """
from tracker.guard.context import hold
LONG = "a-constant"
def build(where, name):
    return Finding(name, "hold", where)
class Account:
    def report(self, name):
        return build("here", name)
def one(account):
    yield Finding(name="by-keyword")
    yield Finding(LONG)
    yield build("there", "by-function")
    yield account.report("by-method")
    yield report_nothing("not-a-finding")
"""


def test_names_are_found_through_functions_and_methods_that_hand_them_on():
    found = names_in([parsed(ROOT / "tracker/made_up.py", TEXT)])
    assert set(found) == {"by-keyword", "a-constant", "by-function", "by-method"}


def test_a_composed_name_has_to_be_explained():
    with pytest.raises(AssertionError, match=r"made_up.py:1: say in COMPOSED"):
        names_in([parsed(ROOT / "tracker/made_up.py", 'Finding(f"dns-{kind}")')])
