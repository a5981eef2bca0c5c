"""The rule files of a version for `parts/rules.html`: what each is, where, and how to load it.

Also its deltas: what to paste into a firewall that has the files of the previous version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tracker import formats
from tracker.formats.shared.objects import cut_name
from tracker.publish.grace import delta_folder
from tracker.publish.rule_sets import ALL_REGIONS
from tracker.site.rendering import Links
from tracker.text import slug

_LONGEST_NAME = 31  # of lists in PAN-OS; FortiOS allows 35
_DELTA_PARTS = 4  # deltas/000002/REGION/FILE
# By file: which commands of the template load it, and which kind of list they create.
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
    """A rule file; `loader` is "" if it is loaded as `loaded` says, without commands."""

    path: str
    name: str
    about: str
    loaded: str
    url: str
    loader: str
    kind: str
    object: str  # the name of the list on the firewall


class RuleSetItem(NamedTuple):
    """The files of one rule set; `title` describes it if the name does not."""

    name: str
    title: str
    files: list[RuleFileItem]


class DeltaFileItem(NamedTuple):
    """A file that leads from the previous version to this one, or back."""

    path: str
    name: str
    is_rollback: bool


class DeltaSetItem(NamedTuple):
    """The deltas of one rule set in one step; `folder` is the step's."""

    name: str
    folder: str
    files: list[DeltaFileItem]


def list_rule_set_items(source: str, paths: Iterable[str], links: Links) -> list[RuleSetItem]:
    """Return all rule files below `rules/` by rule set; the set of all regions comes first."""
    known = {form.file: form for form in map(formats.load, formats.names())}
    sets: dict[str, RuleSetItem] = {}
    for path in sorted(paths, key=lambda path: path.split("/")):
        if not path.startswith("rules/"):
            continue
        _, rule_set, file = path.split("/")
        (loader, kind), form = _LOADERS.get(file, ("", "")), known.get(file)
        found = RuleFileItem(
            path=path,
            name=file,
            about=form.about if form else "",
            loaded=form.loaded if form else "",
            url=links.absolute(path),
            loader=loader,
            kind=kind,
            object=_name_object(source, rule_set, file),
        )
        title = "all regions in one" if rule_set == ALL_REGIONS else ""
        sets.setdefault(rule_set, RuleSetItem(rule_set, title, [])).files.append(found)
    return sorted(sets.values(), key=lambda each: each.name != ALL_REGIONS)


def list_delta_items(version: int, paths: Iterable[str]) -> list[DeltaSetItem]:
    """Return the deltas of a version, in the order in which they are to be applied.

    They are the step to the version and the ends of its grace periods that have passed.
    """
    sets: dict[tuple[str, str], DeltaSetItem] = {}
    first = delta_folder(version, None)
    for path in sorted(paths, key=lambda path: path.split("/")):
        parts = path.split("/")
        if len(parts) != _DELTA_PARTS or parts[0] != "deltas":
            continue
        folder, rule_set, file = "/".join(parts[:2]), parts[2], parts[3]
        if folder == first or folder.startswith(f"{first}-"):
            known = sets.setdefault((folder, rule_set), DeltaSetItem(rule_set, folder, []))
            known.files.append(DeltaFileItem(path, file, "-rollback." in file))
    return list(sets.values())


def _name_object(source: str, rule_set: str, file: str) -> str:
    """Return `action1-europe-ip` for `panos-edl-ip.txt`; it is unique to the rule set."""
    kind = file.partition(".")[0].rpartition("-")[2]
    owner = cut_name(f"{slug(source)}-{rule_set}", _LONGEST_NAME - len(kind) - 1)
    return f"{owner}-{kind}"
