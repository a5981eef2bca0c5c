"""Serial numbers of zone files, which never fall: the only derived values with a memory.

A secondary transfers a zone when its serial has risen (RFC 1034, section 4.3.5); if it falls or
stays, the secondary keeps old content. A serial is the time since which the content is in
force, in seconds since 1970, or the last serial plus one if that is larger: a new configuration
changes content too, and before a store was restored, later serials may have been published. The
last one is in the manifest; if that is lost, in the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from tracker import formats
from tracker.errors import RuleError
from tracker.formats import Format, SerialField
from tracker.store.records import Manifest, ZoneSerial
from tracker.store.tree import Tree
from tracker.times import parse_utc

_LARGEST = 2**32 - 1  # RFC 1035, section 3.3.13


class Numbered(NamedTuple):
    """Zone files with their serials written into them, and the serials, both by path."""

    files: dict[str, bytes]
    serials: dict[str, ZoneSerial]


def number_zones(
    tree: Tree, files: Mapping[str, bytes], moment: str, *, renew: bool = False
) -> Numbered:
    """Return the zone files among rule files, each with its next serial.

    If the content is the same, the serial stays, unless all are to be renewed because unknown
    content was published since (`renew`). `moment`, since when the content is in force, is in
    UTC.
    """
    manifest, since = tree.manifest(), int(parse_utc(moment).timestamp())
    fields = {form.file: form.serial for form in map(formats.load, formats.names())}
    zones = {
        path: field
        for path in sorted(files)
        if path.startswith("rules/") and (field := fields.get(path.rpartition("/")[2]))
    }
    stored = tree.read_many(list(zones)) if zones else {}
    made = Numbered({}, {})
    for path, field in zones.items():
        text = files[path].decode()
        known = _read_stored(stored.get(path), field)
        serial = _number_zone(manifest, known, since, path, field, text, renew=renew)
        made.serials[path] = serial
        made.files[path] = field.write(text, serial.serial).encode()
    return made


def take_published_serial(manifest: Manifest | None, form: Format, path: str, text: str) -> str:
    """Return a file rendered on demand; if equal to a published one, with its serial.

    `path` is that of the published file, such as `rules/europe/rpz.zone`.
    """
    known, field = manifest.serials.get(path) if manifest else None, form.serial
    if known is None or field is None or known.content != _hash_content(field, text):
        return text
    return field.write(text, known.serial)


def _number_zone(
    manifest: Manifest | None,
    stored: ZoneSerial | None,
    since: int,
    path: str,
    field: SerialField,
    text: str,
    *,
    renew: bool,
) -> ZoneSerial:
    """Return the serial of one file; that of a new file is above all published ones."""
    content = _hash_content(field, text)
    published = manifest.serials if manifest else {}
    last = _find_last(published.get(path), stored, since)
    if last and last.content == content and not renew:
        return last
    before = (
        last.serial if last else max((each.serial for each in published.values()), default=0)
    )
    return ZoneSerial(max(since, before + 1), content)


def _find_last(
    known: ZoneSerial | None, stored: ZoneSerial | None, since: int
) -> ZoneSerial | None:
    """Return the serial published last: by the manifest, or in a file of a killed run.

    A file with a serial that no run can have assigned was edited, and is ignored.
    """
    most = max(since, known.serial + 1) if known else _LARGEST - 1
    if stored is None or stored.serial > most:
        return known
    return stored if known is None or stored.serial > known.serial else known


def _read_stored(data: bytes | None, field: SerialField) -> ZoneSerial | None:
    try:
        text = (data or b"").decode()
        return ZoneSerial(field.read(text), _hash_content(field, text))
    except (UnicodeDecodeError, RuleError):
        return None


def _hash_content(field: SerialField, text: str) -> str:
    lines = (line for line in field.write(text, 0).splitlines() if line and line[0] != ";")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
