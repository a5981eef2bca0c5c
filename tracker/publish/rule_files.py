"""Rule files, each read back, and none larger than its platform accepts. Pure.

Firewalls poll these files. A platform would cut a file that is too large, and a missing file is
an error: `rule_state.py` decides which earlier file stays in its place.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import MOST_TARGETS
from tracker.formats.shared.policy import cached_for_format
from tracker.model import Endpoint, Finding, port_text

# The share of a platform's limit above which there is a finding.
NEAR = 0.9
# Findings about a file that stays that of an earlier version, or is not written at all.
NOT_MADE = "rule-file-not-made"
WITHHELD = frozenset({"over-limit", NOT_MADE})


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file below `rules/`; without text if its format cannot express any of the set.

    A file that stays that of an earlier version has that version's rule set.
    """

    path: str
    rule_set: RuleSet
    rendered: Rendered
    finding: Finding | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether the rule set exceeds the platform's limit, or the file cannot be proved."""
        return self.finding is not None and self.finding.name in WITHHELD

    @property
    def excluded(self) -> list[str]:
        """What is not in the file, a line each; the same endpoint of two regions only once."""
        over = [self.finding.message] if self.finding and self.is_withheld else []
        if over and self.rendered.text is None:
            return over
        listed = self.rendered.left_out
        lines = (f"{format_endpoint(item.endpoint)}: {item.reason}" for item in listed)
        return [*over, *dict.fromkeys(lines)]

    def exclusions(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return each reason with the endpoints that it excludes, in the rule set's order.

        A reason without endpoints applies to the whole file.
        """
        over: list[tuple[str, tuple[str, ...]]] = []
        if self.finding and self.is_withheld:
            over.append((self.finding.message, ()))
            if self.rendered.text is None:
                return over
        by_reason: dict[str, dict[str, None]] = defaultdict(dict)
        for item in self.rendered.left_out:
            by_reason[item.reason][format_endpoint(item.endpoint)] = None
        return over + [(reason, tuple(lines)) for reason, lines in by_reason.items()]


def render_rule_file(rule_set: RuleSet, form: Format) -> RuleFile:
    """Return one rule file, read back. Raises RuleError if its rules are not those of the set.

    A file that exceeds its platform's limit has no text: a part would lack endpoints.
    """
    rendered = _render(rule_set, form)
    path = f"rules/{rule_set.name}/{form.file}"
    if rendered.text is None:
        return RuleFile(path, rule_set, rendered)
    if form.read_back(rendered.text) != form.expected_lines(rule_set):
        raise RuleError(
            f"{path}: read back, it does not say what version {rule_set.version} says"
        )
    if form.limit is None:
        return RuleFile(path, rule_set, rendered)
    count = form.limit.count(rendered.text)
    finding = _limit_finding(path, form.limit, count)
    if count > form.limit.most:
        rendered = Rendered(None, rendered.left_out)
    return RuleFile(path, rule_set, rendered, finding)


def exceeds_limit(form: Format, rule_set: RuleSet) -> bool:
    """Return whether a file would exceed its platform's limit."""
    if form.limit is None:
        return False
    text = _render(rule_set, form).text
    return text is not None and form.limit.count(text) > form.limit.most


@cached_for_format
def _render(rule_set: RuleSet, form: Format) -> Rendered:
    """Return a format's file. Cached, as each delta needs it again to test the limit."""
    return form.render(rule_set)


@lru_cache(maxsize=MOST_TARGETS)  # most formats exclude the same ones
def format_endpoint(endpoint: Endpoint) -> str:
    """Return an endpoint on one line: `outbound 3.74.63.86 tcp/22543`."""
    return f"{endpoint.direction} {endpoint.target} {port_text(endpoint)}"


def _refuse_file(rule_set: RuleSet, form: Format, error: RuleError) -> RuleFile:
    """Return a file without text, and the finding why it is not written."""
    path = f"rules/{rule_set.name}/{form.file}"
    message = (
        f"{path} is not written: {str(error).removeprefix(f'{path}: ')}; load another format"
        " meanwhile, and report this"
    )
    finding = Finding(NOT_MADE, "publish", message)
    return RuleFile(path, rule_set, Rendered(None, ()), finding)


def _limit_finding(path: str, limit: Limit, count: int) -> Finding | None:
    """Return the finding above nine tenths of a limit, even if the limit can be raised."""
    most, unless = limit.most, ""
    if limit.default is not None and count <= limit.most * NEAR:
        most, unless = limit.default, ", unless you ask for more"
    if count <= most * NEAR:
        return None
    takes = f"the platform takes {most:,} {limit.what}{unless} ({limit.source})"
    if count > limit.most:
        return Finding(
            "over-limit",
            "publish",
            f"{path} is not written: it would have {count:,}, and {takes}; choose fewer"
            " entries with [[rules]]",
        )
    return Finding("near-limit", "publish", f"{path} has {count:,}, and {takes}")
