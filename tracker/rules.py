"""Which rule files a version has: per region, per `[[rules]]` table, per format. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tracker import formats
from tracker.config import Rules
from tracker.errors import RuleError, UsageError
from tracker.formats import Format, Rendered, RuleSet
from tracker.grace import Leaving
from tracker.model import Endpoint, Entry, Snapshot, port_text, regions_of
from tracker.text import slug


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file below `rules/`; no text where its format can express nothing of the set."""

    path: str
    rule_set: RuleSet
    rendered: Rendered

    @property
    def left_out(self) -> list[str]:
        """What is not in the file, a line each."""
        return [f"{line(item.endpoint)}: {item.reason}" for item in self.rendered.left_out]


def rule_files(
    snapshot: Snapshot, extra: Sequence[Rules], late: Leaving | None = None
) -> Iterator[RuleFile]:
    """All rule files of a version: every format for every region, then the extra sets.

    What left the page lately (`late`) stays in them, marked.
    """
    every = [formats.load(name) for name in formats.names()]
    late = late or Leaving()
    for rule_set in region_sets(snapshot, late):
        for form in every:
            yield rendered(rule_set, form)
    for rules in extra:
        for form in every if rules.format is None else [formats.load(rules.format)]:
            yield rendered(chosen(snapshot, rules, late), form)


def region_sets(snapshot: Snapshot, late: Leaving | None = None) -> list[RuleSet]:
    """One rule set a region. Raises RuleError where two regions share a folder's name."""
    late = late or Leaving()
    regions = regions_of(snapshot.entries + late.entries)
    names = [slug(region) for region in regions]
    if len(set(names)) < len(names):
        raise RuleError(f"two regions would share one folder: {', '.join(sorted(names))}")
    return [
        _rule_set(snapshot, late, slug(region), partial(_in_region, region))
        for region in regions
    ]


def chosen(snapshot: Snapshot, rules: Rules, late: Leaving | None = None) -> RuleSet:
    """The rule set of a `[[rules]]` table. Raises UsageError for a region not there."""
    late = late or Leaving()
    there = {region for region in regions_of(snapshot.entries + late.entries) if region}
    for region in rules.regions or ():
        if region not in there:
            raise UsageError(
                f'rules "{rules.name}": no region is called "{region}"; there are:'
                f" {', '.join(sorted(there)) or 'none'}"
            )

    def wanted(entry: Entry) -> bool:
        return (
            (rules.regions is None or entry.region in rules.regions)
            and (rules.components is None or bool({*entry.components} & {*rules.components}))
            and (rules.requirement is None or entry.requirement in rules.requirement)
        )

    return _rule_set(snapshot, late, rules.name, wanted)


def rendered(rule_set: RuleSet, form: Format) -> RuleFile:
    """One rule file, read back. Raises RuleError where it does not say what it must."""
    made = form.render(rule_set)
    path = f"rules/{rule_set.name}/{form.file}"
    if made.text is not None and form.read_back(made.text) != form.expressed(rule_set):
        raise RuleError(
            f"{path}: read back, it does not say what version {rule_set.version} says"
        )
    return RuleFile(path, rule_set, made)


def line(endpoint: Endpoint) -> str:
    """An endpoint on one line: `outbound 3.74.63.86 tcp/22543`."""
    return f"{endpoint.direction} {endpoint.target} {port_text(endpoint)}"


def _in_region(region: str | None, entry: Entry) -> bool:
    return entry.region == region


def _rule_set(
    snapshot: Snapshot, late: Leaving, name: str, wanted: Callable[[Entry], bool]
) -> RuleSet:
    return RuleSet(
        source=snapshot.source,
        name=name,
        version=snapshot.version,
        digest=snapshot.digest,
        captured_at=snapshot.captured_at,
        page_url=snapshot.pages[0].url if snapshot.pages else "",
        entries=tuple(entry for entry in snapshot.entries + late.entries if wanted(entry)),
        until=late.until,
    )
