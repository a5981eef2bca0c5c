"""The form of rule files: what a newer program changes in them, and so on devices. Pure.

A page that says the same gives other files then. Nobody is surprised at a firewall: the step is
a finding and one notice, and docs/upgrade.md says what to do for each format.
"""

from __future__ import annotations

from tracker.model import Finding
from tracker.store.tree import Manifest

RULE_FORM = 2  # raised with what changes on a device that loads the files
FORM_CHANGED = "rule-form-changed"
_SAID = {
    2: "services of the LAN stand in chains, lists and groups of their own, which nothing uses"
    " until you do; hosts without a wildcard are open in dnsmasq-nftset.conf; rules/all has all"
    " regions in one",
}


def find_new_form(manifest: Manifest | None) -> tuple[Finding, ...]:
    """Return the finding that the rule files get another form, where there were some."""
    if manifest is None or manifest.rule_form >= RULE_FORM:
        return ()
    if not any(name.startswith("rules/") for name in manifest.files):
        return ()
    steps = [_SAID[form] for form in range(manifest.rule_form + 1, RULE_FORM + 1)]
    message = (
        f"this program writes rule files in another form: {'; '.join(steps)}; the page has not"
        " changed by that; load each file whole, for no delta leads there: docs/upgrade.md"
    )
    return (Finding(FORM_CHANGED, "publish", message),)
