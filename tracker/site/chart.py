"""Endpoints per region over time, as one inline SVG: steps, for a version holds until the next.

The numbers behind it are in the list of versions below it, so it says nothing that a screen
reader or a printer would miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from tracker.publish.index import IndexEntry
from tracker.site.entries import region_name
from tracker.site.markup import Template, join, shown

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 240, 44, 24, 12
_SHADES = 8
_MOST = 400  # versions in one picture

_FIGURE = Template(
    """<figure class="chart">
<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="chart-title chart-text">
<title id="chart-title">Endpoints per region over time</title>
<desc id="chart-text">{text}</desc>
{grid}{lines}
</svg>
<figcaption>Endpoints per region over time<ul class="legend">{legend}</ul></figcaption>
</figure>
"""
)
_LINE = Template('<path class="line s{}" d="{}"/>\n')
_GRID = Template('<path class="grid" d="M{left} {y}H{right}"/>')
_MARK = Template('<text class="axis{kind}" x="{x}" y="{y}">{text}</text>\n')
_KEY = Template(
    '<li><svg class="key" viewBox="0 0 28 8" aria-hidden="true">'
    '<path class="line s{}" d="M0 4H28"/></svg> {}</li>'
)


def chart(versions: Sequence[IndexEntry]) -> Markup:
    """The picture; nothing where there is only one version, which shows no time."""
    versions = versions[-_MOST:]
    if len(versions) < 2:  # noqa: PLR2004  a line has two ends
        return Markup("")
    names = tuple(dict.fromkeys(name for entry in versions for name in entry.regions))
    across = _across(versions)
    most = max((count for entry in versions for count in entry.endpoints), default=0) or 1
    lines = join(
        _LINE.format(
            at % _SHADES, _steps([_count(entry, name) for entry in versions], across, most)
        )
        for at, name in enumerate(names)
    )
    return _FIGURE.format(
        width=_WIDTH,
        height=_HEIGHT,
        text=_told(versions, names),
        grid=_axes(versions, most),
        lines=lines,
        legend=join(
            _KEY.format(at % _SHADES, region_name(name)) for at, name in enumerate(names)
        ),
    )


def _count(entry: IndexEntry, region: str | None) -> int | None:
    """Endpoints of a region; None where the version does not have it."""
    return dict(zip(entry.regions, entry.endpoints, strict=True)).get(region)


def _across(versions: Sequence[IndexEntry]) -> list[float]:
    """Where each version begins, and the end. By time, or by number where a clock ran back."""
    times = [datetime.fromisoformat(entry.captured_at).timestamp() for entry in versions]
    if times != sorted(times) or times[0] == times[-1]:
        times = [float(entry.version) for entry in versions]
    end = times[-1] + (times[-1] - times[0]) / 12  # the newest is in force still
    scale = (_WIDTH - _LEFT) / (end - times[0])
    return [round(_LEFT + (time - times[0]) * scale, 1) for time in (*times, end)]


def _steps(counts: Sequence[int | None], across: Sequence[float], most: int) -> str:
    """A path of steps, with a gap where the region was not there."""
    path = []
    open_ = False
    for at, count in enumerate(counts):
        if count is None:
            open_ = False
            continue
        height = _at(count, most)
        path.append(f"V{height}" if open_ else f"M{across[at]} {height}")
        path.append(f"H{across[at + 1]}")
        open_ = True
    return "".join(path)


def _at(count: int, most: int) -> float:
    return round(_HEIGHT - _BOTTOM - count * (_HEIGHT - _BOTTOM - _TOP) / most, 1)


def _axes(versions: Sequence[IndexEntry], most: int) -> Markup:
    """Nought, the most, and the first and last day."""
    right = _WIDTH - 2
    parts = [_GRID.format(left=_LEFT, right=right, y=_at(count, most)) for count in (0, most)]
    parts += [
        _MARK.format(kind=" end", x=_LEFT - 6, y=_at(count, most) + 4, text=count)
        for count in (0, most)
    ]
    first, last = _ends(versions[0].captured_at, versions[-1].captured_at)
    parts.append(_MARK.format(kind="", x=_LEFT, y=_HEIGHT - 6, text=first))
    parts.append(_MARK.format(kind=" end", x=right, y=_HEIGHT - 6, text=f"since {last}"))
    return join(parts)


def _ends(first: str, last: str) -> tuple[str, str]:
    """The days of the first and the last version, or their times where the day is one."""
    part = slice(0, 10) if first[:10] != last[:10] else slice(11, 16)
    return first[part], last[part]


def _told(versions: Sequence[IndexEntry], names: Sequence[str | None]) -> str:
    """The picture in words: each region at the beginning and at the end."""
    first, last = versions[0], versions[-1]
    said = [
        f"{region_name(name)} from {_count(first, name) or 0} to {_count(last, name) or 0}"
        for name in names
    ]
    return shown(f"Version {first.version} to version {last.version}: {', '.join(said)}")
