"""Checks PowerShell as far as that goes without one: its grammar, its commands, their words.

The grammar alone lets a misspelt cmdlet or parameter through, so both are held against a
list: https://learn.microsoft.com/en-us/powershell/module/netsecurity/ (winserver2025-ps).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

_COMMON: Final = {"PolicyStore", "ErrorAction", "WhatIf"}
_RULE: Final = {
    *("Name", "Description", "Enabled", "Profile", "Direction", "Action", "RemoteAddress"),
    *("Protocol", "LocalPort", "RemotePort"),
}
CMDLETS: Final = {
    "Get-NetFirewallRule": {"Name", "Group", "PolicyStore", "ErrorAction"},
    "New-NetFirewallRule": _RULE | _COMMON | {"DisplayName", "Group"},
    "Set-NetFirewallRule": _RULE | _COMMON,
    "Remove-NetFirewallRule": {"Name", *_COMMON},
    "Out-Null": set(),
}
VALUES: Final = {
    "Direction": {"Inbound", "Outbound"},
    "Protocol": {"TCP", "UDP"},
    "Enabled": {"True"},
    "Action": {"Allow"},
    "Profile": {"Any", "Domain", "Private"},
    "ErrorAction": {"Stop", "SilentlyContinue"},
}


def faults(text: str) -> list[str]:
    """What is wrong with a script; nothing is wrong with one of ours."""
    import tree_sitter  # noqa: PLC0415  a checker: `need` says where it is missing
    import tree_sitter_powershell as powershell  # noqa: PLC0415

    parser = tree_sitter.Parser(tree_sitter.Language(powershell.language()))
    root = parser.parse(text.encode()).root_node
    if root.has_error:
        return ["syntax"]
    hashes: dict[str, set[str]] = defaultdict(set)
    for name, keys in _hashes(root):
        hashes[name] |= keys
    found: list[str] = []
    for node in _all(root, "command"):
        found += _command(node, hashes)
    for node in _all(root, "hash_entry"):
        found += _entry(node)
    return found


def _all(node: Any, kind: str) -> Iterator[Any]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from _all(child, kind)


def _text(node: Any) -> str:
    return str(node.text.decode())


def _hashes(root: Any) -> Iterator[tuple[str, set[str]]]:
    """The keys of each variable that is splatted: of all hashes assigned below its name."""
    for node in _all(root, "assignment_expression"):
        name = _text(next(_all(node, "variable")))
        keys = {_text(key) for key in _all(node, "key_expression")}
        # A loop over $rules binds $rule.
        yield name.lstrip("$").removesuffix("s"), keys


def _command(node: Any, hashes: dict[str, set[str]]) -> Iterator[str]:
    name = _text(next(_all(node, "command_name")))
    if name not in CMDLETS:
        yield f"no cmdlet {name}"
        return
    given = [_text(each).strip("-:") for each in _all(node, "command_parameter")]
    for variable in re.findall(r"(?<=\s@)[a-z]+", _text(node)):
        given += sorted(hashes.get(variable, {f"@{variable}"}))
    if name.startswith(("Set-", "Remove-")) and "Name" not in given:
        yield f"{name} without -Name is for every rule of the machine"
    yield from (f"{name} has no -{each}" for each in given if each not in CMDLETS[name])
    yield from (f"{name}: -{each} twice" for each in set(given) if given.count(each) > 1)


def _entry(node: Any) -> Iterator[str]:
    key = _text(next(_all(node, "key_expression")))
    for literal in _all(node, "string_literal"):
        value = _text(literal).strip("'")
        if value not in VALUES.get(key, {value}):
            yield f"{key} is never {value}"
