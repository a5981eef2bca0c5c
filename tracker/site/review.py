"""What is held: why, what it would change, and what to type about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from tracker.model import ChangeSet, Finding
from tracker.site.changes import change_list, counts
from tracker.site.markup import Template, join, shown, when
from tracker.store.tree import Held

_ITEM = Template(
    """<section aria-labelledby="held-{digest}">
<h2 id="held-{digest}">Held since {since}: {digest}</h2>
<ul class="findings">
{findings}</ul>
<h3>Decide</h3>
<p>Publish exactly this page, or drop it; run where the configuration is.</p>
<pre data-copy="the command to publish {digest}"><code
>fwtracker approve {digest}{source}</code></pre>
<pre data-copy="the command to drop {digest}"><code
>fwtracker reject {digest}{source}</code></pre>
<h3>What it would change</h3>
<p>{counts}.</p>
{changes}
</section>
"""
)
_FINDING = Template(
    '<li><span class="tag {verdict}">{verdict}</span> <strong>{name}</strong>{where}:'
    " {text}</li>\n"
)


def candidates(found: Sequence[tuple[Held, ChangeSet]], source: str) -> Markup:
    """All candidates, each with its difference from the version in force.

    `source` names the source on the command line, or is "" where there is only one.
    """
    if not found:
        return Markup("<p>Nothing is held.</p>")
    option = f" --source {source}" if source else ""
    return join(
        _ITEM.format(
            digest=item.candidate.digest[:12],
            since=when(item.first_seen),
            findings=findings(item.candidate.findings),
            counts=counts(changes.summary),
            changes=change_list(changes),
            source=option,
        )
        for item, changes in found
    )


def findings(found: Iterable[Finding]) -> Markup:
    """Findings as the items of a list, those that hold first."""
    ordered = sorted(found, key=lambda finding: finding.verdict != "hold")
    return join(
        _FINDING.format(
            verdict=finding.verdict,
            name=finding.name,
            where=f" in {shown(finding.region)}" if finding.region else "",
            text=shown(finding.message),
        )
        for finding in ordered
    )
