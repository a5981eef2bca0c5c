"""OPNsense: a backup (config.xml), exported aliases (JSON), or our own opnsense.json.

In a backup the filter rules decide, both the legacy and the newer ones, by the interface that a
packet enters. Aliases without rules count for every port.
"""

from __future__ import annotations

from typing import Any

from tracker.audit.parsed_config import (
    ConfigParseError,
    ParsedConfig,
    ReadOptions,
    Skipped,
    locate,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.aliases import AliasRecord, add_aliases, explain_unsupported
from tracker.audit.readers.shared.documents import (
    Element,
    UnexpectedShape,
    as_object,
    as_text,
    looks_like,
    parse_json,
    parse_xml,
    root_tag,
)
from tracker.audit.readers.shared.pf_rules import add_rules


def read(content: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of the rules, or of aliases without any. Raises ConfigParseError."""
    if content.lstrip().startswith("<"):
        return _read_backup(content, options)
    config = ParsedConfig(is_fragment=True)
    found: list[AliasRecord] = []
    try:
        aliases = as_object(
            as_object(parse_json(content), "the file").get("aliases"), "aliases"
        )
        for uuid, body in as_object(aliases.get("alias"), "alias").items():
            if alias := _parse_alias(uuid, body, config):
                found.append(alias)
    except UnexpectedShape as error:
        raise ConfigParseError(f"is not an export of aliases: {error}") from None
    add_aliases(found, config)
    return config


def _read_backup(text: str, options: ReadOptions) -> ParsedConfig:
    root = parse_xml(text, "OPNsense")
    if root.tag != "opnsense":
        raise ConfigParseError(f"is not a backup of OPNsense: it is <{root.tag}>")
    config = ParsedConfig()
    aliases = [alias for each in root.walk() if (alias := _parse_element(each))]
    newer = [
        rule
        for table in root.walk()
        if table.tag == "Filter"
        for part in table.children
        if part.tag == "rules"
        for rule in part.children
    ]
    newer.sort(key=_sequence_of)
    table = root.find("filter")
    before = [each for each in (table.children if table else ()) if each.tag == "rule"]
    add_rules(root, [*newer, *before], aliases, options, config)
    return config


def _sequence_of(rule: Element) -> int:
    """Return the sequence number of a newer rule; 0 if it has none, which sorts it first."""
    text = rule.text_of("sequence")
    return int(text) if text.isascii() and text.isdigit() else 0


def _parse_element(element: Element) -> AliasRecord | None:
    """Return an alias of a backup; None for a disabled one, and for other elements."""
    if element.tag != "alias" or element.text_of("enabled") == "0":
        return None
    name = element.text_of("name")
    return AliasRecord(
        name,
        element.text_of("type"),
        tuple((element.text_of("content") or element.text_of("address")).split()),
        element.text_of("description"),
        locate(element.line, f"alias {name}"),
    )


def _parse_alias(uuid: str, body: Any, config: ParsedConfig) -> AliasRecord | None:
    """Return an alias; None if it is disabled or not understood."""
    at = locate(0, f"alias {uuid}")
    try:
        fields = as_object(body, "an alias")
        name = as_text(fields.get("name"), "name")
        at = locate(0, f"alias {name}")
        if as_text(fields.get("enabled", "1"), "enabled") != "1":
            return None
        content = as_text(fields.get("content", ""), "content")
        kind = as_text(fields.get("type"), "type")
        said = as_text(fields.get("description", ""), "description")
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))
        return None
    return AliasRecord(name, kind, tuple(content.split()), said, at)


READER = Reader(
    name="opnsense",
    about="backups of OPNsense: filter rules and aliases; or aliases as JSON",
    export="System, Configuration, Backups, download; or Firewall, Aliases, download",
    sniff=lambda start: (
        looks_like(start, "aliases", "alias", "content") or root_tag(start) == "opnsense"
    ),
    read=read,
    unsupported=explain_unsupported,
    fix="opnsense",
    takes=("chain",),
)
