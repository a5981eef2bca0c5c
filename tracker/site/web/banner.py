"""The banner of every live page: what is in force, how the checks go, and what is pending.

Most of it comes from the store, so that every process shows the same, even if cron does the
checks. Only the process that makes the checks knows when the next one is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from tracker.alerts import outbox
from tracker.errors import Damaged
from tracker.model import Snapshot
from tracker.publish.freshness import FRESH_FOR
from tracker.site.rendering import format_count
from tracker.site.web.app_state import AppState
from tracker.store.held import list_held
from tracker.store.records import Health, Manifest
from tracker.times import format_utc

_FRESH_HOURS = int(FRESH_FOR.total_seconds() // 3600)


Level = Literal["good", "waits", "wrong"]


class Banner(NamedTuple):
    """The state of a source. Times are UTC, None if unknown.

    `headline` summarizes the state in one sentence. `version` is None before the first one.
    `held` and `owed` count pages that wait for a decision and messages that wait for delivery;
    None if the store's records of them are damaged. `alerts` are whole sentences about current
    problems.
    """

    headline: str
    level: Level
    version: int | None
    since: str | None
    checked_at: str | None
    next_check: str | None
    running: bool
    stale: bool
    held: int | None
    owed: int
    alerts: tuple[str, ...]


def build_banner(state: AppState, source: str) -> Banner:
    """Return the current state of a source. Raises StoreError."""
    manifest, next_check = state.manifest(source), state.next_check(source)
    held = _count_held(state, source)
    owed = outbox.count_owed(state.tree(source), state.config.channels)
    alerts = tuple(_list_alerts(state, source))
    level, headline = _describe(manifest, held, owed, alerts)
    return Banner(
        headline=headline,
        level=level,
        version=manifest.version if manifest else None,
        since=_find_start(state, source, manifest.version) if manifest else None,
        checked_at=manifest.checked_at if manifest else None,
        next_check=format_utc(next_check) if next_check else None,
        running=state.status.checks_of(source).running,
        stale=manifest is not None and manifest.expires < format_utc(state.now()),
        held=held,
        owed=owed,
        alerts=alerts,
    )


def _describe(
    manifest: Manifest | None, held: int | None, owed: int, alerts: Sequence[str]
) -> tuple[Level, str]:
    """Return the state in one sentence, and how bad it is."""
    if manifest is None:
        return "wrong", "There are no rule files yet."
    if alerts or held is None:
        return "wrong", f"Needs attention: version {manifest.version} stays in force meanwhile."
    waiting = []
    if held:
        pages = "A page waits" if held == 1 else f"{held} pages wait"
        waiting.append(f"{pages} for review; until then the rule files stay as they are.")
    if owed:
        messages = "A message waits" if owed == 1 else f"{owed} messages wait"
        waiting.append(f"{messages} to be delivered.")
    if waiting:
        return "waits", " ".join(waiting)
    return "good", "All in order: the page says what the rule files say."


def _find_start(state: AppState, source: str, version: int) -> str | None:
    """Return since when a version is in force; None if that version is damaged."""
    with suppress(Damaged):
        snapshot: Snapshot = state.tree(source).snapshot(version)
        return snapshot.captured_at
    return None


def _count_held(state: AppState, source: str) -> int | None:
    with suppress(Damaged):
        return len(list_held(state.tree(source)))
    return None


def _list_alerts(state: AppState, source: str) -> list[str]:
    """Return the current problems; the page's staleness comes first."""
    manifest, found = state.manifest(source), []
    if manifest is None:
        found.append("No version yet: no check has read the page so far.")
    elif manifest.expires < format_utc(state.now()):
        found.append(
            f"Stale: no check in the last {_FRESH_HOURS} hours has found the page to say this."
        )
    with suppress(Damaged):
        health = state.tree(source).health() or Health()
        if health.current_problem not in {None, "held"}:  # held pages are shown elsewhere
            times = format_count(health.count, "check")
            found.append(
                f"Trouble: {health.current_problem}, {times} in a row since {health.since}."
            )
    if state.status.config_error:
        found.append(
            f"The configuration was changed and cannot be used: {state.status.config_error}"
        )
    return found
