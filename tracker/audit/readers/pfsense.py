"""Backups of pfSense, of the area Aliases or of everything; or our own pfsense.xml.

In a whole backup the filter rules decide, by the interface that a packet enters. Aliases
without rules count for every port.
"""

from __future__ import annotations

from tracker.audit.parsed_config import ConfigParseError, ParsedConfig, ReadOptions, locate
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.aliases import AliasRecord, add_aliases, explain_unsupported
from tracker.audit.readers.shared.documents import Element, parse_xml, root_tag
from tracker.audit.readers.shared.pf_rules import add_rules

_ROOTS = {"pfsense", "aliases", "filter", "fwtracker"}


def read(text: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of the rules, or of aliases without any. Raises ConfigParseError."""
    root = parse_xml(text, "pfSense")
    if root.tag == "opnsense":
        raise ConfigParseError("is a backup of OPNsense, not of pfSense")
    config = ParsedConfig()
    aliases = [_parse_alias(each) for each in root.walk() if each.tag == "alias"]
    has_rules = root.tag == "filter" or root.find("filter") or root.find("system")
    if root.tag == "aliases" or not has_rules:
        config.is_fragment = True
        add_aliases(aliases, config)
        return config
    table = root if root.tag == "filter" else root.find("filter")
    rules = [each for each in (table.children if table else ()) if each.tag == "rule"]
    add_rules(root, rules, aliases, options, config)
    return config


def _parse_alias(element: Element) -> AliasRecord:
    said = {key: " ".join(element.text_of(key).split()) for key in _FIELDS}
    at = locate(element.line, f"alias {said['name']}")
    return AliasRecord(
        said["name"], said["type"], tuple(said["address"].split()), said["descr"], at
    )


_FIELDS = ("name", "type", "address", "descr")

READER = Reader(
    name="pfsense",
    about="backups of pfSense: filter rules and aliases, or aliases alone",
    export="Diagnostics, Backup & Restore: everything, or the area Aliases",
    sniff=lambda start: (
        root_tag(start) in _ROOTS
        or (not root_tag(start) and start.lstrip().startswith("<") and "<alias>" in start)
    ),
    read=read,
    unsupported=explain_unsupported,
    fix="pfsense",
    takes=("chain",),
)
