"""Proof of what is below `.state/`: every file reads as what it is. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.alerts.keepalive import SignOfLife
from tracker.alerts.outbox import NOTICES, VERSIONS
from tracker.check.scope_change import ShownScope
from tracker.drift.state import DriftState
from tracker.errors import Damaged, NewerSchema
from tracker.history.faults import Fault
from tracker.model import Finding
from tracker.notifications import Notice
from tracker.publish.published_files import FilesRead
from tracker.store.identity import VersionId
from tracker.store.tree import ChannelState, Health, Held, Receipt, Tree, Validators

_ATTEMPTS = (VERSIONS.attempts, NOTICES.attempts)
_KINDS: dict[str, Any] = {
    "validators": Validators,
    "published": FilesRead,
    "seen": VersionId,
    "scope": ShownScope,
    "health": Health,
    "keepalive": SignOfLife,
    "drift": DriftState,
    "accepted": list[Finding],
    "held": Held,
    "channels": ChannelState,
    "notices": Notice,
    **dict.fromkeys((VERSIONS.receipts, NOTICES.receipts), Receipt),
    "replaced": Receipt,  # those of a store that went back
    **dict.fromkeys((VERSIONS.dead_letters, NOTICES.dead_letters), Receipt),
    **dict.fromkeys(_ATTEMPTS, Receipt),
}
_RECEIPTS = (VERSIONS.receipts, NOTICES.receipts)
_DEAD = (VERSIONS.dead_letters, NOTICES.dead_letters)
_HELD_PAGES = "held-pages"


def check_state(tree: Tree) -> Iterator[Fault]:
    """Yield the damaged files of a source's state, each with what heals it."""
    folder = f".state/{tree.source}"
    for name in sorted(tree.blobs.walk(folder)):
        first, _, rest = name.partition("/")
        try:
            if first == _HELD_PAGES and name.endswith(".gz"):
                tree.page(rest.removesuffix(".gz"), held=True)
            elif name.endswith(".json") and first != "tmp":
                stem = name.removesuffix(".json")
                tree.state(stem, _KINDS.get(stem.partition("/")[0], object))
        except Damaged:
            advice = _find_advice(tree, name)
            yield Fault(f"{folder}/{name}", "damaged", derived=False, advice=advice)
        except NewerSchema:
            what = "written by a newer fwtracker"
            yield Fault(f"{folder}/{name}", what, derived=False, advice="upgrade")


def _find_advice(tree: Tree, name: str) -> str:
    """Return the one step that heals a damaged file; nothing where it is to be restored."""
    first, *rest = name.removesuffix(".json").split("/")
    if first == "channels" and rest:
        return _advise_on_channel(tree, rest[0])
    if first in (*_RECEIPTS, "replaced"):
        return "nothing to do: it counts as delivered"
    if first in _DEAD and rest:
        return f"run: fwtracker notify retry {rest[0]}"
    if first in _ATTEMPTS:
        return "remove it, and close by hand what the channel shows of that message"
    if first == "notices":
        return "remove it: that notice is not sent any more"
    return "run: fwtracker run, which makes it again"


def _advise_on_channel(tree: Tree, channel: str) -> str:
    folders = (VERSIONS.receipts, VERSIONS.dead_letters)
    if any(tree.states(f"{folder}/{channel}") for folder in folders):
        return "run: fwtracker run, which makes it again from the receipts"
    return "remove it: the channel is told from the next version on"
