"""Which rule files a version has: per region, per `[[rules]]` table, per format. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from tracker import formats
from tracker.assumed import Assumptions, assume
from tracker.config import Config, Rules
from tracker.errors import RuleError, UsageError
from tracker.formats import Format, Rendered, RuleSet
from tracker.grace import Leaving
from tracker.model import Endpoint, Entry, Snapshot, flatten, port_text, regions_of
from tracker.text import slug

# Whether an entry is chosen.
Wanted = Callable[[Entry], bool]


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
    snapshot: Snapshot, config: Config, late: Leaving | None = None
) -> Iterator[RuleFile]:
    """All rule files of a version: every format for every region, then the extra sets.

    What left the page lately (`late`) stays in them, marked.
    """
    for rule_set, names in rule_sets(snapshot, config, late):
        for name in names:
            yield rendered(rule_set, formats.load(name))


def rule_sets(
    snapshot: Snapshot, config: Config, late: Leaving | None = None
) -> Iterator[tuple[RuleSet, list[str]]]:
    """Each rule set of a version, with the names of its formats."""
    late = late or Leaving()
    for rule_set in region_sets(snapshot, config.assumptions, late):
        yield rule_set, formats.names()
    for rules in config.rules:
        names = formats.names() if rules.format is None else [rules.format]
        yield chosen(snapshot, rules, config.assumptions, late), names


def region_sets(
    snapshot: Snapshot,
    assumptions: Assumptions,
    late: Leaving,
    choice: Rules | None = None,
) -> list[RuleSet]:
    """One rule set a region, of what is chosen of it; none of a region that is not.

    Raises RuleError where two regions share a folder's name, UsageError for a choice of what
    is not there.
    """
    wanted = _wanted(choice, snapshot.entries + late.entries) if choice else _everything
    regions = regions_of(snapshot.entries + late.entries)
    names = [slug(region) for region in regions]
    if len(set(names)) < len(names):
        raise RuleError(f"two regions would share one folder: {', '.join(sorted(names))}")
    return [
        _rule_set(
            snapshot, assumptions, late, slug(region), partial(_in_region, region, wanted)
        )
        for region in regions
        if choice is None or choice.regions is None or region in choice.regions
    ]


def chosen(
    snapshot: Snapshot, rules: Rules, assumptions: Assumptions, late: Leaving
) -> RuleSet:
    """The rule set of a `[[rules]]` table. Raises UsageError where it chooses what is not."""
    wanted = _wanted(rules, snapshot.entries + late.entries)
    return _rule_set(snapshot, assumptions, late, rules.name, wanted)


def _wanted(rules: Rules, entries: Sequence[Entry]) -> Wanted:
    """Whether an entry is chosen. Raises UsageError for a value that no entry has."""
    regions = {entry.region for entry in entries}
    components = {component for entry in entries for component in entry.components}
    audiences = {entry.only_for for entry in entries}
    _there(rules, "region", rules.regions, regions)
    _there(rules, "component", rules.components, components)
    _there(rules, "audience", rules.only_for, audiences)

    def wanted(entry: Entry) -> bool:
        return (
            (rules.regions is None or entry.region in rules.regions)
            and (rules.components is None or bool({*entry.components} & {*rules.components}))
            and (rules.requirement is None or entry.requirement in rules.requirement)
            and (rules.only_for is None or entry.only_for in {None, *rules.only_for})
        )

    return wanted


def _there(
    rules: Rules, what: str, values: Sequence[str] | None, there: Iterable[str | None]
) -> None:
    for value in values or ():
        if value not in there:
            known = ", ".join(sorted(each for each in there if each)) or "none"
            raise UsageError(
                f'rules "{rules.name}": no {what} is called "{value}"; there are: {known}'
            )


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


def _everything(_: Entry) -> bool:
    return True


def _in_region(region: str | None, wanted: Wanted, entry: Entry) -> bool:
    return entry.region == region and wanted(entry)


def _rule_set(
    snapshot: Snapshot, assumptions: Assumptions, late: Leaving, name: str, wanted: Wanted
) -> RuleSet:
    """The chosen entries, with the ports that the configuration assumes.

    What is on the page is not leaving, and what the page states is not assumed.
    """
    stated = [entry for entry in snapshot.entries if wanted(entry)]
    leaving = [entry for entry in late.entries if wanted(entry)]
    there, replaced = assume(stated, assumptions)
    going, formerly = assume(leaving, assumptions)
    assumed = {each for new in (replaced | formerly).values() for each in new}
    return RuleSet(
        source=snapshot.source,
        name=name,
        version=snapshot.version,
        digest=snapshot.digest,
        captured_at=snapshot.captured_at,
        page_url=snapshot.pages[0].url if snapshot.pages else "",
        entries=there + going,
        until=_until(late, formerly, there),
        assumed=frozenset(
            assumed.difference(chain.from_iterable(map(flatten, stated + leaving)))
        ),
    )


def _until(
    late: Leaving, formerly: Mapping[Endpoint, Sequence[Endpoint]], there: Iterable[Entry]
) -> dict[Endpoint, str]:
    """When each endpoint goes, also one with an assumed port, but not what is still there."""
    until: dict[Endpoint, str] = {}
    for endpoint, date in late.until.items():
        for each in formerly.get(endpoint, (endpoint,)):
            until[each] = max(date, until.get(each, date))
    for endpoint in chain.from_iterable(map(flatten, there)) if until else ():
        until.pop(endpoint, None)
    return until
