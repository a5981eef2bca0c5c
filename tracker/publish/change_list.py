"""`changes.csv`: every endpoint that came, went or changed, of all versions, newest last.

A function of the change sets. What the file says already is kept, so that a long history is not
read whole for each version.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from tracker.model import ChangeSet, Endpoint
from tracker.store.tree import Manifest, Tree, compute_fact, version_name
from tracker.text import escape_csv, to_one_line

CHANGES_CSV = "changes.csv"
_ENDPOINT = (
    *("region", "direction", "target", "protocol", "from_port", "to_port"),
    *("scope", "id"),
)
COLUMNS = ("version", "detected_at", "change", *_ENDPOINT)


def render_change_list(
    tree: Tree,
    numbers: Sequence[int],
    changes_of: Callable[[int], ChangeSet],
    *,
    rebuild: bool,
) -> bytes:
    """Return the file with the rows of all versions; `rebuild` makes all of them again.

    The first version has no rows: it is what there was, and nothing has changed.
    """
    stored, last = (b"", 0) if rebuild else _load_stored(tree, numbers)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if not stored:
        writer.writerow(COLUMNS)
    for number in numbers[1:]:
        if number > last:
            writer.writerows(_list_rows(changes_of(number)))
    return stored + out.getvalue().encode()


def _load_stored(tree: Tree, numbers: Sequence[int]) -> tuple[bytes, int]:
    """Return the file and the version that it ends with; nothing where it is not whole.

    It counts where the manifest names it, and the version of the manifest is still the same.
    """
    manifest = tree.manifest()
    if manifest is None or not _is_in_force(tree, manifest, numbers):
        return b"", 0
    data = tree.read(CHANGES_CSV) or b""
    if compute_fact(data) != manifest.files.get(CHANGES_CSV):
        return b"", 0
    return data, manifest.version


def _is_in_force(tree: Tree, manifest: Manifest, numbers: Sequence[int]) -> bool:
    """Whether the version that the manifest is of is still there."""
    if manifest.version not in numbers:
        return False
    fact = manifest.files.get(version_name(manifest.version))
    return fact is not None and fact.sha256 == tree.version_digest(manifest.version)


def _list_rows(changes: ChangeSet) -> Iterator[list[str]]:
    for change, endpoints in (
        ("removed", changes.endpoints_removed),
        ("added", changes.endpoints_added),
        ("changed", changes.endpoints_changed),
    ):
        for endpoint in endpoints:
            cells = [str(changes.to), changes.detected_at, change, *_list_cells(endpoint)]
            yield [escape_csv(cell) for cell in cells]


def _list_cells(endpoint: Endpoint) -> Iterator[str]:
    """Yield the fields of an endpoint, each on one line; null is empty."""
    for name in _ENDPOINT:
        value = getattr(endpoint, name)
        yield "" if value is None else to_one_line(str(value))
