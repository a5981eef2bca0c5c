"""Notices: what channels are told of the watch itself, each a small committed record.

Numbered and created exclusively, as versions are, and drained by the same worker. What was
told is learned from the notices themselves, and the state is there before the first of them:
a kill anywhere neither loses one nor makes it twice. Callers hold the source's lock.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tracker.alerts import health as rules
from tracker.alerts import outbox
from tracker.alerts.health import Seen
from tracker.config import Config
from tracker.config.tables import Channel
from tracker.model import Notice, NoticeKind
from tracker.sources import load
from tracker.store.tree import Health, Held, Tree
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.outcome import Outcome


@dataclass(frozen=True)
class Desk:
    """Where the notices of one source are made. `url` is the page, if it is not the usual."""

    tree: Tree
    config: Config
    now: datetime
    url: str | None = None

    def health(self, good_at: str | None = None) -> Health:
        """What is known by now; `good_at` is the last good check, where no trouble is known."""
        numbers = outbox.notices(self.tree)
        known = self.tree.health() or Health(newest=max(numbers, default=0))
        new = (outbox.notice(self.tree, each) for each in numbers if each > known.newest)
        health = rules.pruned(reduce(rules.learned, new, known), self.now)
        return replace(health, good_at=health.good_at or good_at)

    def notice(self, kind: NoticeKind, health: Health, **facts: Any) -> Notice:
        """A notice of now, with the next number."""
        about = f"channel/{facts['channel']}" if kind == "channel" else kind
        times = rules.times(health, about)
        repeated = kind not in {"held", "drift", "config", "over"}
        return Notice(
            source=self.tree.source,
            number=health.newest + 1,
            kind=kind,
            at=format_utc(self.now),
            page_url=self._page_url,
            version=max(self.tree.versions(), default=None),
            times=times if repeated else 1,
            again_at=format_utc(self.now + rules.pause(about, times)) if repeated else None,
            **facts,
        )

    def commit(self, health: Health, made: Sequence[Notice]) -> None:
        """Commit notices, then what is known with them."""
        stored = self.tree.health()
        if made and stored is None:
            self.tree.remember("health", Health(newest=made[0].number - 1))
        for notice in made:
            self.tree.create(outbox.notice_name(notice.number), notice)
        health = reduce(rules.learned, made, health)
        if health != stored and not (stored is None and rules.is_well(health)):
            self.tree.remember("health", health)

    def settle(self, channels: Sequence[Channel]) -> None:
        """Forget what is known once all is well, and every channel has been told."""
        if self.tree.health() is None or not rules.is_well(self.health()):
            return
        if not any(outbox.owed(self.tree, each, outbox.NOTICES) for each in channels):
            self.tree.forget("health")

    @property
    def _page_url(self) -> str:
        options = self.config.sources.get(self.tree.source)
        return self.url or (options and options.url) or load(self.tree.source).url


def begin(desk: Desk, good_at: str) -> Health:
    """Remember a gap before the check that ends it, which may be killed before it tells."""
    health = desk.health(good_at)
    desk.tree.remember("health", health)
    return health


def check(desk: Desk, outcome: Outcome, good_at: str | None) -> None:
    """Count a check, and commit what has to be told of it.

    `good_at` is when the version in force was checked before; None where there was none.
    """
    seen, options = _known(desk.tree, rules.seen(outcome)), desk.config.health
    before = desk.health(good_at)
    health = rules.counted(before, seen, desk.now)
    kinds: list[NoticeKind] = list(rules.due(health, seen, desk.now, options))
    ends = rules.over(before, seen, desk.now, options)
    if ends and not kinds:
        kinds = ["over"]
    facts = {
        "checked_at": before.good_at if seen.kind else format_utc(desk.now),
        "reason": seen.reason,
        "count": health.count,
        "findings": seen.findings,
        "digest": seen.digest,
    }
    made: list[Notice] = []
    for kind in kinds:
        since = health.since if kind == seen.kind else before.good_at
        name = (seen.kind or seen.name) if kind == "over" else seen.name
        now = {
            "since": since or format_utc(desk.now),
            "name": name,
            "ends": () if made else ends,
        }
        made.append(desk.notice(kind, reduce(rules.learned, made, health), **facts, **now))
    desk.commit(health, made)
    if seen.digest and not seen.known:
        _told_of(desk.tree, seen.digest)


def is_overdue(desk: Desk) -> bool:
    """Whether `tick` would tell something. Reads only."""
    manifest = desk.tree.manifest()
    health = desk.health(manifest.checked_at if manifest else None)
    return any(rules.overdue(health, desk.now, desk.config.health))


def tick(desk: Desk) -> bool:
    """Commit what has to be told without a check: that there was no good one for too long.

    For whoever runs between checks. Returns whether there may be something to deliver.
    """
    manifest, stored = desk.tree.manifest(), desk.tree.health()
    health = desk.health(manifest.checked_at if manifest else None)
    made = [
        desk.notice(
            kind,
            health,
            checked_at=health.good_at,
            since=health.good_at,
            name=health.trouble or "unchecked",
            count=health.count,
        )
        for kind in rules.overdue(health, desk.now, desk.config.health)
    ]
    if made:
        desk.commit(health, made)
    return bool(made) or stored is not None


def decided(desk: Desk, digest: str, how: str) -> None:
    """Commit that somebody has approved or rejected the held page that was told of."""
    if desk.tree.health() is None:
        return
    health = desk.health()
    told = health.told.get("held")
    if told and told.lasts and told.digest == digest:
        facts = {"since": told.at, "name": how, "ends": ("held",), "digest": digest}
        desk.commit(health, [desk.notice("over", health, **facts)])


def _known(tree: Tree, seen: Seen) -> Seen:
    """With what the store knows of a held page."""
    held = tree.state(f"held/{seen.digest}", Held) if seen.digest else None
    return dataclasses.replace(seen, known=bool(held and held.told))


def _told_of(tree: Tree, digest: str) -> None:
    held = tree.state(f"held/{digest}", Held)
    if held and not held.told:
        tree.remember(f"held/{digest}", replace(held, told=True))
