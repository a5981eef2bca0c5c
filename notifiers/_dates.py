"""Since when something is on the page, or was, and when it leaves the rule files: in words.

What all of a section have in common stands in its heading, once; the rest on each line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifiers._text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.model import Dated, Endpoint, Stay


class Dates(NamedTuple):
    """What to say of all endpoints of a section, and what of single ones."""

    common: str = ""
    own: Mapping[Endpoint, str] = {}


def dates_of(
    endpoints: Sequence[Endpoint], stays: Mapping[Endpoint, Stay], *, several: bool
) -> Dates:
    """The dates of these endpoints. `several` versions: each date needs its version."""
    told = {end: _words(stays[end], several=several) for end in endpoints if end in stays}
    if not told:
        return Dates()
    of_all = len(told) == len(endpoints)
    first = next(iter(told.values()))
    shared = [of_all and len({words[at] for words in told.values()}) == 1 for at in (0, 1)]
    shared[0] &= not any(stays[end].went for end in told)  # from when to when is too long
    common = "".join(words for words, same in zip(first, shared, strict=True) if same)
    if all(shared):
        return Dates(common)
    own = {
        end: "".join(each for each, same in zip(words, shared, strict=True) if not same)
        for end, words in told.items()
    }
    return Dates(common, own)


def changed_before(dated: Dated | None) -> str:
    """`before that unchanged since 2024-05-01 (version 3)`: of a row that changed now."""
    return f"before that unchanged since {_when(dated, versioned=True)}" if dated else ""


def _words(stay: Stay, *, several: bool) -> tuple[str, str]:
    """On the page from when to when, and how long in rule files; each with its comma."""
    if stay.went is None:
        return (
            f", on the page since {_when(stay.came, versioned=several)}" if stay.came else ""
        ), ""
    came = ""
    if stay.came:
        before = " or before" if stay.came.version == 1 else ""
        came = f"from {_day(stay.came.at)}{before} "
    page = f", on the page {came}until {_when(stay.went, versioned=several)}"
    kept = stay.until is not None and stay.until > stay.went.at
    until = f"until {_day(stay.until or '')}" if kept else "no longer"
    return page, f", in rule files {until}"


def _when(dated: Dated, *, versioned: bool) -> str:
    return f"{_day(dated.at)} (version {dated.version})" if versioned else _day(dated.at)


def _day(time: str) -> str:
    return plain(time)[:10]
