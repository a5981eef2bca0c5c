"""How the watch itself is doing: the last check, the next one, the channels, what was told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tracker.alerts.outbox import Owed
from tracker.scheduler.board import Checks, Notice
from tracker.site.entries import number
from tracker.site.markup import Template, join, shown, when
from tracker.site.review import findings
from tracker.store.tree import Health, Manifest
from tracker.times import format_utc

_FACTS = Template('<dl class="facts">\n{}</dl>\n')
_FACT = Template("<dt>{}</dt><dd>{}</dd>\n")
_TAG = Template('<span class="tag {0}">{0}</span>')
_ALERT = Template('<p class="alert">{}</p>\n')
_TABLE = Template(
    """<div class="wide" role="region" tabindex="0" aria-label="{name}">
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
"""
)
_HEAD = Template('<th scope="col">{}</th>')
_FIRST = Template('<th scope="row">{}</th>')
_CELL = Template("<td>{}</td>")
_LINES = Template("<tr>{}</tr>\n")


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a source's watch by now."""

    now: datetime
    leads: bool
    config_error: str | None
    manifest: Manifest | None
    health: Health | None
    checks: Checks
    next_check: datetime | None
    accounts: Sequence[Owed]
    notices: Iterable[Notice]


def status(state: State) -> Markup:
    """The page's main part."""
    return join(
        [
            join(_ALERT.format(text) for text in _alerts(state)),
            Markup("<h2>Checks</h2>\n"),
            _FACTS.format(join(_FACT.format(*fact) for fact in _facts(state))),
            _last(state.checks),
            Markup("<h2>Channels</h2>\n"),
            _channels(state.accounts),
            Markup("<h2>Told by this process</h2>\n"),
            _notices(list(state.notices)),
        ]
    )


def _alerts(state: State) -> Iterable[str]:
    manifest, health = state.manifest, state.health
    if manifest is None:
        yield "No version yet: no check has read the page so far."
    elif manifest.expires < format_utc(state.now):
        yield "The page has not been found to say this for more than a day."
    if health and health.trouble:
        times = number(health.count, "check")
        yield f"Trouble: {health.trouble}, {times} in a row since {health.since}."
    if state.config_error:
        yield f"The configuration was changed and cannot be used: {shown(state.config_error)}"


def _facts(state: State) -> Iterable[tuple[str, object]]:
    checks, manifest = state.checks, state.manifest
    yield "This process", "leads and checks" if state.leads else "stands by, or only answers"
    if manifest:
        yield "Version in force", manifest.version
        yield "Last good check", when(manifest.checked_at)
        yield "Counts as fresh until", when(manifest.expires)
        if manifest.due:
            yield "Next endpoint to leave the rule files", when(manifest.due)
    if checks.running:
        yield "Now", "a check is running"
    if state.next_check:
        yield "Next check", when(format_utc(state.next_check))
    for outcome, count in sorted(checks.outcomes.items()):
        yield f"{outcome} since the start".capitalize(), count


def _last(checks: Checks) -> Markup:
    """What the last check of this process came to."""
    told = checks.last
    if told is None:
        return Markup("<p>This process has made no check yet.</p>\n")
    said = Markup("<p>The last check: {}{}</p>\n").format(
        _TAG.format(told.outcome),
        f" {shown(told.error.message)}" if told.error else "",
    )
    listed = findings(told.findings)
    return said + (Markup('<ul class="findings">\n{}</ul>\n').format(listed) if listed else "")


def _channels(accounts: Sequence[Owed]) -> Markup:
    if not accounts:
        return Markup("<p>No channel is configured: nobody is told of changes.</p>\n")
    head = ("Channel", "Type", "Delivered", "Owed", "Refused for good")
    return _table("Channels", head, (_account(account) for account in accounts))


def _account(account: Owed) -> tuple[object, ...]:
    dead = [f"version {at}: {shown(why)}" for at, why in account.dead.items()]
    dead += [f"notice {at}: {shown(why)}" for at, why in account.notices_dead.items()]
    owed = [f"version {at}" for at in account.owed]
    owed += [f"notice {at}" for at in account.notices_owed]
    return (
        account.channel,
        account.type,
        len(account.delivered),
        ", ".join(owed) or "nothing",
        "; ".join(dead) or "nothing",
    )


def _notices(notices: Sequence[Notice]) -> Markup:
    if not notices:
        return Markup("<p>Nothing since it started.</p>\n")
    rows = ((when(each.when), each.about, shown(each.text)) for each in notices)
    return _table("Told", ("When", "About", "What"), rows)


def _table(name: str, head: Iterable[str], rows: Iterable[Sequence[object]]) -> Markup:
    made = (
        _LINES.format(_FIRST.format(first) + join(_CELL.format(cell) for cell in rest))
        for first, *rest in rows
    )
    return _TABLE.format(
        name=name, head=join(_HEAD.format(words) for words in head), rows=join(made)
    )
