"""Aliases of OPNsense: Firewall, Aliases, download; or our opnsense.json."""

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
from tracker.audit.readers.shared.aliases import AliasRecord, add_aliases, unsupported
from tracker.audit.readers.shared.json_data import (
    UnexpectedShape,
    as_object,
    as_text,
    decode,
    looks_like,
)


def read(content: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of all enabled aliases. Raises ConfigParseError."""
    config = ParsedConfig()
    found: list[AliasRecord] = []
    try:
        aliases = as_object(as_object(decode(content), "the file").get("aliases"), "aliases")
        for uuid, body in as_object(aliases.get("alias"), "alias").items():
            if alias := _parse_alias(uuid, body, config):
                found.append(alias)
    except UnexpectedShape as error:
        raise ConfigParseError(f"is not an export of aliases: {error}") from None
    add_aliases(found, config)
    return config


def _parse_alias(uuid: str, body: Any, config: ParsedConfig) -> AliasRecord | None:
    """Return one alias; None where it is disabled or not understood."""
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
    about="aliases of OPNsense as JSON",
    export="Firewall, Aliases, download; or GET /api/firewall/alias/export",
    sniff=lambda start: looks_like(start, "aliases", "alias", "content"),
    read=read,
    unsupported=unsupported,
    fix="opnsense",
)
