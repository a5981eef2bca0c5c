"""What the guard held, and what an operator decides about it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from tracker.alerts import notices
from tracker.alerts.tell import delivered
from tracker.config import Config
from tracker.context import Check
from tracker.diff.diff import diff
from tracker.errors import RuleError, StoreError, UsageError
from tracker.model import ChangeSet, Finding, Snapshot
from tracker.outcome import Outcome
from tracker.pipeline import finish_earlier
from tracker.publish.publish import derive, findings_now, publish
from tracker.store.tree import Held, Tree

_SHORTEST = 8


def held(tree: Tree) -> list[Held]:
    """Candidates that wait for a decision, oldest first."""
    found = [tree.state(f"held/{name}", Held) for name in tree.states("held")]
    waiting = [item for item in found if item and not item.rejected]
    return sorted(waiting, key=lambda item: item.first_seen)


def difference(tree: Tree, candidate: Snapshot) -> ChangeSet:
    """From the version in force to the candidate."""
    return diff(tree.latest(), candidate)


def rule_findings(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot
) -> tuple[Finding, ...]:
    """What approving the candidate would mean for the rule files: those near or over a limit.

    Where it could not be published at all, a finding that says why.
    """
    new = _numbered(candidate, tree.latest())
    try:
        return findings_now(tree, config, now, new)
    except (RuleError, UsageError) as error:
        return (Finding("not-publishable", "hold", str(error)),)


def find(tree: Tree, digest: str) -> Held:
    """The one held candidate whose digest starts so. Raises UsageError for none or several."""
    names = [name for name in tree.states("held") if name.startswith(digest)]
    if len(digest) < _SHORTEST or len(names) != 1:
        raise UsageError(
            f'no single held candidate has a digest that starts with "{digest}" (give at least'
            f" {_SHORTEST} characters); see: fwtracker held"
        )
    found = tree.state(f"held/{names[0]}", Held)
    assert found is not None  # noqa: S101  it was listed
    return found


def approve(check: Check, digest: str) -> Outcome:
    """Commit and publish exactly the held candidate, as the next version, and tell of it.

    A candidate with the entries of the version in force makes no new one: then its findings are
    accepted, and do not hold the page again. The outcome's notes tell of owed deliveries.
    """
    tree = check.tree
    with tree.lock():
        late = finish_earlier(check, tree.manifest())
        candidate = find(tree, digest).candidate
        last = tree.latest()
        if last and last.digest == candidate.digest:
            _decided(check.config, tree, candidate.digest, "approved", check.now())
            return _accept(tree, last, candidate)
        numbered, now = _numbered(candidate, last), check.now()
        known = derive(tree, check.config, now, numbered)
        tree.commit(
            numbered,
            {page.sha256: _body(tree, page.sha256) for page in candidate.pages},
        )
        publish(tree, check.config, now, known)
        tree.forget(f"held/{candidate.digest}")
        _decided(check.config, tree, candidate.digest, "approved", check.now())
        outcome = Outcome(tree.source, "published", numbered.version, findings=known.findings)
        return delivered(check, outcome, late) if check.config.channels else outcome


def _numbered(candidate: Snapshot, last: Snapshot | None) -> Snapshot:
    """The candidate as the version after the last one."""
    return msgspec.structs.replace(
        candidate,
        version=last.version + 1 if last else 1,
        previous=last.version if last else None,
    )


def reject(tree: Tree, config: Config, digest: str) -> Held:
    """Remember that the candidate is not wanted; the same page does not ask again.

    The channels hear of it with the next check.
    """
    with tree.lock():
        found = msgspec.structs.replace(find(tree, digest), rejected=True)
        tree.remember(f"held/{found.candidate.digest}", found)
        _decided(config, tree, found.candidate.digest, "rejected", datetime.now(UTC))
        return found


def _decided(config: Config, tree: Tree, digest: str, how: str, now: datetime) -> None:
    if config.channels:
        notices.decided(notices.Desk(tree, config, now), digest, how)


def _accept(tree: Tree, last: Snapshot, candidate: Snapshot) -> Outcome:
    """The same entries, so no new version: what was held is held no more."""
    known = tree.state("accepted", list[Finding]) or []
    tree.remember("accepted", [*known, *candidate.findings])
    tree.forget(f"held/{candidate.digest}")
    return Outcome(tree.source, "unchanged", last.version)


def _body(tree: Tree, sha256: str) -> bytes:
    body = tree.page(sha256, held=True)
    if body is None:
        raise StoreError(f"the raw page {sha256[:12]} of the held candidate is gone; run again")
    return body
