"""The JSON files of a source besides its versions: their types, and how they are read.

A damaged file that is derived is made again; a file of a later release stays as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from tracker.decoding import decode_json
from tracker.errors import NewerSchema
from tracker.model import SCHEMA, Count, Finding, Hash, Number, Page, Snapshot, Time

T = TypeVar("T")
Size = Annotated[int, msgspec.Meta(ge=0, description="bytes", examples=[4711])]
# The names under which the fields are stored, as the first release wrote them.
_HEALTH_NAMES = {
    "current_problem": "trouble",
    "last_success_at": "good_at",
    "notified": "told",
    "failing_channels": "mute",
}


class Validators(msgspec.Struct, frozen=True):
    """The pages of the last good version, so that they can be requested conditionally.

    `context` is a hash of what else a reading depends on; if it differs, the pages are fetched
    without conditions. `passed_over` are linked pages that are not read: if one changes, the
    check has to look at it. `removed` are the values that the definition removed. `version` is
    the one in force, and `version_digest` the sha256 of its file: for another version the
    pages are fetched without conditions.
    """

    context: str
    pages: tuple[Page, ...]
    passed_over: tuple[Page, ...] = ()
    removed: tuple[str, ...] = ()
    version: int | None = None
    version_digest: str | None = None


class Held(msgspec.Struct, frozen=True, rename={"notified": "told"}):
    """A candidate that the guard held: the snapshot as it would be, except for its number.

    `notified` is true once a notice of it was committed. `previous_digest` is the sha256 of
    the file of the version that the candidate was compared with, `candidate.previous`.
    """

    candidate: Snapshot
    first_seen: str
    rejected: bool = False
    notified: bool = False
    previous_digest: str | None = None


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Proof that a channel accepted a version, or the notice with that number.

    `digest` is the sha256 of the version's file. Receipts of 0.1.0 and of notices have none.
    """

    version: int
    delivered_at: str
    detail: str
    digest: str | None = None


class ChannelState(msgspec.Struct, frozen=True):
    """The last version and notice before a channel was first seen; it is owed later ones."""

    since: int
    notices: int = 0


class NotifiedProblem(msgspec.Struct, frozen=True):
    """A problem that was reported in a notice: when last, how often, and whether it lasts.

    `digest` is that of the held page that the notice was about.
    """

    at: str
    times: int
    lasts: bool = True
    digest: str | None = None


class Health(msgspec.Struct, frozen=True, rename=_HEALTH_NAMES):
    """What is wrong with the checks; there is no such file while all is well and reported.

    `current_problem` is that of the last check, and of `count` checks in a row since `since`.
    `last_success_at` is the time of the last good check, or of the first try if there was none.
    `notified` is by problem, from the notices up to `newest`. `failing_channels` are the
    channels that accept nothing, with the time since when.
    """

    newest: int = 0
    current_problem: str | None = None
    since: str | None = None
    count: int = 0
    last_success_at: str | None = None
    notified: dict[str, NotifiedProblem] = {}
    failing_channels: dict[str, str] = {}


class FileFact(msgspec.Struct, frozen=True):
    """Hash and size of one published file."""

    sha256: Hash
    size: Size


class ZoneSerial(msgspec.Struct, frozen=True):
    """The last published serial of a zone file, and a hash of the rest of the file."""

    serial: Count
    content: Hash


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json` without its exclusions, whose form differs between releases."""

    schema: Literal[1]
    source: str
    version: Number
    checked_at: Time
    expires: Time
    recipe: str
    due: Time | None
    files: dict[str, FileFact]
    findings: tuple[Finding, ...] = ()
    withdrawn: tuple[str, ...] = ()
    serials: dict[str, ZoneSerial] = {}
    rule_form: Count = 1


class Exclusion(msgspec.Struct, frozen=True):
    """Endpoints that some rule files leave out for one reason, in the order of the rule set.

    An endpoint is `outbound 192.0.2.1 tcp/443`. Without endpoints the whole file is meant: it
    exceeds the limit of its platform.
    """

    reason: str
    endpoints: tuple[str, ...]
    files: tuple[str, ...]


class WholeManifest(Manifest, frozen=True, rename={"exclusions": "left_out"}):
    """The published tree at one instant, written last. Times are UTC.

    `recipe` identifies what besides the versions the derived files were made from; `due` is
    when the first endpoint that left the page leaves the rule files too, or null; `findings`
    are about files near the limits of their platforms; `withdrawn` are files of earlier
    versions that have no successor, the newest first, a few hundred at most; `serials` are
    those of zone files, also of withdrawn ones; `rule_form` counts the changes that newer
    programs made to the form of rule files; `left_out` is what formats could not express.
    `signature` is an SSH signature of the document without this field, if the operator signs.
    """

    exclusions: tuple[Exclusion, ...] = ()
    signature: str | UnsetType = UNSET


def decode_derived(data: bytes, kind: type[T]) -> T | None:
    """Return a derived file's content; None if it is damaged, since it can be made again."""
    try:
        return decode_json(data, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def compute_fact(data: bytes) -> FileFact:
    """Return the hash and size of a file's bytes."""
    return FileFact(hashlib.sha256(data).hexdigest(), len(data))


def encode_pretty(value: object) -> bytes:
    """Return JSON for people and git: indented, one value per line, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def hold_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that keep a candidate from publication."""
    return [finding for finding in findings if finding.verdict == "hold"]


class _Candidate(msgspec.Struct, frozen=True):
    schema: int = SCHEMA


class _Head(msgspec.Struct, frozen=True):
    """The schema number of a stored file; a held page has that of its candidate inside."""

    schema: int = SCHEMA
    candidate: _Candidate = _Candidate()


def refuse_newer(name: str, data: bytes) -> None:
    """Raise NewerSchema if the schema number in a file is newer than ours."""
    try:
        head = decode_json(data, _Head)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    newest = max(head.schema, head.candidate.schema)
    if newest > SCHEMA:
        raise NewerSchema(
            f"{name}: written by a newer fwtracker (schema {newest}); upgrade this one"
        )
