"""What a check does if its store was restored or rewound: report it, and owe changes again.

The page is read again because its validators belong to another version. Receipts of lost
versions are set aside, so that the next version with such a number is sent to every channel.
"""

from __future__ import annotations

import hashlib
import logging

from tracker.check.context import CheckContext, CheckOutcome
from tracker.model import Finding
from tracker.store.identity import Rewind, VersionId, is_rewound, load_seen
from tracker.store.tree import Tree

log = logging.getLogger(__name__)

WENT_BACK = "store-went-back"


def compare_with_seen(context: CheckContext, newest: VersionId | None) -> tuple[Finding, ...]:
    """Compare the tree with what runs have seen of it; return the finding if it was rewound.

    The caller records `newest` as seen when all else is done: after a kill it is done again.
    """
    tree = context.tree
    seen = load_seen(tree)
    if seen and seen == newest:
        return ()
    from tracker.alerts import receipts  # noqa: PLC0415  only where something is new

    rewind = _find_rewind(tree, seen or receipts.find_last_known(tree), newest)
    findings = (_report(context, rewind),) if rewind else ()
    if rewind:
        receipts.set_aside(tree, rewind)
        _withdraw_later(tree, newest.version if newest else 0)
    receipts.take_back(tree)
    return findings


def went_back(outcome: CheckOutcome) -> bool:
    """Return whether a check found that its store was restored or rewound."""
    return any(finding.name == WENT_BACK for finding in outcome.findings)


def _find_rewind(
    tree: Tree, known: VersionId | None, newest: VersionId | None
) -> Rewind | None:
    rewound = known is not None and is_rewound(tree, known, newest)
    return Rewind(known, newest) if known and rewound else None


def _withdraw_later(tree: Tree, newest: int) -> None:
    """Remove the files about steps to versions that no longer exist."""

    def is_later(name: str) -> bool:
        """Return whether it is a change set or a delta of a later version."""
        folder, _, rest = name.partition("/")
        number = rest.partition("/")[0].removesuffix(".json")
        return folder in {"changes", "deltas"} and number.isdecimal() and int(number) > newest

    tree.withdraw(name for name in tree.walk() if is_later(name))


def _report(context: CheckContext, rewind: Rewind) -> Finding:
    """Return the finding, and commit its notice before anything is changed."""
    finding = Finding(WENT_BACK, "publish", _describe(rewind))
    log.warning("%s: %s", context.source.name, finding.message)
    if context.config.channels:
        from tracker.alerts import notices  # noqa: PLC0415

        both = f"{rewind.known} {rewind.newest}".encode()
        notices.record_once(context, "rewound", finding, hashlib.sha256(both).hexdigest())
    return finding


def _describe(rewind: Rewind) -> str:
    known, newest = rewind
    if newest is None:
        what = f"the store had version {known.version}, and has none now"
    elif newest.version < known.version:
        what = f"the store had version {known.version}, and ends with {newest.version} now"
    else:
        what = f"the store had another version {known.version} than it has now"
    return (
        f"{what}: it was restored, rewound or replaced; the page is read again, and what it"
        " changes is sent to every channel, under a number that may have been used before; if"
        " you did not restore it, find out what writes there"
    )
