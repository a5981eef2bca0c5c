"""The history of a source: its versions as a list, and their endpoints over time as a picture.

The list is for `parts/versions.html`. The picture, for `parts/chart.html`, draws steps, because
a version is in force until the next; readers of only the list miss no information.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from tracker.change_set import ChangeSet
from tracker.model import format_cause
from tracker.publish.index import IndexEntry
from tracker.site.changes import ChangeList, build_change_list, format_changes, format_counts
from tracker.site.rendering import format_count, format_region
from tracker.store.tree import change_name

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 240, 44, 24, 12
_RIGHT = _WIDTH - 2
_SHADES = 8
_MOST = 400  # versions in one picture

ChangesOf = Callable[[int], ChangeSet]


class VersionItem(NamedTuple):
    """A version in the list; `changes` only if its changes are shown."""

    version: int
    captured_at: str
    summary: str
    size: str
    file: str
    change_file: str
    changes: ChangeList | None
    is_newest: bool


def build_timeline(
    versions: Sequence[IndexEntry], changes_of: ChangesOf, detailed: int
) -> list[VersionItem]:
    """Return the versions, given oldest first; the newest `detailed` ones with changes."""
    return [
        _build_item(
            entry, changes_of if at < detailed and entry.version > 1 else None, newest=at == 0
        )
        for at, entry in enumerate(reversed(versions))
    ]


def _build_item(
    entry: IndexEntry, changes_of: ChangesOf | None, *, newest: bool
) -> VersionItem:
    found = changes_of(entry.version) if changes_of else None
    if entry.summary is None:
        summary = "the first version"
    else:
        summary = format_changes(found) if found else format_counts(entry.summary)
    summary += format_cause(entry.cause)
    return VersionItem(
        version=entry.version,
        captured_at=entry.captured_at,
        summary=summary[0].upper() + summary[1:],
        size=_format_sizes(entry),
        file=entry.file,
        change_file=change_name(entry.version) if entry.version > 1 else "",
        changes=build_change_list(found) if found else None,
        is_newest=newest,
    )


def _format_sizes(entry: IndexEntry) -> str:
    """Return `Europe 30 endpoints, Oceania 12 endpoints`."""
    return ", ".join(
        f"{format_region(region)} {format_count(count, 'endpoint')}"
        for region, count in zip(entry.regions, entry.endpoints, strict=True)
    )


class ChartLine(NamedTuple):
    """A region's line: an SVG path, and the number of its shade in the stylesheet."""

    name: str
    shade: int
    path: str


class GridLine(NamedTuple):
    """A horizontal line across the picture."""

    left: int
    right: int
    y: float


class AxisLabel(NamedTuple):
    """A text at an axis; with `is_end` it ends at `x` instead of beginning there."""

    x: int
    y: float
    text: str
    is_end: bool = False


class Chart(NamedTuple):
    """The picture; `text` describes it in words."""

    width: int
    height: int
    text: str
    grid: list[GridLine]
    labels: list[AxisLabel]
    lines: list[ChartLine]


def build_chart(versions: Sequence[IndexEntry]) -> Chart | None:
    """Return the picture, or None if there is only one version, which spans no time."""
    versions = versions[-_MOST:]
    if len(versions) < 2:  # noqa: PLR2004  a line has two ends
        return None
    regions = tuple(dict.fromkeys(name for entry in versions for name in entry.regions))
    across = _place_versions(versions)
    most = max((count for entry in versions for count in entry.endpoints), default=0) or 1
    return Chart(
        width=_WIDTH,
        height=_HEIGHT,
        text=_describe(versions, regions),
        grid=[GridLine(_LEFT, _RIGHT, _scale_height(count, most)) for count in (0, most)],
        labels=_label_axes(versions, most),
        lines=[
            ChartLine(
                format_region(region),
                at % _SHADES,
                _draw_steps([_get_count(entry, region) for entry in versions], across, most),
            )
            for at, region in enumerate(regions)
        ],
    )


def _get_count(entry: IndexEntry, region: str | None) -> int | None:
    """Return the endpoints of a region; None if the version does not have it."""
    return dict(zip(entry.regions, entry.endpoints, strict=True)).get(region)


def _place_versions(versions: Sequence[IndexEntry]) -> list[float]:
    """Return where versions begin, and the end: by time, or by number if clocks ran back."""
    times = [datetime.fromisoformat(entry.captured_at).timestamp() for entry in versions]
    if times != sorted(times) or times[0] == times[-1]:
        times = [float(entry.version) for entry in versions]
    end = times[-1] + (times[-1] - times[0]) / 12  # the newest version is still in force
    scale = (_WIDTH - _LEFT) / (end - times[0])
    return [round(_LEFT + (time - times[0]) * scale, 1) for time in (*times, end)]


def _draw_steps(counts: Sequence[int | None], across: Sequence[float], most: int) -> str:
    """Return a path of steps, with gaps for versions without the region."""
    path = []
    is_open = False
    for at, count in enumerate(counts):
        if count is None:
            is_open = False
            continue
        height = _scale_height(count, most)
        path.append(f"V{height}" if is_open else f"M{across[at]} {height}")
        path.append(f"H{across[at + 1]}")
        is_open = True
    return "".join(path)


def _scale_height(count: int, most: int) -> float:
    return round(_HEIGHT - _BOTTOM - count * (_HEIGHT - _BOTTOM - _TOP) / most, 1)


def _label_axes(versions: Sequence[IndexEntry], most: int) -> list[AxisLabel]:
    """Return zero, the maximum, and the first and last day; times if it is the same day."""
    first, last = versions[0].captured_at, versions[-1].captured_at
    part = slice(0, 10) if first[:10] != last[:10] else slice(11, 16)
    return [
        *(
            AxisLabel(_LEFT - 6, _scale_height(count, most) + 4, str(count), is_end=True)
            for count in (0, most)
        ),
        AxisLabel(_LEFT, _HEIGHT - 6, first[part]),
        AxisLabel(_RIGHT, _HEIGHT - 6, f"since {last[part]}", is_end=True),
    ]


def _describe(versions: Sequence[IndexEntry], regions: Sequence[str | None]) -> str:
    """Return the picture in words: each region at the beginning and at the end."""
    first, last = versions[0], versions[-1]
    texts = [
        f"{format_region(region)} from {_get_count(first, region) or 0}"
        f" to {_get_count(last, region) or 0}"
        for region in regions
    ]
    return f"Version {first.version} to version {last.version}: {', '.join(texts)}"
