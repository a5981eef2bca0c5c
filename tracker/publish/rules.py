"""Which rule files a version has: per region, per `[[rules]]` table, per format. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain

from tracker.config import Config
from tracker.config.tables import Rules
from tracker.errors import RuleError, UsageError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.model import (
    Endpoint,
    Entry,
    Finding,
    Snapshot,
    flatten,
    needed,
    port_text,
    regions_of,
)
from tracker.publish.assumed import Assumptions, assume
from tracker.publish.grace import Leaving
from tracker.text import slug

# Whether an entry is chosen.
Wanted = Callable[[Entry], bool]
# From this share of a platform's limit on, a finding says so.
NEAR = 0.9
_FIELDS = RuleSet.__struct_fields__


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file below `rules/`; no text where its format can express nothing of the set.

    A file that stays that of an earlier version has the rule set of that one.
    """

    path: str
    rule_set: RuleSet
    rendered: Rendered
    finding: Finding | None = None

    @property
    def left_out(self) -> list[str]:
        """What is not in the file, a line each."""
        over = [self.finding.message] if self.finding and self.is_over else []
        if over and self.rendered.text is None:
            return over
        listed = self.rendered.left_out
        return over + [f"{line(item.endpoint)}: {item.reason}" for item in listed]

    @property
    def in_force(self) -> RuleSet | None:
        """What it is made from; None where its set is too much and no earlier one was less."""
        return None if self.is_over and self.rendered.text is None else self.rule_set

    @property
    def is_over(self) -> bool:
        """Whether its set is more than the platform takes."""
        return self.finding is not None and self.finding.name == "over-limit"


def rule_sets(
    snapshot: Snapshot, config: Config, late: Leaving
) -> Iterator[tuple[RuleSet, list[str]]]:
    """Each rule set of a version, with the names of its formats; it may have no entries."""
    for rule_set in region_sets(snapshot, config.assumptions, late):
        yield rule_set, config.format_names
    for rules in config.rules:
        names = config.format_names if rules.format is None else [rules.format]
        yield chosen(snapshot, config.assumptions, late, rules), names


def chosen(
    snapshot: Snapshot, assumptions: Assumptions, late: Leaving, rules: Rules
) -> RuleSet:
    """The rule set of a `[[rules]]` table; it may have no entries."""
    return _rule_set(snapshot, assumptions, late, rules.name, partial(is_wanted, rules))


def region_sets(
    snapshot: Snapshot,
    assumptions: Assumptions,
    late: Leaving,
    choice: Rules | None = None,
) -> list[RuleSet]:
    """One rule set a region, of what is chosen of it; none of a region that is not.

    Raises RuleError where two regions share a folder's name.
    """
    wanted = partial(is_wanted, choice) if choice else _everything
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


def require(rules: Rules, entries: Iterable[Entry], where: str = "") -> None:
    """Raises UsageError for a region, component or audience that no entry has.

    `where` the choice was made, to begin the message with; nothing for a command's options.
    """
    entries = tuple(entries)
    components = {component for entry in entries for component in entry.components}
    for what, values, there in (
        ("region", rules.regions, {entry.region for entry in entries}),
        ("component", rules.components, components),
        ("audience", rules.only_for, {entry.only_for for entry in entries}),
    ):
        for value in values or ():
            if value not in there:
                known = ", ".join(sorted(each for each in there if each)) or "none"
                raise UsageError(f'{where}no {what} is called "{value}"; there are: {known}')


def rendered(rule_set: RuleSet, form: Format) -> RuleFile:
    """One rule file, read back. Raises RuleError where it does not say what it must.

    A file that is too much for its platform has no text: cut short it would lack something.
    """
    made = form.render(rule_set)
    path = f"rules/{rule_set.name}/{form.file}"
    if made.text is not None and form.read_back(made.text) != form.expressed(rule_set):
        raise RuleError(
            f"{path}: read back, it does not say what version {rule_set.version} says"
        )
    if form.limit is None or made.text is None:
        return RuleFile(path, rule_set, made)
    count = form.limit.count(made.text)
    finding = _limit_finding(path, form.limit, count)
    if count > form.limit.most:
        made = Rendered(None, made.left_out)
    return RuleFile(path, rule_set, made, finding)


@lru_cache(maxsize=8)
def over_limit(form: Format, rule_set: RuleSet) -> bool:
    """Whether a file would have more than its platform takes."""
    if form.limit is None:
        return False
    text = form.render(rule_set).text
    return text is not None and form.limit.count(text) > form.limit.most


def _limit_finding(path: str, limit: Limit, count: int) -> Finding | None:
    """Said from nine tenths of a limit on."""
    if count <= limit.most * NEAR:
        return None
    takes = f"the platform takes {limit.most:,} {limit.what} ({limit.source})"
    if count > limit.most:
        return Finding(
            "over-limit",
            "publish",
            f"{path} is not written: it would have {count:,}, and {takes}; choose fewer"
            " entries with [[rules]]",
        )
    return Finding("near-limit", "publish", f"{path} has {count:,}, and {takes}")


def line(endpoint: Endpoint) -> str:
    """An endpoint on one line: `outbound 3.74.63.86 tcp/22543`."""
    return f"{endpoint.direction} {endpoint.target} {port_text(endpoint)}"


def _everything(_: Entry) -> bool:
    return True


def is_wanted(rules: Rules, entry: Entry) -> bool:
    """Whether an entry is chosen; one that states no requirement counts as required."""
    return (
        (rules.regions is None or entry.region in rules.regions)
        and (rules.components is None or bool({*entry.components} & {*rules.components}))
        and (rules.requirement is None or needed(entry) in rules.requirement)
        and (rules.only_for is None or entry.only_for in {None, *rules.only_for})
    )


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
    made = RuleSet(
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
    return _known(made)


_lately: deque[RuleSet] = deque(maxlen=32)


def _known(rule_set: RuleSet) -> RuleSet:
    """The equal one that was made lately, such as for rule files when deltas are made.

    What formats have made of it is remembered by its identity.
    """
    for known in tuple(_lately):
        if all(getattr(known, name) == getattr(rule_set, name) for name in _FIELDS):
            return known
    _lately.append(rule_set)
    return rule_set


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
