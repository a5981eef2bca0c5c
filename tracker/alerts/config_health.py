"""Whether `serve` could take its configuration: told once for each content that is broken.

And once more when it is right again. The channels are those of the configuration in force.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from tracker.alerts import health as rules
from tracker.alerts import outbox
from tracker.alerts.notices import Desk
from tracker.times import format_utc


class Broken(NamedTuple):
    """Why a configuration was not taken: a stable word, a sentence; and which it is."""

    name: str
    reason: str
    digest: str


def broken(name: str, reason: str, file: Path) -> Broken:
    """What is wrong with this file; the same bytes that fail in the same way are the same."""
    try:
        content = file.read_bytes()
    except OSError:
        content = b""  # which may be what the reason is about
    said = f"{name}\n{reason}\n".encode()
    return Broken(name, reason, hashlib.sha256(said + content).hexdigest())


def commit(desk: Desk, found: Broken | None) -> None:
    """Commit what has to be told of the configuration; `found` is what is wrong with it."""
    health = desk.health()
    told = health.told.get("config")
    lasting = told if told and told.lasts else None
    since = _since(desk) if lasting else format_utc(desk.now)
    if found is None and lasting:
        over = desk.notice("over", health, since=since, name="config", ends=("config",))
        desk.commit(health, [over])
    elif found and not (lasting and lasting.digest == found.digest):
        desk.commit(health, [desk.notice("config", health, since=since, **found._asdict())])


def _since(desk: Desk) -> str:
    """When the trouble began that was told last."""
    numbers = reversed(outbox.notices(desk.tree))
    notices = (outbox.notice(desk.tree, number) for number in numbers)
    return next((each.since for each in notices if each.kind == "config"), format_utc(desk.now))


def is_told(desk: Desk) -> bool:
    """Whether it was told that a configuration is broken, and not yet that it is right."""
    return desk.tree.health() is not None and rules.lasts(desk.health(), "config")
