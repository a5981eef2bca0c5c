"""The PowerShell around a list of firewall rules, and the way back from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from tracker.errors import RuleError
from tracker.formats._policy import comment
from tracker.formats._ps_plan import Rule

# PowerShell ends a string in single quotes at any of these (language specification, 2.3.5.2).
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Cmdlets of a module see no preference of the script that calls them: each is told to stop.
_START = """
param([string] $PolicyStore = 'PersistentStore', [switch] $WhatIf)
$ErrorActionPreference = 'Stop'
"""
_PUT = """
foreach ($rule in $rules) {
    $find = @{ PolicyStore = $PolicyStore; Name = $rule.Name; ErrorAction = 'SilentlyContinue' }
    $more = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
    $more += @{ Enabled = 'True'; Action = 'Allow' }
    if (Get-NetFirewallRule @find) {
        Set-NetFirewallRule @rule @more
    } else {
        New-NetFirewallRule @rule @more -DisplayName $rule.Name -Group $group | Out-Null
    }
}
"""
# Last, so that no rule is gone before its successor is there. By name and never by pipe: the
# same cmdlet without a name takes away every rule of the machine.
_REMOVE_OTHERS = """
$own = @{ PolicyStore = $PolicyStore; Group = $group; ErrorAction = 'SilentlyContinue' }
$how = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
foreach ($old in Get-NetFirewallRule @own) {
    if ($old.Name -notin $rules.Name) {
        Remove-NetFirewallRule -Name $old.Name @how
    }
}
"""
_REMOVE_NAMED = """
$how = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
foreach ($name in $gone) {
    $own = @{ PolicyStore = $PolicyStore; Name = $name; ErrorAction = 'SilentlyContinue' }
    if (Get-NetFirewallRule @own) {
        Remove-NetFirewallRule -Name $name @how
    }
}
"""
_SETTING = re.compile(r"        (\w+) = (@\(|'[^']*'(?:, '[^']*')*)")
_ITEM = re.compile(r" {4,12}'([^']*)'")


def quoted(text: str) -> str:
    """A string that PowerShell takes as it is; what ends a line becomes a space."""
    text = _CONTROL.sub(" ", text)
    return "'" + _QUOTES.sub(lambda quote: quote[0] * 2, text) + "'"


def whole(group: str, rules: Iterable[Rule]) -> Iterator[str]:
    """The lines of a script after which the group has these rules and no others."""
    yield from _START.splitlines()
    yield f"$group = {quoted(group)}"
    yield from _list(rules)
    yield from _PUT.splitlines()
    yield from _REMOVE_OTHERS.splitlines()


def change(group: str, put: list[Rule], gone: Iterable[str]) -> Iterator[str]:
    """The lines of a script that puts these rules, then removes those with these names."""
    yield from _START.splitlines()
    if put:
        yield f"$group = {quoted(group)}"
        yield from _list(put)
        yield from _PUT.splitlines()
    yield "$gone = @("
    yield from (f"    {quoted(name)}" for name in gone)
    yield ")"
    yield from _REMOVE_NAMED.splitlines()


def parse(text: str) -> tuple[str, list[Rule], list[str] | None]:
    """Group, rules and names to remove of a script of either kind; of the first there are none.

    Raises RuleError where the text is not what `whole` or `change` makes of what was found.
    """
    lines = plain(text.splitlines())
    group = next((line for line in lines if line.startswith("$group = ")), "")[10:-1]
    rules = list(_rules(lines))
    gone = None
    if "$gone = @(" in lines:
        start = lines.index("$gone = @(")
        gone = [item[1] for item in map(_ITEM.fullmatch, _until_close(lines[start:])) if item]
    made = whole(group, rules) if gone is None else change(group, rules, gone)
    if plain(made) != lines:
        raise RuleError("the PowerShell script cannot be read back: it is of another shape")
    return group, rules, gone


def plain(lines: Iterable[str]) -> list[str]:
    """The lines that do something, without comments. No string of ours holds a `#`."""
    bare = (line.partition("#")[0].rstrip() for line in lines)
    return [line for line in bare if line]


def _list(rules: Iterable[Rule]) -> Iterator[str]:
    yield "$rules = @("
    for rule in rules:
        yield from _rule(rule)
    yield ")"


def _rule(rule: Rule) -> Iterator[str]:
    inbound = rule.direction == "inbound"
    yield "    @{"
    yield f"        Name = {quoted(rule.name)}"
    yield f"        Direction = {quoted(rule.direction.title())}"
    yield f"        Protocol = {quoted(rule.protocol.upper())}"
    yield f"        {'LocalPort' if inbound else 'RemotePort'} = {quoted(rule.ports)}"
    if rule.remote:
        yield "        Profile = 'Any'"
        yield "        RemoteAddress = @("
        for address, words in zip_longest(rule.remote, rule.words, fillvalue=""):
            yield f"            {quoted(address)}{_said(words)}"
        yield "        )"
    else:
        # A network that Windows holds for public is not the local network of anybody's own.
        yield "        Profile = 'Domain', 'Private'"
        yield f"        RemoteAddress = 'LocalSubnet'{_said(' '.join(rule.words))}"
    yield "    }"


def _said(words: str) -> str:
    return f" # {said}" if (said := comment(words)) else ""


def _rules(lines: list[str]) -> Iterator[Rule]:
    """The rules as far as they can be made out; what is odd shows when written again."""
    rest = iter(lines)
    for line in rest:
        if line != "    @{":
            continue
        found: dict[str, str] = {}
        remote: tuple[str, ...] = ()
        for inner in iter(lambda: next(rest, "    }"), "    }"):
            if setting := _SETTING.fullmatch(inner):
                found[setting[1]] = setting[2].strip("'")
            elif item := _ITEM.fullmatch(inner):
                remote += (item[1],)
        yield Rule(
            found.get("Name", ""),
            found.get("Direction", "").lower(),
            found.get("Protocol", "").lower(),
            found.get("LocalPort") or found.get("RemotePort", ""),
            remote,
        )


def _until_close(lines: list[str]) -> list[str]:
    return lines[1 : lines.index(")")] if ")" in lines else []
