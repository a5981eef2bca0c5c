"""The rule sets of a version: per region, of all regions, per `[[rules]]` table. Pure.

The one of all regions has each name and address once: some platforms accept only one entry for
a name, so that with the files of two regions loaded, one of them would lose entries.

A rule without a port would mean every port, so an endpoint without one is in no rule file. If
the operator knows the port, the configuration can name it: such ports are assumed, and marked
as such wherever they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import msgspec

from tracker.config import Config
from tracker.config.tables import Rules
from tracker.config.validation import parse_lan
from tracker.errors import RuleError, UsageError
from tracker.filters.entry_filters import find_faults, matches
from tracker.formats import RuleSet
from tracker.formats.shared.lan import USUAL_LAN, Lan, build_lan
from tracker.model import Endpoint, Entry, Protocol, Service, Snapshot, flatten, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.text import slug

# The rule set of all tracked regions.
ALL_REGIONS = "all"
# The rule set of entries without a region, if a source also has regions.
_NO_REGION = "no-region"
# Says whether an entry is chosen.
Choice = Callable[[Entry], bool]
# For each target, the services that are assumed for it.
Assumptions = Mapping[str, tuple[Service, ...]]
# For each endpoint without a port, those that take its place.
Replacements = dict[Endpoint, tuple[Endpoint, ...]]


class RuleSettings(msgspec.Struct, frozen=True):
    """The operator's settings for all rule sets.

    `assumptions` are the ports to open if the page states none, `lan` is the definition of the
    LAN, and `names_below` whether a host may be opened together with its subdomains.
    """

    assumptions: Assumptions = msgspec.field(default_factory=dict)
    lan: Lan = USUAL_LAN
    names_below: bool = True


def read_settings(config: Config) -> RuleSettings:
    """Return the settings of a configuration for rule sets."""
    lan = _read_lan(config.lan.networks, USUAL_LAN)
    return RuleSettings(config.assumptions, lan, config.fwtracker.names_below)


def _read_lan(networks: Sequence[str] | None, usual: Lan) -> Lan:
    return usual if networks is None else build_lan(parse_lan("lan", networks))


def build_chosen_set(
    snapshot: Snapshot, settings: RuleSettings, pending: PendingRemovals, rules: Rules
) -> RuleSet:
    """Return the rule set of a `[[rules]]` table; it may have no entries."""
    below = settings.names_below if rules.names_below is None else rules.names_below
    own = RuleSettings(settings.assumptions, _read_lan(rules.lan, settings.lan), below)
    return _build_rule_set(snapshot, own, pending, rules.name, partial(matches, rules))


def build_region_sets(
    snapshot: Snapshot,
    settings: RuleSettings,
    pending: PendingRemovals,
    rules: Rules | None = None,
) -> list[RuleSet]:
    """Return one rule set per region, reduced to what `rules` choose, if given.

    Without `rules` there is one more for each former name of a region. Raises RuleError if two
    regions share a folder's name.
    """
    regions = regions_of(snapshot.entries + pending.entries)
    folders = {name_folder(region, regions): region for region in regions}
    if len(folders) < len(regions):
        names = sorted(name_folder(region, regions) for region in regions)
        raise RuleError(f"two regions would share one folder: {', '.join(names)}")
    if rules is None:
        folders = _add_former_names(folders, pending)
    return [
        _build_rule_set(
            snapshot, settings, pending, name, partial(_is_chosen_in_region, region, rules)
        )
        for name, region in folders.items()
        if rules is None or rules.regions is None or region in rules.regions
    ]


def build_all_set(
    snapshot: Snapshot,
    settings: RuleSettings,
    pending: PendingRemovals,
    rules: Rules | None = None,
) -> RuleSet:
    """Return the rule set of all regions, reduced to what `rules` choose, if given."""
    choice = partial(matches, rules) if rules else _choose_all
    return _build_rule_set(snapshot, settings, pending, ALL_REGIONS, choice)


def name_folder(region: str | None, regions: Iterable[str | None]) -> str:
    """Return the folder of a region's rule files, in a source that has these regions.

    `all` always has all regions, even if the page calls one of them so: a firewall that loads
    it must not lose the others by a new name. A source without regions has only that folder.
    """
    if region is None:
        return _NO_REGION if any(regions) else ALL_REGIONS
    folder = slug(region)
    return f"region-{folder}" if folder == ALL_REGIONS else folder


def _choose_all(_: Entry) -> bool:
    return True


def _add_former_names(
    folders: Mapping[str, str | None], pending: PendingRemovals
) -> dict[str, str | None]:
    """Return the folders, with those of former names for firewalls that still poll them."""
    there = set(folders.values())
    former = {
        name_folder(each.old, ()): each.new
        for each in pending.former_names
        if each.new in there
    }
    return {**folders, **{name: new for name, new in former.items() if name not in folders}}


def require_known_values(rules: Rules, entries: Iterable[Entry]) -> None:
    """Raise UsageError for a region, component or audience that no entry has."""
    for fault in find_faults(rules, entries):
        if fault.is_unknown:
            raise UsageError(str(fault))


def _is_chosen_in_region(region: str | None, rules: Rules | None, entry: Entry) -> bool:
    return entry.region == region and (rules is None or matches(rules, entry))


def _build_rule_set(
    snapshot: Snapshot,
    settings: RuleSettings,
    pending: PendingRemovals,
    name: str,
    choice: Choice,
) -> RuleSet:
    """Return the rule set of the chosen entries, with the ports that are assumed for them.

    An endpoint that is still on the page is not pending, and one whose port the page states is
    not assumed.
    """
    stated = [entry for entry in snapshot.entries if choice(entry)]
    removed = [entry for entry in pending.entries if choice(entry)]
    present, replaced = assume_ports(stated, settings.assumptions)
    leaving, replaced_before = assume_ports(removed, settings.assumptions)
    assumed = {each for new in (replaced | replaced_before).values() for each in new}
    if assumed:
        assumed.difference_update(chain.from_iterable(map(flatten, stated + removed)))
    return RuleSet(
        source=snapshot.source,
        name=name,
        version=snapshot.version,
        digest=snapshot.digest,
        captured_at=snapshot.captured_at,
        page_url=snapshot.pages[0].url if snapshot.pages else "",
        entries=present + leaving,
        until=_removal_dates(pending, replaced_before, present),
        assumed=frozenset(assumed),
        unread=frozenset(
            each for end in pending.unread for each in replaced_before.get(end, (end,))
        ),
        lan=settings.lan,
        names_below=settings.names_below,
    )


def _removal_dates(
    pending: PendingRemovals,
    replaced: Mapping[Endpoint, Sequence[Endpoint]],
    present: Iterable[Entry],
) -> dict[Endpoint, str]:
    """Return when each endpoint expires, also with assumed ports; not those still present."""
    until: dict[Endpoint, str] = {}
    for endpoint, date in pending.until.items():
        for each in replaced.get(endpoint, (endpoint,)):
            until[each] = max(date, until.get(each, date))
    for endpoint in chain.from_iterable(map(flatten, present)) if until else ():
        until.pop(endpoint, None)
    return until


def assume_ports(
    entries: Iterable[Entry], ports: Assumptions
) -> tuple[tuple[Entry, ...], Replacements]:
    """Return the entries with assumed ports where none is stated, and what was replaced.

    An assumption for another protocol than the page's is ignored.
    """
    assumed: list[Entry] = []
    replaced: Replacements = {}
    for entry in entries:
        unstated = any(service.from_port is None for service in entry.services)
        if not unstated or ports.keys().isdisjoint(entry.targets):
            assumed.append(entry)
            continue
        for part in _split_by_target(entry):
            known = ports.get(part.targets[0], ())
            services = tuple(_assume_services(part, known))
            assumed.append(msgspec.structs.replace(part, services=services))
            replaced |= _replacements(part, known)
    return tuple(assumed), replaced


def _split_by_target(entry: Entry) -> Iterator[Entry]:
    """Yield the entry once for each target; the LAN is one target."""
    if entry.scope == "lan":
        yield entry
        return
    for host in entry.hosts:
        yield msgspec.structs.replace(entry, hosts=(host,), addresses=())
    for address in entry.addresses:
        yield msgspec.structs.replace(entry, hosts=(), addresses=(address,))


def _assume_services(entry: Entry, known: Iterable[Service]) -> Iterator[Service]:
    for service in entry.services:
        fitting = _same_protocol(service.protocol, known) if service.from_port is None else []
        for each in fitting:
            yield msgspec.structs.replace(each, name=service.name, inferred=service.inferred)
        if not fitting:
            yield service


def _replacements(
    entry: Entry, known: tuple[Service, ...]
) -> Iterator[tuple[Endpoint, tuple[Endpoint, ...]]]:
    """Yield each endpoint of an entry of one target that has no port, and its replacements."""
    for endpoint in flatten(entry):
        fitting = _same_protocol(endpoint.protocol, known)
        if endpoint.from_port is None and fitting:
            yield (
                endpoint,
                tuple(
                    msgspec.structs.replace(
                        endpoint, from_port=each.from_port, to_port=each.to_port
                    )
                    for each in fitting
                ),
            )


def _same_protocol(protocol: Protocol, known: Iterable[Service]) -> list[Service]:
    return [service for service in known if service.protocol == protocol]
