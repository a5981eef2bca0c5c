"""Aliases for OPNsense, in the form of its own export: Firewall, Aliases, upload.

The import finds aliases by name, creates or changes those in the file, keeps all others, and
changes nothing unless all are valid (OPNsense core, AliasController: importAction). An alias
cannot have both networks and hosts, so networks are in an alias nested in that of the hosts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from tracker.decoding import decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.comments import FileHeader, file_header
from tracker.formats.shared.pf_aliases import (
    WITHIN,
    Kind,
    PfAlias,
    changed_aliases,
    list_aliases,
    opened_by_aliases,
    unsupported_by_aliases,
)
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.service_groups import group_lines

FILE = "opnsense.json"
_WITHIN = "networks of "


class OpnsenseAlias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alias as OPNsense stores it, with entries separated by newlines."""

    enabled: Literal["1"]
    name: str
    type: Kind
    content: str
    description: str


class OpnsenseAliases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The aliases, by identifiers that the import replaces."""

    alias: dict[str, OpnsenseAlias]


class OpnsenseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. The import reads only the aliases."""

    aliases: OpnsenseAliases
    fwtracker: FileHeader


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint can be in an alias."""
    allowed = allowed_rules(rule_set, unsupported_by_aliases)
    left_out = list_left_out(rule_set, unsupported_by_aliases)
    if not allowed:
        return Rendered(None, left_out)
    aliases = _split_networks(list_aliases(rule_set).values())
    return Rendered(_text(rule_set, aliases), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what rules on the aliases let through. Raises RuleError for another file."""
    try:
        document = decode_json(text, OpnsenseFile)
    except msgspec.DecodeError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    items = {item.name: item for item in document.aliases.alias.values()}
    if any(key != _identifier(item.name) for key, item in document.aliases.alias.items()):
        raise RuleError(f"{FILE} cannot be read back: an alias has another's identifier")
    return opened_by_aliases(FILE, {alias.name: alias for alias in _join_parts(items)})


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a file with the aliases that differ; a removed one gets an unused address."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = (
        _by_name(_split_networks(list_aliases(each).values())) for each in (before, after)
    )
    return _text(after, changed_aliases(old, new))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what rules on the aliases must let through."""
    return group_lines(rule_set, unsupported_by_aliases)


def _text(rule_set: RuleSet, aliases: Iterable[PfAlias]) -> str:
    items = {_identifier(each.name): _item(each) for each in aliases}
    document = msgspec.json.encode(OpnsenseFile(OpnsenseAliases(items), file_header(rule_set)))
    return msgspec.json.format(document, indent=2).decode() + "\n"


def _split_networks(aliases: Iterable[PfAlias]) -> Iterator[PfAlias]:
    """Yield aliases in OPNsense's form: hosts, with a nested alias of networks."""
    for alias in aliases:
        networks = tuple(each for each in alias.entries if "/" in each)
        if alias.kind != "host" or not networks:
            yield alias
            continue
        hosts = tuple(each for each in alias.entries if "/" not in each)
        within = alias.name + WITHIN
        yield PfAlias(within, "network", networks, f"{_WITHIN}{alias.name}")
        yield replace(alias, entries=(*hosts, within))


def _join_parts(items: Mapping[str, OpnsenseAlias]) -> Iterator[PfAlias]:
    """Yield the aliases with their nested networks put back."""
    within = {
        name: item for name, item in items.items() if item.description.startswith(_WITHIN)
    }
    for name, item in items.items():
        if name in within:
            continue
        entries = []
        for entry in item.content.split("\n"):
            part = within.get(entry)
            if part and part.description == f"{_WITHIN}{name}" and part.type == "network":
                entries += within.pop(entry).content.split("\n")
            else:
                entries.append(entry)
        if item.type == "network" and not all("/" in entry for entry in entries):
            raise RuleError(f"{FILE}: {name} is of networks and has another entry")
        yield PfAlias(name, item.type, tuple(entries), item.description)
    if within:
        raise RuleError(f"{FILE}: networks belong to no alias")


def _by_name(aliases: Iterable[PfAlias]) -> dict[str, PfAlias]:
    return {alias.name: alias for alias in aliases}


def _item(alias: PfAlias) -> OpnsenseAlias:
    return OpnsenseAlias("1", alias.name, alias.kind, "\n".join(alias.entries), alias.about)


def _identifier(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"fwtracker {name}"))


FORMAT = Format(
    name="opnsense",
    file=FILE,
    about="OPNsense aliases of targets and of ports, for its own import",
    loaded="Firewall, Aliases, upload; then Apply",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
