"""The rule files of a version for `parts/rules.html`: what each one is, and where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tracker import formats
from tracker.site.rendering import Links
from tracker.text import slug

_LONGEST_NAME = 31  # of lists in PAN-OS; FortiOS allows 35
# By file: which commands of the template load it, and what kind of list they make of it.
_LOADERS = {
    "panos-edl-ip.txt": ("panos", "ip"),
    "panos-edl-url.txt": ("panos", "url"),
    "fortigate-ip.txt": ("fortios", "address"),
    "fortigate-domain.txt": ("fortios", "domain"),
    "nftables.nft": ("nftables", ""),
    "mikrotik.rsc": ("mikrotik", ""),
    "windows.ps1": ("windows", ""),
}


class RuleFileItem(NamedTuple):
    """A rule file; `loader` is "" for one that is loaded by hand."""

    path: str
    name: str
    about: str
    url: str
    loader: str
    kind: str
    object: str  # the name of the list on the firewall


class RuleSetItem(NamedTuple):
    """The files of one rule set."""

    name: str
    files: list[RuleFileItem]


def list_rule_set_items(source: str, paths: Iterable[str], links: Links) -> list[RuleSetItem]:
    """Return all rule files below `rules/` by rule set, in the order of their paths."""
    about = {form.file: form.about for form in (formats.load(name) for name in formats.names())}
    sets: dict[str, RuleSetItem] = {}
    for path in sorted(paths, key=lambda path: path.split("/")):
        _, rule_set, file = path.split("/")
        loader, kind = _LOADERS.get(file, ("", ""))
        found = RuleFileItem(
            path=path,
            name=file,
            about=about.get(file, ""),
            url=links.absolute(path),
            loader=loader,
            kind=kind,
            object=_name_object(source, rule_set, file),
        )
        sets.setdefault(rule_set, RuleSetItem(rule_set, [])).files.append(found)
    return list(sets.values())


def _name_object(source: str, rule_set: str, file: str) -> str:
    """Return `action1-europe-ip` for `panos-edl-ip.txt`."""
    kind = file.partition(".")[0].rpartition("-")[2]
    return f"{slug(source)}-{rule_set}"[: _LONGEST_NAME - len(kind) - 1] + f"-{kind}"
