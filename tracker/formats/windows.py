"""A PowerShell script for Windows Defender Firewall: LAN rules inbound, the rest outbound.

Adds, changes and removes only rules of its own group, by the names that it gives them; no
default action, no profile. Run again, it leaves the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._policy import rules_of
from tracker.formats._ps_plan import Rule, cannot, expressed, group_of, rules
from tracker.formats._ps_script import change, parse, whole

_HOW_TO = """

Run as administrator, now and again whenever this file changes:
  powershell -ExecutionPolicy Bypass -File windows.ps1
  ... -WhatIf                                    says what it would do
  ... -PolicyStore "example.com\\Firewall"        writes into that group policy instead
The inbound rules are what Windows needs by itself: it lets everything out unless told not
to, and the outbound rules are for those who told it. LocalSubnet is what Windows takes for
its own network; in networks that it holds for public, the rules for the LAN do not count.
Where a group policy turns local rules off, use -PolicyStore. Needs Windows 8 or Server 2012."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole script; nothing where no endpoint has an address, or is the LAN."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    group = group_of(rule_set)
    notes = [*head(rule_set), *_HOW_TO.split("\n")[1:], *left_out_lines(left_out)]
    lines = [*_comments(notes), *whole(group, rules(rule_set))]
    return Rendered("\n".join(lines) + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """What the script opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any line that is not of the script or one of its rules.
    """
    _, found, _ = parse(text)
    return frozenset(line for rule in found for line in rule.lines)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """A script that puts the rules that came or differ, then removes those that are gone."""
    group = group_of(after)
    old, new = _by_name(before), _by_name(after)
    put = [
        rule
        for name, rule in new.items()
        if name not in old or old[name].settings != rule.settings
    ]
    gone = [name for name in old if name not in new]
    if not put and not gone:
        return None
    lines = [*_comments(delta_head(before, after)), *change(group, put, gone)]
    return "\n".join(lines) + "\n"


def _by_name(rule_set: RuleSet) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules(rule_set)}


def _comments(lines: Iterable[str]) -> list[str]:
    return [f"# {line}".rstrip() for line in lines]


FORMAT = Format(
    name="windows",
    file="windows.ps1",
    about="PowerShell for Windows Defender Firewall: LAN inbound, addresses outbound",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
