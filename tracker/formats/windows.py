"""A PowerShell script for Windows Defender Firewall: rules for the internet and for the LAN.

Each kind has its own group, and can be loaded separately. The script adds, changes and removes
only rules of these groups, by the names that it gives them; it sets no default action and no
profile. Run again, it leaves the same rules. Microsoft documents no maximum length of names and
no maximum number of rules, or of addresses in a rule (New-NetFirewallRule).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise, zip_longest

import msgspec
from msgspec.structs import replace

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import address_key, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.domain_names import collect_words
from tracker.formats.shared.lan import USUAL_LAN
from tracker.formats.shared.objects import lan_lines, name_stem
from tracker.formats.shared.policy import Rule, allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Endpoint
from tracker.text import quote_powershell, to_comment

NO_HOSTS = (
    "a rule of Windows Defender Firewall takes addresses; names need dynamic keywords,"
    " which work only with Microsoft Defender Antivirus"
)

FILE = "windows.ps1"
_LAN_GROUP = "_lan"  # suffix of the group's name: no other group has an underscore
_LONGEST = 60  # characters of a name's start, to keep it readable: no limit is documented
_MOST = 1000  # addresses of one rule, which the console can still open: no limit is documented

# Cmdlets of a module do not see the calling script's preferences: each needs ErrorAction.
_START = """
param(
    [string] $PolicyStore = 'PersistentStore',
    [ValidateSet('All', 'Internet', 'Lan')] [string] $Load = 'All',
    [switch] $WhatIf
)
$ErrorActionPreference = 'Stop'
"""

_PUT = """
    foreach ($rule in $rules) {
        $find = @{ PolicyStore = $PolicyStore; Name = $rule.Name }
        $find += @{ ErrorAction = 'SilentlyContinue' }
        $more = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
        $more += @{ Enabled = 'True'; Action = 'Allow' }
        if (Get-NetFirewallRule @find) {
            Set-NetFirewallRule @rule @more
        } else {
            New-NetFirewallRule @rule @more -DisplayName $rule.Name -Group $group | Out-Null
        }
    }
"""

# Last, so that no rule is removed before its successor exists. By name and never by pipe: the
# same cmdlet without a name removes every rule of the machine.
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

_ANY_PROFILE, _LAN_PROFILE = "'Any'", "'Domain', 'Private'"
_SETTING = re.compile(r"        (\w+) = (@\(|'[^']*'(?:, '[^']*')*)")
_ITEM = re.compile(r" {4,12}'([^']*)'")

_HOW_TO = r"""

Run as administrator, now and whenever this file changes:
  powershell -ExecutionPolicy Bypass -File windows.ps1
  ... -WhatIf                                    shows what it would do
  ... -PolicyStore "example.com\Firewall"        writes to that group policy instead
  ... -Load Internet, or -Load Lan               loads only one of the two groups of rules
A workstation with the agent needs both groups, and so does the machine that installs remotely:
Windows blocks incoming connections by default, and the inbound rules for the LAN let the agents
reach each other. Use -Load Internet on a server that its neighbours must not reach. These rules
do not apply to traffic that a machine forwards between networks. Windows allows outgoing
connections by default, so the outbound rules matter only where that was changed. LocalSubnet is
what Windows takes for its own network, unless the configuration names networks in [lan]; on a
network that Windows treats as public, the rules for the LAN do not apply.
If a group policy turns local rules off, use -PolicyStore. Needs Windows 8 or Server 2012.
"""


class WindowsRule(msgspec.Struct, frozen=True):
    """One firewall rule. `name` is its key on the machine.

    `remote` are addresses; if `lan`, those of the LAN, or none for the usual LAN, which is what
    Windows itself takes for local. `words` has the page's name for each address or the LAN: a
    comment, not a setting.
    """

    name: str
    direction: str
    protocol: str
    ports: str
    remote: tuple[str, ...]
    lan: bool = False
    words: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[object, ...]:
        """The properties of the rule that the firewall stores."""
        return self.name, self.direction, self.protocol, self.ports, self.remote, self.lan

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks of a rule for the LAN."""
        return self.remote or USUAL_LAN.networks

    @property
    def lines(self) -> Iterator[str]:
        """Its proof lines: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`."""
        for target in (LAN,) if self.lan else self.remote:
            yield f"{self.direction} {target} {self.protocol}/{self.ports}"


class RuleGroup(msgspec.Struct, frozen=True):
    """The part of a script for one group: rules to set, and names to remove after that.

    `gone` is None if all other rules of the group are removed: in a whole script.
    """

    name: str
    rules: tuple[WindowsRule, ...]
    gone: tuple[str, ...] | None = None

    @property
    def lan(self) -> bool:
        """Whether this is the group of rules for the LAN."""
        return self.name.endswith(_LAN_GROUP)


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole script; no text if no endpoint has an address or is the LAN."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    comments = comment_lines("#", file_notes(rule_set, _HOW_TO, left_out))
    groups = [
        RuleGroup(name, tuple(rules)) for name, rules in _rules_by_group(rule_set).items()
    ]
    return Rendered(join_lines([*comments, *write_script(groups)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the script opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any line that does not belong to the script or its rules, and for a
    rule in the group of the other kind.
    """
    groups = parse_script(text)
    if any(rule.lan is not group.lan for group in groups for rule in group.rules):
        raise RuleError(f"{FILE}: rules for the LAN and for the internet are mixed")
    return _proof(rule for group in groups for rule in group.rules)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the rules must open."""
    return _proof(list_rules(rule_set))


def _proof(rules: Iterable[WindowsRule]) -> frozenset[str]:
    """Return the proof lines of rules, and the networks of the LAN that they apply to."""
    found = list(rules)
    lan = lan_lines(FILE, (rule.networks for rule in found if rule.lan))
    return lan | {line for rule in found for line in rule.lines}


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a script that sets rules that are new or differ, then removes old ones."""
    old, new = _rules_by_group(before), _rules_by_group(after)
    groups = [_changes(name, old.get(name, []), rules) for name, rules in new.items()]
    groups = [group for group in groups if group.rules or group.gone]
    if not groups:
        return None
    comments = comment_lines("#", delta_head_lines(before, after))
    return join_lines([*comments, *write_script(groups)])


def _changes(name: str, before: list[WindowsRule], after: list[WindowsRule]) -> RuleGroup:
    """Return the rules of a group that are new or differ, and the names of removed ones."""
    old = {rule.name: rule.settings for rule in before}
    put = tuple(rule for rule in after if old.get(rule.name) != rule.settings)
    stay = {rule.name for rule in after}
    return RuleGroup(name, put, tuple(each for each in old if each not in stay))


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why Windows cannot express an endpoint; None if it can."""
    return NO_HOSTS if endpoint.target != LAN and not network_of(endpoint.target) else None


def group_name(rule_set: RuleSet) -> str:
    """Return the group of rules for the internet, which is also the start of their names."""
    return f"fwtracker-{name_stem(rule_set, _LONGEST, '-')}"


@cached_for_format
def list_rules(rule_set: RuleSet) -> list[WindowsRule]:
    """Return the rules, sorted by the parts of their names: direction, LAN, protocol, port."""
    by_service: dict[tuple[str, bool, str, Ports], list[Rule]] = defaultdict(list)
    for each in allowed_rules(rule_set, explain_unsupported):
        end = each.endpoint
        by_service[end.direction, end.target == LAN, end.protocol, ports_of(each)].append(each)
    rules: list[WindowsRule] = []
    group = group_name(rule_set)
    for (direction, lan, protocol, ports), found in sorted(by_service.items()):
        span = range_text(ports)
        said = collect_words((each.endpoint.target, each.words) for each in found)
        words = {target: " / ".join(sorted(texts)) for target, texts in said.items()}
        name = f"{group}{_LAN_GROUP if lan else ''}-{direction}-{protocol}-{span}"
        rule = WindowsRule(name, direction, protocol, span, (), lan=lan)
        rules += [_lan_rule(rule, rule_set, words[LAN])] if lan else _split_rule(rule, words)
    return rules


def _rules_by_group(rule_set: RuleSet) -> dict[str, list[WindowsRule]]:
    """Return the rules by the name of their group; both groups are always included.

    That of the LAN comes first: its rules were once in the other group, which removes foreign
    rules, so that they are replaced before they are removed.
    """
    rules, name = list_rules(rule_set), group_name(rule_set)
    groups = {True: f"{name}{_LAN_GROUP}", False: name}
    return {group: [each for each in rules if each.lan is lan] for lan, group in groups.items()}


def _lan_rule(rule: WindowsRule, rule_set: RuleSet, words: str) -> WindowsRule:
    """Return the rule with the networks of the LAN; without any if it is the usual one."""
    if rule_set.lan == USUAL_LAN:
        return replace(rule, words=(words,))
    networks = rule_set.lan.networks
    return replace(rule, remote=networks, words=(words,) * len(networks))


def _split_rule(rule: WindowsRule, words: dict[str, str]) -> Iterator[WindowsRule]:
    """Yield the rule for each thousand addresses, numbered from the second on."""
    targets = sorted(words, key=address_key)
    for start in range(0, len(targets), _MOST):
        part = tuple(targets[start : start + _MOST])
        number = f"-part{start // _MOST + 1}" if start else ""
        said = tuple(words[target] for target in part)
        yield replace(rule, name=f"{rule.name}{number}", remote=part, words=said)


def write_script(groups: Iterable[RuleGroup]) -> Iterator[str]:
    """Yield the lines of a script that brings each group into the wanted state."""
    yield from _START.splitlines()
    for group in groups:
        yield f"$group = {quote_powershell(group.name)}"
        put = group.rules or group.gone is None
        if put:
            yield from _rule_list(group.rules)
        if group.gone is not None:
            yield "$gone = @("
            yield from (f"    {quote_powershell(name)}" for name in group.gone)
            yield ")"
        yield f"if ($Load -ne '{'Internet' if group.lan else 'Lan'}') {{"
        if put:
            yield from _PUT.splitlines()[1:]
        yield from (_REMOVE_OTHERS if group.gone is None else _REMOVE_NAMED).splitlines()[1:]
        yield "}"


def parse_script(text: str) -> list[RuleGroup]:
    """Return the groups of a script, whole or a delta.

    Raises RuleError if the text is not what `write_script` makes of these.
    """
    lines = _strip_comments(text.splitlines())
    starts = [number for number, line in enumerate(lines) if line.startswith("$group = ")]
    groups = [_parse_group(lines[one:two]) for one, two in pairwise([*starts, len(lines)])]
    if _strip_comments(write_script(groups)) != lines:
        raise RuleError("the PowerShell script cannot be read back: it is of another shape")
    return groups


def _parse_group(lines: list[str]) -> RuleGroup:
    """Return a group as far as it can be read."""
    name = lines[0].removeprefix("$group = ").strip("'")
    rules = tuple(_parse_rules(lines))
    if "$gone = @(" not in lines:
        return RuleGroup(name, rules)
    body = _list_body(lines[lines.index("$gone = @(") :])
    return RuleGroup(name, rules, tuple(item[1] for item in map(_ITEM.fullmatch, body) if item))


def _strip_comments(lines: Iterable[str]) -> list[str]:
    """Return the lines with code, without comments. No string of ours contains a `#`."""
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
    # A network that Windows considers public is not the user's own local network.
    yield f"        Profile = {_LAN_PROFILE if rule.lan else _ANY_PROFILE}"
    if rule.remote:
        yield "        RemoteAddress = @("
        for address, words in zip_longest(rule.remote, rule.words, fillvalue=""):
            yield f"            {quote_powershell(address)}{_trailing_comment(words)}"
        yield "        )"
    else:
        yield f"        RemoteAddress = 'LocalSubnet'{_trailing_comment(' '.join(rule.words))}"
    yield "    }"


def _trailing_comment(words: str) -> str:
    return f" # {said}" if (said := to_comment(words)) else ""


def _parse_rules(lines: list[str]) -> Iterator[WindowsRule]:
    """Yield the rules as far as they can be read; writing them again reveals the rest."""
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
            lan=found.get("Profile") == _LAN_PROFILE.strip("'"),
        )


def _list_body(lines: list[str]) -> list[str]:
    return lines[1 : lines.index(")")] if ")" in lines else []


FORMAT = Format(
    name="windows",
    file=FILE,
    about="PowerShell for Windows Defender Firewall: LAN inbound, addresses outbound",
    loaded="run it in PowerShell as administrator",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
