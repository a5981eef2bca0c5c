"""What rule files do not have, as the manifest tells it: once for all files that lack the same.

Of many entries this is by far the most of what is known of the files, so each list is put away
with them, and those that are equal are told by their hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tracker.publish.rules import RuleFile, line
from tracker.publish.spool import Files, Piece
from tracker.store.tree import Omitted

# Of one file: its path, why something is not in it, and where the lines of what are.
Lacking = list[tuple[str, str, Piece]]


def lacking(file: RuleFile, files: Files) -> Lacking:
    """What one file lacks, by reason; its list in `files` follows the order of its rule set."""
    over: Lacking = []
    if file.finding and file.is_over:
        over.append((file.path, file.finding.message, files.keep(b"")))
    if over and file.rendered.text is None:
        return over
    by_reason: dict[str, dict[str, None]] = defaultdict(dict)
    for left in file.rendered.left_out:
        by_reason[left.reason][line(left.endpoint)] = None
    return over + [
        (file.path, reason, files.keep("\n".join(lines).encode()))
        for reason, lines in by_reason.items()
    ]


def omitted(found: Iterable[tuple[str, str, Piece]], files: Files) -> tuple[Omitted, ...]:
    """All of it, by reason and then by file."""
    paths: dict[tuple[str, str], list[str]] = defaultdict(list)
    pieces: dict[str, Piece] = {}
    for path, reason, piece in found:
        paths[reason, piece.sha256].append(path)
        pieces[piece.sha256] = piece
    known: dict[str, str] = {}  # formats leave out much the same
    groups = [
        Omitted(reason, _lines(files.piece(pieces[digest]), known), tuple(sorted(names)))
        for (reason, digest), names in paths.items()
    ]
    return tuple(sorted(groups, key=lambda each: (each.reason, each.files)))


def _lines(data: bytes, known: dict[str, str]) -> tuple[str, ...]:
    lines = data.decode().split("\n") if data else []
    return tuple(known.setdefault(each, each) for each in lines)
