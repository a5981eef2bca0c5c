"""FortiOS commands: tables, objects in them, and the members of groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracker.formats._delta import exchanged
from tracker.formats._forti_plan import Lines, Plan

_PER_LINE = 20  # members: far below the 4,096 characters that a line may have


def defined(plan: Plan) -> Iterator[str]:
    """Commands that make the objects of a plan, or change them."""
    for table, objects in plan.objects.items():
        yield from _block(
            table,
            (
                line
                for name, settings in objects.items()
                for line in _edit(name, [*settings, plan.comment(table, name)])
            ),
        )


def grouped(plan: Plan) -> Iterator[str]:
    """Commands that make the groups of a plan, with these members and no others."""
    for table, groups in plan.groups.items():
        yield from _block(
            table, (line for name in groups for line in _group(plan, table, name))
        )


def regrouped(old: Plan, new: Plan, none: dict[str, str]) -> Iterator[str]:
    """Commands for each group that differs; one that goes is left with `none`, by table.

    FortiOS lets no policy keep an empty group, and nothing be deleted that a policy names.
    """
    for table, groups in new.groups.items():
        lines: list[str] = []
        for name in dict.fromkeys([*groups, *old.groups[table]]):
            had, has = old.groups[table].get(name), groups.get(name, (none[table],))
            if had is None:
                lines += _group(new, table, name)
            elif had != has:
                come, go = exchanged(had, has)
                lines += _edit(name, [*_members("append", come), *_members("unselect", go)])
        yield from _block(table, lines)


def deleted(table: str, names: Iterable[str]) -> Iterator[str]:
    """Commands that delete objects, which no group may hold any more."""
    return _block(table, [f'    delete "{name}"' for name in names])


def _group(plan: Plan, table: str, name: str) -> Iterator[str]:
    members = _members("set", plan.groups[table][name])
    return _edit(name, [*members, plan.comment(table, name)])


def _block(table: str, lines: Iterable[str]) -> Iterator[str]:
    ahead = iter(lines)
    if (first := next(ahead, None)) is not None:
        yield from (f"config {table}", first)
        yield from ahead
        yield "end"


def _edit(name: str, settings: Iterable[str]) -> Iterator[str]:
    yield f'    edit "{name}"'
    for each in settings:
        yield f"        {each}"
    yield "    next"


def _members(verb: str, names: Lines | list[str]) -> Iterator[str]:
    for start in range(0, len(names), _PER_LINE):
        word = "append" if start and verb == "set" else verb
        listed = " ".join(f'"{name}"' for name in names[start : start + _PER_LINE])
        yield f"{word} member {listed}"
