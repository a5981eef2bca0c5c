"""RouterOS commands for a plan: the whole of it, or what leads from one plan to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tracker.formats._ros_plan import MENUS, SHORT, Lists, Plan, Rule

# A block of its own, because each line of an imported file forgets the variables before it.
RESOLVER = (
    "{",
    "    :local servers [:toarray [/ip dns get servers]]",
    "    :if ([:len $servers] = 0) do={",
    '        :log warning "fwtracker: no wildcard is open: /ip dns has no servers of its own"',
    "    } else={",
    "        :local server [:pick $servers 0]",
)
END = ("    }", "}")
_INDENT = " " * 8


def whole(plan: Plan) -> Iterator[str]:
    """Commands that put a plan in the place of whatever is there of ours."""
    for family, lists in plan.lists.items():
        yield f"{MENUS[family]} address-list"
        yield f'remove [find where list~"^{plan.stem}_" and dynamic=no]'
        yield from _added(lists)
    yield "/ip dns static"
    yield f'remove [find where address-list~"^{plan.stem}_"]'
    yield from _asked(plan.wildcards)
    for family in plan.rules:
        yield from _filter(plan, family)


def changed(old: Plan, new: Plan) -> Iterator[str]:
    """Commands for the difference: members that come, then rules, then members that go."""
    for family, menu in MENUS.items():
        yield from _under(menu, _added(_less(new.lists[family], old.lists[family])))
    yield from _renamed(old.wildcards, new.wildcards)
    for family in MENUS:
        if old.rules[family] != new.rules[family]:
            yield from _filter(new, family)
    for family, menu in MENUS.items():
        yield from _under(menu, _removed(_less(old.lists[family], new.lists[family])))


def _under(menu: str, lines: Iterable[str]) -> Iterator[str]:
    inside = list(lines)
    if inside:
        yield from (f"{menu} address-list", *inside)


def _renamed(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """DNS entries that go or fill another list, and those that come."""
    gone = [name for name in old if new.get(name) != old[name]]
    if gone:
        yield "/ip dns static"
    for name in gone:
        yield f'remove [find where name="{name}" and address-list="{old[name]}"]'
    yield from _asked({name: each for name, each in new.items() if old.get(name) != each})


def _added(lists: Lists) -> Iterator[str]:
    for name, members in lists.items():
        for address, words in members.items():
            yield f'add list="{name}" address={address} comment="{words}"'


def _removed(lists: Lists) -> Iterator[str]:
    for name, members in lists.items():
        for address in members:
            yield f'remove [find where list="{name}" and address="{address}" and dynamic=no]'


def _less(lists: Lists, others: Lists) -> Lists:
    """The members that the others have not."""
    return {
        name: {
            each: words for each, words in members.items() if each not in others.get(name, {})
        }
        for name, members in lists.items()
    }


def _asked(wildcards: Mapping[str, str]) -> Iterator[str]:
    """DNS entries that fill lists with what clients ask for, where there are wildcards."""
    if wildcards:
        yield from RESOLVER
        for name, filled in wildcards.items():
            entry = f"/ip dns static add type=FWD name={name} match-subdomain=yes"
            filling = f'forward-to=$server address-list="{filled}" comment="*.{name}"'
            yield f"{_INDENT}{entry} {filling}"
        yield from END


def _filter(plan: Plan, family: int) -> Iterator[str]:
    chains = " or ".join(f'chain="{plan.chain(each)}"' for each in SHORT)
    yield f"{MENUS[family]} filter"
    yield f"remove [find where {chains}]"
    yield from _rules(plan, plan.rules[family])


def _rules(plan: Plan, rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        end = "dst" if rule.direction == "outbound" else "src"
        yield (
            f'add chain="{plan.chain(rule.direction)}" action=accept protocol={rule.protocol}'
            f' dst-port={rule.ports} {end}-address-list="{rule.list}" comment="fwtracker"'
        )
