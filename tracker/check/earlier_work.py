"""What a check does before it looks at the page: finish what earlier runs left, and repair.

A committed version is published, and published files that were changed are written again. Both
can be done at any time, because all of it is derived from the versions.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tracker.check.context import CheckContext, CheckOutcome
from tracker.check.rewind import compare_with_seen
from tracker.check.scope_change import compare_with_shown, remember_scope
from tracker.model import Finding
from tracker.publish.freshness import (
    FORM_CHANGED,
    PROBE,
    complete_probe,
    find_new_form,
    is_current,
)
from tracker.publish.grace import GRACE_OVER
from tracker.publish.published_files import FILE_CHANGED, build_finding, find_wrong_files
from tracker.store.identity import find_newest, identify_published, load_seen, remember_seen
from tracker.store.records import Manifest
from tracker.store.tree import Tree

log = logging.getLogger(__name__)

_STATES = ("health", "published", "seen", "validators")  # that every check reads
_EARLIER_RUN, _WINNER = "an earlier run", "another machine"


class EarlierWork(NamedTuple):
    """What was done before the page was looked at.

    `new_channels` are the channels that are new to a store with versions. `finished` is the
    outcome for a version that another run, `committed_by`, had committed and not published;
    `findings` are about published files.
    """

    new_channels: Sequence[str] = ()
    finished: CheckOutcome | None = None
    committed_by: str = _EARLIER_RUN
    findings: tuple[Finding, ...] = ()


def preload(context: CheckContext) -> None:
    """Read what every check needs in parallel, where reads are slow. Callers hold the lock."""
    names = [channel.name for channel in context.config.channels]
    folders = [f"{kind}/{name}" for name in names for kind in ("receipts", "dead")]
    context.tree.preload(
        files=["manifest.json", PROBE],
        states=[*_STATES, *(f"channels/{name}" for name in names)],
        folders=["versions"],
        state_folders=[*folders, *(["channels"] if names else [])],
    )


def preload_for_change(context: CheckContext) -> None:
    """Read in parallel what the check of a changed page needs besides."""
    context.tree.preload(
        files=["index.json"],
        states=["accepted"],
        folders=["changes"],
        state_folders=["held"],
    )


def finish_earlier(context: CheckContext, manifest: Manifest | None) -> EarlierWork:
    """Register new channels; publish what an earlier run did not, or what is damaged.

    Before that, find whether the store was rewound and whether other regions are chosen. Raises
    FwtrackerError.
    """
    tree, new_channels = context.tree, _register_channels(context)
    is_published = is_current(tree, manifest, context.config, context.now())
    newest = identify_published(manifest) if is_published else find_newest(tree)
    rewound = compare_with_seen(context, newest)
    is_narrow = context.source.definition.regions is not None
    scope = compare_with_shown(context, manifest) if is_narrow or not is_published else ()
    if is_published:
        wrong = find_wrong_files(tree, manifest, context.now()) if manifest else {}
        if manifest and rewound and not wrong:
            _publish_back(context)
        elif manifest and not wrong:
            complete_probe(tree, manifest, context.config)
        earlier = EarlierWork(
            findings=(_repair(context, wrong, went_back=bool(rewound)),) if wrong else ()
        )
    else:
        # In a rewound store the channels were notified of it before.
        over = () if rewound else _report_end_of_grace(context, manifest)
        form = _report_new_form(context, manifest)
        earlier = _publish_again(context, manifest, rebuild=bool(rewound))
        earlier = earlier._replace(findings=form + over + earlier.findings)
    if newest != load_seen(tree):
        remember_seen(tree, newest)
    if is_narrow or not is_published:
        remember_scope(context)
    findings = rewound + scope + earlier.findings
    return earlier._replace(new_channels=new_channels, findings=findings)


def finish_winner(context: CheckContext) -> EarlierWork:
    """Publish the version of a machine that took a number first, if it has not done so itself.

    It may be doing it now: both write the same bytes. Raises FwtrackerError.
    """
    earlier = finish_earlier(context, context.tree.manifest())
    return earlier._replace(new_channels=(), committed_by=_WINNER)


def _report_end_of_grace(
    context: CheckContext, manifest: Manifest | None
) -> tuple[Finding, ...]:
    """Notify the channels of what leaves the rule files with the publication now due."""
    from tracker.alerts.rule_notices import report_end_of_grace  # noqa: PLC0415  rarely due

    return report_end_of_grace(context, manifest)


def _report_new_form(context: CheckContext, manifest: Manifest | None) -> tuple[Finding, ...]:
    """Commit the notice that rule files get another form, and return the finding."""
    found = find_new_form(manifest)
    for finding in found:
        log.warning("%s: %s", context.source.name, finding.message)
        if context.config.channels:
            from tracker.alerts import notices  # noqa: PLC0415  once for a new program

            digest = hashlib.sha256(finding.message.encode()).hexdigest()
            notices.record_once(context, "upgrade", finding, digest)
    return found


def _register_channels(context: CheckContext) -> Sequence[str]:
    if not context.config.channels:
        return ()
    from tracker.alerts import outbox  # noqa: PLC0415

    return outbox.register_channels(context.tree, context.config.channels)


def add_earlier_work(outcome: CheckOutcome, earlier: EarlierWork) -> CheckOutcome:
    """Return the outcome of a check, including the work that was done before it.

    If the page is unchanged, a version that could be published only now is the outcome.
    """
    finished, notes = earlier.finished, outcome.notes
    if finished and (outcome.outcome != "unchanged" or earlier.committed_by == _WINNER):
        by = earlier.committed_by
        notes = (f"version {finished.version}, committed by {by}, is published now", *notes)
    if finished and outcome.outcome == "unchanged":
        found = finished.findings + outcome.findings
        outcome = replace(finished, findings=found)
    outcome = replace(outcome, notes=notes)
    return replace(outcome, findings=earlier.findings + outcome.findings)


def has_end_of_grace(outcome: CheckOutcome) -> bool:
    """Return whether endpoints left the rule files: a notice of it may have to be sent."""
    return any(each.name == GRACE_OVER for each in outcome.findings)


def has_new_form(outcome: CheckOutcome) -> bool:
    """Return whether rule files got another form: a notice of it may have to be sent."""
    return any(each.name == FORM_CHANGED for each in outcome.findings)


def is_repaired(outcome: CheckOutcome) -> bool:
    """Return whether published files were damaged: a notice of it may have to be sent."""
    return any(each.name == FILE_CHANGED for each in outcome.findings)


def _publish_again(
    context: CheckContext, manifest: Manifest | None, *, rebuild: bool
) -> EarlierWork:
    from tracker.publish.publish import publish  # noqa: PLC0415

    tree, config, now = context.tree, context.config, context.now()
    log.info("%s: publishing what is not up to date", context.source.name)
    unfinished = _is_unfinished(tree, manifest)
    damaged = manifest is None and not unfinished
    findings = (_report(context, {"manifest.json": "missing or damaged"}),) if damaged else ()
    made = publish(
        tree, config, now, wrong=("index.json",) if rebuild else (), went_back=rebuild
    )
    if not unfinished:
        return EarlierWork(findings=findings)
    return EarlierWork(finished=_describe_finished(tree, made), findings=findings)


def _is_unfinished(tree: Tree, manifest: Manifest | None) -> bool:
    """Return whether the newest version was never fully published: no manifest named it."""
    newest = tree.versions()[-1]
    if manifest is None:
        return newest == 1 and tree.read("manifest.json") is None
    return manifest.version < newest


def _describe_finished(tree: Tree, manifest: Manifest) -> CheckOutcome:
    from tracker.publish.index import load_change_set  # noqa: PLC0415

    version = tree.snapshot(manifest.version)
    return CheckOutcome(
        tree.source,
        "published",
        version.version,
        load_change_set(tree, version.version).summary,
        version.findings + manifest.findings,
        cause=version.cause or "page",
    )


def _repair(context: CheckContext, wrong: Mapping[str, str], *, went_back: bool) -> Finding:
    """Write changed or missing published files again; return the finding."""
    from tracker.publish.publish import publish  # noqa: PLC0415

    finding = _report(context, wrong)
    publish(context.tree, context.config, context.now(), wrong=wrong, went_back=went_back)
    return finding


def _publish_back(context: CheckContext) -> None:
    """Publish a rewound store again: serials of zones have to rise above the lost ones."""
    from tracker.publish.publish import publish  # noqa: PLC0415

    publish(context.tree, context.config, context.now(), went_back=True)


def _report(context: CheckContext, wrong: Mapping[str, str]) -> Finding:
    """Return the finding about these files, and commit the notice of it.

    This comes before the repair: after it, a kill would lose the notice.
    """
    finding = build_finding(wrong)
    if context.config.channels:
        from tracker.alerts import notices  # noqa: PLC0415

        notices.record_changed_files(context, finding)
    return finding
