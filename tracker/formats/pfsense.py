"""Aliases for pfSense, in the form of its config.xml, to be merged into your own.

pfSense discards all existing aliases when it restores a backup of them, so this file is not
such a backup, and pfSense rejects it: its aliases replace those of the same name in a backup
of yours, which you restore (Netgate, "Restoring from Backups"; the shape of an alias is that of
firewall_aliases_import.php).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import network_of, to_cidr
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.pf_aliases import (
    PfAlias,
    changed_aliases,
    list_aliases,
    opened_by_aliases,
    unsupported_by_aliases,
)
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.service_groups import group_lines

FILE = "pfsense.xml"

_HOW_TO = """\

This is not a backup: restored in Diagnostics, Backup and Restore, area Aliases, it would remove
all other aliases. Make a backup of that area, put each alias below into it, in place of the one
with the same name, and restore that. docs/firewalls.md has a few lines of Python for this.
For each alias of targets, create one rule with the alias of ports that its description names.
"""

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TAGS = ("name", "type", "address", "descr", "detail")
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,30}")


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint can be in an alias."""
    allowed = allowed_rules(rule_set, unsupported_by_aliases)
    left_out = list_left_out(rule_set, unsupported_by_aliases)
    if not allowed:
        return Rendered(None, left_out)
    aliases = list_aliases(rule_set).values()
    return Rendered(_text(file_notes(rule_set, _HOW_TO, left_out), aliases), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what rules on the aliases let through. Raises RuleError for another file."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - our own file, a moment old
    except ET.ParseError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    aliases = [_parse_alias(element) for element in root]
    if (
        not text.startswith(_XML)
        or root.tag != "fwtracker"
        or len({each.name for each in aliases}) < len(aliases)
    ):
        raise RuleError(f"{FILE} cannot be read back: no aliases, or one twice")
    return opened_by_aliases(FILE, {each.name: each for each in aliases})


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a file with the aliases that differ; a removed one gets an unused address."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = list_aliases(before), list_aliases(after)
    notes = [*delta_head_lines(before, after), *_HOW_TO.splitlines()]
    return _text(notes, changed_aliases(old, new))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what rules on the aliases must let through."""
    return group_lines(rule_set, unsupported_by_aliases)


def _text(notes: Iterable[str], aliases: Iterable[PfAlias]) -> str:
    root = ET.Element("fwtracker")
    for alias in aliases:
        root.append(_element(alias))
    ET.indent(root)
    # Two hyphens end a comment too early (XML 1.0, section 2.5); host names may have them.
    said = "".join(re.sub("-(?=-)", "- ", f"# {note}".rstrip()) + "\n" for note in notes)
    body = ET.tostring(root, encoding="unicode")
    return f"{_XML}<!--\n{said}-->\n{body}\n"


def _element(alias: PfAlias) -> ET.Element:
    element = ET.Element("alias")
    for tag, text in zip(_TAGS, _fields(alias), strict=True):
        ET.SubElement(element, tag).text = text
    return element


def _fields(alias: PfAlias) -> tuple[str, ...]:
    """Return the fields of an alias. Type network accepts hosts too; ports have type port."""
    port = alias.kind == "port"
    entries = alias.entries if port else map(_entry, alias.entries)
    kind = "port" if port else "network"
    return alias.name, kind, " ".join(entries), alias.about, "||".join(alias.notes)


def _entry(target: str) -> str:
    """Return an address as a network of one address; networks and hosts unchanged."""
    return to_cidr(target) if network_of(target) else target


def _parse_alias(element: ET.Element) -> PfAlias:
    if element.tag != "alias" or tuple(each.tag for each in element) != _TAGS:
        raise RuleError(f"{FILE} cannot be read back: an alias is of another shape")
    name, kind, entries, about, notes = (each.text or "" for each in element)
    alias = PfAlias(
        name,
        "port" if kind == "port" else "network",
        tuple(entries.split(" ")),
        about,
        tuple(notes.split("||")),
    )
    odd = len(alias.notes) != len(alias.entries) or _NAME.fullmatch(name) is None
    if odd or kind not in {"port", "network"}:
        raise RuleError(f"{FILE} cannot be read back: an alias is of another shape")
    return alias


def _count_entries(text: str) -> int:
    """Return the number of entries in the tables of all aliases, without ports."""
    return sum(
        len(line.split()) for line in re.findall("<type>network</type>\\s*<address>(.*)<", text)
    )


FORMAT = Format(
    name="pfsense",
    file=FILE,
    about="pfSense aliases of targets and of ports, to put into a backup of your own",
    loaded="merge with a backup of your aliases, then restore it",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
    limit=Limit(
        *(200_000, "table entries", "Netgate, Aliases: half of the default maximum of 400,000"),
        count=_count_entries,
    ),
)
