"""Whether the published files are current, and until when: all that an unchanged check needs.

The manifest and then `version.json`, the small probe, are written here, and signed if a key is
configured. Everything else is made in `tracker.publish.publish`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

from tracker import __version__
from tracker.config import Config
from tracker.errors import StoreError
from tracker.model import SCHEMA, Finding, VersionProbe
from tracker.publish.signing import Signer, canonical_bytes, find_fault, load_signer
from tracker.store.records import (
    Manifest,
    WholeManifest,
    compute_fact,
    decode_derived,
    encode_pretty,
)
from tracker.store.tree import Tree, version_name
from tracker.times import format_utc, parse_utc

FRESH_FOR = timedelta(hours=24)
PROBE = "version.json"
_MANIFEST = "manifest.json"
_SHAPE = 2  # of the manifest: if it differs, files are published again
_BEFORE_SIGNING = (
    "find out what wrote there, and restore it; where you know why (a new key, or a store from"
    " before it had one), sign what is there now by: fwtracker store rebuild"
)
# The form of rule files. A newer program may change them, and so the devices, although the page
# is unchanged. To warn operators, each such step is a finding and one notice, and
# docs/upgrade.md says what to do for each format.
RULE_FORM = 2  # raised with what changes on a device that loads the files
FORM_CHANGED = "rule-form-changed"
_SAID = {
    2: "services of the LAN stand in chains, lists and groups of their own, which nothing uses"
    " until you do; hosts without a wildcard are open in dnsmasq-nftset.conf; rules/all has all"
    " regions in one",
}


def is_current(tree: Tree, manifest: Manifest | None, config: Config, now: datetime) -> bool:
    """Return whether the newest version is published, by the current configuration.

    False once an endpoint's grace is over: rule files are then due again. Raises Damaged if the
    newest version cannot be read in full, UsageError if a configured key cannot sign, and
    StoreError if the published files are not signed by that key.
    """
    numbers = tree.versions()
    if signer := load_signer(config.signing):
        _check_signed(tree, manifest, signer, numbers)
    if not numbers:
        return True
    if manifest is None or manifest.version != numbers[-1]:
        return False
    made_by = (manifest.recipe, manifest.rule_form)
    if made_by != (compute_recipe(config, tree.source), RULE_FORM):
        return False
    if manifest.due is not None and manifest.due <= format_utc(now):
        return False
    name = version_name(numbers[-1])
    if compute_fact(tree.read(name) or b"") != manifest.files.get(name):
        tree.snapshot(numbers[-1])  # raises Damaged, with the reason
        return False
    return True


def mark_checked(tree: Tree, config: Config, now: datetime) -> None:
    """Record in manifest and probe that the version in force was checked again.

    Both are written at once: a reader that sees only one of them updated is not misled. A power
    cut may undo the write: the time is then an earlier one, not a wrong one.
    """
    if manifest := decode_derived(tree.read(_MANIFEST) or b"", WholeManifest):
        times = {"checked_at": format_utc(now), "expires": format_utc(now + FRESH_FOR)}
        checked = msgspec.structs.replace(manifest, **times)
        tree.publish(_encode_both(tree, checked, config), lasting=False)


def write_manifest(tree: Tree, manifest: WholeManifest, config: Config) -> None:
    """Write the manifest, then `version.json`. Raises UsageError or StoreError."""
    for name, data in _encode_both(tree, manifest, config).items():
        tree.publish({name: data})


def _encode_both(tree: Tree, manifest: WholeManifest, config: Config) -> dict[str, bytes]:
    """Return the manifest and `version.json` as they are published, in that order."""
    signer = load_signer(config.signing)
    probe = build_probe(tree, manifest)
    return {_MANIFEST: _encode_signed(manifest, signer), PROBE: _encode_signed(probe, signer)}


def build_probe(tree: Tree, manifest: Manifest) -> VersionProbe:
    """Return the contents of `version.json` for a manifest. Raises Damaged."""
    data = tree.read(version_name(manifest.version)) or b""
    known = decode_derived(data, _VersionDigest) or tree.snapshot(manifest.version)
    return VersionProbe(
        schema=SCHEMA,
        source=tree.source,
        version=manifest.version,
        digest=known.digest,
        checked_at=manifest.checked_at,
        expires=manifest.expires,
        due=manifest.due,
    )


def complete_probe(tree: Tree, manifest: Manifest, config: Config) -> None:
    """Write `version.json` if a run was killed between writing the manifest and the probe."""
    probe = _encode_signed(build_probe(tree, manifest), load_signer(config.signing))
    if tree.read(PROBE) != probe:
        tree.publish({PROBE: probe})


def find_wrong_probe(tree: Tree, manifest: Manifest) -> dict[str, str]:
    """Return what is wrong with `version.json`, by its name, as `find_wrong_files` does.

    A killed run may leave the probe of an earlier check or version, or none, and a power cut
    one of a check that the manifest has lost: these are not faults.
    """
    data = tree.read(PROBE)
    if data is None:
        return {}
    probe, wanted = decode_derived(data, VersionProbe), build_probe(tree, manifest)
    if probe is None or probe.source != wanted.source:
        return {PROBE: "damaged"}
    age = parse_utc(probe.expires) - parse_utc(probe.checked_at)
    is_newer = probe.version > wanted.version or age != FRESH_FOR
    if is_newer or (probe.version == wanted.version and probe.digest != wanted.digest):
        return {PROBE: "not what the manifest says"}
    return {}


class _VersionDigest(msgspec.Struct, frozen=True):
    """The one field of a version's file that identifies its content."""

    digest: str


def _encode_signed(document: WholeManifest | VersionProbe, signer: Signer | None) -> bytes:
    """Return a document as it is published, with its signature if there is a key."""
    bare = msgspec.structs.replace(document, signature=msgspec.UNSET)
    if signer is None:
        return encode_pretty(bare)
    signature = signer.sign(canonical_bytes(msgspec.json.encode(bare)))
    return encode_pretty(msgspec.structs.replace(bare, signature=signature))


def _check_signed(
    tree: Tree, manifest: Manifest | None, signer: Signer, numbers: list[int]
) -> None:
    """Raise StoreError if the manifest is not signed by this key, or its version was changed.

    Signing it again would vouch for what another program wrote. A first version may lack a
    manifest: the run that committed it was killed.
    """
    if manifest is None and numbers in ([], [1]):
        return
    data = tree.read(_MANIFEST)
    fault = find_fault(data, [signer.public]) if data else "is missing"
    if fault:
        raise StoreError(f"{tree.source}/{_MANIFEST} {fault}; {_BEFORE_SIGNING}")
    name = version_name(manifest.version) if manifest else ""
    fact = manifest.files.get(name) if manifest else None
    if fact and compute_fact(tree.read(name) or b"") != fact:
        what = "is not the file that the signed manifest names"
        raise StoreError(f"{tree.source}/{name} {what}; {_BEFORE_SIGNING}")


def compute_recipe(config: Config, source: str) -> str:
    """Return a hash of all that derived files depend on besides the versions and the date."""
    own, chosen = config.fwtracker, config.chosen_regions(source)
    parts = (
        *(__version__, config.format_names, config.rules, config.assumed_ports),
        *(own.grace_days, own.public_url, _SHAPE),
        *([sorted({*chosen})] if chosen is not None else ()),
        *([{"lan": config.lan.networks}] if config.lan.networks is not None else ()),
        *([{"names_below": own.names_below}] if not own.names_below else ()),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def find_new_form(manifest: Manifest | None) -> tuple[Finding, ...]:
    """Return the finding that the rule files get another form, if there were any."""
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
