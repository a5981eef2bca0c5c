"""Aliases of OPNsense: Firewall, Aliases, download; or our opnsense.json."""

from __future__ import annotations

from typing import Any

from tracker.audit.parsed_config import Dump, DumpError, Sets, Unread, place
from tracker.audit.readers import Reader
from tracker.audit.readers._aliases import Alias, cannot, openings
from tracker.audit.readers._json import Odd, decoded, starts_like, table, text


def read(content: str, _: Sets) -> Dump:
    """The openings of all aliases that are enabled. Raises DumpError."""
    dump = Dump()
    found: list[Alias] = []
    try:
        aliases = table(table(decoded(content), "the file").get("aliases"), "aliases")
        for uuid, body in table(aliases.get("alias"), "alias").items():
            if alias := _alias(uuid, body, dump):
                found.append(alias)
    except Odd as odd:
        raise DumpError(f"is no export of aliases: {odd}") from None
    openings(found, dump)
    return dump


def _alias(uuid: str, body: Any, dump: Dump) -> Alias | None:
    """One alias; None where it is disabled or not understood."""
    at = place(0, f"alias {uuid}")
    try:
        fields = table(body, "an alias")
        name = text(fields.get("name"), "name")
        at = place(0, f"alias {name}")
        if text(fields.get("enabled", "1"), "enabled") != "1":
            return None
        content = text(fields.get("content", ""), "content")
        kind = text(fields.get("type"), "type")
        said = text(fields.get("description", ""), "description")
    except Odd as odd:
        dump.unread.append(Unread(at, str(odd)))
        return None
    return Alias(name, kind, tuple(content.split()), said, at)


READER = Reader(
    name="opnsense",
    about="aliases of OPNsense as JSON",
    export="Firewall, Aliases, download; or GET /api/firewall/alias/export",
    sniff=lambda start: starts_like(start, "aliases", "alias", "content"),
    read=read,
    cannot=cannot,
    fix="opnsense",
)
