"""A PowerShell script for Windows Defender Firewall: LAN rules inbound, the rest outbound.

Adds, changes and removes only rules of its own group, by the names that it gives them; no
default action, no profile. Run again, it leaves the same rules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec
from msgspec.structs import replace

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import address_key, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.domain_names import collect_words
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import Rule, allowed_rules, list_left_out
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Endpoint
from tracker.text import quote_powershell, to_comment

NO_HOSTS = (
    "a rule of Windows Defender Firewall takes addresses; names need dynamic keywords,"
    " which work only beside Microsoft Defender Antivirus"
)

_LONGEST = 60  # characters of a name's start; no limit is documented, and this is readable
_MOST = 1000  # addresses of one rule; no limit is documented, and the console still opens it

# Cmdlets of a module see no preference of the calling script: each gets ErrorAction itself.
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

_HOW_TO = """

Run as administrator, now and again whenever this file changes:
  powershell -ExecutionPolicy Bypass -File windows.ps1
  ... -WhatIf                                    says what it would do
  ... -PolicyStore "example.com\\Firewall"        writes into that group policy instead
The inbound rules are what Windows needs by itself: it lets everything out unless told not
to, and the outbound rules are for those who told it. LocalSubnet is what Windows takes for
its own network; in networks that it holds for public, the rules for the LAN do not count.
Where a group policy turns local rules off, use -PolicyStore. Needs Windows 8 or Server 2012."""


class WindowsRule(msgspec.Struct, frozen=True):
    """One firewall rule. `name` is its key on the machine; `remote` is empty for the LAN.

    `words` has what the page calls each address, or the LAN: a comment, no setting.
    """

    name: str
    direction: str
    protocol: str
    ports: str
    remote: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[object, ...]:
        """All that the firewall knows of the rule."""
        return self.name, self.direction, self.protocol, self.ports, self.remote

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`."""
        for target in self.remote or (LAN,):
            yield f"{self.direction} {target} {self.protocol}/{self.ports}"


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole script; no text where no endpoint has an address, or is the LAN."""
    allowed = allowed_rules(rule_set, unsupported)
    left_out = list_left_out(rule_set, unsupported)
    if not allowed:
        return Rendered(None, left_out)
    group = group_name(rule_set)
    comments = comment_lines("#", file_notes(rule_set, _HOW_TO, left_out))
    script = write_script(group, list_rules(rule_set))
    return Rendered(join_lines([*comments, *script]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the script opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any line that is not of the script or one of its rules.
    """
    _, found, _ = parse_script(text)
    return frozenset(line for rule in found for line in rule.lines)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the rules must open."""
    return frozenset(line for rule in list_rules(rule_set) for line in rule.lines)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a script that sets rules that came or differ, then removes those that went."""
    group = group_name(after)
    old, new = _by_name(before), _by_name(after)
    put = [
        rule
        for name, rule in new.items()
        if name not in old or old[name].settings != rule.settings
    ]
    gone = [name for name in old if name not in new]
    if not put and not gone:
        return None
    comments = comment_lines("#", delta_head_lines(before, after))
    return join_lines([*comments, *write_change(group, put, gone)])


def unsupported(endpoint: Endpoint) -> str | None:
    """Return what Windows leaves out beside what no format writes."""
    return NO_HOSTS if endpoint.target != LAN and not network_of(endpoint.target) else None


def group_name(rule_set: RuleSet) -> str:
    """Return the group that all rules of a rule set are in, and the start of their names."""
    return f"fwtracker-{name_stem(rule_set, _LONGEST, '-')}"


def list_rules(rule_set: RuleSet) -> list[WindowsRule]:
    """Return the rules, in the order of their names' parts: direction, LAN, protocol, port."""
    by_service: dict[tuple[str, bool, str, Ports], list[Rule]] = defaultdict(list)
    for each in allowed_rules(rule_set, unsupported):
        end = each.endpoint
        by_service[end.direction, end.target == LAN, end.protocol, ports_of(each)].append(each)
    rules: list[WindowsRule] = []
    group = group_name(rule_set)
    for (direction, lan, protocol, ports), found in sorted(by_service.items()):
        span = range_text(ports)
        where = f"{direction}-{LAN}" if lan else direction
        said = collect_words((each.endpoint.target, each.words) for each in found)
        words = {target: " / ".join(sorted(texts)) for target, texts in said.items()}
        rule = WindowsRule(f"{group}-{where}-{protocol}-{span}", direction, protocol, span, ())
        rules += [replace(rule, words=(words[LAN],))] if lan else _split_rule(rule, words)
    return rules


def _split_rule(rule: WindowsRule, words: dict[str, str]) -> Iterator[WindowsRule]:
    """Return the rule for each thousand addresses; all but the first with their number."""
    targets = sorted(words, key=address_key)
    for start in range(0, len(targets), _MOST):
        part = tuple(targets[start : start + _MOST])
        number = f"-part{start // _MOST + 1}" if start else ""
        said = tuple(words[target] for target in part)
        yield replace(rule, name=f"{rule.name}{number}", remote=part, words=said)


def write_script(group: str, rules: Iterable[WindowsRule]) -> Iterator[str]:
    """Return the lines of a script after which the group has these rules and no others."""
    yield from _START.splitlines()
    yield f"$group = {quote_powershell(group)}"
    yield from _rule_list(rules)
    yield from _PUT.splitlines()
    yield from _REMOVE_OTHERS.splitlines()


def write_change(group: str, put: list[WindowsRule], gone: Iterable[str]) -> Iterator[str]:
    """Return the lines of a script that sets these rules, then removes those named."""
    yield from _START.splitlines()
    if put:
        yield f"$group = {quote_powershell(group)}"
        yield from _rule_list(put)
        yield from _PUT.splitlines()
    yield "$gone = @("
    yield from (f"    {quote_powershell(name)}" for name in gone)
    yield ")"
    yield from _REMOVE_NAMED.splitlines()


def parse_script(text: str) -> tuple[str, list[WindowsRule], list[str] | None]:
    """Return group, rules and names to remove; None for the names in a whole script.

    Raises RuleError where the text is not what `write_script` or `write_change` makes of these.
    """
    lines = _strip_comments(text.splitlines())
    group = next((line for line in lines if line.startswith("$group = ")), "")[10:-1]
    rules = list(_parse_rules(lines))
    gone = None
    if "$gone = @(" in lines:
        start = lines.index("$gone = @(")
        gone = [item[1] for item in map(_ITEM.fullmatch, _list_body(lines[start:])) if item]
    made = write_script(group, rules) if gone is None else write_change(group, rules, gone)
    if _strip_comments(made) != lines:
        raise RuleError("the PowerShell script cannot be read back: it is of another shape")
    return group, rules, gone


def _strip_comments(lines: Iterable[str]) -> list[str]:
    """Return the lines that do something, without comments. No string of ours holds a `#`."""
    bare = (line.partition("#")[0].rstrip() for line in lines)
    return [line for line in bare if line]


def _rule_list(rules: Iterable[WindowsRule]) -> Iterator[str]:
    yield "$rules = @("
    for rule in rules:
        yield from _rule_lines(rule)
    yield ")"


def _rule_lines(rule: WindowsRule) -> Iterator[str]:
    inbound = rule.direction == "inbound"
    yield "    @{"
    yield f"        Name = {quote_powershell(rule.name)}"
    yield f"        Direction = {quote_powershell(rule.direction.title())}"
    yield f"        Protocol = {quote_powershell(rule.protocol.upper())}"
    yield f"        {'LocalPort' if inbound else 'RemotePort'} = {quote_powershell(rule.ports)}"
    if rule.remote:
        yield "        Profile = 'Any'"
        yield "        RemoteAddress = @("
        for address, words in zip_longest(rule.remote, rule.words, fillvalue=""):
            yield f"            {quote_powershell(address)}{_trailing_comment(words)}"
        yield "        )"
    else:
        # A network that Windows holds for public is not the user's own local network.
        yield "        Profile = 'Domain', 'Private'"
        yield f"        RemoteAddress = 'LocalSubnet'{_trailing_comment(' '.join(rule.words))}"
    yield "    }"


def _trailing_comment(words: str) -> str:
    return f" # {said}" if (said := to_comment(words)) else ""


def _parse_rules(lines: list[str]) -> Iterator[WindowsRule]:
    """Return the rules as far as they can be read; writing them again shows the rest."""
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
        yield WindowsRule(
            found.get("Name", ""),
            found.get("Direction", "").lower(),
            found.get("Protocol", "").lower(),
            found.get("LocalPort") or found.get("RemotePort", ""),
            remote,
        )


def _list_body(lines: list[str]) -> list[str]:
    return lines[1 : lines.index(")")] if ")" in lines else []


def _by_name(rule_set: RuleSet) -> dict[str, WindowsRule]:
    return {rule.name: rule for rule in list_rules(rule_set)}


FORMAT = Format(
    name="windows",
    file="windows.ps1",
    about="PowerShell for Windows Defender Firewall: LAN inbound, addresses outbound",
    loaded="run it in PowerShell as administrator",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
