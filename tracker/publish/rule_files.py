"""Rule files, each read back, and no more in each than its platform takes. Pure.

Firewalls poll these files. One that has become too much for its platform would be cut short
there, and one that is gone is an error: which file stays in its place is in `rule_state.py`.
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

# From this share of a platform's limit on, a finding says so.
NEAR = 0.9
# Findings of a file that stays that of an earlier version, or is not written at all.
NOT_MADE = "rule-file-not-made"
WITHHELD = frozenset({"over-limit", NOT_MADE})


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
    def is_withheld(self) -> bool:
        """Return whether the rule set is more than the platform takes, or cannot be proved."""
        return self.finding is not None and self.finding.name in WITHHELD

    @property
    def excluded(self) -> list[str]:
        """Return what is not in the file, a line each; of two regions the same once."""
        over = [self.finding.message] if self.finding and self.is_withheld else []
        if over and self.rendered.text is None:
            return over
        listed = self.rendered.left_out
        lines = (f"{format_endpoint(item.endpoint)}: {item.reason}" for item in listed)
        return [*over, *dict.fromkeys(lines)]

    def exclusions(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each reason with the endpoints that it excludes, in the order of the rule set.

        A reason without endpoints is of the whole file.
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
    """Return one rule file, read back. Raises RuleError where it does not say what it must.

    A file that is too much for its platform has no text: cut short it would lack something.
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
    """Say whether a file would have more than its platform takes."""
    if form.limit is None:
        return False
    text = _render(rule_set, form).text
    return text is not None and form.limit.count(text) > form.limit.most


@cached_for_format
def _render(rule_set: RuleSet, form: Format) -> Rendered:
    """Return a format's file: it is asked for itself, and before each delta for its limit."""
    return form.render(rule_set)


@lru_cache(maxsize=MOST_TARGETS)  # most formats leave the same ones out
def format_endpoint(endpoint: Endpoint) -> str:
    """Return an endpoint on one line: `outbound 3.74.63.86 tcp/22543`."""
    return f"{endpoint.direction} {endpoint.target} {port_text(endpoint)}"


def _refuse_file(rule_set: RuleSet, form: Format, error: RuleError) -> RuleFile:
    """Return the file that is not written, because it would not say what it must."""
    path = f"rules/{rule_set.name}/{form.file}"
    message = (
        f"{path} is not written: {str(error).removeprefix(f'{path}: ')}; load another format"
        " meanwhile, and report this"
    )
    finding = Finding(NOT_MADE, "publish", message)
    return RuleFile(path, rule_set, Rendered(None, ()), finding)


def _limit_finding(path: str, limit: Limit, count: int) -> Finding | None:
    """Return what to say from nine tenths of a limit on, also of one that can be raised."""
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
