"""Search: which entries a text means, and the history of one address, host or port."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.errors import UsageError
from tracker.history.blame import Occurrence, build_matcher
from tracker.model import Entry, port_text
from tracker.scope import Choice
from tracker.site.rendering import format_region


def find_entries(entries: Iterable[Entry], text: str) -> tuple[Entry, ...]:
    """Return entries that have the value, or all the words somewhere; all of them for no text.

    An address inside a listed network counts, and so do a host that a wildcard covers and a
    port inside a range.
    """
    words = text.casefold().split()
    if not words:
        return tuple(entries)
    try:
        has_value = build_matcher(text.strip())
    except UsageError:  # words, not a value
        return tuple(entry for entry in entries if _has_words(entry, words))
    return tuple(entry for entry in entries if has_value(entry) or _has_words(entry, words))


def _has_words(entry: Entry, words: Sequence[str]) -> bool:
    parts = [
        *(entry.region or "", entry.resource, entry.purpose, entry.direction),
        *(entry.requirement or "", entry.only_for or ""),
        *(*entry.targets, *entry.components, *map(port_text, entry.services)),
    ]
    text = " ".join(parts).casefold()
    return all(word in text for word in words)


def describe_value(value: str, spans: Sequence[Occurrence], chosen: Choice = None) -> str:
    """Return in a sentence or two whether and where a value is in force.

    Where the configuration chooses regions, those beside them have it on the page only.
    """
    here = dict.fromkeys(span.region for span in spans if span.last is None)
    shown = [each for each in here if chosen is None or each in chosen]
    others = [format_region(each) for each in here if each not in shown]
    beside = (
        f" On the page it is in {', '.join(others)}, too, which is not shown." if others else ""
    )
    if shown:
        return f"{value} is in force in {', '.join(map(format_region, shown))}.{beside}"
    return f"{value} is not in force.{beside.replace(', too,', ',')}"
